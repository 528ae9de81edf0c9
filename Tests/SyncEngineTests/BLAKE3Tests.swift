import CBLAKE3
import Foundation
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct BLAKE3Tests {
  /// Every level that this machine has.
  private static let levels = [
    blake3_level.BLAKE3_PORTABLE, .BLAKE3_AVX2, .BLAKE3_AVX512,
  ].filter { $0.rawValue <= blake3_best_level().rawValue }

  /// The input of the official vectors, as long as the longest.
  private static let input = (0..<3_072_001).map { UInt8($0 % 251) }

  @Test(arguments: BLAKE3Tests.levels)
  func hashesAreThoseOfTheVectors(level: blake3_level) throws {
    let folder = try #require(Bundle.module.resourcePath)
    let text = try String(contentsOfFile: folder + "/Vectors/blake3.txt", encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines.count == 45)
    for line in lines {
      let fields = line.split(separator: " ")
      let count = try #require(Int(fields[0]))
      let digits = Hexadecimal.encode(hash(Self.input[..<count], level: level))
      #expect(digits == fields[1], "\(count) bytes")
    }
  }

  @Test func allLevelsAgreeAtAllLengthsAndAlignments() {
    for count in stride(from: 0, through: 20_000, by: 61) {
      let start = count % 64
      let slice = Self.input[start..<(start + count)]
      let expected = hash(slice, level: .BLAKE3_PORTABLE)
      for level in Self.levels {
        #expect(hash(slice, level: level) == expected, "\(count) bytes from \(start)")
      }
    }
  }

  @Test func chunkIDIsTheHashOfItsBytes() {
    let id = unsafe Self.input[..<1024].withUnsafeBytes { unsafe BLAKE3.chunkID(of: $0) }
    #expect(
      Hexadecimal.encode(id.bytes)
        == "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7")
  }

  @Test func contentIDIsTheHashOfSchemeSizeAndChunks() {
    let first = ChunkReference(id: ChunkID(words: (1, 2, 3, 4)), length: 0x1_0203)
    let second = ChunkReference(id: ChunkID(words: (5, 6, 7, 8 << 56)), length: 1)
    let expected: [UInt8] =
      [1] + [4, 2, 1, 0, 0, 0, 0, 0]
      + first.id.bytes + [3, 2, 1, 0] + second.id.bytes + [1, 0, 0, 0]
    let id = BLAKE3.contentID(of: Recipe(chunks: [first, second]))
    #expect(id.bytes == hash(expected[...], level: .BLAKE3_PORTABLE))
    #expect(id != BLAKE3.contentID(of: Recipe(chunks: [second, first])))
  }

  @Test func emptyContentHasAnIDAndNoChunk() {
    let expected = hash(([1] + [UInt8](repeating: 0, count: 8))[...], level: .BLAKE3_PORTABLE)
    #expect(BLAKE3.contentID(of: Recipe()).bytes == expected)
  }
}

private func hash(_ bytes: ArraySlice<UInt8>, level: blake3_level) -> [UInt8] {
  unsafe [UInt8](unsafeUninitializedCapacity: 32) { out, count in
    unsafe bytes.withUnsafeBytes {
      unsafe blake3_hash_with(level, $0.baseAddress, $0.count, out.baseAddress!)
    }
    count = 32
  }
}
