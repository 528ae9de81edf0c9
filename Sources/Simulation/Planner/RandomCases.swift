import SyncCore

/// Random cases, larger than the small ones.
package struct RandomCases {
  private var random: SplitMix64
  /// Places that something was given: most actions concern one of these.
  private var paths: [PlannerPath] = []
  private let letterCount: Int

  private init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    letterCount = 2 + Int(random.next() % 2)
  }

  /// The case that follows from a seed.
  package static func plannerCase(seed: UInt64) -> PlannerCase {
    var cases = RandomCases(seed: seed)
    return cases.make()
  }

  private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  private mutating func make() -> PlannerCase {
    let nodes = 2 + below(2)
    let clocks = (0..<nodes).map { _ in below(3) }
    var ranks = Array(0..<nodes)
    for number in ranks.indices { ranks.swapAt(number, below(nodes)) }
    let base = (0..<below(7)).map { _ in action() }
    var steps: [PlannerStep] = []
    for round in 0...below(3) {
      if round > 0 {
        for _ in 0...below(3) { steps.append(tell(nodes)) }
      }
      for _ in 0...below(2 * nodes) { steps.append(.on(below(nodes), action())) }
    }
    return PlannerCase(nodes: nodes, clocks: clocks, ranks: ranks, base: base, steps: steps)
  }

  private mutating func tell(_ nodes: Int) -> PlannerStep {
    let from = below(nodes)
    let to = (from + 1 + below(nodes - 1)) % nodes
    return .tell(from, to, sets: below(4) == 0 ? 1 + below(2) : nil)
  }

  private mutating func action() -> PlannerAction {
    let action: PlannerAction =
      switch below(16) {
      case 0, 1, 2, 3: .write(path())
      case 4, 5, 6: .mkdir(path())
      case 7, 8, 9: .remove(knownPath())
      case 10, 11, 12, 13: .move(knownPath(), path())
      case 14: .chmod(knownPath())
      default: .link(path())
      }
    switch action {
    case .write(let path), .put(let path, _), .mkdir(let path), .move(_, let path),
      .link(let path), .point(let path, _):
      paths.append(path)
    case .remove, .chmod: break
    }
    return action
  }

  /// Where something is or was, as a rule.
  private mutating func knownPath() -> PlannerPath {
    if paths.isEmpty || below(8) == 0 { return path() }
    return paths[below(paths.count)]
  }

  /// Somewhere: at the root, or below a place that has something.
  private mutating func path() -> PlannerPath {
    let parent = paths.isEmpty || below(2) == 0 ? .root : paths[below(paths.count)]
    let letter =
      below(16) == 0
      ? PlannerPath.conflicts[below(2)] : PlannerPath.names[below(letterCount)]
    return parent.depth < 4 ? parent.appending(letter) ?? .root : parent
  }
}
