import Glibc
import SyncCore
import SyncEngine
import Watcher

/// The state of a simulated disk, and what the calls do to it.
struct MemoryDisk {
  static let rootInode: UInt64 = 2

  var nodes: [UInt64: MemoryNode]
  /// The names that survive a power cut for certain, by directory.
  var durableNames: [UInt64: [Name: UInt64]] = [rootInode: [:]]
  /// What became of names since, in order.
  var pending: [PendingChange] = []
  var handles: [Int32: UInt64] = [0: rootInode]
  var nextHandle: Int32 = 1
  var nextInode: UInt64 = rootInode + 1
  /// The wall clock, in nanoseconds since 1970 UTC, and the step in which files show it.
  var time: Int64
  var timeGrain: Int64 = 1
  /// How often anything changed.
  var changeCount: Int64 = 0
  /// What watches this disk: of a process that runs.
  var inotify: MemoryInotify?
  /// The number of the latest rename.
  var lastCookie: UInt32 = 0
  /// Handles that can write.
  var writers: [Int32: UInt64] = [:]
  /// Handles of users who have not closed yet what they wrote.
  var leftOpen: [Int32] = []
  /// How many of the files that users write they leave open.
  var leftOpenPercent: UInt64 = 0

  /// Whether extended attributes can't be set.
  var refusesAttributes = false
  /// Whether no leases can be had.
  var refusesLeases = false
  /// Whether blocks can't be shared.
  var refusesSharing = false
  /// Bytes that were shared, and how often sharing was tried.
  var shared = (byteCount: 0, callCount: 0)

  /// What can't be changed, or where no names can be.
  var fixed: Set<UInt64> = []

  var callCount = 0
  var renameCount = 0
  var failure: (call: Int, errno: Int32)?
  var faults: (calls: Range<Int>, fault: DiskFault)?
  var stop: Int?
  /// Whether calls are those of somebody whom no fault meets, and who is not counted.
  var isSpared = false
  var interference: (call: Int, action: @Sendable (MemoryFileSystem) -> Void)?

  init(time: Int64) {
    self.time = time
    nodes = [
      Self.rootInode: MemoryNode(
        kind: .directory, mode: 0o755, mtime: time, ctime: time, btime: time)
    ]
  }

  mutating func tick() -> Int64 {
    time += 1000
    changeCount += 1
    return time - time % timeGrain
  }

  // MARK: Looking

  func inode(_ handle: FileHandle) throws(FileError) -> UInt64 {
    guard let inode = handles[handle.rawValue] else { throw FileError(EBADF, .open) }
    return inode
  }

  func directory(_ handle: FileHandle) throws(FileError) -> UInt64 {
    let inode = try inode(handle)
    precondition(nodes[inode]?.kind == .directory, "not a directory's handle")
    return inode
  }

  func lookUp(
    _ name: Name, in directory: FileHandle, _ call: FileError.Call
  ) throws(FileError) -> UInt64 {
    guard let inode = nodes[try self.directory(directory)]?.names[name] else {
      throw FileError(ENOENT, call, name)
    }
    return inode
  }

  func stamp(_ inode: UInt64) -> FileStamp {
    guard let node = nodes[inode] else { preconditionFailure("no inode \(inode)") }
    return FileStamp(
      kind: node.kind, inode: inode, size: Int64(node.data.count), mtime: node.mtime,
      ctime: node.ctime, btime: node.btime, mode: node.mode)
  }

  private func isDirectory(_ inode: UInt64) -> Bool { nodes[inode]?.kind == .directory }

  mutating func open(
    _ inode: UInt64, for access: FileAccess, _ name: Name?
  ) throws(FileError) -> FileHandle {
    switch (access, nodes[inode]?.kind) {
    case (.directory, .symlink), (.reading, .symlink), (.writing, .symlink):
      throw FileError(ELOOP, .open, name)
    case (.directory, .file): throw FileError(ENOTDIR, .open, name)
    case (.writing, .directory): throw FileError(EISDIR, .open, name)
    default: break
    }
    defer { nextHandle += 1 }
    handles[nextHandle] = inode
    if access == .writing { writers[nextHandle] = inode }
    return FileHandle(rawValue: nextHandle)
  }

