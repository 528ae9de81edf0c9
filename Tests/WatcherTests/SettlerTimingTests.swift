import SyncCore
import Testing

@testable import Watcher

/// When things are reported; milliseconds of the script's clock.
@Suite struct SettlerTimingTests {
  /// What was reported at which millisecond.
  private func timeline(_ script: String, policy: SettlePolicy = .default) -> [String] {
    var run = SettlerScript(policy: policy, directories: ["d"])
    run.play(script)
    run.finish()
    return run.sets.map { set in
      "\(set.at / 1_000_000): " + set.changes.map(SettlerScript.describe).joined(separator: " ")
    }
  }

  @Test func whatIsClosedIsToldWithinEightMilliseconds() {
    #expect(timeline("+a *a @20 *a @7 .a") == ["30: +a"])
    #expect(timeline("-a") == ["3: -a"])
    #expect(timeline("a>b") == ["3: a>b"])
    #expect(timeline("a>") == ["5: -a"])
  }

  @Test func whatIsWrittenAndNotClosedWaitsLonger() {
    #expect(timeline("*a") == ["50: *a"])
    #expect(timeline("*a @40 *a") == ["90: *a"])
    #expect(timeline("a>a~") == ["50: a>a~"])
  }

  @Test func whatNobodyCanProbeGoesByTime() {
    #expect(timeline("?a +a") == ["50: +a"])
    #expect(timeline("?a +a .a") == ["3: +a"])
  }

  @Test func aPathThatIsNeverQuietIsToldAtTheCeiling() {
    let endless = String(repeating: "*a @20 ", count: 150)
    #expect(timeline(endless).first == "2000: *a")
  }

  @Test func aBurstThatNeverEndsIsToldAtTheCeiling() {
    let endless = (0..<1500).map { "+a\($0) .a\($0) @2" }.joined(separator: " ")
    let told = timeline(endless)
    #expect(told.first?.hasPrefix("2000: ") == true)
    #expect(told.joined(separator: " ").split(separator: "+").count == 1501)
  }

  @Test func aFileWithAWriterIsToldAtItsOwnCeiling() {
    #expect(timeline("!a *a") == ["10000: *a"])
    // Renaming doesn't begin the wait anew.
    #expect(timeline("!a !b *a @5000 a>b").last == "10000: *b")
  }

  @Test func halvesOfARenameMeetAcrossOtherEvents() {
    var run = SettlerScript()
    run.take(.movedFrom, "a")
    run.pass(1_000_000)
    run.take(.modified, "c")
    run.take(.closedAfterWriting, "c")
    run.take(.movedTo, "b")
    run.finish()
    #expect(run.sets.map { $0.changes.map(SettlerScript.describe) } == [["a>b", "*c"]])
  }

  @Test func aFlushWaitsForWhatCameBeforeItOnly() {
    var run = SettlerScript()
    run.play("!a *a")
    run.mark(1)
    run.play("!b *b @1 =a .a @5")
    #expect(run.flushed.map(\.token) == [1])
    run.mark(2)
    run.play("b>c !c @20")
    #expect(run.flushed.map(\.token) == [1])
    run.play("=c .c @5")
    #expect(run.flushed.map(\.token) == [1, 2])
  }

  @Test func tooManyChangesBecomeARescanOfTheirDirectory() {
    var policy = SettlePolicy.default
    policy.directoryEntryCount = 8
    let many = (0..<20).map { "-d/a\($0)" }.joined(separator: " ")
    #expect(timeline(many + " -b", policy: policy) == ["3: ?d -b"])
    #expect(timeline(many + " -d/", policy: policy) == ["3: -d/"])
    policy.totalEntryCount = 6
    #expect(timeline(many, policy: policy) == ["3: ?."])
  }

  @Test func lostEventsBecomeARescanAndRepetitionSlowsDown() {
    var run = SettlerScript(directories: ["d"])
    func overflow() {
      run.take(RawEvent(watch: -1, mask: .queueOverflow))
    }
    run.play("*a")
    overflow()
    #expect(run.works.contains(.overflowed))
    let first = run.settler.deadline()
    #expect(first == run.now)
    run.rearm()
    run.settle()
    #expect(run.sets.map(\.changes) == [[.rescan(.root)]])
    overflow()
    #expect(run.settler.deadline() == run.now + 1_000_000_000)
    overflow()
    #expect(run.settler.deadline() == run.now + 1_000_000_000)
  }

  @Test func theRootsEndIsAskedToBeTold() {
    var run = SettlerScript()
    run.take(RawEvent(watch: 1, mask: .selfMoved))
    #expect(run.works == [.rootLost("was renamed")])
  }

  @Test func aStaleWatchIsEndedAndItsEventsMeanNothing() {
    var run = SettlerScript(directories: ["d"])
    run.take(RawEvent(watch: 99, mask: .created, name: Name(literal: "x")))
    #expect(run.works == [.unwatch([99])])
    run.finish()
    #expect(run.sets.isEmpty)
  }
}
