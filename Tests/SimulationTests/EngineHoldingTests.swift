import SyncEngine
import Testing

@testable import SyncCore

/// What waits for a person, and goes on after.
@Suite struct EngineHoldingTests {
  /// A bench whose root had these files.
  private func bench(
    _ names: [String], rules: ShareRules = ShareRules()
  ) throws -> EngineBench {
    var bench = try EngineBench(rules: rules)
    try bench.scan()
    let entries = names.enumerated().map { number, name in
      let inode = UInt64(number) + 10
      return (
        name: Name(name.utf8)!,
        found: Found.symlink(
          EngineBench.stamp(inode, kind: .symlink), target: [1])
      )
    }
    let effects = try bench.step(.changed(ChangeSet(changes: [.rescan(.root)])))
    try bench.answerLooks(effects, entries)
    #expect(try bench.index.totals().files == names.count)
    return bench
  }

  @Test func anEmptyRootIsHeldUntilItIsReleased() throws {
    var bench = try bench(["a", "b"])
    try bench.scan()
    #expect(bench.engine.held.count == 1)
    #expect(try bench.index.totals().files == 2)
    let effects = try bench.step(.released)
    #expect(bench.engine.held == [] && !bench.engine.hasScanned)
    // The look, and the second one at what is absent.
    for job in effects.looks {
      _ = try bench.step(.looked(job, EngineBench.listing([], isComplete: true)))
      for again in try bench.step(.lookEnded(job)).looks {
        let gone = ["a", "b"].map { (name: Name($0.utf8)!, found: Found.absent) }
        _ = try bench.step(.looked(again, EngineBench.listing(gone)))
        _ = try bench.step(.lookEnded(again))
      }
    }
    #expect(try bench.index.totals().files == 0 && bench.engine.hasScanned)
    // What was said counts once: what comes later and is gone is asked about anew.
    _ = try bench.link("later")
    #expect(try bench.index.totals().files == 1)
    try bench.scan()
    #expect(bench.engine.held.count == 1)
    #expect(try bench.index.totals().files == 1)
  }

  /// What peers tell is compared with what is here, and that is not known yet.
  @Test func nothingIsAppliedBeforeTheFirstLook() throws {
    var bench = try EngineBench()
    _ = try bench.connect(1)
    let link = EngineBench.symlink("s", 1)
    let early = try bench.receive(.announce(entries: [link], upTo: 1, isLast: true))
    #expect(early.flips.isEmpty)
    let job = try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))).looks[0]
    _ = try bench.step(.looked(job, EngineBench.listing([], isComplete: true)))
    #expect(try bench.step(.lookEnded(job)).flips.count == 1)
  }

  @Test func whatWouldDeleteTooMuchWaitsForAPerson() throws {
    var rules = ShareRules()
    rules.heldDeletionPercent = 30
    var bench = try bench(["a", "b", "c", "d"], rules: rules)
    _ = try bench.connect(1)
    let deletions = try ["a", "b", "c"].enumerated().map { number, name in
      let row = try #require(try bench.index.row(.place(EngineBench.place(name))))
      var entry = EngineBench.symlink(name, UInt64(number) + 1)
      entry.body = .deleted(was: nil)
      entry.version = Version(dot: entry.version.dot, after: row.entry.version, time: 7)
      return entry
    }
    let two = Array(deletions[..<2])
    #expect(try bench.receive(.announce(entries: two, upTo: 2, isLast: true)).flips.isEmpty)
    #expect(bench.engine.held == [.deletions(2, from: EngineBench.peer)])
    // One of four is not too much.
    let one = try bench.receive(.announce(entries: [deletions[2]], upTo: 3, isLast: true)).flips
    try #require(one.count == 1)
    _ = try bench.step(.flipped(FlipResult(id: one[0].plan.id, results: [.done(nil)])))
    #expect(try bench.step(.released).flips.first?.plan.operations.count == 2)
  }

  @Test func aLostRootStaysHeld() throws {
    var bench = try bench(["a"])
    _ = try bench.step(.rootLost("it was renamed"))
    _ = try bench.step(.released)
    #expect(bench.engine.held == [.share(reason: "it was renamed", isReleasable: false)])
  }
}
