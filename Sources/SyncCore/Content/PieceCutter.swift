/// Where ranges are cut into pieces, which are to a chunk what chunks are to a content: both sides
/// of a patch cut alike, each its own bytes, and what did not change has the same pieces.
///
/// The exact rule, for one piece that starts at byte 0, with `gear` of `GearTable` and arithmetic
/// modulo 2^64: let hash = 0. For index = 256, 257, …: hash = 2 × hash + gear[byte at index]; the
/// piece ends after that byte if hash has 10 leading zero bits. It also ends when it has 8 KiB, and
/// at the end of the range. The average over random bytes is about 1.25 KiB.
public enum PieceCutter {
  /// Bytes at the start of a piece in which no cut is looked for.
  static let shortestByteCount = Limits.shortestPieceByteCount
  /// Where a piece ends in any case.
  static let longestByteCount = 8 * 1024

  /// A hash below it (10 leading zeros) cuts: one place in 1 KiB.
  private static let bound: UInt64 = 1 << (64 - 10)

  /// The lengths of the pieces of `bytes`, in order; none for no bytes.
  public static func lengths(of bytes: UnsafeRawBufferPointer) -> [Int] {
    guard let start = bytes.baseAddress else { return [] }
    var lengths: [Int] = []
    var offset = 0
    while offset < bytes.count {
      let length = unsafe firstCut(in: start + offset, byteCount: bytes.count - offset)
      lengths.append(length)
      offset += length
    }
    return lengths
  }

  private static func firstCut(in start: UnsafeRawPointer, byteCount: Int) -> Int {
    let end = min(byteCount, longestByteCount)
    guard end > shortestByteCount else { return end }
    return unsafe GearTable.values.withUnsafeBufferPointer { table in
      var hash: UInt64 = 0
      return unsafe ChunkCutter.cut(
        in: shortestByteCount..<end, of: start, &hash, below: bound, table.baseAddress!) ?? end
    }
  }
}
