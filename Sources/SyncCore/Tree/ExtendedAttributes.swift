/// What a file or directory has beside content, permission bits and times, as far as it is told:
/// attributes of its users (`user.*`) and access control lists. None for almost all.
public struct ExtendedAttributes: Hashable, Sendable {
  /// Names and values one after the other, each as a blob, in rising order of the names: how they
  /// are told and stored. Empty for none.
  public let bytes: [UInt8]

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// No attributes.
  public static let empty = ExtendedAttributes(unchecked: [])

  /// These attributes; of several with one name the first. What is not to be told is left out, and
  /// the last ones that don't fit into `Limits.attributesByteCount`.
  public init(_ pairs: [(name: [UInt8], value: [UInt8])]) {
    var writer = WireWriter()
    var last: [UInt8] = []
    for (name, value) in pairs.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
      guard name != last, Self.isTold(name) else { continue }
      last = name
      var one = WireWriter()
      one.blob(name)
      one.blob(value)
      guard writer.bytes.count + one.bytes.count <= Limits.attributesByteCount else { continue }
      writer.raw(one.bytes)
    }
    bytes = writer.bytes
  }

  /// From `bytes`; `nil` if they are nothing that `init(_:)` makes.
  public init?(bytes: [UInt8]) {
    guard let pairs = Self.pairs(in: bytes) else { return nil }
    self.init(pairs)
    guard self.bytes == bytes else { return nil }
  }

  /// Whether there are none.
  public var isEmpty: Bool { bytes.isEmpty }

  /// The attributes by name.
  public var pairs: [(name: [UInt8], value: [UInt8])] { Self.pairs(in: bytes) ?? [] }

  /// Whether an attribute with this name is told: `user.*`, and the lists that belong to the
  /// permission bits. All others belong to a machine, or to its administrator.
  public static func isTold(_ name: [UInt8]) -> Bool {
    guard name.count <= Limits.attributeNameByteCount, !name.contains(0) else { return false }
    return name.starts(with: "user.".utf8) && name.count > 5
      || name == accessList || name == defaultList
  }

  /// The name of the access control list of a file or directory.
  public static let accessList = Array("system.posix_acl_access".utf8)

  /// The name of the list that what is made in a directory inherits.
  public static let defaultList = Array("system.posix_acl_default".utf8)

  private static func pairs(in bytes: [UInt8]) -> [(name: [UInt8], value: [UInt8])]? {
    var reader = WireReader(bytes)
    var pairs: [(name: [UInt8], value: [UInt8])] = []
    do throws(WireError) {
      while reader.remaining > 0 {
        let name = try reader.blob(upTo: Limits.attributeNameByteCount, of: "an attribute's name")
        let value = try reader.blob(upTo: Limits.attributesByteCount, of: "an attribute")
        pairs.append((Array(name), Array(value)))
      }
    } catch {
      return nil
    }
    return pairs
  }
}
