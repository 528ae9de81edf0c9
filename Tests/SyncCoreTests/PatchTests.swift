import Testing

@testable import SyncCore

/// New bytes from pieces of old ones.
@Suite struct PatchTests {
  private static func lengths(of bytes: [UInt8]) -> [Int] {
    unsafe bytes.withUnsafeBytes { unsafe PieceCutter.lengths(of: $0) }
  }

  /// Pieces with a hash that is as good as any for this.
  private static func pieces(of bytes: [UInt8]) -> [(hash: UInt64, byteCount: Int)] {
    var offset = 0
    return lengths(of: bytes).map { length in
      defer { offset += length }
      let hash = bytes[offset..<offset + length].reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01B3
      }
      return (hash, length)
    }
  }

  /// What comes of a patch, and how many bytes had to be sent along.
  private static func remade(
    _ new: [UInt8], from old: [UInt8]
  ) throws(WireError) -> (bytes: [UInt8], literalByteCount: Int) {
    let patch = Patch(making: pieces(of: new), from: pieces(of: old).map(\.hash))
    var literals: [UInt8] = []
    var made = 0
    let stretches = try patch.stretches(ofPieces: lengths(of: old), making: new.count)
    for stretch in stretches {
      if !stretch.isOld { literals += new[made..<made + stretch.bytes.count] }
      made += stretch.bytes.count
    }
    let bytes = stretches.flatMap { stretch in
      stretch.isOld ? old[stretch.bytes] : literals[stretch.bytes]
    }
    return (bytes, patch.literalByteCount)
  }

  // MARK: Pieces

  @Test func piecesAreCutAsTheProtocolSays() {
    var random = SplitMix64(seed: 1)
    let bytes = (0..<4096).flatMap { _ in
      let word = random.next()
      return stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: word >> $0) }
    }
    // Worked out apart from this code, from the rule in the comment.
    #expect(
      Self.lengths(of: bytes) == [
        1122, 914, 336, 816, 1070, 338, 2862, 692, 3281, 1367, 586, 423, 529, 652, 308, 1062, 613,
        3469, 574, 790, 339, 863, 1436, 1547, 697, 2924, 489, 2669,
      ])
  }

  @Test(arguments: [0, 1, 255, 256, 257, 8192, 8193, 20_000])
  func zerosAreCutAtTheLongestLength(count: Int) {
    let lengths = Self.lengths(of: [UInt8](repeating: 0, count: count))
    #expect(lengths.reduce(0, +) == count)
    #expect(lengths.dropLast().allSatisfy { $0 == 8192 })
  }

  @Test func aRangeHasNoMorePiecesThanTheBoundAllows() {
    var samples = Samples(seed: 21)
    let lengths = Self.lengths(of: samples.bytes(Limits.patchByteCount))
    #expect(lengths.dropLast().allSatisfy { $0 > Limits.shortestPieceByteCount })
    #expect(lengths.count <= Limits.patchPieceCount)
    // A fifth of the bound, as it says.
    #expect((Limits.patchPieceCount / 6...Limits.patchPieceCount / 4).contains(lengths.count))
  }

  // MARK: Patches

  @Test func oneByteCostsAFewPieces() throws {
    var samples = Samples(seed: 22)
    let old = samples.bytes(80_000)
    for place in [0, 1, 40_000, 79_999] {
      var changed = old
      changed[place] ^= 1
      var longer = old
      longer.insert(7, at: place)
      var shorter = old
      shorter.remove(at: place)
      for new in [changed, longer, shorter] {
        let (bytes, literalByteCount) = try Self.remade(new, from: old)
        #expect(bytes == new)
        #expect(literalByteCount < 10_000)
      }
    }
  }

  @Test func anyEditsAreRemade() throws {
    var samples = Samples(seed: 23)
    for _ in 0..<150 {
      let old = samples.bytes(samples.pick([0, 1, 300, 5000, 40_000]))
      var new = old
      for _ in 0..<samples.below(5) {
        let place = samples.below(new.count + 1)
        switch samples.below(4) {
        case 0: new.insert(contentsOf: samples.bytes(samples.below(3000)), at: place)
        case 1: new.removeSubrange(place..<min(new.count, place + samples.below(3000)))
        case 2: new.append(contentsOf: new.prefix(place))
        default: if place < new.count { new[place] &+= 1 }
        }
      }
      #expect(try Self.remade(new, from: old).bytes == new)
    }
  }

  @Test(
    arguments: [
      ([1, 2, 3], [1, 2, 3], [.copy(first: 0, count: 3)]),
      ([1, 2, 3], [], []),
      ([], [1, 2], [.literal(byteCount: 200)]),
      (
        [1, 2, 3], [1, 8, 9, 3],
        [.copy(first: 0, count: 1), .literal(byteCount: 200), .copy(first: 2, count: 1)]
      ),
      ([1, 1, 2], [1, 1, 2], [.copy(first: 0, count: 3)]),
      ([1, 2], [2, 1], [.copy(first: 1, count: 1), .copy(first: 0, count: 1)]),
    ] as [([UInt64], [UInt64], [PatchStep])])
  func stepsAreJoined(old: [UInt64], new: [UInt64], steps: [PatchStep]) {
    #expect(Patch(making: new.map { ($0, 100) }, from: old).steps == steps)
  }

  @Test(
    arguments: [
      // Pieces that there are not.
      [.copy(first: 2, count: 1)], [.copy(first: 0, count: 3)], [.copy(first: .max, count: 1)],
      [.copy(first: 1, count: .max)],
      // Too little, and too much: also by what is copied again and again.
      [], [.copy(first: 0, count: 1)], [.literal(byteCount: 299)], [.literal(byteCount: 301)],
      [.literal(byteCount: 300), .literal(byteCount: 1)],
      Array(repeating: .copy(first: 0, count: 2), count: 2000),
    ] as [[PatchStep]])
  func whatDoesNotFitIsRefused(steps: [PatchStep]) {
    #expect(
      isRefused { () throws(WireError) in
        _ = try Patch(steps: steps).stretches(ofPieces: [100, 200], making: 300)
      })
  }

  // MARK: Frames

  @Test func headersAreReadAsTheyWereWritten() throws {
    var samples = Samples(seed: 24)
    for _ in 0..<500 {
      let header = samples.patchHeader()
      let head = header.encoded()
      let byteCount = header.encoding == .plain ? header.patch.literalByteCount : 5
      guard header.encoding == .plain || header.patch.literalByteCount > 0 else { continue }
      let payload = head + [UInt8](repeating: 7, count: byteCount)
      var offset = 0
      #expect(try PatchHeader(payload: payload, bodyOffset: &offset) == header)
      #expect(offset == head.count)
      for count in 0..<head.count {
        #expect(
          isRefused { () throws(WireError) in
            _ = try PatchHeader(payload: Array(payload.prefix(count)), bodyOffset: &offset)
          })
      }
      guard header.encoding == .plain else { continue }
      #expect(
        isRefused { () throws(WireError) in
          _ = try PatchHeader(payload: payload + [0], bodyOffset: &offset)
        })
    }
  }

  @Test(
    arguments: [
      // More steps, pieces or bytes than may be, and steps without bytes.
      [1, UInt64(Limits.patchStepCount) + 1], [1, 1, UInt64(Limits.patchPieceCount) + 1, 0],
      [1, 1, 1, UInt64(Limits.patchPieceCount) + 1], [1, 1, 0, UInt64(Limits.patchByteCount) + 1],
      [1, 2, 0, UInt64(Limits.patchByteCount), 0, 1], [1, 1, 0, 0], [1, .max], [1, 1, .max, 0],
    ] as [[UInt64]])
  func whatIsAboveABoundIsRefused(numbers: [UInt64]) {
    var writer = WireWriter()
    for number in numbers { writer.number(number) }
    writer.raw([UInt8](repeating: 0, count: 40))
    #expect(
      isRefused { () throws(WireError) in
        var offset = 0
        _ = try PatchHeader(payload: writer.bytes, bodyOffset: &offset)
      })
  }
}
