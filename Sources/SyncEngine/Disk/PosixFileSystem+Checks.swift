import CLinux
import Glibc
public import SyncCore

/// What can be told of a change without making it.
extension PosixFileSystem {
  /// See `FileSystem`.
  public func checkChange(in directory: FileHandle) throws(FileError) {
    let result = clinux_may_change_names(directory.rawValue)
    if result < 0 { throw FileError(-result, .rename) }
    if try status(of: directory).is_fixed != 0 { throw FileError(EPERM, .rename) }
  }

  /// See `FileSystem`.
  public func checkChange(of name: Name, in directory: FileHandle) throws(FileError) {
    if try status(of: name, in: directory).is_fixed != 0 { throw FileError(EPERM, .rename, name) }
  }
}
