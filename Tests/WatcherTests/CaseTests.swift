import Testing

@testable import Watcher

/// The table in `Cases`, in a simulated kernel and in the real one.
@Suite struct CaseTests {
  @Test func noTwoCasesHaveOneName() {
    let names = WatchCase.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.count >= 120)
  }

  /// What is told, in which sets and when.
  @Test(arguments: WatchCase.all) func toldAsExpected(_ watchCase: WatchCase) {
    var run = ModelRun(watchCase)
    run.play(watchCase.steps, .eager)
    let isTold = { (kind: String) in
      watchCase.expected.contains { WatchCase.withoutTime($0).hasPrefix(kind) }
    }
    var told = run.timeline.filter { !$0.line.hasPrefix("passed ") || isTold("passed ") }
    told = told.filter { !$0.line.hasPrefix("says ") || isTold("says ") }
    let lines = told.map { "\($0.at / 1_000_000): \($0.line)" }
    let isRight =
      lines.count == watchCase.expected.count
      && zip(watchCase.expected, lines).allSatisfy { expected, line in
        let told = expected.first!.isNumber ? line : WatchCase.withoutTime(line)
        guard let range = expected.firstRange(of: "says ") else { return told == expected }
        return told.contains(expected[range.upperBound...])
      }
    #expect(isRight, "\(lines)")
    check(run, watchCase)
  }

  /// What is told where nothing is read before the end.
  @Test(arguments: WatchCase.all.filter { !$0.isEventful })
  func toldAsExpectedInTheEnd(_ watchCase: WatchCase) {
    var run = ModelRun(watchCase)
    run.play(watchCase.steps, .late)
    if let expected = watchCase.expectedLate.first {
      #expect(run.words.joined(separator: " ") == expected)
    }
    check(run, watchCase)
  }

  /// Who was told knows what is there, and hears of what will be.
  private func check(_ run: ModelRun, _ watchCase: WatchCase) {
    if run.driver.isRootLost { return }
    let seen = { (tree: [String: Content]) in tree.filter { !watchCase.blind.contains($0.key) } }
    #expect(seen(run.replay.tree) == seen(run.disk.look("")))
    if watchCase.watchLimit < 1_000_000 { return }
    #expect(run.disk.unwatched.isEmpty)
    #expect(run.driver.watchCount == run.disk.directoryCount)
  }

  /// All at once before the watcher reads anything.
  @Test(arguments: WatchCase.all.filter { !$0.isEventful && !$0.hasBounds })
  func theKernelTellsTheSame(_ watchCase: WatchCase) throws {
    let run = try KernelRun(watchCase)
    run.observer.watcher.pause(true)
    run.play(watchCase.steps, isTimed: false)
    run.observer.watcher.pause(false)
    let words = run.finish()
    let expected = watchCase.expectedLate
    if !expected.isEmpty, watchCase.slowness == nil {
      #expect(expected.contains(words.joined(separator: " ")))
    }
    check(run, watchCase)
  }

  /// In its own time, while the watcher reads.
  @Test(arguments: WatchCase.all.filter { !$0.isEventful && $0.milliseconds < 400 })
  func theKernelTellsEverything(_ watchCase: WatchCase) throws {
    let run = try KernelRun(watchCase)
    run.play(watchCase.steps, isTimed: true)
    _ = run.finish()
    check(run, watchCase)
  }

  private func check(_ run: KernelRun, _ watchCase: WatchCase) {
    let seen = { (tree: [String: Content]) in tree.filter { !watchCase.blind.contains($0.key) } }
    let actual = run.look("")
    #expect(seen(run.replay.tree) == seen(actual))
    // The script did here what it does in the model.
    #expect(actual.keys.sorted() == run.model.look("").keys.sorted())
    #expect(run.observer.watcher.watchedDirectoryCount == run.model.directoryCount)
  }
}

extension WatchCase {
  /// Whether something happens that nobody can do.
  fileprivate var isEventful: Bool { steps.contains { !$0.isReal } }

  /// What is told where nothing is read before the end: in the model the first, by a kernel any of
  /// these. Empty where that says too little.
  fileprivate var expectedLate: [String] {
    guard let late else { return [expectedWords] }
    return late == "*" ? [] : late.split(separator: " | ").map(String.init)
  }
}
