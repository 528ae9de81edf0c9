import SyncCore

/// Finds a short script with which a world fails in the same way (delta debugging: A. Zeller,
/// R. Hildebrandt, 2002).
///
/// What is left out changes the order of all that follows. So a shorter script is tried with many
/// orders of events, and is as good if one of them fails.
public struct Shrinker {
  private let kind: Problem.Kind
  private var budget: Int
  /// Orders tried for each script.
  private let scheduleCount: UInt64
  /// The shortest so far.
  public private(set) var scenario: Scenario

  /// Begins with a scenario that failed and what happened in it. `worldCount` bounds the work.
  public init(
    _ scenario: Scenario, script: [Happening], kind: Problem.Kind, worldCount: Int,
    scheduleCount: UInt64 = 100
  ) {
    self.scenario = scenario
    self.scenario.happenings = script
    self.kind = kind
    self.scheduleCount = scheduleCount
    budget = worldCount
  }

  /// Leaves happenings out: many at a time, then fewer, until none can be missed.
  public mutating func shrink() {
    var size = max(1, length / 2)
    while budget > 0 {
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
    while end > 0, budget > 0 {
      let start = max(0, end - size)
      tryOut(Array(script[..<start] + script[min(end, length)...]))
      end = start
    }
  }

  private mutating func tryOut(_ candidate: [Happening]) {
    var shorter = scenario
    shorter.happenings = candidate
    for schedule in 0..<scheduleCount where budget > 0 {
      budget -= 1
      // The order that failed last comes first.
      shorter.schedule = schedule == 0 ? scenario.schedule : schedule
      let problems = try? World(shorter).run()
      guard let problems, problems.contains(where: { $0.kind == kind }) else { continue }
      scenario = shorter
      return
    }
  }
}
