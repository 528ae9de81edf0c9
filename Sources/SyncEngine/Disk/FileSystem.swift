public import SyncCore

/// An open file or directory of one `FileSystem`; closed by whoever opened it (`OpenFile`,
/// `Directory`).
public struct FileHandle: Hashable, Sendable {
  /// The descriptor.
  public let rawValue: Int32

  /// A handle for a descriptor.
  public init(rawValue: Int32) { self.rawValue = rawValue }
}

/// What a file is opened for.
public enum FileAccess: Int32, Sendable {
  /// A directory, to list it and for calls relative to it.
  case directory = 0
  /// Reading.
  case reading = 1
  /// Reading and writing what exists.
  case writing = 2
  /// Looking at and setting metadata, of anything, a symbolic link itself included; needs no
  /// permission on the file.
  case reference = 3
}

/// What a rename does when the new name is taken.
public enum RenameMode: Int32, Sendable {
  /// Replaces it: only for leftd's own files.
  case replace = 0
  /// Fails with EEXIST.
  case noReplace = 1
  /// Both change places at one instant; both must exist.
  case exchange = 2
}

/// The part of a file system below one held directory: all that leftd ever touches of a disk.
///
/// Every call is relative to an open directory, never follows a symbolic link, never leaves the
/// root, and refuses with EXDEV what is mounted below it (openat2(2), `RESOLVE_BENEATH`). May be
/// called from any thread. All errors are the kernel's.
public protocol FileSystem: Sendable {
  /// The held root; not to be closed.
  var root: FileHandle { get }

  /// Opens something at a path below a directory; the empty path is the directory itself.
  /// ELOOP or ENOTDIR where a component is a symbolic link.
  func open(
    _ path: RelativePath, in directory: FileHandle, for access: FileAccess
  ) throws(FileError) -> FileHandle

  /// Opens what has a name in a directory.
  func open(
    _ name: Name, in directory: FileHandle, for access: FileAccess
  ) throws(FileError) -> FileHandle

  /// Makes a new file, open for reading and writing; EEXIST if the name is taken. The umask takes
  /// bits off the mode.
  func create(
    _ name: Name, in directory: FileHandle, mode: UInt16
  ) throws(FileError) -> FileHandle

  /// Makes a new file without a name, open for reading and writing, that goes when it is closed.
  /// EOPNOTSUPP where there is no such thing.
  func createNameless(in directory: FileHandle) throws(FileError) -> FileHandle

  /// Gives a handle back.
  func close(_ handle: FileHandle)

  /// The state of something open.
  func stamp(of handle: FileHandle) throws(FileError) -> FileStamp

  /// The state of what has a name in a directory; EXDEV if it is mounted there.
  func stamp(of name: Name, in directory: FileHandle) throws(FileError) -> FileStamp

  /// Throws what a change of names in a directory would be refused with, as far as that can be told
  /// without one: permissions, a mount, an attribute of the directory. Two system calls.
  func checkChange(in directory: FileHandle) throws(FileError)

  /// The same for the change or removal of what has a name in it. One system call.
  func checkChange(of name: Name, in directory: FileHandle) throws(FileError)

  /// All names in a directory, in no order. O(names); one listing of a handle at a time.
  func names(in directory: FileHandle) throws(FileError) -> [Name]

