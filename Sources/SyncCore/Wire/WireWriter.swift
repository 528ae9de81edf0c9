/// Builds the bytes of a message. Numbers are LEB128 varints unless said otherwise; the inverse of
/// `WireReader`.
public struct WireWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8]

  /// An empty writer.
  public init(capacity: Int = 256) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// One byte.
  public mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// An unsigned number in 1 to 10 bytes, seven bits each, the lowest first.
  public mutating func number(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// A number that isn't negative.
  public mutating func number(_ value: Int) { number(UInt64(value)) }

  /// A signed number: zigzag, then as `number`.
  public mutating func signed(_ value: Int64) {
    number(UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
  }

  /// Eight bytes, the highest first: for random numbers, which a varint would lengthen.
  public mutating func fixed(_ value: UInt64) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// The bytes alone; the reader must know how many.
  public mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

  /// A length and the bytes.
  public mutating func blob(_ value: [UInt8]) {
    number(value.count)
    bytes.append(contentsOf: value)
  }

  /// A length and UTF-8.
  public mutating func text(_ value: String) { blob(Array(value.utf8)) }

  /// A 32-byte hash, without an intermediate array.
  mutating func words(_ words: (UInt64, UInt64, UInt64, UInt64)) {
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
  }
}
