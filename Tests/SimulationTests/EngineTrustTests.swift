import SyncEngine
import Testing

@testable import SyncCore

/// What one peer says must not reach further than its own connection, and not again and again.
@Suite struct EngineTrustTests {
  // MARK: Requests of other connections

  @Test func aPeerCannotEndTheRequestsOfAnother() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    _ = try bench.connect(2, EngineBench.other)
    _ = try bench.announceLarge(["a"])
    #expect(try bench.receive(.segment(EngineBench.segment(1))).requestCount == 1)
    _ = try bench.receive(.unavailable(request: 1, isForGood: true), on: 2)
    #expect(bench.engine.fetching.requests.count == 1)
    _ = try bench.receive(.unavailable(request: 1, isForGood: true), on: 1)
    #expect(bench.engine.fetching.requests.isEmpty)
  }

  @Test func smallContentsOfAnotherConnectionDoNotAnswerARequest() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    _ = try bench.connect(2, EngineBench.other)
    _ = try bench.receive(
      .announce(entries: [EngineBench.file("a", 1, size: 10)], upTo: 1, isLast: true))
    #expect(bench.engine.fetching.requests.count == 1)
    let place = EngineBench.place("a")
    _ = try bench.step(.fetched(Link(number: 2), request: 1, staged: [], missing: [], failed: []))
    #expect(bench.engine.fetching.requests[1]?.places == [place])
    _ = try bench.step(
      .fetched(Link(number: 2), request: 1, staged: [], missing: [place], failed: []))
    #expect(bench.engine.fetching.requests[1]?.places == [place])
  }

  @Test func aRecipeIsSealedAsWhatWasAskedFor() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    _ = try bench.announceLarge(["a"])
    // A recipe that makes another content, sealed as that.
    var segment = EngineBench.segment(2)
    segment.key = .sealed(EngineBench.content(1))
    _ = try bench.receive(.segment(segment))
    let effects = try bench.receive(.seal(segment.key, EngineBench.content(2)))
    #expect(effects.closings == ["sealed the recipe of a content with another id"])
  }

  // MARK: A new life

  @Test func theIndexIsBegunAnewOnceInARun() throws {
    var bench = try EngineBench()
    try bench.scan()
    let effects = try bench.connect(1, heldIncarnation: 1, held: 1000)
    #expect(effects.closings == ["begins a new index"] && effects.looks.count == 1)
    let incarnation = bench.index.actor.incarnation
    #expect(incarnation != 1)
    #expect(!bench.engine.hasScanned)
    try bench.answerLooks(effects, [])
    #expect(bench.engine.hasScanned)
    _ = try bench.step(.disconnected(Link(number: 1)))
    let again = try bench.connect(2, heldIncarnation: incarnation, held: 1000)
    #expect(again.closings.count == 1 && again.looks.isEmpty)
    #expect(bench.index.actor.incarnation == incarnation)
  }

  /// A copy of the index was put back that had counted to 1; the one that was lost had gone on.
  @Test(arguments: [(1, false), (2, true), (40, true), (60_000, true)] as [(UInt64, Bool)])
  func whatAnOldIndexCountsIsNotWhatWasLost(held: UInt64, isLost: Bool) throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.link("s")
    #expect(bench.index.sequence == 1)
    for _ in 0..<2 {
      bench.restart()
      let last = bench.index.sequence
      for _ in 0..<3 { _ = try bench.step(.start) }
      // Peers are waited for until they have that.
      #expect(bench.index.sequence == last)
      _ = try bench.link("t\(bench.index.sequence)")
    }
    let effects = try bench.connect(1, heldIncarnation: 1, held: held)
    #expect(effects.closings.contains("begins a new index") == isLost)
  }

  /// Numbers mean something together with the life of the index that counted them.
  @Test func whatIsHeldOfAnotherLifeIsToldAnew() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.link("s")
    let told = try bench.connect(1, heldIncarnation: 99, held: bench.index.sequence).contains {
      if case .send(_, .announce(let entries, _, _)) = $0 { entries.count == 1 } else { false }
    }
    #expect(told)
  }

  @Test func whatCameFromAnotherLifeIsNotCounted() throws {
    var bench = try EngineBench()
    try bench.scan()
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.put(
        PeerProgress(incarnation: 5, received: 7, acknowledged: 0), of: EngineBench.peer)
    }
    _ = try bench.connect(1)
    let link = EngineBench.symlink("s", 1)
    let effects = try bench.receive(.announce(entries: [link], upTo: 1, isLast: true))
    #expect(effects.closings == [] && effects.flips.count == 1)
  }

  /// A flip can outlive the connection that told of it, and the index of the peer there.
  @Test func whatWasToldOnAnOlderConnectionIsNotCountedAsOfANewerOne() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    let first = try bench.receive(
      .announce(entries: [EngineBench.symlink("s", 1)], upTo: 7, isLast: true))
    let hello = Hello(
      name: "peer", incarnation: 2, heldIncarnation: 0, heldSequence: 0, heldCounter: 0,
      time: bench.now.wall, features: [])
    _ = try bench.step(.connected(Link(number: 2), EngineBench.peer))
    _ = try bench.receive(.hello(hello), on: 2)
    let plan = try #require(first.flips.first?.plan)
    let stamp = EngineBench.stamp(5, kind: .symlink)
    _ = try bench.step(.flipped(FlipResult(id: plan.id, results: [.done(stamp)])))
    #expect(
      try bench.index.progress(of: EngineBench.peer)
        == PeerProgress(incarnation: 2, received: 0, acknowledged: 0))
  }

  @Test(arguments: [(-3, true), (-1, false), (1, false), (3, true)] as [(Int64, Bool)])
  func clocksThatDifferAreNamed(seconds: Int64, isSaid: Bool) throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.step(.connected(Link(number: 1), EngineBench.peer))
    let hello = Hello(
      name: "peer", incarnation: 1, heldIncarnation: 0, heldSequence: 0, heldCounter: 0,
      time: bench.now.wall + seconds * 1_000_000_000, features: [])
    let said = try bench.receive(.hello(hello)).contains {
      if case .log(.warning, let text, _, _, _) = $0 { text.contains("clocks") } else { false }
    }
    #expect(said == isSaid)
  }

  @Test func nothingMoreIsHeardOfThoseWhoKnewTheOldIndex() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    let effects = try bench.connect(2, EngineBench.other, heldIncarnation: 1, held: 1000)
    #expect(effects.closings.count == 2)
    let file = EngineBench.file("a", 1, size: 10)
    _ = try bench.receive(.announce(entries: [file], upTo: 1, isLast: true), on: 1)
    #expect(bench.engine.units.isEmpty)
    #expect(bench.engine.sessions.allSatisfy { !$0.isReady })
  }

  @Test func aFlipIsOverBeforeTheIndexIsBegunAnew() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    let flips = try bench.fetchLarge(["a", "b"]).flips
    #expect(flips.count == 1)
    let effects = try bench.connect(2, EngineBench.other, heldIncarnation: 1, held: 1000)
    #expect(effects.closings.count == 1)
    #expect(bench.index.actor.incarnation == 1)
    let results = [OperationResult](
      repeating: .done(EngineBench.stamp(101, size: EngineBench.largeSize)), count: 2)
    _ = try bench.step(.flipped(FlipResult(id: flips[0].plan.id, results: results)))
    _ = try bench.step(.disconnected(Link(number: 2)))
    _ = try bench.connect(3, EngineBench.other, heldIncarnation: 1, held: 1000)
    #expect(bench.index.actor.incarnation != 1)
  }

  @Test func whatWasUnderWayIsGivenUpWithTheOldIndex() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    let stages = try bench.announceLarge(["a"])
    let unanswered = try bench.step(.changed(ChangeSet(changes: [.rescan(.root)])))
    #expect(try bench.step(.flushed(4)).barriers.isEmpty)
    let effects = try bench.connect(2, EngineBench.other, heldIncarnation: 1, held: 1000)
    let closed = effects.compactMap { effect -> StageID? in
      if case .closeStage(let stage, _) = effect { stage } else { nil }
    }
    #expect(closed == stages)
    // Numbers go on: an old stage that answers late is none of the new ones.
    #expect(bench.engine.fetching.lastStage == stages.last?.number)
    #expect(effects.barriers.isEmpty)
    try bench.answerLooks(unanswered, [])
    #expect(!bench.engine.hasScanned)
    guard let job = effects.looks.first else { return }
    _ = try bench.step(.looked(job, EngineBench.listing([], isComplete: true)))
    #expect(try bench.step(.lookEnded(job)).barriers == [4])
  }

  // MARK: Interrupted flips

  @Test func recipesOutliveAnInterruptedFlip() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    #expect(try bench.fetchLarge(["a", "b"]).flips.map(\.isResumed) == [false])
    bench.restart()
    let flips = try bench.step(.start).flips
    #expect(flips.map(\.isResumed) == [true])
    let results = [OperationResult](
      repeating: .done(EngineBench.stamp(101, size: EngineBench.largeSize)), count: 2)
    _ = try bench.step(.flipped(FlipResult(id: flips[0].plan.id, results: results)))
    for number in 1...2 as ClosedRange<UInt64> {
      #expect(try bench.index.row(.place(EngineBench.place("a"))) != nil)
      #expect(try bench.index.recipe(EngineBench.content(number)) != nil)
    }
  }

  /// Where one was to be made, a user has moved another before the flip went on.
  @Test func aDirectoryThatIsKnownIsNotTheOneThatWasToBeMade() throws {
    var bench = try EngineBench()
    try bench.scan()
    let (known, told) = (DirectoryID(high: 7, low: 7), DirectoryID(high: 8, low: 8))
    func directory(_ name: String, _ number: UInt64, _ id: DirectoryID) -> Entry {
      var entry = EngineBench.symlink(name, number)
      (entry.body, entry.mode) = (.directory(id), 0o755)
      return entry
    }
    let stamp = EngineBench.stamp(70, kind: .directory)
    try bench.index.transaction { () throws(IndexError) in
      let sequence = try bench.index.nextSequence()
      try bench.index.put(
        Row(entry: directory("c", 1, known), observed: stamp, sequence: sequence, source: nil))
    }
    _ = try bench.connect(1)
    var link = EngineBench.symlink("s", 3)
    link.place.parent = told
    let entries = [directory("b", 2, told), link]
    let flips = try bench.receive(.announce(entries: entries, upTo: 3, isLast: true)).flips
    #expect(flips.count == 1)
    bench.restart()
    let plan = try #require(try bench.step(.start).flips.first?.plan)
    let results = plan.operations.map { operation in
      if case .makeDirectory = operation { return OperationResult.done(stamp) }
      return .done(EngineBench.stamp(71, kind: .symlink))
    }
    #expect(results.count == 2)
    _ = try bench.step(.flipped(FlipResult(id: plan.id, results: results)))
    #expect(try bench.index.row(.directory(known))?.observed == stamp)
    #expect(try bench.index.row(.directory(told))?.observed == nil)
    #expect(try bench.index.row(link.key)?.observed == nil)
  }

  @Test func theRecipeOfASinglePutIsKept() throws {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    let flips = try bench.fetchLarge(["a"]).flips
    let done = OperationResult.done(EngineBench.stamp(101, size: EngineBench.largeSize))
    _ = try bench.step(.flipped(FlipResult(id: flips[0].plan.id, results: [done])))
    #expect(try bench.index.recipe(EngineBench.content(1)) != nil)
  }

  // MARK: Barriers

  @Test func aBarrierWaitsForWhatJobsBeforeItMustLookAtAgain() throws {
    var bench = try EngineBench()
    try bench.scan()
    let name = Name(literal: "a")
    let changed = Input.changed(
      ChangeSet(changes: [.modified(EngineBench.path("a"), isDirectory: false)]))
    /// Looks, and returns the job once its file is to be read.
    func look(_ bench: inout EngineBench, _ job: JobID, _ inode: UInt64) throws {
      let found = Found.entry(EngineBench.stamp(inode))
      _ = try bench.step(.looked(job, EngineBench.listing([(name, found)])))
      _ = try bench.step(.lookEnded(job))
    }
    let read = ReadOutcome.content(EngineBench.content(1), nil)
    let first = try #require(try bench.step(changed).looks.first)
    try look(&bench, first, 20)
    #expect(try bench.step(.flushed(7)).barriers.isEmpty)
    // A later job overtakes it and changes the row under it.
    let second = try #require(try bench.step(changed).looks.first)
    try look(&bench, second, 21)
    #expect(try bench.step(.read(second, [(0, read)])).barriers.isEmpty)
    let outdated = try bench.step(.read(first, [(0, read)]))
    let third = try #require(outdated.looks.first)
    #expect(outdated.barriers.isEmpty)
    _ = try bench.step(
      .looked(third, EngineBench.listing([(name, .entry(EngineBench.stamp(21)))])))
    #expect(try bench.step(.lookEnded(third)).barriers == [7])
  }
}
