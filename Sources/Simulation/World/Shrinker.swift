import SyncCore

/// Finds a short script with which a world fails in the same way (delta debugging: A. Zeller,
/// R. Hildebrandt, 2002).
///
/// What is left out changes the order of all that follows. So a shorter script is tried with many
/// orders of events, and is as good if one of them fails.
public struct Shrinker {
  private let kind: Problem.Kind
  private let isOver: () -> Bool
  /// The shortest so far.
  public private(set) var scenario: Scenario

  /// Begins with a scenario that failed and what happened in it. When `isOver` says so, the
  /// shortest so far has to do.
  public init(
    _ scenario: Scenario, script: [Happening], kind: Problem.Kind,
    isOver: @escaping () -> Bool
  ) {
    self.scenario = scenario
    self.scenario.happenings = script
    self.kind = kind
    self.isOver = isOver
  }

  /// Leaves happenings out: many at a time, then fewer, until none can be missed.
  public mutating func shrink() {
    var size = max(1, length / 2)
    while !isOver() {
      let before = length
      leaveOut(size)
      if length < before { continue }
      if size == 1 { return }
      size /= 2
    }
  }

  private var script: [Happening] { scenario.happenings ?? [] }
  private var length: Int { script.count }

  private mutating func leaveOut(_ size: Int) {
    var end = length
    while end > 0, !isOver() {
      let start = max(0, end - size)
      tryOut(Array(script[..<start] + script[min(end, length)...]))
      end = start
    }
  }

  private mutating func tryOut(_ candidate: [Happening]) {
    var shorter = scenario
    shorter.happenings = candidate
    // Short scripts are run in no time.
    for schedule in 0..<UInt64(max(10, 2000 / (candidate.count + 1))) where !isOver() {
      // The order that failed last comes first.
      shorter.schedule = schedule == 0 ? scenario.schedule : schedule
      let problems = try? World(shorter, isTraced: false).run()
      guard let problems, problems.contains(where: { $0.kind == kind }) else { continue }
      scenario = shorter
      return
    }
  }
}
