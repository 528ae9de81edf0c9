import CLinux
import Glibc
public import SyncCore

/// The real file system below one directory of this machine.
public final class PosixFileSystem: FileSystem {
  /// The held root.
  public let root: FileHandle
  private let device: UInt64
  /// How owners are told; `nil` if they are not.
  let owners: OwnerNames?

  /// Holds the directory at an absolute path; owners are among the attributes if `ownership` says
  /// how. Throws if it isn't there or not a directory.
  public init(root path: String, ownership: Ownership? = nil) throws(FileError) {
    owners = ownership.map { OwnerNames($0) }
    root = FileHandle(rawValue: try Self.check(unsafe clinux_open_root(path), .open))
    var status = clinux_status()
    device = unsafe clinux_status_of(root.rawValue, &status) == 0 ? status.device : 0
  }

  deinit { clinux_close(root.rawValue) }

  /// See `FileSystem`.
  public func open(
    _ path: RelativePath, in directory: FileHandle, for access: FileAccess
  ) throws(FileError) -> FileHandle {
    // One call takes PATH_MAX bytes; what is longer is opened piece by piece.
    let bytes = path.bytes
    if bytes.count < Int(PATH_MAX) {
      let result = unsafe bytes.withUnsafeBufferPointer {
        unsafe clinux_open_beneath(directory.rawValue, $0.baseAddress, $0.count, access.rawValue)
      }
      return FileHandle(rawValue: try Self.check(result, .open, path.name))
    }
    let half = path.components.count / 2
    let upper = RelativePath(components: Array(path.components[..<half]))
    let lower = RelativePath(components: Array(path.components[half...]))
    let middle = try open(upper, in: directory, for: .directory)
    defer { close(middle) }
    return try open(lower, in: middle, for: access)
  }

  /// See `FileSystem`.
  public func open(
    _ name: Name, in directory: FileHandle, for access: FileAccess
  ) throws(FileError) -> FileHandle {
    let result = unsafe name.bytes.withUnsafeBufferPointer {
      unsafe clinux_open_beneath(directory.rawValue, $0.baseAddress, $0.count, access.rawValue)
    }
    return FileHandle(rawValue: try Self.check(result, .open, name))
  }

  /// See `FileSystem`.
  public func create(
    _ name: Name, in directory: FileHandle, mode: UInt16
  ) throws(FileError) -> FileHandle {
    let result = unsafe name.bytes.withUnsafeBufferPointer {
      unsafe clinux_create(directory.rawValue, $0.baseAddress, $0.count, UInt32(mode))
    }
    return FileHandle(rawValue: try Self.check(result, .create, name))
  }

  /// See `FileSystem`.
  public func createNameless(in directory: FileHandle) throws(FileError) -> FileHandle {
    FileHandle(
      rawValue: try Self.check(clinux_create_nameless(directory.rawValue, 0o600), .create))
  }

  /// See `FileSystem`.
  public func close(_ handle: FileHandle) { clinux_close(handle.rawValue) }

  /// See `FileSystem`.
  public func stamp(of handle: FileHandle) throws(FileError) -> FileStamp {
    Self.stamp(try status(of: handle))
  }

  /// See `FileSystem`.
  public func stamp(of name: Name, in directory: FileHandle) throws(FileError) -> FileStamp {
    Self.stamp(try status(of: name, in: directory))
  }

  func status(of handle: FileHandle) throws(FileError) -> clinux_status {
    var status = clinux_status()
    _ = try Self.check(unsafe clinux_status_of(handle.rawValue, &status), .status)
    return status
  }

  func status(of name: Name, in directory: FileHandle) throws(FileError) -> clinux_status {
    var status = clinux_status()
    let result = unsafe name.bytes.withUnsafeBufferPointer {
      unsafe clinux_status_at(directory.rawValue, $0.baseAddress, $0.count, &status)
    }
    _ = try Self.check(result, .status, name)
    guard status.device == device, status.is_mount_root == 0 else {
      throw FileError(EXDEV, .status, name)
    }
    return status
  }

  private static func stamp(_ status: clinux_status) -> FileStamp {
    let kind: FileKind =
      switch status.mode & UInt32(S_IFMT) {
      case UInt32(S_IFREG): .file
      case UInt32(S_IFDIR): .directory
      case UInt32(S_IFLNK): .symlink
      default: .special
      }
    return FileStamp(
      kind: kind, inode: status.inode, size: status.size, mtime: status.mtime,
      ctime: status.ctime, btime: status.btime, mode: UInt16(status.mode & 0o7777))
  }

