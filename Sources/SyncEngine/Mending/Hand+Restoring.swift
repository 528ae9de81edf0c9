import Glibc
import SyncCore

/// What the trash gives back.
extension Hand {
  /// What the trash has of a path, the newest first. O(folders in the trash).
  func versions(of path: RelativePath) throws(FileError) -> [TrashVersion] {
    guard let above = path.parent, let name = path.name, !path.isReserved else { return [] }
    var versions: [TrashVersion] = []
    let trash = try Directory.making(ReservedFolder.trash, of: fileSystem)
    for folder in try trash.names() {
      let components = ReservedFolder.trash.components + [folder] + above.components
      guard let kept = try trash.stamp(of: folder), kept.kind == .directory,
        let directory = try? Directory(RelativePath(components: components), of: fileSystem),
        let stamp = try directory.stamp(of: name)
      else { continue }
      versions.append(
        TrashVersion(
          folder: folder, time: kept.btime > 0 ? kept.btime : kept.ctime,
          isDirectory: stamp.kind == .directory, size: stamp.size))
    }
    return versions.sorted { ($0.time, $0.folder) > ($1.time, $1.folder) }
  }

  /// Puts back what a folder of the trash has of a path: under its name, or beside what stands
  /// there. A directory gets back what later folders have of it, too, each path once and as it was
  /// first: its deletion may have come in several sets.
  mutating func restore(_ path: RelativePath, from folder: Name) throws(EngineError) {
    do throws(FileError) {
      let versions = try versions(of: path)
      guard let first = versions.lastIndex(where: { $0.folder == folder }) else {
        throw FileError(ENOENT, .open)
      }
      let chosen = versions[first].isDirectory ? versions[...first] : versions[first...first]
      restored = []
      for version in chosen.reversed() where version.isDirectory == versions[first].isDirectory {
        try restore(path, of: version)
      }
    } catch {
      if error.isRefusal {
        throw EngineError(
          "the trash does not have \(path) any more", remedy: "See 'leftd restore --list'.",
          errno: error.errno)
      }
      throw EngineError(
        "cannot restore \(path): \(error)", remedy: "What was restored so far stays.",
        errno: error.errno)
    }
  }

  private mutating func restore(
    _ path: RelativePath, of version: TrashVersion
  ) throws(FileError) {
    guard let above = path.parent, let name = path.name else { return }
    let components = ReservedFolder.trash.components + [version.folder] + above.components
    let source = try Directory(RelativePath(components: components), of: fileSystem)
    try restore(name, in: source, to: path, depth: 0)
  }

  private mutating func restore(
    _ name: Name, in source: Directory, to path: RelativePath, depth: Int
  ) throws(FileError) {
    guard let above = path.parent, let newName = path.name else { return }
    let target = try making(above)
    do throws(FileError) {
      try move(name, in: source, to: newName, in: target)
      restored.insert(path)
      return note(.restored, path)
    } catch {
      guard error.errno == EEXIST else { throw error }
    }
    if depth < Limits.directoryDepth, try source.stamp(of: name)?.kind == .directory,
      try target.stamp(of: newName)?.kind == .directory
    {
      let directory = try Directory(name, in: source)
      for child in try directory.names().sorted() {
        try restore(child, in: directory, to: path.appending(child), depth: depth + 1)
      }
      // What is there already as it was before stays in the trash.
      if try directory.names().isEmpty { try source.removeDirectory(name) }
      return
    }
    if wasRestored(path) { return }
    let beside = try moveBeside(name, in: source, as: newName, in: target, from: 2)
    restored.insert(path)
    note(.restored, path, other: above.appending(beside))
  }

  /// Whether the trash has given back a path just now, by itself or with a directory.
  private func wasRestored(_ path: RelativePath) -> Bool {
    var path = path
    while !path.isRoot {
      if restored.contains(path) { return true }
      path = path.parent ?? .root
    }
    return false
  }
}
