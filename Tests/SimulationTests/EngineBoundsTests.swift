import SyncEngine
import Testing

@testable import SyncCore

/// What the engine holds for peers and for the disk stays within its bounds.
@Suite struct EngineBoundsTests {
  private let link = Link(number: 1)

  // MARK: Recipes

  /// Keeps a file and its recipe of so many chunks.
  private func keepRecipe(_ content: UInt64, _ chunkCount: Int, in bench: EngineBench) throws {
    let chunk = ChunkReference(id: ChunkID(words: (content, 0, 0, 0)), length: 65_536)
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.put(
        Recipe(chunks: Array(repeating: chunk, count: chunkCount)),
        for: EngineBench.content(content))
      let size = Int64(chunkCount) * Int64(chunk.length)
      let entry = EngineBench.file("file-\(content)", content, size: size)
      let sequence = try bench.index.nextSequence()
      try bench.index.put(
        Row(
          entry: entry, observed: EngineBench.stamp(content, size: size), sequence: sequence,
          source: EngineBench.peer))
    }
  }

  @Test func aLongRecipeIsToldAsTheNetworkTakesIt() throws {
    var bench = try EngineBench.connected()
    let count = 400_000
    try keepRecipe(1, count, in: bench)
    var effects = try bench.receive(.openContent(EngineBench.content(1)))
    var told: [ChunkReference] = []
    var portionCount = 0
    while effects.isDrainAsked {
      #expect(effects.segments.reduce(0) { $0 + 36 * $1.chunks.count } < 7 << 20)
      #expect(!effects.isSealed)
      told += effects.segments.flatMap(\.chunks)
      portionCount += 1
      effects = try bench.step(.drained(link))
    }
    told += effects.segments.flatMap(\.chunks)
    #expect(told.count == count && portionCount == 2 && effects.isSealed)
    #expect(bench.engine.sessions[0].recipe == nil)
  }

  @Test func severalRecipesAreToldOneAfterTheOther() throws {
    var bench = try EngineBench.connected()
    for content in 1...3 as ClosedRange<UInt64> { try keepRecipe(content, 100_000, in: bench) }
    var effects = try bench.receive(.openContent(EngineBench.content(1)))
    #expect(effects.isSealed && !effects.isDrainAsked)
    effects = try bench.receive(.openContent(EngineBench.content(2)))
    #expect(!effects.isSealed && effects.isDrainAsked)
    #expect(try bench.receive(.openContent(EngineBench.content(3))).isEmpty)
    // What is asked for twice before it was begun is told once.
    #expect(try bench.receive(.openContent(EngineBench.content(3))).isEmpty)
    effects = try bench.step(.drained(link))
    #expect(effects.filter { if case .send(_, .seal) = $0 { true } else { false } }.count == 2)
    #expect(bench.engine.sessions[0].askedRecipes.isEmpty)
  }

  @Test func soManyRecipesMayBeAskedFor() throws {
    var bench = try EngineBench.connected()
    try keepRecipe(1, 200_000, in: bench)
    #expect(try bench.receive(.openContent(EngineBench.content(1))).isDrainAsked)
    let last = UInt64(Limits.askedRecipeCount) + 1
    for content in 2...last { _ = try bench.receive(.openContent(EngineBench.content(content))) }
    #expect(bench.engine.sessions[0].askedRecipes.count == Limits.askedRecipeCount)
    let effects = try bench.receive(.openContent(EngineBench.content(last + 1)))
    #expect(effects.goneKeys == [.sealed(EngineBench.content(last + 1))])
    #expect(bench.engine.sessions[0].askedRecipes.count == Limits.askedRecipeCount)
  }

  @Test func anOpenRecipeIsGivenUpForAPeerThatDoesNotTakeIt() throws {
    var bench = try EngineBench.connected()
    let changed = ChangeSet(changes: [.modified(EngineBench.path("a"), isDirectory: false)])
    let job = try #require(try bench.step(.changed(changed)).looks.first)
    let found = Found.entry(EngineBench.stamp(20, size: 1 << 40))
    _ = try bench.step(.looked(job, EngineBench.listing([(Name(literal: "a"), found)])))
    _ = try bench.step(.lookEnded(job))
    let chunk = ChunkReference(id: ChunkID(words: (1, 0, 0, 0)), length: 65_536)
    let chunks = Array(repeating: chunk, count: Limits.segmentChunkCount)
    var toldCount = 0
    var effects: [Effect] = []
    while effects.goneKeys.isEmpty, toldCount < 1000 {
      effects = try bench.step(.segmentRead(stream: 1, offset: Int64(toldCount), chunks: chunks))
      toldCount += effects.segments.count
    }
    #expect(toldCount < 50)
    #expect(effects.goneKeys == [.open(1)])
    _ = try bench.step(.drained(link))
    // Nor anything later of it, or it could not be put together.
    #expect(try bench.step(.segmentRead(stream: 1, offset: 9, chunks: chunks)).segments.isEmpty)
    let end = ReadOutcome.content(EngineBench.content(1), Recipe(chunks: [chunk]))
    #expect(try !bench.step(.read(job, [(0, end)])).isSealed)
  }

  // MARK: Windows

  /// Records a new file, and returns what the engine says.
  private func makeFile(_ number: Int, in bench: inout EngineBench) throws -> [Effect] {
    let name = "file-\(number)"
    let changed = ChangeSet(changes: [.created(EngineBench.path(name), isDirectory: false)])
    let job = try #require(try bench.step(.changed(changed)).looks.first)
    let stamp = EngineBench.stamp(UInt64(100 + number))
    let found = (Name(name.utf8)!, Found.entry(stamp))
    _ = try bench.step(.looked(job, EngineBench.listing([found])))
    _ = try bench.step(.lookEnded(job))
    let content = ReadOutcome.content(EngineBench.content(UInt64(100 + number)), nil)
    return try bench.step(.read(job, [(0, content)]))
  }

  @Test func whatReplacedLostContentsIsToldThroughAFullWindow() throws {
    var bench = try EngineBench.connected()
    let count = Limits.unacknowledgedUnitCount
    for number in 1...count { #expect(try makeFile(number, in: &bench).isAnnounced) }
    #expect(try !makeFile(count + 1, in: &bench).isAnnounced)
    bench.now.monotonic += Limits.announcePatienceNanoseconds
    #expect(try bench.step(.woken).isAnnounced)
    #expect(try !makeFile(count + 2, in: &bench).isAnnounced)
    // The next takes longer, and there is an end to it.
    bench.now.monotonic += Limits.announcePatienceNanoseconds
    #expect(try !bench.step(.woken).isAnnounced)
    for number in 3...4 * count {
      bench.now.monotonic += Limits.longestAnnouncePatienceNanoseconds
      _ = try makeFile(count + number, in: &bench)
    }
    #expect(bench.engine.sessions[0].openCount == 2 * count - 1)
  }

  @Test func aFloodOfChangeSetsBecomesOneJob() throws {
    var bench = try EngineBench.connected()
    var looks: [JobID] = []
    for number in 1...10 * Limits.openJobCount {
      let path = EngineBench.path("file-\(number)")
      looks += try bench.step(.changed(ChangeSet(changes: [.removed(path, isDirectory: false)])))
        .looks
    }
    #expect(bench.engine.jobs.count == Limits.openJobCount)
    // Who flushes waits for those, too.
    _ = try bench.step(.flushed(7))
    #expect(bench.engine.jobs.count == Limits.openJobCount + 1)
    #expect(bench.engine.backlog.isEmpty)
    while let job = looks.popLast() { looks += try bench.step(.lookEnded(job)).looks }
    #expect(bench.engine.jobs.count <= 1 && bench.engine.backlog.isEmpty)
  }

  // MARK: Pushed contents

  private func pushed(_ name: String, _ content: UInt64) -> Input {
    var stamp = EngineBench.stamp(content)
    stamp.mtime = 5
    let file = StagedFile(place: EngineBench.place(name), stamp: stamp)
    return .fetched(
      link, request: 0, staged: [StagedContent(content: EngineBench.content(content), file: file)],
      missing: [], failed: [])
  }

  @Test func whatIsPushedAndNeverAnnouncedGoesWithTheConnection() throws {
    var bench = try EngineBench.connected()
    _ = try bench.step(pushed("a", 1))
    _ = try bench.step(pushed("b", 2))
    // Of these one is announced, but lacks something else.
    let entries = [
      EngineBench.file("a", 1, size: 10), EngineBench.file("z", 3, size: 10),
    ]
    _ = try bench.receive(.announce(entries: entries, upTo: 1, isLast: true))
    let effects = try bench.step(.disconnected(link))
    #expect(effects.discarded == [EngineBench.place("b")])
    #expect(Set(bench.engine.fetching.staged.keys) == [EngineBench.place("a")])
    #expect(bench.engine.fetching.pushed.isEmpty)
  }

  @Test func pushedContentsBeyondTheBoundLeaveTheDisk() throws {
    var bench = try EngineBench.connected()
    let staged = (0..<Limits.unclaimedFileCount).map { number in
      StagedContent(
        content: EngineBench.content(1),
        file: StagedFile(place: EngineBench.place("f\(number)"), stamp: EngineBench.stamp(1)))
    }
    let effects = try bench.step(
      .fetched(link, request: 0, staged: staged, missing: [], failed: []))
    #expect(effects.discarded.isEmpty)
    #expect(try bench.step(pushed("a", 2)).discarded == [EngineBench.place("a")])
    // What is known to be needed is taken all the same.
    _ = try bench.receive(
      .announce(entries: [EngineBench.file("c", 3, size: 10)], upTo: 1, isLast: true))
    #expect(try bench.step(pushed("c", 3)).flips.count == 1)
  }

  // MARK: Large contents

  private func opened(_ effects: [Effect]) -> [Place] {
    effects.compactMap { if case .openStage(_, let place) = $0 { place } else { nil } }
  }

  @Test func largeContentsBeyondTheBoundWaitForRoomWhoeverMakesIt() throws {
    var bench = try EngineBench.connected()
    _ = try bench.connect(2, EngineBench.other)
    let names = (0..<Limits.stageCount).map { "f\($0)" }
    #expect(try bench.announceLarge(names).count == Limits.stageCount)
    let last = EngineBench.file("z", 1000, size: EngineBench.largeSize)
    let unit = Message.announce(entries: [last], upTo: 1, isLast: true)
    #expect(opened(try bench.receive(unit, on: 2)).isEmpty)
    #expect(opened(try bench.step(.disconnected(link))) == [EngineBench.place("z")])
    #expect(bench.engine.fetching.waitingLarge.isEmpty)
  }

  @Test func aLargeContentWaitsOnce() throws {
    var bench = try EngineBench.connected()
    let names = (0..<Limits.stageCount + 6).map { "f\($0)" }
    _ = try bench.announceLarge(names)
    #expect(bench.engine.fetching.waitingLarge.count == 6)
    for number in 1...3 as ClosedRange<UInt64> {
      // One is gone, so that its unit is planned again.
      _ = try bench.receive(.gone(.sealed(EngineBench.content(number)), isForGood: true))
      bench.now.monotonic += 10_000_000_000
      _ = try bench.step(.woken)
    }
    #expect(bench.engine.fetching.stages.count == Limits.stageCount)
    #expect(bench.engine.fetching.waitingLarge.count == 6)
  }

  @Test func aRecipeHasSoManyChunks() throws {
    var bench = try EngineBench.connected()
    _ = try bench.announceLarge(["a"])
    let chunk = ChunkReference(id: ChunkID(words: (1, 0, 0, 0)), length: 1)
    var segment = RecipeSegment(
      key: .sealed(EngineBench.content(1)), place: nil, offset: 0,
      chunks: Array(repeating: chunk, count: Limits.recipeChunkCount / 4))
    for _ in 0..<4 {
      #expect(try bench.receive(.segment(segment)).closings.isEmpty)
      segment.offset += Int64(segment.chunks.count)
    }
    segment.chunks = [chunk]
    #expect(try bench.receive(.segment(segment)).closings.count == 1)
  }

  // MARK: Holes

  /// The offsets at which ranges are asked for, of a recipe of zeros with one other chunk.
  private func askedOffsets(besides recovered: [PlacedChunk]) throws -> [Int64] {
    var bench = try EngineBench.connected()
    let content = EngineBench.content(1)
    let entry = EngineBench.file("a", 1, size: 300 * Int64(Limits.chunkByteCount))
    let effects = try bench.receive(.announce(entries: [entry], upTo: 10, isLast: true))
    let stages = effects.compactMap { effect -> StageID? in
      if case .openStage(let stage, _) = effect { stage } else { nil }
    }
    for stage in stages { _ = try bench.step(.stageOpened(stage, recovered)) }
    var chunks = Array(repeating: ChunkReference.zeros, count: 300)
    chunks[100] = ChunkReference(
      id: ChunkID(words: (1, 0, 0, 0)), length: Limits.chunkByteCount)
    let segment = RecipeSegment(key: .sealed(content), place: nil, offset: 0, chunks: chunks)
    return try bench.receive(.segment(segment)).flatMap { effect -> [Int64] in
      if case .request(_, _, _, let chunks) = effect { chunks.map(\.offset) } else { [] }
    }
  }

  @Test func holesAreNotAskedFor() throws {
    let length = Int64(Limits.chunkByteCount)
    #expect(try askedOffsets(besides: []) == [100 * length])
    // Where something else of an earlier try can reach, zeros must be written.
    let odd = PlacedChunk(
      offset: 200 * length + 5, chunk: ChunkReference(id: ChunkID(words: (7, 0, 0, 0)), length: 9))
    #expect(
      try askedOffsets(besides: [odd]) == [100 * length, 200 * length, 201 * length])
    let even = PlacedChunk(
      offset: 201 * length - 1, chunk: ChunkReference(id: ChunkID(words: (7, 0, 0, 0)), length: 9))
    #expect(
      try askedOffsets(besides: [even]) == [100 * length, 200 * length, 201 * length])
  }

  // MARK: Second looks

  @Test func manySecondLooksAreOneScan() throws {
    var bench = try EngineBench()
    bench.lookAgain(Limits.lookedAgainCount)
    #expect(bench.engine.jobs.last?.isScan == false)
    bench.lookAgain(Limits.lookedAgainCount + 1)
    #expect(bench.engine.jobs.last?.isScan == true)
  }

  @Test func whatIsUnsettledInOneDirectoryIsBounded() throws {
    var bench = try EngineBench()
    let directory = DirectoryID(high: 1, low: 1)
    let names = (0...Limits.unsettledNameCount).map { Name("n\($0)".utf8)! }
    bench.noteUnsettled(Array(names.dropLast()), in: directory)
    #expect(bench.engine.unsettled[directory]?.count == Limits.unsettledNameCount)
    bench.noteUnsettled([names.last!], in: directory)
    #expect(bench.engine.unsettled[directory] == [])
    // All of it stays all of it.
    bench.noteUnsettled([names[0]], in: directory)
    #expect(bench.engine.unsettled[directory] == [])
  }

  @Test func manyUnsettledDirectoriesAreOneScan() throws {
    var bench = try EngineBench()
    for number in 1...UInt64(Limits.unsettledDirectoryCount) {
      bench.noteUnsettled([Name(literal: "a")], in: DirectoryID(high: 1, low: number))
    }
    #expect(bench.engine.jobs.isEmpty)
    bench.noteUnsettled([Name(literal: "a")], in: DirectoryID(high: 2, low: 1))
    #expect(bench.engine.jobs.last?.isScan == true && bench.engine.unsettled.isEmpty)
  }
}

extension [Effect] {
  fileprivate var segments: [RecipeSegment] {
    compactMap { if case .send(_, .segment(let segment)) = $0 { segment } else { nil } }
  }

  fileprivate var isSealed: Bool {
    contains { if case .send(_, .seal) = $0 { true } else { false } }
  }

  fileprivate var isAnnounced: Bool {
    contains { if case .send(_, .announce) = $0 { true } else { false } }
  }

  fileprivate var isDrainAsked: Bool {
    contains { if case .tellWhenDrained = $0 { true } else { false } }
  }

  fileprivate var goneKeys: [ContentKey] {
    compactMap { if case .send(_, .gone(let key, _)) = $0 { key } else { nil } }
  }

  fileprivate var discarded: [Place] {
    flatMap { effect -> [Place] in if case .discard(let places) = effect { places } else { [] } }
  }
}
