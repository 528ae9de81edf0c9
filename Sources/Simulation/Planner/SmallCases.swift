/// All small cases, by their numbers: every tree of up to three entries over three names, and every
/// combination of one action on each node.
package struct SmallCases {
  /// What is combined on one tree.
  private struct Group {
    var tree: SmallTree
    var shape: Shape
    /// The first number.
    var start: UInt64
    var actions: [PlannerAction]
    /// For each action those that are possible after it, where a second one follows.
    var later: [[PlannerAction]]
    /// With how many second actions all earlier first actions are combined.
    var laterStarts: [Int]
  }

  private enum Shape: CaseIterable {
    /// Two nodes, one action each.
    case two
    /// Three nodes, one action each.
    case three
    /// The second node acts when it has heard of the first one's action, the third hasn't.
    case relay
    /// The first node acts again, when the second has acted and heard of its first action.
    case again
  }

  private static let clocks: [[Int]] = [[0, 1, 2], [2, 1, 0], [0, 0, 0]]

  private var groups: [Group] = []
  /// How many there are.
  package private(set) var count: UInt64 = 0

  /// All of them; takes some milliseconds.
  package init() {
    let trees = SmallTree.all(upTo: 3)
    let small = trees.filter { $0.entries.count <= 2 && $0.isFirstOfItsKind }
    for shape in Shape.allCases {
      for tree in shape == .two ? trees : small { add(tree, shape) }
    }
  }

  private mutating func add(_ tree: SmallTree, _ shape: Shape) {
    let actions = tree.possibleActions
    var later: [[PlannerAction]] = []
    var laterStarts: [Int] = []
    var laterCount = 0
    if shape == .relay || shape == .again {
      for action in actions {
        let next = tree.after(action).possibleActions
        later.append(next)
        laterStarts.append(laterCount)
        laterCount += next.count
      }
    }
    groups.append(
      Group(
        tree: tree, shape: shape, start: count, actions: actions, later: later,
        laterStarts: laterStarts))
    let combinations =
      switch shape {
      case .two: actions.count * actions.count
      case .three: actions.count * actions.count * actions.count
      case .relay, .again: laterCount * actions.count
      }
    count += UInt64(combinations * Self.clocks.count)
  }

  /// The case with a number below `count`.
  package func plannerCase(_ number: UInt64) -> PlannerCase {
    let last = groups.lastIndex { $0.start <= number } ?? 0
    let group = groups[last]
    var rest = Int(number - group.start)
    func next(_ bound: Int) -> Int {
      defer { rest /= bound }
      return rest % bound
    }
    let clocks = Self.clocks[next(Self.clocks.count)]
    let first = group.actions[next(group.actions.count)]
    let steps: [PlannerStep]
    switch group.shape {
    case .two:
      steps = [.on(0, first), .on(1, group.actions[rest])]
    case .three:
      let second = group.actions[next(group.actions.count)]
      steps = [.on(0, first), .on(1, second), .on(2, group.actions[rest])]
    case .relay, .again:
      let number = group.laterStarts.lastIndex { $0 <= rest } ?? 0
      let (earlier, later) = (
        group.actions[number], group.later[number][rest - group.laterStarts[number]]
      )
      steps =
        group.shape == .relay
        ? [.on(0, earlier), .tell(0, 1, sets: nil), .on(1, later), .on(2, first)]
        : [.on(0, earlier), .on(1, first), .tell(0, 1, sets: nil), .on(0, later)]
    }
    let nodes = group.shape == .two || group.shape == .again ? 2 : 3
    return PlannerCase(
      nodes: nodes, clocks: Array(clocks.prefix(nodes)), ranks: Array(0..<nodes),
      base: group.tree.actions, steps: steps)
  }
}
