/// Finds a short case that fails in the same way (delta debugging: A. Zeller, R. Hildebrandt,
/// 2002).
package struct PlannerShrinker {
  private let kind: PlannerProblem.Kind
  private let orders: UInt64
  /// The shortest case so far.
  package private(set) var shortest: PlannerCase

  /// Begins with a case that fails in one of so many orders.
  package init(_ failing: PlannerCase, kind: PlannerProblem.Kind, orders: UInt64) {
    self.kind = kind
    self.orders = orders
    shortest = failing
  }

  /// Leaves out what isn't needed.
  package mutating func shrink() {
    var before: PlannerCase
    repeat {
      before = shortest
      leaveOut(\.steps)
      leaveOut(\.base)
      simplify()
    } while shortest != before
  }

  private mutating func leaveOut<Element>(_ list: WritableKeyPath<PlannerCase, [Element]>) {
    var size = max(1, shortest[keyPath: list].count / 2)
    while size > 0 {
      var end = shortest[keyPath: list].count
      while end > 0 {
        let start = max(0, end - size)
        tryOut { $0[keyPath: list].removeSubrange(start..<min(end, $0[keyPath: list].count)) }
        end = start
      }
      size /= 2
    }
  }

  /// What is told in parts is told at once; clocks and ids get their plainest values.
  private mutating func simplify() {
    for number in shortest.steps.indices {
      guard case .tell(let from, let to, .some) = shortest.steps[number] else { continue }
      tryOut { $0.steps[number] = .tell(from, to, sets: nil) }
    }
    let plain = Array(0..<shortest.nodes)
    tryOut { $0.clocks = plain.map { _ in 0 } }
    tryOut { $0.clocks = plain }
    tryOut { $0.ranks = plain }
    let isLastUsed = shortest.steps.contains { step in
      switch step {
      case .on(let node, _), .lose(let node): node == plain.count - 1
      case .tell(let from, let to, _): max(from, to) == plain.count - 1
      }
    }
    guard plain.count > 2, !isLastUsed else { return }
    tryOut {
      $0.nodes -= 1
      $0.clocks.removeLast()
      $0.ranks.removeLast()
    }
  }

  private mutating func tryOut(_ change: (inout PlannerCase) -> Void) {
    var candidate = shortest
    change(&candidate)
    guard candidate != shortest else { return }
    if candidate.problems(orders: orders).first?.kind == kind { shortest = candidate }
  }
}
