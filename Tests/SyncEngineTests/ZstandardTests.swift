import SyncCore
import Testing

@testable import SyncEngine

@Suite struct ZstandardTests {
  private static let text = (0..<5000).flatMap { Array("line \($0 % 37) of \($0)\n".utf8) }

  private static func compress(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8]? {
    var compressor = ZstandardCompressor()
    var room = [UInt8](repeating: 0, count: bytes.count + 1024)
    let count = unsafe bytes.withUnsafeBytes { input in
      unsafe room.withUnsafeMutableBytes { output in
        unsafe compressor.compress(input, into: output, level: level)
      }
    }
    return count.map { Array(room[..<$0]) }
  }

  private static func decompress(_ bytes: [UInt8], count: Int) throws -> [UInt8] {
    var unpacker = Unpacker()
    var output = [UInt8](repeating: 0, count: count)
    let result: Result<Void, InflateError> = unsafe bytes.withUnsafeBytes { input in
      unsafe output.withUnsafeMutableBytes { output in
        do throws(InflateError) {
          unsafe try unpacker.unpack(input, .zstd, into: output)
          return .success(())
        } catch {
          return .failure(error)
        }
      }
    }
    try result.get()
    return output
  }

  @Test(arguments: [-10, 1, 3, 6] as [Int32])
  func whatWasPackedComesBack(level: Int32) throws {
    let packed = try #require(Self.compress(Self.text, level: level))
    #expect(packed.count < Self.text.count * 3 / 4)
    #expect(try Self.decompress(packed, count: Self.text.count) == Self.text)
  }

  @Test func whatDoesNotShrinkIsNotPacked() {
    var random = SplitMix64(seed: 1)
    let noise = (0..<100_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    #expect(Self.compress(noise) == nil)
    #expect(Self.compress([]) == nil)
  }

  @Test func aFrameOfAnotherLengthIsRefused() throws {
    let packed = try #require(Self.compress(Self.text))
    for count in [0, 1, Self.text.count - 1, Self.text.count + 1] {
      #expect(throws: InflateError.self) { try Self.decompress(packed, count: count) }
    }
  }

  @Test func whatIsCutOrFollowedBySomethingIsRefused() throws {
    let packed = try #require(Self.compress(Self.text))
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 7]
    for other in [
      [], Array(packed.dropLast()), packed + [0], packed + packed, packed + skippable,
      skippable + packed,
    ] {
      #expect(throws: InflateError.self) {
        try Self.decompress(other, count: Self.text.count)
      }
    }
  }

  @Test func aClaimIsCheckedBeforeItIsBelieved() throws {
    // The frame of 192 KiB of zeros has some thirty bytes; it claims its length in its header.
    let zeros = [UInt8](repeating: 0, count: Limits.chunkByteCount)
    let packed = try #require(Self.compress(zeros))
    #expect(packed.count < 40)
    #expect(try Self.decompress(packed, count: zeros.count) == zeros)
    #expect(throws: InflateError.self) { try Self.decompress(packed, count: 100) }
  }

  @Test func noDamagedFrameWritesElsewhere() throws {
    let packed = try #require(Self.compress(Self.text))
    var random = SplitMix64(seed: 2)
    for _ in 0..<500 {
      var damaged = packed
      damaged[Int(random.next() % UInt64(damaged.count))] ^= UInt8(1 + random.next() % 255)
      // Without a checksum some damage gives other bytes: the chunk's hash tells.
      _ = try? Self.decompress(damaged, count: Self.text.count)
    }
  }
}
