import SyncCore
import Testing

@testable import Watcher

/// What the table of cases cannot say.
@Suite struct SettlerTests {
  private func run(_ script: String, tree: [String] = ["a", "d/", "d/e/"]) -> ModelRun {
    var run = ModelRun(WatchCase(name: "", tree: tree))
    run.play(Step.parse(script), .eager)
    return run
  }

  @Test func aBurstThatNeverEndsIsToldAtTheCeiling() {
    let run = run("{1500 +x# .x# @2 }")
    #expect(run.timeline.first?.at == 2_000_000_000)
    #expect(Set(run.words) == Set((0..<1500).map { "+x\($0)" }))
    #expect(run.words.count == 1500)
  }

  /// No kernel says so; but a watch can be on another directory than was thought.
  @Test func aDirectoryMovedIntoItselfMakesEverythingAnew() {
    let disk = ModelDisk(["d/", "d/e/"])
    var driver = WatchDriver(policy: .default)
    driver.workOff(in: disk, now: 0)
    driver.settle(in: disk, now: 0)
    _ = driver.takeReports()
    let innermost = disk.watch(path("d/e"), isRoot: false) { _ in }
    let (from, to): (RawEvent.Mask, RawEvent.Mask) = (.movedFrom, .movedTo)
    let name = Name(literal: "d")
    driver.take(RawEvent(watch: 1, mask: [from, .isDirectory], cookie: 9, name: name), now: 1)
    driver.take(
      RawEvent(watch: innermost, mask: [to, .isDirectory], cookie: 9, name: name), now: 1)
    driver.expire(now: 1, drainedAt: 1)
    driver.workOff(in: disk, now: 1)
    driver.settle(in: disk, now: 1)
    #expect(driver.takeReports().compactMap(\.changes) == [[.rescan(.root)]])
    #expect(driver.watchCount == 3)
  }

  @Test func aStaleWatchIsEndedAndItsEventsMeanNothing() {
    var settler = Settler(policy: .default)
    settler.take(RawEvent(watch: 99, mask: .created, name: Name(literal: "x")), now: 0)
    #expect(settler.takeWork() == [.unwatch([99])])
    #expect(settler.deadline() == nil)
  }
}
