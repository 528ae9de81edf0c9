import SyncCore

/// Directories of which only one node's state counts as a whole.
extension World {
  /// What a bundle is called in these worlds.
  static let bundleRules = BundleRules(names: [Name(literal: "b")])

  /// What is in a directory: contents and targets by path.
  typealias BundleContents = [RelativePath: Body]

  /// Remembers what bundles of a node are in each state that it makes of them.
  func noteBundles(of node: Int) throws {
    guard settings.hasBundles else { return }
    let machine = machines[node]
    for row in try machine.index.rows(after: 0, limit: .max) {
      guard row.entry.isAlive, let id = row.entry.directory, let state = row.entry.bundle?.version,
        state.dot.actor.node == Process.id(of: node).prefix, bundleStates[state.dot] == nil
      else { continue }
      bundleStates[state.dot] = try contents(of: id, on: node)
    }
  }

  /// Whatever happened to a bundle at once, it is in the end what one of the nodes made of it.
  func checkBundles() throws {
    guard settings.hasBundles else { return }
    let node = equals[0]
    let index = machines[node].index
    for row in try index.rows(after: 0, limit: .max) {
      guard row.entry.isAlive, let id = row.entry.directory, let state = row.entry.bundle?.version,
        let made = bundleStates[state.dot], try isBundle(row, in: index)
      else { continue }
      let found = try contents(of: id, on: node)
      for path in Set(made.keys).union(found.keys).sorted() where made[path] != found[path] {
        fail(.mixture, "bundle \(row.entry.place.label): other at \(path) than its maker had it")
      }
    }
  }

  /// Whether a directory still is one, and in no other.
  private func isBundle(_ row: Row, in index: any Index) throws -> Bool {
    guard Self.bundleRules.names.contains(row.entry.place.name) else { return false }
    var above = row.entry.place.parent
    while above != .root, let parent = try index.row(.directory(above)) {
      if Self.bundleRules.names.contains(parent.entry.place.name) { return false }
      above = parent.entry.place.parent
    }
    return true
  }

  private func contents(of directory: DirectoryID, on node: Int) throws -> BundleContents {
    var contents: BundleContents = [:]
    var waiting = [(directory, RelativePath.root)]
    while let (parent, path) = waiting.popLast() {
      for row in try machines[node].index.children(of: parent) where row.entry.isAlive {
        let place = path.appending(row.entry.place.name)
        if let id = row.entry.directory {
          waiting.append((id, place))
        } else {
          contents[place] = row.entry.body
        }
      }
    }
    return contents
  }
}