  /// Reads up to `buffer.count` bytes; fewer only at the end of the file.
  func read(
    _ handle: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(FileError) -> Int

  /// Writes all bytes.
  func write(
    _ handle: FileHandle, _ bytes: UnsafeRawBufferPointer, at offset: Int64
  ) throws(FileError)

  /// Lets a part of a file have the blocks of a range of another, as this is at one moment: no byte
  /// is copied, and whoever writes to either afterwards changes only that one (FICLONERANGE). The
  /// range's ends and the offset are multiples of `Limits.pageByteCount`; `nil` is all of the
  /// source, at the start. What of the source is dirty is written first. EOPNOTSUPP where blocks
  /// can't be shared.
  func share(
    _ range: Range<Int64>?, of source: FileHandle, into handle: FileHandle, at offset: Int64
  ) throws(FileError)

  /// Opens a file that is open for writing once more, for writing past the page cache: only with
  /// addresses, lengths and offsets that are multiples of `Limits.pageByteCount`. Throws where
  /// there is no such thing.
  func openDirect(_ handle: FileHandle) throws(FileError) -> FileHandle

  /// Makes a file exactly this long.
  func truncate(_ handle: FileHandle, to size: Int64) throws(FileError)

  /// The first hole that ends after `offset`: bytes that read as zeros and take no room; `nil`
  /// where only data follow, or where the file system does not tell. Two system calls.
  func nextHole(in handle: FileHandle, from offset: Int64) throws(FileError) -> Range<Int64>?

  /// Makes a range read as zeros and gives its room back; the size stays. EOPNOTSUPP where there
  /// is no such thing.
  func punchHole(in handle: FileHandle, _ range: Range<Int64>) throws(FileError)

  /// Sets room aside so that a full disk is found before the content is fetched; the size stays.
  /// Does nothing where the file system has no such call.
  func reserve(_ handle: FileHandle, size: Int64) throws(FileError)

  /// Whether there is more room on the file's disk than large contents leave to small ones
  /// (`Limits.sparedByteCount`). Never fails: `true` where it cannot be told.
  func hasRoom(_ handle: FileHandle) -> Bool

  /// Begins to write back what is dirty, without waiting: keeps the final flush short.
  func startWriteback(_ handle: FileHandle)

  /// Whether anybody else has a file, open here for reading, open for writing, or mapped so; `nil`
  /// where it cannot be told (not our file, or a file system without leases). About 10 µs.
  func hasWriter(_ handle: FileHandle) -> Bool?

  /// Sets the permission bits.
  func setMode(_ handle: FileHandle, _ mode: UInt16) throws(FileError)

  /// Sets the time of last modification, in nanoseconds since 1970 UTC.
  func setMtime(_ handle: FileHandle, _ mtime: Int64) throws(FileError)

  /// The extended attributes of something open that are told (`ExtendedAttributes`). One system
  /// call where there are none.
  func attributes(of handle: FileHandle) throws(FileError) -> ExtendedAttributes

  /// The same of what has a name in a directory; none for symbolic links.
  func attributes(
    of name: Name, in directory: FileHandle
  ) throws(FileError) -> ExtendedAttributes

  /// Sets one extended attribute of something open, or takes it away (`nil`). With `isNew` one that
  /// is there stays as it is. What the file system refuses is not done, without an error;
  /// `attributes(of:)` tells what came of it. An access control list changes permission bits.
  func setAttribute(
    _ handle: FileHandle, _ name: [UInt8], _ value: [UInt8]?, isNew: Bool
  ) throws(FileError)

  /// Makes a directory; EEXIST if the name is taken.
  func makeDirectory(_ name: Name, in directory: FileHandle, mode: UInt16) throws(FileError)

  /// Makes a symbolic link; EEXIST if the name is taken.
  func makeSymlink(_ name: Name, in directory: FileHandle, target: [UInt8]) throws(FileError)

  /// The target of a symbolic link opened as a reference.
  func readSymlink(_ handle: FileHandle) throws(FileError) -> [UInt8]

  /// Gives something another name, maybe in another directory (renameat2(2)).
  func rename(
    _ name: Name, in directory: FileHandle, to newName: Name, in newDirectory: FileHandle,
    _ mode: RenameMode
  ) throws(FileError)

  /// Gives a file one more name, maybe in another directory (link(2)); EEXIST if the name is taken,
  /// EPERM or EOPNOTSUPP where files have one name only.
  func link(
    _ name: Name, in directory: FileHandle, as newName: Name, in newDirectory: FileHandle
  ) throws(FileError)

  /// Removes a file or symbolic link.
  func removeFile(_ name: Name, in directory: FileHandle) throws(FileError)

  /// Removes a directory; ENOTEMPTY if something is in it.
  func removeDirectory(_ name: Name, in directory: FileHandle) throws(FileError)

  /// Makes a file's content and metadata, or a directory's names, durable. Never tried again after
  /// an error: the kernel has then dropped what it could not write (fsync(2)).
  func flush(_ handle: FileHandle) throws(FileError)

  /// Makes everything on this file system durable (syncfs(2)).
  func flushAll() throws(FileError)
}
