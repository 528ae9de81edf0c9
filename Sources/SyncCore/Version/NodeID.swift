/// Who a node is: the SHA-256 hash of the public key (SubjectPublicKeyInfo, DER) in its TLS
/// certificate.
public struct NodeID: Hashable, Sendable {
  /// The 32 bytes of the hash.
  public let bytes: [UInt8]

  /// The number of bytes in an id.
  public static let byteCount = 32

  /// Takes exactly 32 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Reads the 52 base32 digits that `description` writes; `nil` for anything else.
  public init?(text: String) {
    guard let bytes = Base32.decode(text.utf8) else { return nil }
    self.init(bytes: bytes)
  }

  /// All bytes at once: an array hashes each by itself.
  public func hash(into hasher: inout Hasher) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }

  /// The first seven digits: enough to tell the nodes of a share apart, for people.
  public var short: String { String(description.prefix(7)) }

  /// The first eight bytes as a number: the node's part of its actors.
  public var prefix: UInt64 {
    bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension NodeID: Comparable {
  /// Byte order.
  public static func < (left: NodeID, right: NodeID) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension NodeID: CustomStringConvertible {
  /// 52 lower-case base32 digits.
  public var description: String { Base32.encode(bytes) }
}
