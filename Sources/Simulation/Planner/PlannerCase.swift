/// What one user does. What can't be done, since something isn't there or is in the way, is left
/// out: so a list of actions stays one when some of it is taken away.
package enum PlannerAction: Hashable, Sendable {
  /// Makes a file, or gives one a new content. A directory there is deleted first.
  case write(PlannerPath)
  /// The same with the content of this number, which others may give as well.
  case put(PlannerPath, UInt64)
  /// Makes a symbolic link, likewise.
  case link(PlannerPath)
  /// The same with the target of this number, which others may give as well.
  case point(PlannerPath, UInt64)
  /// Makes a directory. A file there is deleted first.
  case mkdir(PlannerPath)
  /// Deletes a file, or a directory with all that is in it.
  case remove(PlannerPath)
  /// Gives something another place. A file goes over a file.
  case move(PlannerPath, PlannerPath)
  /// Changes permissions.
  case chmod(PlannerPath)
}

/// One step of a case.
package enum PlannerStep: Hashable, Sendable {
  /// The user of a node does something.
  case on(Int, PlannerAction)
  /// A node tells another what it hasn't told it yet: of that the first so many sets, or all.
  case tell(Int, Int, sets: Int?)
  /// A node's index is lost: what is on its disk is found anew, by somebody of whom nobody knows.
  case lose(Int)
}

/// A deterministic case: a tree that all nodes have, what their users then do, and what is told in
/// between. At its end all tell each other everything, in an order that follows from a number.
package struct PlannerCase: Hashable, Sendable {
  /// How many nodes.
  package var nodes: Int
  /// For each node how much later it makes everything than the first: decides who wins.
  package var clocks: [Int]
  /// For each node the rank of the ids that it gives to directories: the smallest wins.
  package var ranks: [Int]
  /// What is done on the first node and told to all before everything else.
  package var base: [PlannerAction]
  /// What happens then.
  package var steps: [PlannerStep]

  /// A case.
  package init(
    nodes: Int, clocks: [Int], ranks: [Int], base: [PlannerAction], steps: [PlannerStep]
  ) {
    self.nodes = nodes
    self.clocks = clocks
    self.ranks = ranks
    self.base = base
    self.steps = steps
  }
}

extension PlannerAction: CustomStringConvertible {
  /// As Swift.
  package var description: String {
    switch self {
    case .write(let path): #".write("\#(path)")"#
    case .put(let path, let content): #".put("\#(path)", \#(content))"#
    case .point(let path, let content): #".point("\#(path)", \#(content))"#
    case .link(let path): #".link("\#(path)")"#
    case .mkdir(let path): #".mkdir("\#(path)")"#
    case .remove(let path): #".remove("\#(path)")"#
    case .move(let from, let to): #".move("\#(from)", "\#(to)")"#
    case .chmod(let path): #".chmod("\#(path)")"#
    }
  }
}

extension PlannerStep: CustomStringConvertible {
  /// As Swift.
  package var description: String {
    switch self {
    case .on(let node, let action): ".on(\(node), \(action))"
    case .tell(let from, let to, let sets):
      ".tell(\(from), \(to), sets: \(sets.map { "\($0)" } ?? "nil"))"
    case .lose(let node): ".lose(\(node))"
    }
  }
}

extension PlannerCase: CustomStringConvertible {
  /// As Swift, for a list of kept cases.
  package var description: String {
    """
    PlannerCase(
      nodes: \(nodes), clocks: \(clocks), ranks: \(ranks),
      base: [\(base.map(\.description).joined(separator: ", "))],
      steps: [
        \(steps.map(\.description).joined(separator: ",\n    "))
      ])
    """
  }
}
