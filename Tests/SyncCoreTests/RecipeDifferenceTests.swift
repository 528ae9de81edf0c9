import Testing

@testable import SyncCore

/// A recipe in terms of another one.
@Suite struct RecipeDifferenceTests {
  private static func chunk(_ number: UInt64) -> ChunkReference {
    number == 0 ? .zeros : ChunkReference(id: ChunkID(words: (number, 0, 0, 0)), length: 40_000)
  }

  private static func chunks(_ numbers: [UInt64]) -> [ChunkReference] { numbers.map(chunk) }

  @Test(
    arguments: [
      ([1, 2, 3], [1, 2, 3], [.base(first: 0, count: 3)]),
      ([1, 2, 3], [], []),
      ([], [1, 0, 0], [.chunk(chunk(1)), .zeros(count: 2)]),
      // One changed, one inserted, one left out.
      (
        [1, 2, 3], [1, 9, 3],
        [.base(first: 0, count: 1), .chunk(chunk(9)), .base(first: 2, count: 1)]
      ),
      (
        [1, 2, 3], [9, 1, 2, 3], [.chunk(chunk(9)), .base(first: 0, count: 3)]
      ),
      ([1, 2, 3], [1, 3], [.base(first: 0, count: 1), .base(first: 2, count: 1)]),
      // Moved, repeated, and grown.
      ([1, 2, 3, 4], [3, 4, 1, 2], [.base(first: 2, count: 2), .base(first: 0, count: 2)]),
      ([1, 2], [2, 2, 2], Array(repeating: .base(first: 1, count: 1), count: 3)),
      ([1, 2], [1, 2, 3], [.base(first: 0, count: 2), .chunk(chunk(3))]),
      // What occurs twice goes on where it was.
      ([1, 7, 2, 7, 3], [1, 7, 2, 7, 3], [.base(first: 0, count: 5)]),
      ([1, 0, 0, 2], [1, 0, 0, 2], [.base(first: 0, count: 4)]),
      (
        [1, 2], [1, 0, 2], [.base(first: 0, count: 1), .zeros(count: 1), .base(first: 1, count: 1)]
      ),
    ] as [([UInt64], [UInt64], [RecipeRun])])
  func aRecipeIsToldByTheBase(base: [UInt64], new: [UInt64], runs: [RecipeRun]) {
    var differencer = RecipeDifferencer(base: Self.chunks(base))
    #expect(differencer.runs(of: Self.chunks(new)) == runs)
    #expect(runs.chunks(from: Self.chunks(base)) == Self.chunks(new))
    #expect(runs.chunkCount == new.count)
  }

  @Test func anyEditsAreToldAndTakenBack() {
    var samples = Samples(seed: 20)
    for _ in 0..<2000 {
      let base = (0..<samples.below(40)).map { _ in Self.chunk(UInt64(samples.below(30))) }
      var new = base
      for _ in 0..<samples.below(6) {
        let place = samples.below(new.count + 1)
        switch samples.below(3) {
        case 0: new.insert(Self.chunk(UInt64(samples.below(60))), at: place)
        case 1: new.removeSubrange(place..<min(new.count, place + samples.below(4)))
        default: new.append(contentsOf: new.prefix(place))
        }
      }
      var differencer = RecipeDifferencer(base: base)
      var runs: [RecipeRun] = []
      // Whether it is told at once or in parts makes no difference.
      var rest = new[...]
      while !rest.isEmpty {
        let part = Array(rest.prefix(1 + samples.below(10)))
        runs += differencer.runs(of: part)
        rest = rest.dropFirst(part.count)
      }
      #expect(runs.chunks(from: base) == new)
    }
  }

  @Test(arguments: [(3, 1), (0, 4), (2, 2), (.max, 1), (1, .max)] as [(Int, Int)])
  func chunksThatTheBaseHasNotAreRefused(first: Int, count: Int) {
    let base = Self.chunks([1, 2, 3])
    #expect([RecipeRun.base(first: first, count: count)].chunks(from: base) == nil)
  }

  @Test func oneChangedChunkOfALargeFileIsToldInAFewRuns() {
    let base = (1...6500).map { Self.chunk(UInt64($0)) }
    var new = base
    new[3000] = Self.chunk(9999)
    var differencer = RecipeDifferencer(base: base)
    #expect(differencer.runs(of: new).count == 3)
  }
}
