/// What came from outside breaks the written format. The connection that it came over is closed.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for the journal.
  public let description: String

  /// An error with its sentence.
  public init(_ description: String) { self.description = description }
}

/// Reads the bytes of a message, every step checked against the end: hostile bytes lead to a
/// `WireError`, never to a trap or to memory that wasn't sent.
public struct WireReader: Sendable {
  private let bytes: [UInt8]
  private var position: Int

  /// Reads from the first byte.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
  }

  /// Bytes not read yet.
  public var remaining: Int { bytes.count - position }

  /// One byte.
  public mutating func byte() throws(WireError) -> UInt8 {
    guard position < bytes.count else { throw WireError("message ends too early") }
    defer { position += 1 }
    return bytes[position]
  }

  /// An unsigned number; at most ten bytes, and the shortest form only.
  public mutating func number() throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      let bits = UInt64(next & 0x7F)
      guard shift < 63 || bits <= 1 else { throw WireError("number above 64 bits") }
      value |= bits << shift
      if next & 0x80 == 0 {
        guard next != 0 || shift == 0 else { throw WireError("number not in its shortest form") }
        return value
      }
      shift += 7
      guard shift <= 63 else { throw WireError("number above 64 bits") }
    }
  }

  /// A count or length of at most `limit`.
  public mutating func count(upTo limit: Int, of what: StaticString) throws(WireError) -> Int {
    let value = try number()
    guard value <= UInt64(limit) else {
      throw WireError("\(value) is too much for \(what) (at most \(limit))")
    }
    return Int(value)
  }

  /// A size in bytes, not negative.
  public mutating func size() throws(WireError) -> Int64 {
    guard let value = Int64(exactly: try number()) else { throw WireError("size above 63 bits") }
    return value
  }

  /// A signed number.
  public mutating func signed() throws(WireError) -> Int64 {
    let value = try number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// Eight bytes, the highest first.
  public mutating func fixed() throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<8 { value = value << 8 | UInt64(try byte()) }
    return value
  }

  /// Exactly `count` bytes.
  public mutating func raw(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
    guard count <= remaining else { throw WireError("message ends too early") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// A length of at most `limit` and the bytes.
  public mutating func blob(upTo limit: Int, of what: StaticString) throws(WireError)
    -> ArraySlice<UInt8>
  {
    try raw(try count(upTo: limit, of: what))
  }

  /// Text for people: bytes that aren't UTF-8 are replaced.
  public mutating func text() throws(WireError) -> String {
    String(decoding: try blob(upTo: Limits.textByteCount, of: "text"), as: UTF8.self)
  }

  /// The name of a directory entry.
  public mutating func name() throws(WireError) -> Name {
    let bytes = try blob(upTo: Name.longestByteCount, of: "a name")
    guard let name = Name(bytes) else { throw WireError("not a possible name of a file") }
    return name
  }

  /// 32 bytes of a hash as words.
  mutating func words() throws(WireError) -> (UInt64, UInt64, UInt64, UInt64) {
    guard let words = HashBytes.words(of: try raw(32)) else {
      preconditionFailure("raw(32) gave another number of bytes")
    }
    return words
  }

  /// A truth value: 0 or 1.
  public mutating func flag() throws(WireError) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    case let other: throw WireError("\(other) is neither yes nor no")
    }
  }

  /// Fails if anything is left.
  public func end() throws(WireError) {
    guard remaining == 0 else { throw WireError("\(remaining) bytes too many in a message") }
  }
}
