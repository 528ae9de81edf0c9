import SyncCore
import SyncEngine

/// Nodes that don't take part in everything.
extension World {
  /// What is ignored on a node now.
  func ignored(on node: Int) -> Ignored {
    Ignored(on: machines[node].disk, local: machines[node].localRules ?? IgnoreRules())
  }

  private func unignoredTree(of node: Int) -> Tree {
    Tree(
      machines[node].disk, withAttributes: refusingNode == nil,
      ignoring: machines[node].localRules ?? IgnoreRules())
  }

  /// What is ignored on either of two nodes need not be equal; nor what a deletion left for the
  /// sake of what is ignored in it.
  func checkEqual(_ left: Int, _ right: Int) throws {
    let trees = [left, right].map { unignoredTree(of: $0) }
    for path in trees[0].differingPaths(from: trees[1]) {
      let entries = trees.map { $0.entries[path] }
      if entries[0] == nil, mayLack(path, left, of: right, entries[1]) { continue }
      if entries[1] == nil, mayLack(path, right, of: left, entries[0]) { continue }
      if isBlocked(path, on: left, for: entries[1]) { continue }
      if isBlocked(path, on: right, for: entries[0]) { continue }
      if try isUntold(path, on: left), try isUntold(path, on: right) { continue }
      fail(.difference, "\(left) and \(right): \(path): \(entries)")
    }
  }

  private func mayLack(
    _ path: RelativePath, _ node: Int, of other: Int, _ entry: Tree.Entry?
  ) -> Bool {
    ignored(on: node).contains(path, isDirectory: entry?.isDirectory ?? false)
      || isPartOfRemainder(path, on: other)
  }

  /// Whether what another node has at a path can't come to this one, since something of another
  /// kind stands there or above that is told to nobody.
  private func isBlocked(_ path: RelativePath, on node: Int, for entry: Tree.Entry?) -> Bool {
    guard let entry else { return false }
    let all = Tree(everythingOn: machines[node].disk)
    let ignored = ignored(on: node)
    var (place, isDirectory) = (path, entry.isDirectory)
    while !place.isRoot {
      if let standing = all.entries[place], standing.isDirectory != isDirectory {
        return ignored.contains(place, isDirectory: standing.isDirectory)
          || (standing.isDirectory && isRemainder(place, on: node))
      }
      guard let parent = place.parent else { return false }
      (place, isDirectory) = (parent, true)
    }
    return false
  }

  /// Whether what stands at a path is told to nobody, since it holds nothing but what is ignored.
  private func isUntold(_ path: RelativePath, on node: Int) throws -> Bool {
    guard isPartOfRemainder(path, on: node) else { return false }
    let machine = machines[node]
    let audit = try IndexAudit(machine.index, machine.disk, ignoring: machine.localRules)
    return audit.claimed[path] == nil
  }

  /// Whether something is left over for the sake of what is ignored beside or below it.
  func isPartOfRemainder(_ path: RelativePath, on node: Int) -> Bool {
    var above: RelativePath? = path
    while let directory = above, !directory.isRoot {
      if isRemainder(directory, on: node) { return true }
      above = directory.parent
    }
    return false
  }

  /// Whether a directory holds nothing but what is ignored, and rules.
  func isRemainder(_ path: RelativePath, on node: Int) -> Bool {
    let tree = unignoredTree(of: node)
    let all = Tree(everythingOn: machines[node].disk)
    let below = tree.entries.filter { $0.key.isWithin(path) && $0.key != path }
    let isEmpty = below.allSatisfy { path, entry in
      if case .directory = entry { true } else { path.name == IgnoreRules.fileName }
    }
    return isEmpty && all.entries.keys.contains { $0.isWithin(path) && tree.entries[$0] == nil }
  }
}
