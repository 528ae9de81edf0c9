import Glibc
import SyncCore

/// Why a file of the share can't be read as it was seen.
enum SharedFileError: Error {
  /// It isn't there, or no longer as it was seen.
  case changed
  /// Its permissions, attributes or names are no longer as they were seen, but its content may be.
  case touched
  /// The kernel refused, with the errno.
  case failed(Int32)

  /// Whether what was there is no more, and not only out of reach.
  var isForGood: Bool {
    switch self {
    case .changed: true
    case .touched, .failed: false
    }
  }
}

extension FileSystem {
  /// Runs `body` with a file of the share open, which must be as it was seen: before, and after
  /// everything has been read.
  ///
  /// ctime tells: whatever was written meanwhile, what `body` returned is then not used.
  func withFile<Result>(
    _ path: RelativePath, as stamp: FileStamp,
    _ body: (FileHandle) throws(SharedFileError) -> Result
  ) throws(SharedFileError) -> Result {
    try withFile(path) { handle throws(SharedFileError) in
      try check(handle, is: stamp)
      let result = try body(handle)
      try check(handle, is: stamp)
      return result
    }
  }

  /// The same with a file of the share, or one in its trash. Whether that is written to meanwhile
  /// is not looked at: who reads there verifies what comes of it.
  func withFile<Result>(
    _ file: LocalFile, _ body: (FileHandle) throws(SharedFileError) -> Result
  ) throws(SharedFileError) -> Result {
    guard let plan = file.trashedBy else {
      return try withFile(file.path, as: file.stamp, body)
    }
    guard let path = Trash(plan: plan, of: self).path(of: file) else { throw .changed }
    return try withFile(path, body)
  }

  /// The same for another share, which does not stand still meanwhile: it may just have taken the
  /// file to its trash.
  func withSiblingFile<Result>(
    _ file: LocalFile, _ body: (FileHandle) throws(SharedFileError) -> Result
  ) throws(SharedFileError) -> Result {
    if let path = file.trashedBy.map({ Trash(plan: $0, of: self).path(of: file) }) ?? file.path {
      do throws(SharedFileError) {
        return try withFile(path, body)
      } catch {
        guard error.isForGood else { throw error }
      }
    }
    for folder in Trash.newest(Limits.siblingTrashCount, of: self) {
      if let path = folder.path(of: file) { return try withFile(path, body) }
    }
    throw .changed
  }

  /// Runs `body` with a file of the share open, whatever it is.
  func withFile<Result>(
    _ path: RelativePath, _ body: (FileHandle) throws(SharedFileError) -> Result
  ) throws(SharedFileError) -> Result {
    let handle: FileHandle
    do throws(FileError) {
      handle = try open(path, in: root, for: .reading)
    } catch {
      throw .from(error)
    }
    defer { close(handle) }
    return try body(handle)
  }

  private func check(_ handle: FileHandle, is stamp: FileStamp) throws(SharedFileError) {
    let found: FileStamp
    do throws(FileError) {
      found = try self.stamp(of: handle)
    } catch {
      throw .from(error)
    }
    if found == stamp { return }
    // After a power cut nobody knows yet whether the content is there.
    if stamp.isDoubted { throw .failed(EAGAIN) }
    throw found.isLikely(stamp) ? .touched : .changed
  }

  /// The extended attributes of an open file.
  func readAttributes(_ handle: FileHandle) throws(SharedFileError) -> ExtendedAttributes {
    do throws(FileError) {
      return try attributes(of: handle)
    } catch {
      throw .from(error)
    }
  }

  /// Reads exactly `buffer.count` bytes.
  func readAll(
    _ handle: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(SharedFileError) {
    do throws(FileError) {
      let count = unsafe try read(handle, into: buffer, at: offset)
      if count == buffer.count { return }
    } catch {
      throw .from(error)
    }
    throw .changed
  }
}

extension SharedFileError {
  /// What vanished, or was replaced by something that can't be read as a file, has changed.
  static func from(_ error: FileError) -> SharedFileError {
    switch error.errno {
    case ENOENT, ENOTDIR, ELOOP, ENXIO, EISDIR: .changed
    default: .failed(error.errno)
    }
  }
}
