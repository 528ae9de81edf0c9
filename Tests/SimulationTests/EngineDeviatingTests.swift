import SyncEngine
import Testing

@testable import SyncCore

/// What is changed on a replica: it is listed, and gives way when a person says so.
@Suite struct EngineDeviatingTests {
  private static let replica = ShareRules(role: .replica)

  private func kinds(_ bench: EngineBench) throws -> [String] {
    try bench.engine.deviations(below: .root).map { "\($0.kind.rawValue) \($0.path)" }
  }

  @Test func onlyWhatIsNewSinceThenCounts() throws {
    var bench = try EngineBench()
    _ = try bench.step(.start)
    try bench.scan()
    _ = try bench.link("before")
    #expect(try kinds(bench) == [])
    bench.restart(rules: Self.replica)
    _ = try bench.step(.start)
    _ = try bench.link("own")
    #expect(try kinds(bench) == ["added own"])
    bench.restart(rules: Self.replica)
    _ = try bench.step(.start)
    #expect(try kinds(bench) == ["added own"], "another start begins nothing anew")
    // What it changes as one among all is told, and its own from then on.
    bench.restart()
    _ = try bench.step(.start)
    bench.restart(rules: Self.replica)
    _ = try bench.step(.start)
    #expect(try kinds(bench) == [])
  }

  @Test func whatIsFoundOtherwiseAfterAPowerCutIsListedToo() throws {
    var bench = try EngineBench(rules: Self.replica)
    _ = try bench.step(.start)
    try bench.scan()
    _ = try bench.link("own")
    bench.restart(boot: 1, rules: Self.replica)
    _ = try bench.step(.start)
    let found = Found.symlink(EngineBench.stamp(8, kind: .symlink), target: [2])
    let rescan = Input.changed(ChangeSet(changes: [.rescan(.root)]))
    try bench.answerLooks(try bench.step(rescan), [(Name("own".utf8)!, found)])
    let row = try #require(try bench.index.row(.place(EngineBench.place("own"))))
    #expect(row.entry.version.dot.actor.isDoubt(of: bench.index.actor))
    #expect(try kinds(bench) == ["added own"])
  }

  @Test func everybodyIsAskedWhenItIsTakenBack() throws {
    var bench = try EngineBench(rules: Self.replica)
    _ = try bench.step(.start)
    try bench.scan()
    _ = try bench.connect(1)
    #expect(try bench.step(.revoked(.root)).closings == [], "there is nothing")
    _ = try bench.link("own")
    #expect(try bench.step(.revoked(EngineBench.path("other"))).closings == [])
    #expect(try bench.step(.revoked(.root)).closings.count == 1)
    _ = try bench.step(.disconnected(Link(number: 1)))
    var progress = try #require(try bench.index.progress(of: EngineBench.peer))
    progress.received = 3
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.put(progress, of: EngineBench.peer)
    }
    let hello = try bench.step(.connected(Link(number: 2), EngineBench.peer))
    #expect(hello.asksForAll)
    #expect(try bench.index.progress(of: EngineBench.peer)?.received == 0)
  }

  @Test(arguments: [(ShareRules.Role.replica, UInt64(5), 1), (.replica, 4, 0), (.twoWay, 5, 0)])
  func onlyThatChangeGivesWay(role: ShareRules.Role, revoked: UInt64, needs: Int) throws {
    let bench = try EngineBench()
    let theirs = EngineBench.file("a", 1, size: 10)
    var own = EngineBench.file("a", 2, size: 10)
    own.version = Version(
      dot: Dot(actor: bench.index.actor, counter: 5), after: theirs.version, time: 8)
    try bench.index.transaction { () throws(IndexError) in
      for _ in 0..<5 { _ = try bench.index.nextSequence() }
      try bench.index.put(
        Row(entry: own, observed: EngineBench.stamp(7), sequence: 5, source: nil))
    }
    let plan = try UnitPlanner.plan(
      [theirs], index: bench.index, rules: ShareRules(role: role), revoked: [own.key: revoked]
    ) { _ in nil }
    #expect(plan.needs.count == needs)
    if needs > 0 { #expect(plan.rows.map(\.entry.version) == [theirs.version]) }
  }
}
