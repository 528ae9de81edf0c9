import Glibc
import SyncCore

/// A held directory, closed when nobody uses it any more. A class, because caches and the list of
/// directories to flush share it.
final class Directory: Sendable {
  let fileSystem: any FileSystem
  let handle: FileHandle

  /// Opens the directory at `path` below the root.
  init(_ path: RelativePath, of fileSystem: any FileSystem) throws(FileError) {
    self.fileSystem = fileSystem
    handle = try fileSystem.open(path, in: fileSystem.root, for: .directory)
  }

  /// Opens the directory `name` in `parent`.
  init(_ name: Name, in parent: Directory) throws(FileError) {
    fileSystem = parent.fileSystem
    handle = try fileSystem.open(name, in: parent.handle, for: .directory)
  }

  deinit { fileSystem.close(handle) }

  /// The state of an entry; `nil` if there is none.
  func stamp(of name: Name) throws(FileError) -> FileStamp? {
    do {
      return try fileSystem.stamp(of: name, in: handle)
    } catch {
      guard error.errno == ENOENT else { throw error }
      return nil
    }
  }

  /// Opens the directory `name` in this one, made if it isn't there; whether it was made.
  func making(_ name: Name) throws(FileError) -> (directory: Directory, isNew: Bool) {
    do {
      return (try Directory(name, in: self), false)
    } catch {
      guard error.errno == ENOENT else { throw error }
    }
    do {
      try fileSystem.makeDirectory(name, in: handle, mode: 0o700)
    } catch {
      // Another worker may have made it in the same instant.
      guard error.errno == EEXIST else { throw error }
    }
    return (try Directory(name, in: self), true)
  }

  /// Opens the directory at `path` below the root, and makes what is missing of it; `made` gets
  /// every directory that got a new entry.
  static func making(
    _ path: RelativePath, of fileSystem: any FileSystem, made: (Directory) -> Void = { _ in }
  ) throws(FileError) -> Directory {
    do {
      return try Directory(path, of: fileSystem)
    } catch {
      guard error.errno == ENOENT else { throw error }
    }
    var directory = try Directory(.root, of: fileSystem)
    for name in path.components {
      let (next, isNew) = try directory.making(name)
      if isNew { made(directory) }
      directory = next
    }
    return directory
  }
}

// Calls go through the owner, not through its handle: Swift may close what it owns right after the
// last use of the owner, which is before a call that was given only the handle.
extension Directory {
  /// Its own state.
  func stamp() throws(FileError) -> FileStamp { try fileSystem.stamp(of: handle) }

  /// See `FileSystem.names`.
  func names() throws(FileError) -> [Name] { try fileSystem.names(in: handle) }

  /// Sets its own time of last modification.
  func setMtime(_ mtime: Int64) throws(FileError) { try fileSystem.setMtime(handle, mtime) }

  /// The extended attributes of an entry.
  func attributes(of name: Name) throws(FileError) -> ExtendedAttributes {
    try fileSystem.attributes(of: name, in: handle)
  }

  /// See `FileSystem.rename`.
  func rename(
    _ name: Name, to newName: Name, in target: Directory, _ mode: RenameMode
  ) throws(FileError) {
    try fileSystem.rename(name, in: handle, to: newName, in: target.handle, mode)
  }

  /// Renames without replacing, also a directory that its own mode protects from being moved.
  func move(_ name: Name, to newName: Name, in target: Directory) throws(FileError) {
    do {
      return try rename(name, to: newName, in: target, .noReplace)
    } catch {
      guard error.errno == EACCES, let stamp = try stamp(of: name), stamp.kind == .directory,
        stamp.mode & 0o200 == 0
      else { throw error }
      // A directory gets another `..`, for which Linux wants permission to write into it.
      let directory = try OpenFile(name, in: self, for: .reference)
      try directory.setMode(stamp.mode | 0o200)
      defer { try? directory.setMode(stamp.mode) }
      try rename(name, to: newName, in: target, .noReplace)
    }
  }

  /// See `FileSystem.link`.
  func link(_ name: Name, as newName: Name, in target: Directory) throws(FileError) {
    try fileSystem.link(name, in: handle, as: newName, in: target.handle)
  }

  /// See `FileSystem.makeDirectory`.
  func makeDirectory(_ name: Name, mode: UInt16) throws(FileError) {
    try fileSystem.makeDirectory(name, in: handle, mode: mode)
  }

  /// See `FileSystem.makeSymlink`.
  func makeSymlink(_ name: Name, target: [UInt8]) throws(FileError) {
    try fileSystem.makeSymlink(name, in: handle, target: target)
  }

  /// See `FileSystem.removeFile`.
  func removeFile(_ name: Name) throws(FileError) {
    try fileSystem.removeFile(name, in: handle)
  }

  /// See `FileSystem.removeDirectory`.
  func removeDirectory(_ name: Name) throws(FileError) {
    try fileSystem.removeDirectory(name, in: handle)
  }

  /// See `FileSystem.setMode`.
  func setMode(_ mode: UInt16) throws(FileError) { try fileSystem.setMode(handle, mode) }

  /// See `FileSystem.flush`.
  func flush() throws(FileError) { try fileSystem.flush(handle) }
}
