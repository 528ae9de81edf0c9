import Glibc
public import SyncCore
public import SyncEngine
import Synchronization
import Watcher

/// A disk in memory with what Linux promises of one, and nothing more: contents and names that were
/// not flushed may be lost by `crash`. Deterministic: the same calls give the same inodes and
/// times.
public final class MemoryFileSystem: FileSystem {
  /// The held root.
  public let root = FileHandle(rawValue: 0)
  let state: Mutex<MemoryDisk>

  /// An empty disk. Times count from `time` in steps of a microsecond.
  public init(time: Int64 = 1_700_000_000_000_000_000) {
    state = Mutex(MemoryDisk(time: time))
  }

  /// Calls made so far.
  public var callCount: Int { state.withLock { $0.callCount } }

  /// Renames made so far that had an effect outside `.leftd`, or all.
  public var renameCount: Int { state.withLock { $0.renameCount } }

  /// Lets the call with this number, counted from 1 and from now, fail with `errno`.
  public func fail(at call: Int, errno: Int32) {
    state.withLock { disk in
      disk.callCount = 0
      disk.failure = (call, errno)
    }
  }

  /// Lets `count` calls from this one on, counted from 1 and from now, fail in some way.
  public func fail(at call: Int, count: Int, _ fault: DiskFault) {
    state.withLock { disk in
      let start = disk.callCount + call
      disk.faults = (start..<start + count, fault)
    }
  }

  /// Lets everything from this call on, counted from 1 and from now, fail without effect, as if the
  /// process had ended before it.
  public func stop(at call: Int) {
    state.withLock { disk in disk.stop = disk.callCount + call }
  }

  /// Whether the call set by `stop` was reached.
  public var isStopped: Bool {
    state.withLock { disk in disk.stop.map { disk.callCount >= $0 } ?? false }
  }

  /// The contents of all files, leftd's own part included.
  var stored: Set<[UInt8]> {
    state.withLock { disk in Set(disk.nodes.values.filter { $0.kind == .file }.map(\.data)) }
  }

  /// Whether what is at a path can't be changed (`chattr +i`).
  public func fix(_ path: RelativePath, _ isFixed: Bool) throws {
    let inode = try sparing {
      let handle = try open(path, in: root, for: .reference)
      defer { close(handle) }
      return try stamp(of: handle).inode
    }
    state.withLock { disk in
      if isFixed { disk.fixed.insert(inode) } else { disk.fixed.remove(inode) }
    }
  }

  /// See `FileSystem`. Counts for nothing: it changes nothing and fails as what follows does.
  public func checkChange(in directory: FileHandle) throws(FileError) {
    let isFixed = state.withLock { disk in
      disk.handles[directory.rawValue].map { disk.fixed.contains($0) } ?? false
    }
    if isFixed { throw FileError(EPERM, .rename) }
  }

  /// See `FileSystem`.
  public func checkChange(of name: Name, in directory: FileHandle) throws(FileError) {
    let isFixed = state.withLock { disk in
      let parent = disk.handles[directory.rawValue].flatMap { disk.nodes[$0] }
      return parent?.names[name].map { disk.fixed.contains($0) } ?? false
    }
    if isFixed { throw FileError(EPERM, .rename, name) }
  }

  /// From now on all calls work.
  public func heal() {
    state.withLock { ($0.stop, $0.faults) = (nil, nil) }
  }

  /// Somebody's calls that no fault meets, and which count for nothing: a user's, or a look from
  /// outside.
  public func sparing<Result>(_ body: () throws -> Result) rethrows -> Result {
    let wasSpared = state.withLock { disk in
      defer { disk.isSpared = true }
      return disk.isSpared
    }
    defer { state.withLock { $0.isSpared = wasSpared } }
    return try body()
  }

  /// Sets the clock of the files, in nanoseconds since 1970 UTC; they show it in steps of `grain`.
  public func setTime(_ time: Int64, grain: Int64) {
    state.withLock { ($0.time, $0.timeGrain) = (time, grain) }
  }

  /// Ends the process and maybe the power; afterwards all calls work again. Handles are void.
  public func crash(_ profile: CrashProfile, using generator: inout some RandomNumberGenerator) {
    state.withLock { $0.crash(profile, using: &generator) }
  }

  /// Runs before the call with this number, counted from 1 and from now: a user in between.
  public func interfere(at call: Int, _ action: @escaping @Sendable (MemoryFileSystem) -> Void) {
    state.withLock { disk in
      disk.callCount = 0
      disk.interference = (call, action)
    }
  }

