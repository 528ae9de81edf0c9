import SyncEngine
import Testing

@testable import SyncCore

/// What was moved from one share of a machine to another is recorded there before it is gone here.
@Suite struct EngineDepartingTests {
  private static let name = EngineBench.place("film").name

  /// A node with other shares, and a file in this one.
  private func holding(hasSiblings: Bool = true) throws -> EngineBench {
    var bench = try EngineBench.connected()
    _ = try find(.entry(EngineBench.stamp(5, size: 10)), in: &bench)
    bench.hasSiblings = hasSiblings
    return bench
  }

  /// Finds the file, or that it is gone, and reads it.
  @discardableResult
  private func find(
    _ found: Found, in bench: inout EngineBench
  ) throws -> (job: JobID, effects: [Effect]) {
    let change = Change.created(EngineBench.path("film"), isDirectory: false)
    let job = try #require(try bench.step(.changed(ChangeSet(changes: [change]))).looks.first)
    var effects =
      try bench.step(.looked(job, EngineBench.listing([(Self.name, found)])))
      + bench.step(.lookEnded(job))
    for case .read(job, let items, _) in effects {
      let content = ReadOutcome.content(EngineBench.content(1), nil, .empty)
      effects += try bench.step(.read(job, items.map { ($0.item, content) }))
    }
    return (job, effects)
  }

  private func isRecorded(in bench: EngineBench) throws -> Bool {
    try bench.index.row(.place(EngineBench.place("film")))?.entry.isAlive == false
  }

  @Test func whatIsGoneIsTheOtherSharesToTellFirst() throws {
    var bench = try holding()
    let (job, effects) = try find(.absent, in: &bench)
    #expect(effects.awaiting == [job])
    #expect(try !isRecorded(in: bench))
    _ = try bench.step(.siblingsCaughtUp(job))
    #expect(try isRecorded(in: bench))
  }

  @Test func theOnlyShareAsksNobody() throws {
    var bench = try holding(hasSiblings: false)
    let (_, effects) = try find(.absent, in: &bench)
    #expect(effects.awaiting.isEmpty)
    #expect(try isRecorded(in: bench))
  }

  @Test func whatIsElsewhereInTheShareHasNotLeftIt() throws {
    var bench = try holding()
    let paths = ["film", "old"].map { EngineBench.path($0) }
    let changes = ChangeSet(changes: [.moved(from: paths[0], to: paths[1], isDirectory: false)])
    let job = try #require(try bench.step(.changed(changes)).looks.first)
    let there = Found.entry(EngineBench.stamp(5, size: 10))
    let listing = EngineBench.listing([
      (Self.name, .absent), (EngineBench.place("old").name, there),
    ])
    let effects = try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
    #expect(effects.awaiting.isEmpty)
    #expect(effects.contains { if case .read = $0 { true } else { false } })
  }

  @Test func aShareThatDoesNotAnswerIsNotWaitedForForEver() throws {
    var bench = try holding()
    try find(.absent, in: &bench)
    bench.now.monotonic += Limits.departureNanoseconds - 1
    _ = try bench.step(.woken)
    #expect(try !isRecorded(in: bench))
    bench.now.monotonic += 1
    _ = try bench.step(.woken)
    #expect(try isRecorded(in: bench))
  }

  // MARK: The other share

  @Test func whatWasSeenBeforeIsRecordedBeforeTheAnswer() throws {
    var bench = try holding()
    let change = Change.created(EngineBench.path("new"), isDirectory: false)
    let job = try #require(try bench.step(.changed(ChangeSet(changes: [change]))).looks.first)
    #expect(try bench.step(.siblingWaits(7)).arrived.isEmpty)
    let name = EngineBench.place("new").name
    let found = Found.entry(EngineBench.stamp(6, size: 10))
    #expect(try bench.step(.looked(job, EngineBench.listing([(name, found)]))).arrived.isEmpty)
    #expect(try bench.step(.lookEnded(job)).arrived.isEmpty)
    let content = ReadOutcome.content(EngineBench.content(2), nil, .empty)
    #expect(try bench.step(.read(job, [(item: 0, outcome: content)])).arrived == [7])
  }

  @Test func whereNothingCameTheAnswerComesAtOnce() throws {
    var bench = try holding()
    #expect(try bench.step(.siblingWaits(7)).arrived == [7])
  }

  /// A share that has much to do keeps no others for ever, and remembers no end of them.
  @Test func noMoreWaitThanMay() throws {
    var bench = try holding()
    let change = Change.created(EngineBench.path("new"), isDirectory: false)
    _ = try bench.step(.changed(ChangeSet(changes: [change])))
    let tokens = UInt64(0)...UInt64(Limits.openJobCount)
    let arrived = try tokens.flatMap { try bench.step(.siblingWaits($0)).arrived }
    #expect(arrived == [UInt64(Limits.openJobCount)])
  }

  /// Else two shares between which files were exchanged would wait for each other.
  @Test func whoWaitsItselfIsNotWaitedFor() throws {
    var bench = try holding()
    try find(.absent, in: &bench)
    #expect(try bench.step(.siblingWaits(7)).arrived == [7])
  }
}

extension [Effect] {
  /// The jobs that wait for other shares.
  fileprivate var awaiting: [JobID] {
    compactMap { if case .awaitSiblings(let job) = $0 { job } else { nil } }
  }

  /// The waits of other shares that are over.
  fileprivate var arrived: [UInt64] {
    compactMap { if case .arrived(let token) = $0 { token } else { nil } }
  }
}
