import SyncCore

@testable import Watcher

/// What stands at a path: a directory, a link's target, a file's bytes.
enum Content: Hashable { case directory, link(String), file(String), special }

/// A tree as somebody knows it who is told of changes, and looks at what they name. Renames are
/// believed without looking.
struct Replay {
  /// By path; the root is not in it.
  private(set) var tree: [String: Content] = [:]
  /// All that stands at a path and below.
  private let look: (String) -> [String: Content]

  init(_ look: @escaping (String) -> [String: Content]) {
    self.look = look
    tree = look("")
  }

  mutating func take(_ change: Change) {
    switch change {
    case .created(let path, _), .rescan(let path): see(path.isRoot ? "" : path.description)
    case .modified(let path, let isDirectory):
      if !isDirectory { see(path.description) }
    case .removed(let path, _): _ = remove(path.description)
    case .moved(let source, let target, _):
      let moved = remove(source.description)
      _ = remove(target.description)
      // What had not been there when its creation was looked at.
      if moved.isEmpty { see(target.description) }
      for (below, content) in moved { tree[target.description + below] = content }
    }
  }

  private mutating func see(_ path: String) {
    _ = remove(path)
    tree.merge(look(path)) { _, new in new }
  }

  /// Removes a subtree; returns it by what follows its own path.
  private mutating func remove(_ path: String) -> [String: Content] {
    var taken: [String: Content] = [:]
    for (name, content) in tree
    where path.isEmpty || name == path || name.hasPrefix(path + "/") {
      taken[String(name.dropFirst(path.count))] = content
      tree[name] = nil
    }
    return taken
  }
}
