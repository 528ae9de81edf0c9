import Glibc
import SyncCore

/// Where what a flip replaced or deleted is kept: `.leftd/trash/PLAN/ORIGINAL-PATH`, plain files
/// that a person can find and take out again.
struct Trash {
  /// The folder of the plan.
  let folder: RelativePath
  private let fileSystem: any FileSystem
  private var parent: (path: RelativePath, directory: Directory)?

  init(plan id: UInt64, of fileSystem: any FileSystem) {
    self.init(folder: ReservedFolder.name(ofPlan: id), of: fileSystem)
  }

  init(folder name: Name, of fileSystem: any FileSystem) {
    self.fileSystem = fileSystem
    folder = ReservedFolder.trash.appending(name)
  }

  /// The directory for what lay at `path`, made if needed; `made` gets directories with new
  /// entries.
  mutating func directory(
    for path: RelativePath, made: (Directory) -> Void
  ) throws(FileError) -> Directory {
    guard let original = path.parent else { preconditionFailure("the root is never trash") }
    let wanted = RelativePath(components: folder.components + original.components)
    if let parent, parent.path == wanted { return parent.directory }
    let directory = try Directory.making(wanted, of: fileSystem, made: made)
    parent = (wanted, directory)
    return directory
  }

  /// Where something from `path` lies in the trash that `isWanted`; `nil` if there is none.
  func find(
    from path: RelativePath, where isWanted: (FileStamp) -> Bool
  ) -> (directory: Directory, name: Name)? {
    guard let name = path.name, let original = path.parent else { return nil }
    let wanted = RelativePath(components: folder.components + original.components)
    guard let directory = try? Directory(wanted, of: fileSystem) else { return nil }
    for candidate in Self.names(for: name) {
      guard let stamp = try? directory.stamp(of: candidate) else { return nil }
      if isWanted(stamp) { return (directory, candidate) }
    }
    return nil
  }

  /// Where a file lies that it took out of the share; `nil` if it isn't here.
  func path(of file: LocalFile) -> RelativePath? {
    guard let directory = file.path.parent,
      let name = find(from: file.path, where: { $0.isAsMoved(file.stamp) })?.name
    else { return nil }
    return RelativePath(components: folder.components + directory.components + [name])
  }

  /// The folders of the plans that began last.
  static func newest(_ count: Int, of fileSystem: any FileSystem) -> [Trash] {
    let names = try? Directory(ReservedFolder.trash, of: fileSystem).names()
    return (names ?? []).sorted().suffix(count).reversed().map { Trash(folder: $0, of: fileSystem) }
  }

  /// Moves `name` out of `source` into the trash place of `path`; where it went.
  mutating func take(
    _ name: Name, in source: Directory, from path: RelativePath, made: (Directory) -> Void
  ) throws(FileError) -> (directory: Directory, name: Name) {
    guard let original = path.name else { preconditionFailure("the root is never trash") }
    let directory = try directory(for: path, made: made)
    for candidate in Self.names(for: original) {
      do {
        try source.move(name, to: candidate, in: directory)
        return (directory, candidate)
      } catch {
        guard error.errno == EEXIST else { throw error }
      }
    }
    throw FileError(EEXIST, .rename, original)
  }

  /// The names under which something can lie: its own, else with a number, since one plan may
  /// take several things from one path.
  private static func names(for name: Name) -> [Name] {
    [name]
      + (1...9).map { number in
        let start = name.bytes.prefix(Name.longestByteCount - 2)
        guard let numbered = Name(Array(start) + Array(".\(number)".utf8)) else {
          preconditionFailure("a valid name with a number is a valid name")
        }
        return numbered
      }
  }

}

extension Trash {
  /// Lets go what plans before `time` (nanoseconds since 1970 UTC) put into the trash; what can't
  /// be removed stays and is tried again the next time. The folders in `kept` stay, too.
  static func collect(
    before time: Int64, keeping kept: Set<Name> = [], of fileSystem: any FileSystem
  ) throws(FileError) {
    let trash = try Directory.making(ReservedFolder.trash, of: fileSystem)
    for name in try trash.names() where !kept.contains(name) {
      // The folder's own ctime is that of the last thing put directly into it, or of its making.
      guard let stamp = try trash.stamp(of: name), stamp.ctime < time else { continue }
      remove(ReservedFolder.trash.appending(name), in: trash, of: fileSystem)
    }
  }

  /// Removes a whole tree of leftd's own, deepest first.
  static func remove(
    _ top: RelativePath, in parent: Directory, of fileSystem: any FileSystem
  ) {
    guard let name = top.name else { preconditionFailure("the root is never removed") }
    var directories: [RelativePath] = []
    lookBelow(top, in: fileSystem) { listing in
      directories.append(listing.directory)
      guard let directory = try? Directory(listing.directory, of: fileSystem) else { return }
      try? directory.setMode(0o700)
      for (name, found) in listing.entries {
        if case .entry(let stamp) = found, stamp.kind == .directory { continue }
        try? directory.removeFile(name)
      }
    }
    for path in directories.dropFirst().reversed() {
      guard let name = path.name, let above = path.parent,
        let directory = try? Directory(above, of: fileSystem)
      else { continue }
      try? directory.removeDirectory(name)
    }
    do { try parent.removeDirectory(name) } catch {
      if error.errno == ENOTDIR { try? parent.removeFile(name) }
    }
  }
}