  /// Makes durable what `body` does to names, as a program does that flushes what it writes.
  public func durably<Failure>(
    _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    let count = state.withLock { $0.pending.count }
    defer { state.withLock { $0.flushNames(since: count) } }
    try body()
  }

  /// Counts a call, and runs or fails what was ordered for it.
  func call<Result>(
    _ call: FileError.Call, _ name: Name? = nil,
    _ body: (inout MemoryDisk) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    let action = state.withLock { disk in
      disk.callCount += disk.isSpared ? 0 : 1
      guard let (call, action) = disk.interference, call == disk.callCount else {
        return nil as (@Sendable (MemoryFileSystem) -> Void)?
      }
      disk.interference = nil
      return action
    }
    action?(self)
    return try state.withLock { disk throws(FileError) in
      if !disk.isSpared { try disk.meetFaults(call, name) }
      return try body(&disk)
    }
  }
}

extension MemoryDisk {
  /// Whatever was ordered for the call with the current number.
  fileprivate func meetFaults(
    _ call: FileError.Call, _ name: Name?
  ) throws(FileError) {
    if let stop, callCount >= stop { throw FileError(EIO, call, name) }
    if let failure, failure.call == callCount { throw FileError(failure.errno, call, name) }
    guard let faults, faults.calls.contains(callCount) else { return }
    switch faults.fault {
    case .inputOutput: throw FileError(EIO, call, name)
    case .noSpace:
      switch call {
      case .create, .write, .makeDirectory, .makeSymlink, .rename, .reserve:
        throw FileError(ENOSPC, call, name)
      default: return
      }
    case .flush: return
    }
  }

  /// Whether the current call, a flush, is to fail.
  var isFlushFailing: Bool {
    guard !isSpared, let faults, faults.fault == .flush else { return false }
    return faults.calls.contains(callCount)
  }
}

extension MemoryFileSystem {
  /// See `FileSystem`.
  public func open(
    _ path: RelativePath, in directory: FileHandle, for access: FileAccess
  ) throws(FileError) -> FileHandle {
    try call(.open, path.name) { disk throws(FileError) in
      var inode = try disk.directory(directory)
      for (index, name) in path.components.enumerated() {
        guard let next = disk.nodes[inode]?.names[name] else {
          throw FileError(ENOENT, .open, name)
        }
        let kind = disk.nodes[next]?.kind
        if index < path.components.count - 1, kind != .directory {
          throw FileError(kind == .symlink ? ELOOP : ENOTDIR, .open, name)
        }
        inode = next
      }
      return try disk.open(inode, for: access, path.name)
    }
  }

  /// See `FileSystem`.
  public func open(
    _ name: Name, in directory: FileHandle, for access: FileAccess
  ) throws(FileError) -> FileHandle {
    try open(RelativePath(components: [name]), in: directory, for: access)
  }

  /// See `FileSystem`.
  public func create(
    _ name: Name, in directory: FileHandle, mode: UInt16
  ) throws(FileError) -> FileHandle {
    try call(.create, name) { disk throws(FileError) in
      let inode = try disk.make(.file, name, in: directory, mode: mode & ~0o022, .create)
      return try disk.open(inode, for: .writing, name)
    }
  }

  /// See `FileSystem`.
  public func close(_ handle: FileHandle) {
    state.withLock { $0.close(handle.rawValue) }
  }

  /// See `FileSystem`.
  public func stamp(of handle: FileHandle) throws(FileError) -> FileStamp {
    try call(.status) { disk throws(FileError) in
      disk.stamp(try disk.inode(handle))
    }
  }

  /// See `FileSystem`.
  public func stamp(of name: Name, in directory: FileHandle) throws(FileError) -> FileStamp {
    try call(.status, name) { disk throws(FileError) in
      disk.stamp(try disk.lookUp(name, in: directory, .status))
    }
  }

  /// See `FileSystem`. Sorted here, so that nothing depends on the order.
  public func names(in directory: FileHandle) throws(FileError) -> [Name] {
    try call(.list) { disk throws(FileError) in
      disk.nodes[try disk.directory(directory)]?.names.keys.sorted() ?? []
    }
  }