  /// See `FileSystem`.
  public func names(in directory: FileHandle) throws(FileError) -> [Name] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 1024, alignment: 8)
    defer { unsafe buffer.deallocate() }
    var names: [Name] = []
    var isFirst: Int32 = 1
    while true {
      let count = unsafe clinux_list(
        directory.rawValue, buffer.baseAddress, buffer.count, isFirst)
      _ = try Self.check(Int32(clamping: count), .list)
      if count == 0 { return names }
      isFirst = 0
      unsafe Self.appendNames(in: UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: &names)
    }
  }

  /// Reads records of getdents64(2): inode and offset (8 bytes each), length of the record (2),
  /// type (1), and the name up to a NUL.
  private static func appendNames(in records: UnsafeRawBufferPointer, to names: inout [Name]) {
    var start = 0
    while start < records.count {
      let length = unsafe Int(records.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
      let padded = unsafe UnsafeRawBufferPointer(rebasing: records[(start + 19)..<(start + length)])
      let end = unsafe padded.firstIndex(of: 0) ?? padded.count
      // What isn't a name is `.` or `..`.
      if let name = unsafe Name(UnsafeRawBufferPointer(rebasing: padded[..<end])) {
        names.append(name)
      }
      start += length
    }
  }

  /// See `FileSystem`.
  public func read(
    _ handle: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(FileError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = unsafe clinux_read(
        handle.rawValue, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done,
        offset + Int64(done))
      _ = try Self.check(Int32(clamping: count), .read)
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// See `FileSystem`.
  public func write(
    _ handle: FileHandle, _ bytes: UnsafeRawBufferPointer, at offset: Int64
  ) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = unsafe clinux_write(
        handle.rawValue, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done,
        offset + Int64(done))
      _ = try Self.check(Int32(clamping: count), .write)
      done += count
    }
  }

  /// See `FileSystem`.
  public func share(
    _ range: Range<Int64>?, of source: FileHandle, into handle: FileHandle, at offset: Int64
  ) throws(FileError) {
    let range = range ?? 0..<0
    let result = clinux_share(
      source.rawValue, range.lowerBound, range.upperBound - range.lowerBound, handle.rawValue,
      offset)
    _ = try Self.check(result, .share)
  }

  /// See `FileSystem`.
  public func openDirect(_ handle: FileHandle) throws(FileError) -> FileHandle {
    FileHandle(rawValue: try Self.check(clinux_open_direct(handle.rawValue), .open))
  }

  /// See `FileSystem`.
  public func truncate(_ handle: FileHandle, to size: Int64) throws(FileError) {
    _ = try Self.check(clinux_truncate(handle.rawValue, size), .truncate)
  }

  /// See `FileSystem`.
  public func nextHole(
    in handle: FileHandle, from offset: Int64
  ) throws(FileError) -> Range<Int64>? {
    var (start, end): (Int64, Int64) = (0, 0)
    let result = unsafe clinux_next_hole(handle.rawValue, offset, &start, &end)
    return try Self.check(result, .read) > 0 ? start..<end : nil
  }

  /// See `FileSystem`.
  public func punchHole(in handle: FileHandle, _ range: Range<Int64>) throws(FileError) {
    let count = range.upperBound - range.lowerBound
    _ = try Self.check(clinux_punch_hole(handle.rawValue, range.lowerBound, count), .write)
  }

  /// See `FileSystem`.
  public func reserve(_ handle: FileHandle, size: Int64) throws(FileError) {
    let result = clinux_reserve(handle.rawValue, size)
    if result != -EOPNOTSUPP { _ = try Self.check(result, .reserve) }
  }

  /// See `FileSystem`.
  public func hasRoom(_ handle: FileHandle) -> Bool {
    clinux_has_room(handle.rawValue, Limits.sparedByteCount) != 0
  }

  /// See `FileSystem`.
  public func startWriteback(_ handle: FileHandle) {
    // Only a hint: what it could not begin, the final flush does, and reports.
    _ = clinux_start_writeback(handle.rawValue)
  }

  /// See `FileSystem`.
  public func hasWriter(_ handle: FileHandle) -> Bool? {
    let answer = clinux_has_writer(handle.rawValue)
    return answer < 0 ? nil : answer == 1
  }

  /// See `FileSystem`.
  public func setMode(_ handle: FileHandle, _ mode: UInt16) throws(FileError) {
    _ = try Self.check(clinux_set_mode(handle.rawValue, UInt32(mode)), .setMode)
  }

  /// See `FileSystem`.
  public func setMtime(_ handle: FileHandle, _ mtime: Int64) throws(FileError) {
    _ = try Self.check(clinux_set_mtime(handle.rawValue, mtime), .setMtime)
  }

  /// See `FileSystem`.
  public func makeDirectory(
    _ name: Name, in directory: FileHandle, mode: UInt16
  ) throws(FileError) {
    let result = unsafe name.bytes.withUnsafeBufferPointer {
      unsafe clinux_make_directory(directory.rawValue, $0.baseAddress, $0.count, UInt32(mode))
    }
    _ = try Self.check(result, .makeDirectory, name)
  }

  /// See `FileSystem`.
  public func makeSymlink(
    _ name: Name, in directory: FileHandle, target: [UInt8]
  ) throws(FileError) {
    let result = unsafe name.bytes.withUnsafeBufferPointer { name in
      unsafe target.withUnsafeBufferPointer { target in
        unsafe clinux_make_symlink(
          directory.rawValue, name.baseAddress, name.count, target.baseAddress, target.count)
      }
    }
    _ = try Self.check(result, .makeSymlink, name)
  }

  /// See `FileSystem`.
  public func readSymlink(_ handle: FileHandle) throws(FileError) -> [UInt8] {
    var result = 0
    let target = unsafe [UInt8](unsafeUninitializedCapacity: Limits.symlinkTargetByteCount) {
      result = unsafe clinux_read_symlink(handle.rawValue, $0.baseAddress, $0.count)
      $1 = max(result, 0)
    }
    _ = try Self.check(Int32(clamping: result), .readSymlink)
    return target
  }

  /// See `FileSystem`.
  public func rename(
    _ name: Name, in directory: FileHandle, to newName: Name, in newDirectory: FileHandle,
    _ mode: RenameMode
  ) throws(FileError) {
    let result = unsafe name.bytes.withUnsafeBufferPointer { old in
      unsafe newName.bytes.withUnsafeBufferPointer { new in
        unsafe clinux_rename(
          directory.rawValue, old.baseAddress, old.count, newDirectory.rawValue,
          new.baseAddress, new.count, mode.rawValue)
      }
    }
    _ = try Self.check(result, .rename, newName)
  }

  /// See `FileSystem`.
  public func link(
    _ name: Name, in directory: FileHandle, as newName: Name, in newDirectory: FileHandle
  ) throws(FileError) {
    let result = unsafe name.bytes.withUnsafeBufferPointer { old in
      unsafe newName.bytes.withUnsafeBufferPointer { new in
        unsafe clinux_link(
          directory.rawValue, old.baseAddress, old.count, newDirectory.rawValue,
          new.baseAddress, new.count)
      }
    }
    _ = try Self.check(result, .link, newName)
  }

  /// See `FileSystem`.
  public func removeFile(_ name: Name, in directory: FileHandle) throws(FileError) {
    let result = unsafe name.bytes.withUnsafeBufferPointer {
      unsafe clinux_remove(directory.rawValue, $0.baseAddress, $0.count, 0)
    }
    _ = try Self.check(result, .remove, name)
  }

  /// See `FileSystem`.
  public func removeDirectory(_ name: Name, in directory: FileHandle) throws(FileError) {
    let result = unsafe name.bytes.withUnsafeBufferPointer {
      unsafe clinux_remove(directory.rawValue, $0.baseAddress, $0.count, 1)
    }
    _ = try Self.check(result, .remove, name)
  }

  /// See `FileSystem`.
  public func flush(_ handle: FileHandle) throws(FileError) {
    _ = try Self.check(clinux_fsync(handle.rawValue), .flush)
  }

  /// See `FileSystem`.
  public func flushAll() throws(FileError) {
    _ = try Self.check(clinux_syncfs(root.rawValue), .flush)
  }

  /// Flushes everything as `flushAll` does, by a descriptor of its own: a failed flush is told once
  /// for each, and this one takes it away from nobody who waits for `flushAll`.
  func flushAllApart() throws(FileError) {
    let own = try open(.root, in: root, for: .directory)
    defer { close(own) }
    _ = try Self.check(clinux_syncfs(own.rawValue), .flush)
  }

  /// The result, or the error it stands for. A wrong descriptor or address is our own mistake.
  private static func check(
    _ result: Int32, _ call: FileError.Call, _ name: Name? = nil
  ) throws(FileError) -> Int32 {
    guard result < 0 else { return result }
    precondition(result != -EBADF && result != -EFAULT, "\(call): a wrong descriptor or address")
    throw FileError(-result, call, name)
  }
}
