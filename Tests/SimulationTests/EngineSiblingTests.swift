import SyncEngine
import Testing

@testable import SyncCore

/// What another share of the machine has is not asked of a peer.
@Suite struct EngineSiblingTests {
  private static let content = EngineBench.content(1)
  private static let place = EngineBench.place("film")

  private static let found = SiblingFile(
    file: {
      var file = LocalFile(
        path: EngineBench.path("old"), stamp: EngineBench.stamp(7, size: EngineBench.largeSize))
      file.share = "second"
      return file
    }(), recipe: Recipe(chunks: EngineBench.segment(1).chunks))

  /// A node with other shares to which a peer tells of a large file; what it wants done.
  private func told(_ bench: inout EngineBench, hasSiblings: Bool = true) throws -> [Effect] {
    bench = try EngineBench.connected()
    bench.hasSiblings = hasSiblings
    let entry = EngineBench.file("film", 1, size: EngineBench.largeSize)
    return try bench.receive(.announce(entries: [entry], upTo: 10, isLast: true))
  }

  @Test func theOnlyShareAsksThePeer() throws {
    var bench = try EngineBench()
    let effects = try told(&bench, hasSiblings: false)
    #expect(effects.wishCount == 1 && effects.searches.isEmpty)
  }

  @Test func whatAnotherShareHasIsTakenFromThere() throws {
    var bench = try EngineBench()
    var effects = try told(&bench)
    #expect(effects.wishCount == 0)
    #expect(effects.searches == [EngineBench.peer])
    effects = try bench.step(.sought(Self.place, Self.content, Self.found))
    for case .openStage(let stage, _) in effects {
      effects += try bench.step(.stageOpened(stage, []))
    }
    #expect(effects.wishCount == 0 && effects.requestCount == 0)
    #expect(effects.reusedFiles == [Self.found.file])
    #expect(bench.engine.fetching.searches.isEmpty)
  }

  @Test func whatIsNotThereAnyMoreIsAskedFor() throws {
    var bench = try EngineBench()
    _ = try told(&bench)
    var effects = try bench.step(.sought(Self.place, Self.content, Self.found))
    let chunk = PlacedChunk(offset: 0, chunk: Self.found.recipe.chunks[0])
    for case .openStage(let stage, _) in effects {
      effects += try bench.step(.stageOpened(stage, []))
      effects += try bench.step(.reused(stage, [], missing: [chunk]))
    }
    #expect(effects.requestCount == 1)
  }

  @Test func whatNoShareHasIsAskedFor() throws {
    var bench = try EngineBench()
    _ = try told(&bench)
    let effects = try bench.step(.sought(Self.place, Self.content, nil))
    #expect(effects.wishCount == 1 && effects.searches.isEmpty)
  }

  @Test func aShareThatDoesNotAnswerIsNotWaitedForLong() throws {
    var bench = try EngineBench()
    _ = try told(&bench)
    bench.now.monotonic += Limits.siblingNanoseconds - 1
    #expect(try bench.step(.woken).wishCount == 0)
    bench.now.monotonic += 1
    #expect(try bench.step(.woken).wishCount == 1)
    // Its answer comes after all.
    #expect(try bench.step(.sought(Self.place, Self.content, Self.found)).wishCount == 0)
    #expect(bench.engine.fetching.stages.count == 1)
  }

  /// Although there was something to be done before that.
  @Test func theEndOfTheWaitIsWishedForAgain() throws {
    var bench = try EngineBench()
    _ = try told(&bench)
    bench.now.monotonic += 1
    let time = bench.now.monotonic + Limits.siblingNanoseconds - 1
    #expect(try bench.step(.woken).contains { if case .wake(time) = $0 { true } else { false } })
  }

  @Test func anAnswerThatNobodyWaitsForIsForgotten() throws {
    var bench = try EngineBench()
    _ = try told(&bench)
    _ = try bench.step(.disconnected(Link(number: 1)))
    _ = try bench.step(.sought(Self.place, Self.content, Self.found))
    #expect(bench.engine.fetching.searches.isEmpty && bench.engine.fetching.stages.isEmpty)
  }

  // MARK: The node on which it was moved

