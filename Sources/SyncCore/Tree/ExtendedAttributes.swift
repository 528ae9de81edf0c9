/// What a file or directory has beside content, permission bits and times, as far as it is told:
/// attributes of its users (`user.*`), access control lists, and in some shares its owner. None for
/// almost all.
///
/// Equal are those with equal `bytes`.
public struct ExtendedAttributes: Hashable, Sendable {
  /// Names and values one after the other, each as a blob, in rising order of the names: how they
  /// are told and stored. Empty for none.
  public let bytes: [UInt8]
  /// Whether there were more, which are too large to be told.
  public let isCut: Bool

  /// No attributes.
  public static let empty = ExtendedAttributes([])

  /// These attributes; of several with one name the first. What is not to be told is left out, and
  /// the last ones that don't fit into `Limits.attributesByteCount`.
  public init(_ pairs: [(name: [UInt8], value: [UInt8])], isCut: Bool = false) {
    var isCut = isCut
    var writer = WireWriter()
    var last: [UInt8] = []
    for (name, value) in pairs.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
      guard name != last, Self.isTold(name) else { continue }
      last = name
      var one = WireWriter()
      one.blob(name)
      one.blob(value)
      guard writer.bytes.count + one.bytes.count <= Limits.attributesByteCount else {
        isCut = true
        continue
      }
      writer.raw(one.bytes)
    }
    bytes = writer.bytes
    self.isCut = isCut
  }

  /// From `bytes`; `nil` if they are nothing that `init(_:)` makes.
  public init?(bytes: [UInt8]) {
    guard let pairs = Self.pairs(in: bytes) else { return nil }
    self.init(pairs)
    guard self.bytes == bytes else { return nil }
  }

  /// Equality of what is told.
  public static func == (left: ExtendedAttributes, right: ExtendedAttributes) -> Bool {
    left.bytes == right.bytes
  }

  /// Hashes what is told.
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

  /// Whether there are none.
  public var isEmpty: Bool { bytes.isEmpty }

  /// The attributes by name.
  public var pairs: [(name: [UInt8], value: [UInt8])] { Self.pairs(in: bytes) ?? [] }

  /// The value of the attribute with a name; `nil` if there is none.
  public subscript(name: [UInt8]) -> [UInt8]? { pairs.first { $0.name == name }?.value }

  /// The names that these or `others` have, each once, in rising order.
  public func names(and others: ExtendedAttributes) -> [[UInt8]] {
    let mine = pairs.map(\.name)
    let rest = others.pairs.map(\.name).filter { !mine.contains($0) }
    return (mine + rest).sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// These attributes with what differs between `before` and `after`.
  public func changed(
    from before: ExtendedAttributes, to after: ExtendedAttributes
  ) -> ExtendedAttributes {
    let changes = before.names(and: after).filter { before[$0] != after[$0] }
    let kept = pairs.filter { !changes.contains($0.name) }
    let added = changes.compactMap { name in after[name].map { (name: name, value: $0) } }
    return ExtendedAttributes(kept + added)
  }

  /// Whether an attribute with this name is told: `user.*`, and the lists that belong to the
  /// permission bits. All others belong to a machine, or to its administrator.
  public static func isTold(_ name: [UInt8]) -> Bool {
    guard name.count <= Limits.attributeNameByteCount, !name.contains(0) else { return false }
    return name.starts(with: "user.".utf8) && name.count > 5
      || name == accessList || name == defaultList || name == owner
  }

  /// The name of the access control list of a file or directory.
  public static let accessList = Array("system.posix_acl_access".utf8)

  /// The name of the list that what is made in a directory inherits.
  public static let defaultList = Array("system.posix_acl_default".utf8)

  /// The name of what is no attribute on disk: user and group as `USER:GROUP`, each by name or as a
  /// decimal number (`Ownership`).
  public static let owner = Array("owner".utf8)

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
