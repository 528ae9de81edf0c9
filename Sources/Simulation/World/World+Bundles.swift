import SyncCore

/// Directories of which only one node's state counts as a whole.
extension World {
  /// What a bundle is called in these worlds.
  static let bundleRules = BundleRules(names: [Name(literal: "b")])

  /// What is in a directory.
  struct BundleContents {
    /// Contents and targets by path, each with its key and those of the directories that it is in.
    var files: [RelativePath: (body: Body, keys: [EntryKey])] = [:]
    /// The directories.
    var directories: Set<EntryKey> = []
  }

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
  /// Where there is a source, it is what that has, whatever others call a bundle.
  func checkBundles() throws {
    guard settings.hasBundles else { return }
    let node = equals[0]
    let index = machines[node].index
    for row in try index.rows(after: 0, limit: .max) {
      guard row.entry.isAlive, let id = row.entry.directory, let whole = row.entry.bundle,
        !whole.isGone, let made = bundleStates[whole.version.dot],
        try bundle(around: row.entry, in: index) == nil
      else { continue }
      let source = settings.sourceNode.map { Process.id(of: $0).prefix }
      if let source, whole.version.dot.actor.node != source { continue }
      let found = try contents(of: id, on: node)
      for path in Set(made.files.keys).union(found.files.keys).sorted()
      where made.files[path]?.body != found.files[path]?.body {
        // What is where it was, is not what something came or went with.
        let came = (found.files[path]?.keys ?? []).filter { !made.directories.contains($0) }
        let went = (made.files[path]?.keys ?? []).filter { !found.directories.contains($0) }
        if try isStrangers(came + went, in: id, index) { continue }
        fail(.mixture, "bundle \(row.entry.place.label): other at \(path) than its maker had it")
      }
    }
  }

  private func contents(of directory: DirectoryID, on node: Int) throws -> BundleContents {
    var contents = BundleContents()
    var waiting: [(DirectoryID, RelativePath, [EntryKey])] = [(directory, .root, [])]
    while let (parent, path, above) = waiting.popLast() {
      for row in try machines[node].index.children(of: parent) where row.entry.isAlive {
        let place = path.appending(row.entry.place.name)
        if let id = row.entry.directory {
          contents.directories.insert(row.entry.key)
          waiting.append((id, place, above + [row.entry.key]))
        } else {
          contents.files[place] = (row.entry.body, above + [row.entry.key])
        }
      }
    }
    return contents
  }
}
