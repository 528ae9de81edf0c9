import SyncEngine
import Testing

@testable import SyncCore

/// What a peer that is only heard would bring, and that nothing of it happens.
@Suite struct EnginePlanningTests {
  private func heard() throws -> EngineBench {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.step(.heardOnly([EngineBench.peer]))
    _ = try bench.connect(1)
    return bench
  }

  private static func directory(_ name: String, _ id: UInt64, _ counter: UInt64) -> Entry {
    Entry(
      place: EngineBench.place(name), body: .directory(DirectoryID(high: 0, low: id)), mode: 0o755,
      mtime: 0,
      version: Version(
        dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: counter), after: nil, time: 7))
  }

  private func kinds(_ forecast: Forecast, _ side: Forecast.Side) -> [String] {
    forecast.items.filter { $0.side == side }.map { "\($0.kind.rawValue) \($0.path)" }
  }

  @Test func nothingIsAppliedAskedForOrToldUntilItEnds() throws {
    var bench = try heard()
    let entries = [EngineBench.file("a", 1, size: 10), EngineBench.symlink("l", 2)]
    var effects = try bench.receive(.announce(entries: entries, upTo: 2, isLast: true))
    effects += try bench.link("mine")
    bench.now.monotonic += Limits.longestRetryNanoseconds
    effects += try bench.step(.woken)
    let isQuiet = effects.allSatisfy { effect in
      switch effect {
      case .send, .flip, .fetch, .request: false
      case _: true
      }
    }
    #expect(isQuiet)
    #expect(bench.engine.summary.incomingEntries == 0)
    let before = bench.index.sequence
    let forecast = try bench.engine.forecast(with: EngineBench.peer)
    #expect(forecast.isConnected && !forecast.isIncomplete && forecast.announcedCount == 2)
    #expect(kinds(forecast, .here) == ["created a", "created l"])
    #expect(kinds(forecast, .there) == ["created mine"])
    #expect(forecast.totals.first?.bytes == 10)
    #expect(try bench.index.sequence == before && bench.index.row(entries[0].key) == nil)
    effects = try bench.step(.heardOnly([]))
    #expect(effects.contains { if case .fetch = $0 { true } else { false } })
    #expect(effects.contains { if case .send(_, .announce) = $0 { true } else { false } })
  }

  @Test func ofOneNameBothAreKeptAndTheIndexStaysAsItWas() throws {
    var bench = try heard()
    _ = try bench.link("a")
    var theirs = EngineBench.file("a", 1, size: 10)
    theirs.mtime = .max
    theirs.version = Version(dot: theirs.version.dot, after: nil, time: .max)
    let folder = Self.directory("d", 5, 2)
    _ = try bench.receive(.announce(entries: [folder, theirs], upTo: 2, isLast: true))
    // A directory of one name on either side: to be planned, the two must be one.
    var own = Self.directory("same", 9, 1)
    own.version = Version(dot: Dot(actor: bench.index.actor, counter: 2), after: nil, time: 7)
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.put(
        Row(
          entry: own, observed: EngineBench.stamp(30, kind: .directory),
          sequence: bench.index.nextSequence(), source: nil))
    }
    let same = Self.directory("same", 6, 3)
    _ = try bench.receive(.announce(entries: [same], upTo: 3, isLast: true))
    let rows = try bench.index.rows(after: 0, limit: 100)
    let forecast = try bench.engine.forecast(with: EngineBench.peer)
    let here = kinds(forecast, .here)
    #expect(here.count == 3 && here.contains("replaced a") && here.contains("created d"))
    #expect(here.contains { $0.hasPrefix("conflict a.conflict-") })
    #expect(kinds(forecast, .there).allSatisfy { $0.hasPrefix("conflict a.conflict-") })
    #expect(try bench.index.rows(after: 0, limit: 100) == rows)
    let below = try bench.engine.forecast(
      with: EngineBench.peer, below: RelativePath(bytes: Array("d".utf8))!)
    #expect(kinds(below, .here) == ["created d"])
  }

  @Test func whoIsAwayIsUnknown() throws {
    let bench = try heard()
    #expect(try !bench.engine.forecast(with: EngineBench.other).isConnected)
  }
}
