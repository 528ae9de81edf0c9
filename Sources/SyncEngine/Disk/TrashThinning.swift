import SyncCore

/// Thinning of the trash. What is younger than its age is never let go.
extension Trash {
  /// Why something is let go.
  enum Demand: Sendable {
    /// All of the trash shall have at most so many bytes.
    case size(Int64)
    /// The disk is full: superseded versions only.
    case room
  }

  /// Lets go of what plans before `time` put there as much as is demanded, but for the folders in
  /// `kept`; how many bytes.
  static func thin(
    _ demand: Demand, before time: Int64, keeping kept: Set<Name> = [],
    of fileSystem: any FileSystem
  ) throws(FileError) -> Int64 {
    let folders = try folders(of: fileSystem)
    var ledger = TrashLedger()
    for (position, folder) in folders.enumerated() {
      walk(folder.name, position, in: fileSystem) { _, _, item, _ in ledger.note(item) }
    }
    let total = ledger.byteCount
    for rank in TrashLedger.Rank.allCases {
      if case .room = demand, rank != .superseded { break }
      for (position, folder) in folders.enumerated()
      where folder.time < time && !kept.contains(folder.name) {
        walk(folder.name, position, in: fileSystem) { directory, name, item, stamp in
          if case .size(let limit) = demand, ledger.byteCount <= limit { return }
          guard stamp.ctime < time,
            ledger.rank(of: item, isInShare: isInShare(item, fileSystem)) == rank
          else { return }
          do throws(FileError) { try directory.removeFile(name) } catch { return }
          ledger.letGo(item)
        }
      }
    }
    guard ledger.byteCount < total else { return 0 }
    for folder in folders where folder.time < time {
      removeEmpty(ReservedFolder.trash.appending(folder.name), of: fileSystem)
    }
    return total - ledger.byteCount
  }

  /// The oldest first. A folder is as old as the last thing that was put directly into it.
  private static func folders(
    of fileSystem: any FileSystem
  ) throws(FileError) -> [(name: Name, time: Int64)] {
    let trash = try Directory.making(ReservedFolder.trash, of: fileSystem)
    var folders: [(name: Name, time: Int64)] = []
    for name in try trash.names() {
      if let stamp = try trash.stamp(of: name) { folders.append((name, stamp.ctime)) }
    }
    return folders.sorted { ($0.time, $0.name) < ($1.time, $1.name) }
  }

  private static func walk(
    _ folder: Name, _ position: Int, in fileSystem: any FileSystem,
    _ body: (Directory, Name, TrashLedger.Item, FileStamp) -> Void
  ) {
    let top = ReservedFolder.trash.appending(folder)
    lookBelow(top, in: fileSystem) { listing in
      guard let path = listing.directory.replacingPrefix(top, with: .root),
        let directory = try? Directory(listing.directory, of: fileSystem)
      else { return }
      for (name, found) in listing.entries {
        guard let stamp = found.stamp, stamp.kind != .directory else { continue }
        let item = TrashLedger.Item(
          folder: position, path: path.appending(name), size: stamp.size, mtime: stamp.mtime)
        body(directory, name, item, stamp)
      }
    }
  }

  private static func isInShare(_ item: TrashLedger.Item, _ fileSystem: any FileSystem) -> Bool {
    guard let above = item.path.parent, let name = item.path.name,
      let directory = try? Directory(above, of: fileSystem),
      let stamp = try? directory.stamp(of: name)
    else { return false }
    return stamp.size == item.size && stamp.mtime == item.mtime
  }

  /// Removes directories that hold nothing, deepest first.
  private static func removeEmpty(_ top: RelativePath, of fileSystem: any FileSystem) {
    var directories: [RelativePath] = []
    lookBelow(top, in: fileSystem) { directories.append($0.directory) }
    for path in directories.reversed() {
      guard let name = path.name, let above = path.parent,
        let parent = try? Directory(above, of: fileSystem)
      else { continue }
      try? parent.removeDirectory(name)
    }
  }
}

extension Found {
  fileprivate var stamp: FileStamp? {
    switch self {
    case .entry(let stamp), .symlink(let stamp, target: _): stamp
    case .absent, .special, .unreadable, .ignored: nil
    }
  }
}