  /// See `FileSystem`.
  public func read(
    _ handle: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(FileError) -> Int {
    let data = try call(.read) { disk throws(FileError) in
      let data = disk.nodes[try disk.inode(handle)]?.data ?? []
      return data.dropFirst(Int(offset)).prefix(buffer.count)
    }
    unsafe buffer.copyBytes(from: data)
    return data.count
  }

  /// All that is in a file, without a copy.
  func content(of handle: FileHandle) throws(FileError) -> [UInt8] {
    try call(.read) { disk throws(FileError) in
      disk.nodes[try disk.inode(handle)]?.data ?? []
    }
  }

  /// See `FileSystem`.
  public func write(
    _ handle: FileHandle, _ bytes: UnsafeRawBufferPointer, at offset: Int64
  ) throws(FileError) {
    let bytes = unsafe Array(bytes)
    try call(.write) { disk throws(FileError) in
      try disk.change(handle, by: .file) { node in
        let end = Int(offset) + bytes.count
        if node.data.count < end {
          node.data += Array(repeating: 0, count: end - node.data.count)
        }
        node.data.replaceSubrange(Int(offset)..<end, with: bytes)
      }
    }
  }

  /// See `FileSystem`. There is no page cache here: what is written past it may be lost as well.
  public func openDirect(_ handle: FileHandle) throws(FileError) -> FileHandle {
    try call(.open) { disk throws(FileError) in
      try disk.open(try disk.inode(handle), for: .writing, nil)
    }
  }

  /// See `FileSystem`.
  public func truncate(_ handle: FileHandle, to size: Int64) throws(FileError) {
    try call(.truncate) { disk throws(FileError) in
      try disk.change(handle, by: .attribute) { node in
        let count = node.data.count
        node.data = Array(node.data.prefix(Int(size)))
        if count < Int(size) { node.data += Array(repeating: 0, count: Int(size) - count) }
      }
    }
  }

  /// See `FileSystem`. Holes here are whole pages of zeros.
  public func nextHole(
    in handle: FileHandle, from offset: Int64
  ) throws(FileError) -> Range<Int64>? {
    try call(.read) { disk throws(FileError) in
      let data = disk.nodes[try disk.inode(handle)]?.data ?? []
      let page = Limits.pageByteCount
      func isHole(_ number: Int) -> Bool {
        data[number * page..<min((number + 1) * page, data.count)].allSatisfy { $0 == 0 }
      }
      let numbers = (Int(offset) / page)..<max(Int(offset) / page, (data.count + page - 1) / page)
      guard let first = numbers.first(where: isHole) else { return nil }
      let last = numbers.first { $0 > first && !isHole($0) } ?? numbers.upperBound
      return max(offset, Int64(first * page))..<Int64(min(last * page, data.count))
    }
  }

  /// See `FileSystem`.
  public func punchHole(in handle: FileHandle, _ range: Range<Int64>) throws(FileError) {
    try call(.write) { disk throws(FileError) in
      try disk.change(handle, by: .file) { node in
        let end = min(Int(range.upperBound), node.data.count)
        for index in Int(range.lowerBound)..<max(Int(range.lowerBound), end) {
          node.data[index] = 0
        }
      }
    }
  }

  /// See `FileSystem`.
  public func reserve(_ handle: FileHandle, size: Int64) throws(FileError) {
    try call(.reserve) { _ throws(FileError) in }
  }

  /// See `FileSystem`.
  public func hasRoom(_ handle: FileHandle) -> Bool { true }

  /// See `FileSystem`.
  public func startWriteback(_ handle: FileHandle) {}

  /// See `FileSystem`.
  public func hasWriter(_ handle: FileHandle) -> Bool? {
    state.withLock { disk in
      guard !disk.refusesLeases, let inode = disk.handles[handle.rawValue] else { return nil }
      return disk.writers.values.contains(inode)
    }
  }

  /// From now on nobody can tell who writes, as on a file system without leases.
  public func refuseLeases() { state.withLock { $0.refusesLeases = true } }

  /// See `FileSystem`.
  public func setMode(_ handle: FileHandle, _ mode: UInt16) throws(FileError) {
    try call(.setMode) { disk throws(FileError) in
      let inode = try disk.inode(handle)
      disk.nodes[inode]?.mode = mode
      let now = disk.tick()
      disk.nodes[inode]?.ctime = now
      disk.noteChange(inode, .attributes, by: .attribute)
    }
  }

  /// See `FileSystem`.
  public func setMtime(_ handle: FileHandle, _ mtime: Int64) throws(FileError) {
    try call(.setMtime) { disk throws(FileError) in
      let inode = try disk.inode(handle)
      disk.nodes[inode]?.mtime = mtime
      let now = disk.tick()
      disk.nodes[inode]?.ctime = now
      // What the kernel tells where the time of the last access stays as it is.
      disk.noteChange(inode, .modified, by: .attribute)
    }
  }

  /// See `FileSystem`.
  public func attributes(of handle: FileHandle) throws(FileError) -> ExtendedAttributes {
    try call(.status) { disk throws(FileError) in
      disk.nodes[try disk.inode(handle)]?.attributes ?? .empty
    }
  }

  /// See `FileSystem`.
  public func attributes(
    of name: Name, in directory: FileHandle
  ) throws(FileError) -> ExtendedAttributes {
    try call(.status, name) { disk throws(FileError) in
      disk.nodes[try disk.lookUp(name, in: directory, .status)]?.attributes ?? .empty
    }
  }

  /// See `FileSystem`.
  public func setAttribute(
    _ handle: FileHandle, _ name: [UInt8], _ value: [UInt8]?, isNew: Bool
  ) throws(FileError) {
    try call(.setMode) { disk throws(FileError) in
      let inode = try disk.inode(handle)
      guard !disk.refusesAttributes, let found = disk.nodes[inode]?.attributes else { return }
      guard found[name] != value, !isNew || found[name] == nil else { return }
      let rest = found.pairs.filter { $0.name != name }
      disk.nodes[inode]?.attributes = ExtendedAttributes(rest + (value.map { [(name, $0)] } ?? []))
      let now = disk.tick()
      disk.nodes[inode]?.ctime = now
      disk.noteChange(inode, .attributes, by: .attribute)
    }
  }

  /// From now on no attributes can be set, as on a file system that has none.
  public func refuseAttributes() { state.withLock { $0.refusesAttributes = true } }

  /// See `FileSystem`.
  public func makeDirectory(
    _ name: Name, in directory: FileHandle, mode: UInt16
  ) throws(FileError) {
    _ = try call(.makeDirectory, name) { disk throws(FileError) in
      try disk.make(.directory, name, in: directory, mode: mode & ~0o022, .makeDirectory)
    }
  }

  /// See `FileSystem`.
  public func makeSymlink(
    _ name: Name, in directory: FileHandle, target: [UInt8]
  ) throws(FileError) {
    try call(.makeSymlink, name) { disk throws(FileError) in
      let inode = try disk.make(.symlink, name, in: directory, mode: 0o777, .makeSymlink)
      disk.nodes[inode]?.data = target
      disk.nodes[inode]?.durableData = target
    }
  }

  /// See `FileSystem`.
  public func readSymlink(_ handle: FileHandle) throws(FileError) -> [UInt8] {
    try call(.readSymlink) { disk throws(FileError) in
      guard let node = disk.nodes[try disk.inode(handle)], node.kind == .symlink else {
        throw FileError(EINVAL, .readSymlink)
      }
      return node.data
    }
  }

  /// See `FileSystem`.
  public func rename(
    _ name: Name, in directory: FileHandle, to newName: Name, in newDirectory: FileHandle,
    _ mode: RenameMode
  ) throws(FileError) {
    try call(.rename, newName) { disk throws(FileError) in
      try disk.rename(name, in: directory, to: newName, in: newDirectory, mode)
    }
  }

  /// See `FileSystem`.
  public func removeFile(_ name: Name, in directory: FileHandle) throws(FileError) {
    try call(.remove, name) { disk throws(FileError) in
      try disk.remove(name, in: directory, isDirectory: false)
    }
  }

  /// See `FileSystem`.
  public func removeDirectory(_ name: Name, in directory: FileHandle) throws(FileError) {
    try call(.remove, name) { disk throws(FileError) in
      try disk.remove(name, in: directory, isDirectory: true)
    }
  }

  /// See `FileSystem`.
  public func flush(_ handle: FileHandle) throws(FileError) {
    try call(.flush) { disk throws(FileError) in
      let inode = try disk.inode(handle)
      if disk.isFlushFailing {
        disk.lose(inode)
        throw FileError(EIO, .flush)
      }
      disk.flush(inode)
    }
  }

  /// See `FileSystem`.
  public func flushAll() throws(FileError) {
    try call(.flush) { disk throws(FileError) in
      if disk.isFlushFailing {
        disk.lose(nil)
        throw FileError(EIO, .flush)
      }
      disk.flushAll()
    }
  }
}
