import Testing

@testable import SyncCore

@Suite struct ChunkCutterTests {
  private static let shortest = 16 * 1024
  private static let normal = 64 * 1024
  private static let longest = 192 * 1024

  @Test func gearTableIsTheOneOfTheProtocol() {
    #expect(GearTable.values.count == 256)
    // Worked out apart from this code, from the rule in the comment.
    #expect(GearTable.values[0] == 0x75C3_2E37_47DA_03D0)
    #expect(GearTable.values[255] == 0xE5A0_8777_E5D5_359A)
  }

  @Test func longestChunkIsTheOneThatLimitsAllow() {
    #expect(ChunkCutter.longestByteCount == Limits.chunkByteCount)
  }

  @Test(arguments: [0, 1, 64, 16 * 1024 - 1, 16 * 1024])
  func contentsUpToTheShortestLengthAreOneChunk(count: Int) {
    #expect(cutLengths(of: randomBytes(count, seed: 1)) == (count == 0 ? [] : [count]))
  }

  @Test(arguments: [0, 0xFF, 0x20] as [UInt8])
  func constantBytesAreCutAtTheLongestLength(byte: UInt8) {
    func lengths(_ count: Int) -> [Int] { cutLengths(of: [UInt8](repeating: byte, count: count)) }
    #expect(lengths(Self.shortest + 1) == [Self.shortest + 1])
    #expect(lengths(Self.longest - 1) == [Self.longest - 1])
    #expect(lengths(Self.longest) == [Self.longest])
    #expect(lengths(Self.longest + 1) == [Self.longest, 1])
  }

  @Test func pinnedBytesAreCutAtPinnedPlaces() {
    // Worked out apart from this code, from the rule in the comment.
    let expected = [
      102_538, 103_412, 106_987, 31_656, 82_739, 72_435, 67_480, 91_027, 52_867, 75_368, 78_225,
      104_018, 94_597, 81_045, 84_158, 72_377, 66_976, 55_252, 74_453, 55_358, 71_812, 66_365,
      65_586, 68_414, 73_626, 81_048, 80_473, 65_728, 68_064, 73_826, 72_999, 73_909, 86_454,
      68_489, 91_487, 131_895, 73_205, 81_289, 72_604, 75_979, 49_508,
    ]
    #expect(cutLengths(of: randomBytes(3 * 1024 * 1024, seed: 42)) == expected)
  }

  @Test func chunksAreWithinBoundsAndMakeUpTheContent() {
    let bytes = randomBytes(6 * 1024 * 1024, seed: 7)
    let lengths = cutLengths(of: bytes)
    #expect(lengths.reduce(0, +) == bytes.count)
    #expect(lengths.allSatisfy { $0 <= Self.longest })
    #expect(lengths.dropLast().allSatisfy { $0 > Self.shortest })
    // 64 KiB and a little more: after the normal length it takes some bytes until a cut is found.
    let average = lengths.reduce(0, +) / lengths.count
    #expect((Self.normal * 7 / 8..<Self.normal * 5 / 4).contains(average))
  }

  @Test func bytesBeyondTheLongestChunkDoNotMatter() {
    let bytes = randomBytes(512 * 1024, seed: 9)
    let whole = firstCut(of: bytes[...])
    #expect(firstCut(of: bytes.prefix(Self.longest)) == whole)
    #expect(firstCut(of: bytes.prefix(whole)) == whole)
    #expect(firstCut(of: bytes.prefix(whole - 1)) == whole - 1)
  }

  @Test func cutsOfTheRestAreTheRestOfTheCuts() {
    let bytes = randomBytes(1024 * 1024, seed: 10)
    let lengths = cutLengths(of: bytes)
    #expect(cutLengths(of: Array(bytes.dropFirst(lengths[0]))) == Array(lengths.dropFirst()))
  }

  @Test(arguments: [1, 5000, 100_000])
  func insertedBytesMoveTheCutsWithTheContent(count: Int) {
    let bytes = randomBytes(3 * 1024 * 1024, seed: 11)
    let before = cutEnds(of: bytes)
    let after = cutEnds(of: randomBytes(count, seed: 12) + bytes)
    let kept = Set(before).intersection(after.map { $0 - count })
    #expect(kept.count >= before.count - 6)
  }

  @Test func oneChangedByteChangesOnlyTheChunksAroundIt() {
    var bytes = randomBytes(2 * 1024 * 1024, seed: 13)
    let before = cutEnds(of: bytes)
    bytes[1024 * 1024] ^= 1
    let kept = Set(before).intersection(cutEnds(of: bytes))
    #expect(kept.count >= before.count - 3)
  }
}

/// Pseudo-random bytes: 64-bit outputs of SplitMix64 from `seed`, lowest byte first.
private func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var state = seed
  return unsafe [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, initializedCount in
    let words = UnsafeMutableRawBufferPointer(buffer)
    for offset in stride(from: 0, to: count, by: 8) {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      word ^= word >> 31
      unsafe words.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
    initializedCount = count
  }
}

private func firstCut(of bytes: ArraySlice<UInt8>) -> Int {
  unsafe bytes.withUnsafeBytes { unsafe ChunkCutter.firstCut(in: $0) }
}

private func cutLengths(of bytes: [UInt8]) -> [Int] {
  var lengths: [Int] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    let length = firstCut(of: rest)
    lengths.append(length)
    rest = rest.dropFirst(length)
  }
  return lengths
}

/// Where the chunks end.
private func cutEnds(of bytes: [UInt8]) -> [Int] {
  var end = 0
  return cutLengths(of: bytes).map { length in
    end += length
    return end
  }
}
