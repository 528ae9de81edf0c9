/// A random number for each byte value: what the rolling hash of `ChunkCutter` adds up.
///
/// All nodes must cut alike, so the table is part of the protocol. It is the first 256 outputs of
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014),
/// started at `seed`; all arithmetic is modulo 2^64:
///
///     state += 0x9E3779B97F4A7C15
///     z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9
///     z = (z ^ (z >> 27)) * 0x94D049BB133111EB
///     output z ^ (z >> 31)
enum GearTable {
  /// The ASCII text "leftgear", first byte highest.
  static let seed: UInt64 = 0x6C65_6674_6765_6172

  /// The numbers, indexed by byte.
  static let values: [UInt64] = {
    var state = seed
    return (0..<256).map { _ in next(&state) }
  }()

  private static func next(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
