import SyncCore
import SyncEngine
import Watcher

/// What is ignored on one node, as the files with rules on its disk say now.
struct Ignored {
  private let disk: MemoryFileSystem
  let local: IgnoreRules

  /// `local` are the patterns of the machine.
  init(on disk: MemoryFileSystem, local: IgnoreRules) {
    self.disk = disk
    self.local = local
  }

  /// Whether something is ignored at a path, or would be there.
  func contains(_ path: RelativePath, isDirectory: Bool) -> Bool {
    guard let parent = path.parent, let name = path.name else { return false }
    var scope = IgnoreScope(local: local, rules: rules(in: .root))
    for component in parent.components {
      let directory = scope.directory.appending(component)
      scope = scope.entering(component, rules: rules(in: directory))
    }
    return scope.ignores(name, isDirectory: isDirectory) != nil
  }

  private func rules(in directory: RelativePath) -> IgnoreRules? {
    disk.sparing {
      disk.content(at: directory.appending(IgnoreRules.fileName)).flatMap {
        try? IgnoreRules(file: $0)
      }
    }
  }
}

/// A simulated disk as a watcher sees it that leaves out what is ignored.
struct RuledTree: WatchedTree {
  let disk: MemoryFileSystem
  let ignored: Ignored

  func watch(_ path: RelativePath, isRoot: Bool, _ body: (Name) -> Void) -> Int32 {
    if ignored.contains(path, isDirectory: true) { return -2 }
    return disk.watch(path, isRoot: isRoot, body)
  }

  func unwatch(_ watch: Int32) { disk.unwatch(watch) }

  func probe(_ path: RelativePath) -> Settler.ProbeAnswer { disk.probe(path) }
}
