import SyncCore

/// What is going to happen in a world: from a script, or by chance from its settings.
struct Happenings {
  private let script: [Happening]?
  private let settings: WorldSettings
  private var random: SplitMix64
  /// How much of each kind is left, in the order of `choose`.
  private var left: [Int]
  /// What happened so far; as a script it happens again.
  private(set) var made: [Happening] = []

  init(_ script: [Happening]?, settings: WorldSettings, seed: UInt64) {
    self.script = script
    self.settings = settings
    random = SplitMix64(seed: seed)
    left = [
      settings.userStepCount, settings.breakCount, settings.crashCount, settings.faultCount,
      settings.clockStepCount, settings.indexLossCount, settings.restCount,
      settings.stallCount, settings.flushCount, settings.forgetCount,
    ]
  }

  /// The next; `nil` at the end. An action of a user that can't be done happens to nobody: `isDone`
  /// tells, and the next is tried.
  mutating func next(_ perform: (Happening) throws -> Bool) throws -> Bool {
    guard let script else { return try nextByChance(perform) }
    guard made.count < script.count else { return false }
    made.append(script[made.count])
    _ = try perform(made[made.count - 1])
    return true
  }

  private mutating func nextByChance(_ perform: (Happening) throws -> Bool) throws -> Bool {
    // Nothing happens after the last action of a user.
    guard left[0] > 0 else { return false }
    for _ in 0..<50 {
      var ticket = Int.random(in: 0..<left.reduce(0, +), using: &random)
      let kind = left.firstIndex { count in
        ticket -= count
        return ticket < 0
      }
      guard let kind else { return false }
      let happening = choose(kind)
      guard try perform(happening) else { continue }
      left[kind] -= 1
      made.append(happening)
      return true
    }
    return false
  }

  private mutating func choose(_ kind: Int) -> Happening {
    let node = Int.random(in: 0..<settings.nodeCount, using: &random)
    switch kind {
    case 0: return .user(node, settings.habits.action(using: &random))
    case 1: return breaking(node)
    case 2:
      let profile = settings.crashProfiles.randomElement(using: &random) ?? .processOnly
      let isAtOnce = Int.random(in: 0..<4, using: &random) == 0
      return .crash(
        node, profile, atCall: isAtOnce ? 0 : Int.random(in: 1...60, using: &random))
    case 3:
      return .fail(
        node, atCall: Int.random(in: 1...60, using: &random),
        count: [1, 1, 5, 50].randomElement(using: &random) ?? 1,
        DiskFault.allCases.randomElement(using: &random) ?? .noSpace)
    case 4:
      return .setClock(node, seconds: [-3600, -3, 3, 7200].randomElement(using: &random) ?? 3)
    case 5: return Bool.random(using: &random) ? .copyIndex(node) : .restoreIndex(node)
    case 6: return .rest
    case 7: return stalling(node)
    case 8: return .flush(node)
    default: return .forget(node)
    }
  }

  private mutating func stalling(_ node: Int) -> Happening {
    let other =
      (node + Int.random(in: 1..<settings.nodeCount, using: &random)) % settings.nodeCount
    return .stall(
      node, from: other, milliseconds: [10, 300, 3000, 40_000].randomElement(using: &random) ?? 10)
  }

  private mutating func breaking(_ node: Int) -> Happening {
    let other =
      (node + Int.random(in: 1..<settings.nodeCount, using: &random))
      % settings.nodeCount
    let (left, right) = (min(node, other), max(node, other))
    return switch Int.random(in: 0..<4, using: &random) {
    case 0: .part(left, right)
    case 1: .rejoin(left, right)
    default: .disconnect(left, right)
    }
  }
}