  /// A node with other shares that finds a large file; which stream it is read as.
  private func read(_ bench: inout EngineBench) throws -> (job: JobID, stream: UInt64) {
    bench = try EngineBench.connected()
    bench.hasSiblings = true
    let change = Change.created(EngineBench.path("film"), isDirectory: false)
    let job = try #require(try bench.step(.changed(ChangeSet(changes: [change]))).looks.first)
    let found = Found.entry(EngineBench.stamp(5, size: EngineBench.largeSize))
    let effects =
      try bench.step(.looked(job, EngineBench.listing([(Self.place.name, found)])))
      + bench.step(.lookEnded(job))
    #expect(effects.contains { if case .seekOrigin = $0 { true } else { false } })
    for case .readLarge(let job, _, let stream) in effects { return (job, stream) }
    Issue.record("it is not read")
    return (job, 0)
  }

  private func segment(_ bench: inout EngineBench, _ stream: UInt64) throws -> [Effect] {
    try bench.step(
      .segmentRead(stream: stream, offset: 0, chunks: EngineBench.segment(1).chunks))
  }

  private func end(_ bench: inout EngineBench, _ job: JobID) throws -> [Effect] {
    let content = ReadOutcome.content(Self.content, Self.found.recipe, .empty)
    return try bench.step(.read(job, [(item: 0, outcome: content)]))
  }

  @Test func ofAFileFromAnotherSharePeersHearOnlyWhenItIsRead() throws {
    var bench = try EngineBench()
    let (job, stream) = try read(&bench)
    #expect(try segment(&bench, stream).tellings == [])
    #expect(try bench.step(.soughtOrigin(stream: stream, isSibling: true)).isEmpty)
    #expect(try segment(&bench, stream).isEmpty)
    #expect(try end(&bench, job).tellings == [.announce])
  }

  @Test func ofAFileFromElsewherePeersHearAtOnce() throws {
    var bench = try EngineBench()
    let (job, stream) = try read(&bench)
    #expect(try segment(&bench, stream).isEmpty)
    let answered = try bench.step(.soughtOrigin(stream: stream, isSibling: false))
    #expect(answered.tellings == [.segment])
    #expect(try segment(&bench, stream).tellings == [.segment])
    #expect(try end(&bench, job).tellings == [.seal, .announce])
  }

  @Test func whoDoesNotAnswerIsNotWaitedForLong() throws {
    var bench = try EngineBench()
    let (_, stream) = try read(&bench)
    _ = try segment(&bench, stream)
    bench.now.monotonic += Limits.siblingNanoseconds
    #expect(try bench.step(.woken).tellings == [.segment])
    #expect(try bench.step(.soughtOrigin(stream: stream, isSibling: true)).isEmpty)
    #expect(try segment(&bench, stream).tellings == [.segment])
  }

  @Test func whatIsReadBeforeTheAnswerIsToldAsAWhole() throws {
    var bench = try EngineBench()
    let (job, stream) = try read(&bench)
    _ = try segment(&bench, stream)
    #expect(try end(&bench, job).tellings == [.announce])
    #expect(try bench.step(.soughtOrigin(stream: stream, isSibling: false)).isEmpty)
  }

  @Test func itKnowsItsOwnFilesByTheirStates() throws {
    var bench = try EngineBench()
    _ = try end(&bench, try read(&bench).job)
    var stamp = EngineBench.stamp(5, size: EngineBench.largeSize)
    stamp.ctime += 1
    #expect(try bench.engine.hasSeen(stamp))
    #expect(try bench.engine.siblingFile(with: Self.content)?.file.path.description == "film")
    // Gone, it is known for some time.
    let change = Change.removed(EngineBench.path("film"), isDirectory: false)
    let job = try #require(try bench.step(.changed(ChangeSet(changes: [change]))).looks.first)
    _ = try bench.step(.looked(job, EngineBench.listing([(Self.place.name, .absent)])))
    _ = try bench.step(.lookEnded(job))
    _ = try bench.step(.siblingsCaughtUp(job))
    #expect(try bench.engine.siblingFile(with: Self.content) == nil)
    #expect(try bench.engine.hasSeen(stamp))
    stamp.mtime += 1
    #expect(try !bench.engine.hasSeen(stamp))
  }
}

extension [Effect] {
  /// How many contents are asked for.
  fileprivate var wishCount: Int {
    count { if case .send(_, .openContent) = $0 { true } else { false } }
  }

  /// Whose tellings other shares are asked about.
  fileprivate var searches: [NodeID] {
    compactMap { if case .seekContent(_, _, of: let peer) = $0 { peer } else { nil } }
  }

  /// What is told to peers.
  fileprivate var tellings: [FrameType] {
    compactMap { if case .send(_, let message) = $0 { message.frameType } else { nil } }
  }

  fileprivate var reusedFiles: [LocalFile] {
    compactMap { if case .reuse(_, let file, _) = $0 { file } else { nil } }
  }
}
