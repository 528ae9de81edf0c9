/// FNV-1a (64 bit): no secret and no proof, just the same number for the same bytes everywhere,
/// and most likely another for others.
package struct FNV1a: Sendable {
  /// The number for what was mixed in so far.
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  private static let prime: UInt64 = 0x100_0000_01b3

  /// Of nothing.
  package init() {}

  /// Mixes in bytes, in their order.
  package mutating func mix(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* Self.prime }
  }

  /// Mixes in a number's bytes, the lowest first.
  package mutating func mix(_ number: some FixedWidthInteger) {
    for shift in 0..<8 {
      value = (value ^ UInt64(UInt8(truncatingIfNeeded: number >> (8 * shift)))) &* Self.prime
    }
  }
}
