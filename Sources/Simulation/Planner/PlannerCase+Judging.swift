extension PlannerCase {
  /// What is wrong with it in the orders 0 to `orders` - 1; nothing more than that of the first
  /// order in which something is.
  ///
  /// Two nodes end in the same tree whoever hears first. Three need not if there was a conflict: a
  /// winner takes over the past of what it wins against, so that a deletion that had seen only one
  /// of two deletes the winner or nothing.
  package func problems(orders: UInt64) -> [PlannerProblem] {
    var (tree, hasConflict): ([String]?, Bool) = (nil, false)
    for order in 0..<orders {
      var run = PlannerRun(self, order: order)
      run.run()
      if !run.problems.isEmpty { return run.problems }
      if run.isSplit { continue }
      hasConflict = hasConflict || run.hasConflict
      if let tree, tree != run.tree, nodes == 2 || !hasConflict {
        return [
          PlannerProblem(.order, "in order \(order) it is \(run.tree), in order 0 \(tree)")
        ]
      }
      tree = run.tree
    }
    return []
  }

  /// What happens in it, in the first order in which something is wrong.
  package func history(orders: UInt64) -> [String] {
    var lines: [String] = []
    for order in 0..<orders {
      var run = PlannerRun(self, order: order, tellsHistory: true)
      run.run()
      lines += ["order \(order):"] + run.history.map { "  \($0)" }
      if !run.problems.isEmpty { return ["order \(order):"] + run.history.map { "  \($0)" } }
    }
    return lines
  }
}
