import Testing

@testable import SyncCore

/// Which chunks stand for a content.
@Suite struct SamplesTests {
  private func chunks(_ count: Int, seed: UInt64) -> [ChunkReference] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      ChunkReference(id: ChunkID(words: (random.next(), 0, 0, 0)), length: 70_000)
    }
  }

  @Test(arguments: [0, 1, 3, 10, 100, 2000, 50_000])
  func thereAreSomeAndNotTooMany(count: Int) {
    let samples = Recipe(chunks: chunks(count, seed: 1)).samples
    #expect(samples.count <= Limits.sampleCount)
    #expect(samples.count >= min(count, Limits.leastSampleCount))
    // One in eight, as far as chance allows.
    #expect(samples.count <= max(Limits.leastSampleCount, count / 4))
    if count > 1000 { #expect(samples.count > Limits.sampleCount / 2) }
  }

  @Test(arguments: [20, 300, 5000]) func whatHasHalfInCommonHasSamplesInCommon(count: Int) {
    let common = chunks(count / 2, seed: 2)
    let left = Recipe(chunks: common + chunks(count / 2, seed: 3))
    let right = Recipe(chunks: chunks(count / 2, seed: 4) + common)
    #expect(!Set(left.samples).isDisjoint(with: right.samples))
  }

  @Test func zerosAreEverywhereAndStandForNothing() {
    #expect(Recipe(chunks: Array(repeating: .zeros, count: 40)).samples.isEmpty)
  }

  @Test func theSearchIsBounded() {
    var search = SimilarSearch()
    let taken = chunks(100_000, seed: 5).filter { search.takes($0) }
    #expect(taken.count == Limits.similarLookupCount)
    #expect(taken.dropFirst(Limits.similarChunkCount).allSatisfy { $0.id.isRare })
    #expect(search.isOver)

    var other = SimilarSearch()
    for number in 0..<Limits.similarFileCount {
      #expect(!other.isOver)
      let content = ContentID(words: (UInt64(number), 0, 0, 0))
      #expect(other.isNew(content) && !other.isNew(content))
    }
    #expect(other.isOver && !other.takes(taken[0]))
  }
}
