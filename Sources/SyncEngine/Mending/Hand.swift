import Glibc
import SyncCore

/// What a person's command does to the share: renames beneath the held root that never replace
/// anything. The watcher finds them like any other change.
struct Hand {
  let fileSystem: any FileSystem
  /// What was done so far.
  private(set) var steps: [MendingStep] = []
  /// What came out of the trash, in one restoration.
  var restored: Set<RelativePath> = []
  private var trash: Trash
  private var touched: [Directory] = []
  /// Whether too many were touched to be flushed one by one, or held open.
  private var isMuchTouched = false

  /// - Parameter time: Nanoseconds since 1970 UTC; it names the folder in the trash.
  init(_ fileSystem: any FileSystem, time: Int64) {
    self.fileSystem = fileSystem
    let digits = ReservedFolder.name(ofPlan: UInt64(max(0, time)))
    trash = Trash(
      folder: ReservedFolder.name(spelling: "hand-\(digits)"), of: fileSystem)
  }

  /// Notes what was done, or why not.
  mutating func note(
    _ kind: MendingStep.Kind, _ path: RelativePath, other: RelativePath = .root, _ note: String = ""
  ) {
    if steps.count < Limits.shownStepCount {
      steps.append(MendingStep(kind, path, other: other, note: note))
    }
  }

  private mutating func touch(_ directories: [Directory]) {
    guard !isMuchTouched else { return }
    for directory in directories where !touched.contains(where: { $0 === directory }) {
      touched.append(directory)
    }
    if touched.count > Limits.individualFlushCount {
      isMuchTouched = true
      touched = []
    }
  }

  /// The directory that a path lies in, and its name there.
  func parent(of path: RelativePath) throws(FileError) -> (directory: Directory, name: Name) {
    guard let above = path.parent, let name = path.name, !path.isReserved else {
      throw FileError(EINVAL, .open)
    }
    return (try Directory(above, of: fileSystem), name)
  }

  /// The state of what stands at a path; `nil` if nothing does.
  func stamp(at path: RelativePath) throws(FileError) -> FileStamp? {
    do throws(FileError) {
      let (directory, name) = try parent(of: path)
      return try directory.stamp(of: name)
    } catch {
      guard error.isRefusal else { throw error }
      return nil
    }
  }

  /// Takes what stands at a path to the trash; where it lies there.
  @discardableResult
  mutating func discard(
    _ path: RelativePath
  ) throws(FileError) -> (directory: Directory, name: Name) {
    let (directory, name) = try parent(of: path)
    return try discard(name, in: directory, as: path)
  }

  /// Takes `name` out of a directory into the trash place of `path`; where it lies there.
  @discardableResult
  mutating func discard(
    _ name: Name, in directory: Directory, as path: RelativePath
  ) throws(FileError) -> (directory: Directory, name: Name) {
    var made: [Directory] = []
    let slot = try trash.take(name, in: directory, from: path) { made.append($0) }
    touch(made + [directory, slot.directory])
    return slot
  }

  /// Gives something another place, where nothing may be.
  mutating func move(
    _ name: Name, in source: Directory, to newName: Name, in target: Directory
  ) throws(FileError) {
    try source.move(name, to: newName, in: target)
    touch([source, target])
  }

  /// Both change places at one instant.
  mutating func exchange(
    _ name: Name, in source: Directory, with other: Name, in target: Directory
  ) throws(FileError) {
    try source.rename(name, to: other, in: target, .exchange)
    touch([source, target])
  }

  /// Makes an empty directory.
  mutating func makeDirectory(
    _ name: Name, in parent: Directory, mode: UInt16
  ) throws(FileError) {
    try parent.makeDirectory(name, mode: mode)
    touch([parent])
  }

  /// Takes an empty directory away.
  mutating func removeDirectory(_ name: Name, in parent: Directory) throws(FileError) {
    try parent.removeDirectory(name)
    touch([parent])
  }

  /// Gives something the first free name of `name`, `name-2`, `name-3`, …
  mutating func moveBeside(
    _ old: Name, in source: Directory, as name: Name, in target: Directory, from first: Int
  ) throws(FileError) -> Name {
    for number in first..<Limits.numberedNameCount {
      let candidate = number < 2 ? name : name.numbered(number)
      do throws(FileError) {
        try move(old, in: source, to: candidate, in: target)
        return candidate
      } catch {
        guard error.errno == EEXIST else { throw error }
      }
    }
    throw FileError(EEXIST, .rename, name)
  }

  /// The directory at a path, made where it isn't there.
  mutating func making(_ path: RelativePath) throws(FileError) -> Directory {
    if let directory = try? Directory(path, of: fileSystem) { return directory }
    var directory = try Directory(.root, of: fileSystem)
    for name in path.components {
      if try directory.stamp(of: name) == nil {
        try makeDirectory(name, in: directory, mode: 0o755)
      }
      directory = try Directory(name, in: directory)
    }
    return directory
  }

  /// Makes durable what was done.
  mutating func finish() throws(FileError) {
    if isMuchTouched {
      try fileSystem.flushAll()
    } else {
      for directory in touched { try directory.flush() }
    }
    (touched, isMuchTouched) = ([], false)
  }
}
