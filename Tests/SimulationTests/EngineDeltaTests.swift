import SyncEngine
import Testing

@testable import SyncCore

/// Who has an earlier version is told, and asks for, what is different.
@Suite struct EngineDeltaTests {
  private let link = Link(number: 1)
  private static let size = Int64(40 * length)
  private static let length = 60_000

  private static func chunk(_ number: UInt64) -> ChunkReference {
    ChunkReference(id: ChunkID(words: (number, 0, 0, 0)), length: length)
  }

  /// Chunks numbered from 1 on; a content is named after its first chunk.
  private static func chunks(_ numbers: ClosedRange<UInt64>) -> [ChunkReference] {
    numbers.map(chunk)
  }

  /// A node that has a file of 40 chunks, told and acknowledged or from the peer, and is connected.
  private func connected(
    features: [String] = [Feature.delta.rawValue], acknowledged: UInt64 = 10
  ) throws -> EngineBench {
    var bench = try EngineBench()
    let content = EngineBench.content(1)
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.put(Recipe(chunks: Self.chunks(1...40)), for: content)
      let sequence = try bench.index.nextSequence()
      try bench.index.put(
        Row(
          entry: EngineBench.file("a", 1, size: Self.size),
          observed: EngineBench.stamp(20, size: Self.size), sequence: sequence, source: nil))
    }
    let stamp = Found.entry(EngineBench.stamp(20, size: Self.size))
    try bench.answerLooks(
      try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))), [(Name(literal: "a"), stamp)])
    _ = try bench.connect(
      1, heldIncarnation: bench.index.actor.incarnation,
      held: min(acknowledged, bench.index.sequence), features: features)
    return bench
  }

  // MARK: Telling

  /// Begins to read what the file was changed to.
  private func change(_ bench: inout EngineBench) throws -> JobID {
    let changed = ChangeSet(changes: [.modified(EngineBench.path("a"), isDirectory: false)])
    let job = try #require(try bench.step(.changed(changed)).looks.first)
    let found = Found.entry(EngineBench.stamp(21, size: Self.size))
    _ = try bench.step(.looked(job, EngineBench.listing([(Name(literal: "a"), found)])))
    _ = try bench.step(.lookEnded(job))
    return job
  }

  @Test func whoHasTheVersionBeforeIsToldTheDifference() throws {
    var bench = try connected()
    let job = try change(&bench)
    // What goes on as before is told when there is enough of it, or something else.
    var effects = try bench.step(
      .segmentRead(stream: 1, offset: 0, chunks: Self.chunks(1...5)))
    #expect(effects.recipeParts.isEmpty)
    let next = [Self.chunk(6), Self.chunk(99), Self.chunk(8)]
    let offset = Int64(5 * Self.length)
    effects = try bench.step(.segmentRead(stream: 1, offset: offset, chunks: next))
    #expect(
      effects.recipeParts == [
        .difference(
          RecipeDifference(
            key: .open(1), place: EngineBench.place("a"), base: EngineBench.content(1), offset: 0,
            runs: [
              .base(first: 0, count: 6), .chunk(Self.chunk(99)), .base(first: 7, count: 1),
            ]))
      ])
    let rest = Self.chunks(9...40)
    effects = try bench.step(
      .segmentRead(stream: 1, offset: Int64(8 * Self.length), chunks: rest))
    #expect(effects.recipeParts.isEmpty)
    let recipe = Recipe(chunks: Self.chunks(1...6) + [Self.chunk(99)] + Self.chunks(8...40))
    effects = try bench.step(.read(job, [(0, .content(EngineBench.content(1), recipe))]))
    guard case .difference(let last)? = effects.recipeParts.first else {
      Issue.record("the end is not told")
      return
    }
    #expect(last.offset == Int64(8 * Self.length) && last.runs == [.base(first: 8, count: 32)])
    #expect(bench.engine.openFiles[1]?.difference == nil)
  }

  @Test(arguments: [([], 10), ([Feature.delta.rawValue], 0)] as [([String], UInt64)])
  func whoDoesNotKnowOfItIsToldAll(features: [String], acknowledged: UInt64) throws {
    var bench = try connected(features: features, acknowledged: acknowledged)
    _ = try change(&bench)
    let chunks = Self.chunks(1...5)
    let effects = try bench.step(.segmentRead(stream: 1, offset: 0, chunks: chunks))
    #expect(
      effects.recipeParts == [
        .segment(
          RecipeSegment(
            key: .open(1), place: EngineBench.place("a"), offset: 0, chunks: chunks))
      ])
  }

  @Test func aRecipeThatIsAskedForByABaseIsToldSo() throws {
    var bench = try connected()
    let content = EngineBench.content(1)
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.put(Recipe(chunks: Self.chunks(3...6)), for: EngineBench.content(3))
    }
    var effects = try bench.receive(.openContent(content, base: EngineBench.content(3)))
    guard case .difference(let difference)? = effects.recipeParts.first else {
      Issue.record("no difference")
      return
    }
    #expect(difference.base == EngineBench.content(3) && difference.runs.count == 2 + 1 + 34)
    #expect(difference.runs.chunks(from: Self.chunks(3...6)) == Self.chunks(1...40))
    // A base that is not known here.
    effects = try bench.receive(.openContent(content, base: EngineBench.content(77)))
    guard case .segment? = effects.recipeParts.first else {
      Issue.record("no whole recipe")
      return
    }
  }

  // MARK: Receiving

  private func difference(_ runs: [RecipeRun], base: UInt64 = 1) -> Message {
    .difference(
      RecipeDifference(
        key: .open(5), place: EngineBench.place("a"), base: EngineBench.content(base), offset: 0,
        runs: runs))
  }

  /// Opens the stage that a message makes the engine want.
  private func open(_ bench: inout EngineBench, _ message: Message) throws -> [Effect] {
    let effects = try bench.receive(message)
    guard let stage = effects.openedStages.first else { return effects }
    return effects + (try bench.step(.stageOpened(stage, [])))
  }

  private static let oneChanged: [RecipeRun] = [
    .base(first: 0, count: 10), .chunk(chunk(99)), .base(first: 11, count: 29),
  ]

  @Test func oneChangedChunkIsAskedForAsAPatchOfWhatStoodThere() throws {
    var bench = try connected()
    let effects = try open(&bench, difference(Self.oneChanged))
    let old = Int64(10 * Self.length)..<Int64(11 * Self.length)
    #expect(effects.patchedParts == [old] && effects.requestCount == 0)
    #expect(effects.reusedCount == 39)
  }

  @Test func aPatchThatIsWrongIsAskedForPlainly() throws {
    var bench = try connected()
    let asked = try open(&bench, difference(Self.oneChanged))
    let id = try #require(asked.patchRequests.first)
    let again = try bench.step(.rangeLost(id))
    #expect(again.requestCount == 1 && again.patchedParts.isEmpty)
  }

  @Test func aPeerThatDoesNotKnowOfPatchesIsNotAskedForThem() throws {
    var bench = try connected(features: [])
    let segment = RecipeSegment(
      key: .open(5), place: EngineBench.place("a"), offset: 0,
      chunks: Self.chunks(1...10) + [Self.chunk(99)] + Self.chunks(12...40))
    let effects = try open(&bench, .segment(segment))
    #expect(effects.requestCount == 1 && effects.patchedParts.isEmpty)
  }

  @Test func theEndsOfALongGapArePatchedAndItsMiddleIsNot() throws {
    var bench = try connected()
    let new = (0..<20).map { RecipeRun.chunk(Self.chunk(100 + $0)) }
    let effects = try open(
      &bench, difference([.base(first: 0, count: 10)] + new + [.base(first: 30, count: 10)]))
    let length = Int64(Self.length)
    #expect(
      effects.patchedParts
        == [10 * length..<11 * length]
        + [24, 26, 28].map { $0 * length..<($0 + 2) * length })
    #expect(effects.plainRanges.map(\.count) == [13])
  }

  @Test func theLastChunksAreHeldUntilItIsKnownWhatFollows() throws {
    var bench = try connected()
    var effects = try open(
      &bench, difference([.base(first: 0, count: 10), .chunk(Self.chunk(99))]))
    #expect(effects.requestCount == 0 && effects.patchedParts.isEmpty)
    let length = Int64(Self.length)
    effects = try bench.receive(.seal(.open(5), EngineBench.content(1)))
    // What follows is the end: all that stood there may be in it, but that is too much.
    #expect(effects.patchedParts == [10 * length..<11 * length])
  }

  @Test func patchesThatAreInVainAreSoonGivenUp() throws {
    var bench = try connected()
    // Every other chunk is new.
    let runs = (0..<20).flatMap { number -> [RecipeRun] in
      [.base(first: 2 * number, count: 1), .chunk(Self.chunk(100 + UInt64(number)))]
    }
    var effects = try open(&bench, difference(runs))
    var patchCount = 0
    var plainCount = 0
    while true {
      let asked = effects.patchRequests
      patchCount += asked.count
      plainCount += effects.requestCount
      guard !asked.isEmpty else { break }
      effects = []
      for id in asked { effects += try bench.step(.rangeStored(id)) }
    }
    // The last chunk waits for the seal.
    #expect(patchCount == Limits.firstPatchCount)
    #expect(patchCount + plainCount == 20)
  }

  @Test func patchesThatHelpAllowMoreAndTheOthersWaitForThem() throws {
    var bench = try connected()
    let runs = (0..<19).flatMap { number -> [RecipeRun] in
      [.base(first: 2 * number, count: 1), .chunk(Self.chunk(100 + UInt64(number)))]
    }
    var effects = try open(&bench, difference(runs + [.base(first: 38, count: 2)]))
    #expect(effects.patchRequests.count == Limits.firstPatchCount)
    var waiting = effects.patchRequests
    var count = 0
    while !waiting.isEmpty {
      count += 1
      effects = try bench.step(.rangePatched(waiting.removeFirst()))
      #expect(effects.requestCount == 0)
      waiting += effects.patchRequests
      #expect(waiting.count <= Limits.patchCount)
    }
    #expect(count == 19)
  }

  @Test func aBaseThatIsNotHereIsWaitedForNoLonger() throws {
    var bench = try connected()
    #expect(try open(&bench, difference([.base(first: 0, count: 1)], base: 55)).isEmpty)
    #expect(try bench.receive(.seal(.open(5), EngineBench.content(2))).isEmpty)
  }

  @Test(arguments: [[.base(first: 38, count: 3)], [.base(first: 41, count: 1)]] as [[RecipeRun]])
  func chunksThatTheBaseHasNotAreNoRecipe(runs: [RecipeRun]) throws {
    var bench = try connected()
    #expect(try open(&bench, difference(runs)).isEmpty)
  }

  @Test func aDifferenceThatCameOutWrongIsAskedForWhole() throws {
    var bench = try connected()
    let content = EngineBench.content(9)
    let entry = EngineBench.file("a", 9, size: Self.size)
    var effects = try open(&bench, .announce(entries: [entry], upTo: 10, isLast: true))
    #expect(effects.wishes.map(\.base) == [EngineBench.content(1)])
    _ = try bench.receive(
      .difference(
        RecipeDifference(
          key: .sealed(content), place: nil, base: EngineBench.content(1), offset: 0,
          runs: Self.oneChanged)))
    // That makes a content with another id.
    effects = try bench.receive(.seal(.sealed(content), content))
    bench.now.monotonic += 10_000_000_000
    effects += try bench.step(.woken)
    #expect(effects.wishes.map(\.base) == [nil])
  }
}

extension [Effect] {
  fileprivate var recipeParts: [Message] {
    compactMap { effect in
      guard case .send(_, let message) = effect else { return nil }
      return switch message {
      case .segment, .difference: message
      default: nil
      }
    }
  }

  fileprivate var wishes: [(content: ContentID, base: ContentID?)] {
    compactMap {
      if case .send(_, .openContent(let content, let base)) = $0 { (content, base) } else { nil }
    }
  }

  fileprivate var openedStages: [StageID] {
    compactMap { if case .openStage(let stage, _) = $0 { stage } else { nil } }
  }

  fileprivate var patchRequests: [UInt64] {
    compactMap { if case .requestPatch(_, let request, _, _, _) = $0 { request.id } else { nil } }
  }

  fileprivate var patchedParts: [Range<Int64>] {
    compactMap { if case .requestPatch(_, _, _, _, let part) = $0 { part.bytes } else { nil } }
  }

  fileprivate var plainRanges: [[PlacedChunk]] {
    compactMap { if case .request(_, _, _, let chunks) = $0 { chunks } else { nil } }
  }

  fileprivate var reusedCount: Int {
    reduce(0) { if case .reuse(_, _, let chunks) = $1 { $0 + chunks.count } else { $0 } }
  }
}
