/// Finds a short script that makes a world fail in the same way (delta debugging: A. Zeller,
/// R. Hildebrandt, 2002, on the choices instead of the input).
public struct Shrinker {
  private let seed: UInt64
  private let settings: WorldSettings
  private let kind: Problem.Kind
  /// The shortest script so far.
  public private(set) var script: [Choice]
  private var runsLeft: Int

  /// Begins with the choices of a world that failed. `runCount` bounds the work.
  public init(
    seed: UInt64, settings: WorldSettings, choices: [Choice], kind: Problem.Kind, runCount: Int
  ) {
    self.seed = seed
    self.settings = settings
    self.kind = kind
    script = choices
    runsLeft = runCount
  }

  /// Leaves steps out: many at a time, then fewer.
  public mutating func shrink() {
    var size = script.count / 2
    while size > 0, runsLeft > 0 {
      let before = script.count
      leaveOut(size)
      if script.count == before { size /= 2 }
      size = min(size, script.count)
    }
  }

  private mutating func leaveOut(_ size: Int) {
    var end = script.count
    while end > 0, runsLeft > 0 {
      let start = max(0, end - size)
      tryOut(Array(script[..<start] + script[min(end, script.count)...]))
      end = min(start, script.count)
    }
  }

  private mutating func tryOut(_ candidate: [Choice]) {
    guard runsLeft > 0 else { return }
    runsLeft -= 1
    let world = try? World(seed: seed, choices: Choices(script: candidate), settings: settings)
    guard let problems = try? world?.run(), problems.contains(where: { $0.kind == kind }) else {
      return
    }
    script = candidate
  }
}
