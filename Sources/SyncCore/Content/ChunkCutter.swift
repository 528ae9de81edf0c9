/// Where contents are cut into chunks: at places that the bytes themselves determine, so that an
/// insertion moves the cuts with the bytes and all chunks but those around it stay what they were.
///
/// FastCDC with normalised chunking (Xia et al., USENIX ATC 2016): a gear hash of the last 64
/// bytes, which must have more leading zero bits for a cut before the normal length than after it.
/// The average over random bytes is about 73 KiB.
///
/// The exact rule, for one chunk that starts at byte 0, with `gear` of `GearTable` and arithmetic
/// modulo 2^64: let hash = 0. For index = 16 Ki, 16 Ki + 1, …: hash = 2 × hash + gear[byte at
/// index]; the chunk ends after that byte if hash has 18 leading zero bits, or 14 if index ≥ 64 Ki.
/// It also ends when it has 192 KiB, and at the end of the content.
public struct ChunkCutter {
  /// Bytes at the start of a chunk in which no cut is looked for.
  static let shortestByteCount = 16 * 1024
  /// Where cuts become likelier.
  static let normalByteCount = 64 * 1024
  /// Where a chunk ends in any case.
  static let longestByteCount = Limits.chunkByteCount

  /// A hash below it (18 leading zeros) cuts before the normal length: one place in 256 KiB.
  private static let earlyBound: UInt64 = 1 << (64 - 18)
  /// A hash below it (14 leading zeros) cuts after the normal length: one place in 16 KiB.
  private static let lateBound: UInt64 = 1 << (64 - 14)

  /// The length of the first chunk of a content that is `bytes`, or begins with `bytes` if these
  /// are at least `Limits.chunkByteCount`. 0 only for no bytes. Reads each byte at most once.
  public static func firstCut(in bytes: UnsafeRawBufferPointer) -> Int {
    let end = min(bytes.count, longestByteCount)
    guard end > shortestByteCount, let start = bytes.baseAddress else { return end }
    return unsafe GearTable.values.withUnsafeBufferPointer { table in
      let gear = table.baseAddress!
      var hash: UInt64 = 0
      let normal = min(end, normalByteCount)
      let early = shortestByteCount..<normal
      if let cut = unsafe cut(in: early, of: start, &hash, below: earlyBound, gear) { return cut }
      return unsafe cut(in: normal..<end, of: start, &hash, below: lateBound, gear) ?? end
    }
  }

  /// The end of the first byte in `range` behind which the hash is below `bound`.
  ///
  /// Four bytes a step: what they add to the hash does not depend on the hash before them, so only
  /// one addition in four waits for the one before it, and four bounds cost one branch.
  @inline(__always)
  static func cut(
    in range: Range<Int>, of start: UnsafeRawPointer, _ hash: inout UInt64, below bound: UInt64,
    _ gear: UnsafePointer<UInt64>
  ) -> Int? {
    var index = range.lowerBound
    while range.upperBound &- index >= 4 {
      let word = unsafe UInt32(
        littleEndian: start.loadUnaligned(fromByteOffset: index, as: UInt32.self))
      let one = unsafe gear[Int(word & 0xFF)]
      let two = unsafe (one << 1) &+ gear[Int(word >> 8 & 0xFF)]
      let three = unsafe (two << 1) &+ gear[Int(word >> 16 & 0xFF)]
      let four = unsafe (three << 1) &+ gear[Int(word >> 24)]
      let (first, second) = ((hash << 1) &+ one, (hash << 2) &+ two)
      let (third, fourth) = ((hash << 3) &+ three, (hash << 4) &+ four)
      if min(min(first, second), min(third, fourth)) < bound {
        if first < bound { return index &+ 1 }
        if second < bound { return index &+ 2 }
        return third < bound ? index &+ 3 : index &+ 4
      }
      hash = fourth
      index &+= 4
    }
    while index < range.upperBound {
      hash = unsafe (hash << 1) &+ gear[Int(start.load(fromByteOffset: index, as: UInt8.self))]
      index &+= 1
      if hash < bound { return index }
    }
    return nil
  }
}