  // MARK: Changing

  mutating func change(
    _ handle: FileHandle, by cause: Cause, _ body: (inout MemoryNode) -> Void
  ) throws(FileError) {
    let inode = try inode(handle)
    guard let position = nodes.index(forKey: inode) else { throw FileError(EBADF, .write) }
    let time = tick()
    // In place: most of what a large file holds stays where it is.
    body(&nodes.values[position])
    nodes.values[position].isLost = false
    nodes.values[position].mtime = time
    nodes.values[position].ctime = time
    noteChange(inode, .modified, by: cause)
  }

  mutating func make(
    _ kind: FileKind, _ name: Name, in directory: FileHandle, mode: UInt16,
    _ call: FileError.Call
  ) throws(FileError) -> UInt64 {
    let parent = try self.directory(directory)
    guard nodes[parent]?.names[name] == nil else { throw FileError(EEXIST, call, name) }
    let inode = nextInode
    nextInode += 1
    let now = tick()
    nodes[inode] = MemoryNode(kind: kind, mode: mode, mtime: now, ctime: now, btime: now)
    if kind == .directory { durableNames[inode] = [:] }
    apply([.init(directory: parent, name: name, inode: inode)], movesDirectory: false)
    noteCreation(name, in: parent, isDirectory: kind == .directory)
    return inode
  }

  mutating func rename(
    _ name: Name, in directory: FileHandle, to newName: Name, in newDirectory: FileHandle,
    _ mode: RenameMode
  ) throws(FileError) {
    let source = try self.directory(directory)
    let target = try self.directory(newDirectory)
    let inode = try lookUp(name, in: directory, .rename)
    let other = nodes[target]?.names[newName]
    if [source, target, inode, other].contains(where: { $0.map(fixed.contains) ?? false }) {
      throw FileError(EPERM, .rename, newName)
    }
    switch mode {
    case .noReplace:
      guard other == nil else { throw FileError(EEXIST, .rename, newName) }
    case .exchange:
      guard other != nil else { throw FileError(ENOENT, .rename, newName) }
    case .replace:
      if let other, nodes[other]?.kind == .directory { throw FileError(EISDIR, .rename, newName) }
    }
    if inode == other { return }
    let moved = [inode, other].compactMap { $0 }
    for moved in moved
    where isWithin(target, moved) || (mode == .exchange && isWithin(source, moved)) {
      throw FileError(EINVAL, .rename, newName)
    }
    let now = tick()
    for moved in moved { nodes[moved]?.ctime = now }
    renameCount += 1
    apply(
      [
        .init(directory: source, name: name, inode: mode == .exchange ? other : nil),
        .init(directory: target, name: newName, inode: inode),
      ], movesDirectory: moved.contains(where: isDirectory))
    noteMove(of: inode, from: (source, name), to: (target, newName))
    if mode == .exchange, let other {
      noteMove(of: other, from: (target, newName), to: (source, name))
    }
  }

  /// Whether a directory is `ancestor` or lies below it.
  private func isWithin(_ directory: UInt64, _ ancestor: UInt64) -> Bool {
    if directory == ancestor { return true }
    return nodes[ancestor]?.names.values.contains {
      nodes[$0]?.kind == .directory && isWithin(directory, $0)
    } ?? false
  }

  mutating func remove(
    _ name: Name, in directory: FileHandle, isDirectory: Bool
  ) throws(FileError) {
    let parent = try self.directory(directory)
    let inode = try lookUp(name, in: directory, .remove)
    switch (nodes[inode]?.kind == .directory, isDirectory) {
    case (true, false): throw FileError(EISDIR, .remove, name)
    case (false, true): throw FileError(ENOTDIR, .remove, name)
    case (true, true):
      guard nodes[inode]?.names.isEmpty == true else { throw FileError(ENOTEMPTY, .remove, name) }
    case (false, false): break
    }
    apply([.init(directory: parent, name: name, inode: nil)], movesDirectory: false)
    noteRemoval(name, in: parent, inode, isDirectory: isDirectory)
  }

