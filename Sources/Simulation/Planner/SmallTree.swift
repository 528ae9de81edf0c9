/// A tree of a few files and directories, as it is counted through.
struct SmallTree: Hashable {
  struct Entry: Hashable {
    var path: PlannerPath
    var isDirectory: Bool
  }

  /// A directory before what is in it.
  private(set) var entries: [Entry] = []

  static let names = PlannerPath.names.prefix(3)

  /// All trees of up to `count` entries, the smaller ones first.
  static func all(upTo count: Int) -> [SmallTree] {
    var all = [SmallTree()]
    var latest = all
    for _ in 0..<count {
      var seen: Set<Set<Entry>> = []
      latest = latest.flatMap(\.larger).filter { seen.insert(Set($0.entries)).inserted }
      all += latest
    }
    return all
  }

  /// All with one entry more.
  private var larger: [SmallTree] {
    freePaths.flatMap { path in
      [false, true].map { isDirectory in
        var tree = self
        tree.entries.append(Entry(path: path, isDirectory: isDirectory))
        return tree
      }
    }
  }

  /// Whether no other tree becomes this one by exchanging names.
  var isFirstOfItsKind: Bool {
    let orders: [[Int]] = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    let own = key(renaming: [0, 1, 2])
    return orders.allSatisfy { !key(renaming: $0).lexicographicallyPrecedes(own) }
  }

  private func key(renaming order: [Int]) -> [String] {
    entries.map { entry in
      let names = (0..<entry.path.depth).map { component in
        String(order[Int(entry.path[component] - Self.names[0])])
      }
      return names.joined() + (entry.isDirectory ? "/" : "")
    }.sorted()
  }

  /// How it is made.
  var actions: [PlannerAction] {
    entries.map { $0.isDirectory ? .mkdir($0.path) : .write($0.path) }
  }

  private var freePaths: [PlannerPath] {
    let parents = [PlannerPath.root] + entries.filter(\.isDirectory).map(\.path)
    return parents.flatMap { parent in Self.names.compactMap { parent.appending($0) } }
      .filter { path in !entries.contains { $0.path == path } }
  }

  /// Everything that a user can do with it in one action.
  var possibleActions: [PlannerAction] {
    var actions = freePaths.flatMap { [.write($0), .mkdir($0)] as [PlannerAction] }
    for entry in entries {
      actions += [
        .write(entry.path), .remove(entry.path), .chmod(entry.path),
      ]
      if !entry.isDirectory { actions.append(.mkdir(entry.path)) }
      actions += freePaths.filter { !$0.isWithin(entry.path) }.map { .move(entry.path, $0) }
      guard !entry.isDirectory else { continue }
      actions += entries.filter { !$0.isDirectory && $0 != entry }.map {
        .move(entry.path, $0.path)
      }
    }
    return actions
  }

  /// The tree after an action that is possible.
  func after(_ action: PlannerAction) -> SmallTree {
    var tree = self
    switch action {
    case .write(let path), .put(let path, _), .link(let path), .point(let path, _):
      tree.entries.removeAll { $0.path.isWithin(path) }
      tree.entries.append(Entry(path: path, isDirectory: false))
    case .mkdir(let path):
      tree.entries.removeAll { $0.path == path }
      tree.entries.append(Entry(path: path, isDirectory: true))
    case .remove(let path): tree.entries.removeAll { $0.path.isWithin(path) }
    case .move(let from, let to):
      tree.entries.removeAll { $0.path == to }
      for number in tree.entries.indices where tree.entries[number].path.isWithin(from) {
        let old = tree.entries[number].path
        tree.entries[number].path = (from.depth..<old.depth).reduce(to) { path, component in
          path.appending(old[component]) ?? path
        }
      }
    case .chmod: break
    }
    return tree
  }
}