  private mutating func apply(_ parts: [PendingChange.Part], movesDirectory: Bool) {
    for part in parts {
      if let old = nodes[part.directory]?.names[part.name],
        let home = nodes[old]?.home, home == (part.directory, part.name)
      {
        nodes[old]?.home = nil
      }
      nodes[part.directory]?.names[part.name] = part.inode
      if let inode = part.inode { nodes[inode]?.home = (part.directory, part.name) }
      let now = tick()
      nodes[part.directory]?.mtime = now
      nodes[part.directory]?.ctime = time
    }
    pending.append(PendingChange(parts: parts, movesDirectory: movesDirectory))
  }

  // MARK: Flushing

  mutating func flush(_ inode: UInt64) {
    guard let node = nodes[inode] else { return }
    if !node.isLost { nodes[inode]?.durableData = node.data }
    nodes[inode]?.durableAttributes = node.attributes
    guard node.kind == .directory else { return }
    var isKept = pending.map { $0.touches(inode) }
    closeOverEarlier(&isKept)
    keep(isKept)
    pending = zip(pending, isKept).filter { !$0.1 }.map(\.0)
  }

  /// Makes what became of names since there were `count` pending changes durable, with all that it
  /// builds on.
  mutating func flushNames(since count: Int) {
    var isKept = pending.indices.map { $0 >= count }
    closeOverEarlier(&isKept)
    keep(isKept)
    pending = zip(pending, isKept).filter { !$0.1 }.map(\.0)
  }

  mutating func flushAll() {
    keep(pending.map { _ in true })
    pending = []
    for (inode, node) in nodes {
      if !node.isLost { nodes[inode]?.durableData = node.data }
      nodes[inode]?.durableAttributes = node.attributes
    }
  }

  /// A flush failed: what was to be written is dropped and counts as written (fsync(2)). `nil`: of
  /// everything.
  mutating func lose(_ inode: UInt64?) {
    for (other, node) in nodes where inode == nil || other == inode {
      if node.data != node.durableData { nodes[other]?.isLost = true }
    }
  }

  /// What is kept needs what it builds on.
  private func closeOverEarlier(_ isKept: inout [Bool]) {
    for later in pending.indices.reversed() where isKept[later] {
      for earlier in 0..<later where pending[earlier].overlaps(pending[later]) {
        isKept[earlier] = true
      }
    }
  }

  private mutating func keep(_ isKept: [Bool]) {
    for (change, isKept) in zip(pending, isKept) where isKept {
      for part in change.parts {
        durableNames[part.directory, default: [:]][part.name] = part.inode
      }
    }
  }

  // MARK: Crashing

  mutating func crash(
    _ profile: CrashProfile, using generator: inout some RandomNumberGenerator
  ) {
    handles = [0: Self.rootInode]
    (inotify, writers, leftOpen) = (nil, [:], [])
    (stop, failure, faults, interference, callCount) = (nil, nil, nil, nil, 0)
    if profile == .processOnly { return }
    if profile.keepsOrder {
      let count = Int.random(in: 0...pending.count, using: &generator)
      keep(pending.indices.map { $0 < count })
    } else {
      var isKept = pending.map { _ in Bool.random(using: &generator) }
      closeOverEarlier(&isKept)
      keep(isKept)
    }
    pending = []
    restoreNames()
    for inode in nodes.keys.sorted() {
      loseAttributes(inode, using: &generator)
      guard var node = nodes[inode], node.data != node.durableData else { continue }
      node.data = profile.remainder(of: node.data, over: node.durableData, using: &generator)
      node.durableData = node.data
      node.isLost = false
      nodes[inode] = node
    }
  }

  /// Those that were not flushed are there or not.
  private mutating func loseAttributes(
    _ inode: UInt64, using generator: inout some RandomNumberGenerator
  ) {
    guard let node = nodes[inode], node.attributes != node.durableAttributes else { return }
    let kept = Bool.random(using: &generator) ? node.attributes : node.durableAttributes
    nodes[inode]?.attributes = kept
    nodes[inode]?.durableAttributes = kept
  }

  private mutating func restoreNames() {
    for inode in nodes.keys {
      nodes[inode]?.home = nil
      nodes[inode]?.names = durableNames[inode] ?? [:]
    }
    for (inode, names) in durableNames {
      for (name, named) in names { nodes[named]?.home = (inode, name) }
    }
  }
}
