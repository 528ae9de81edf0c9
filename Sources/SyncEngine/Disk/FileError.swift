import Glibc
public import SyncCore

/// A call of the file system that was refused by the kernel.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was attempted.
  public enum Call: String, Sendable {
    /// See `FileSystem` for each.
    case open, create, status, list, read, write, share, truncate, reserve, setMode, setMtime
    case makeDirectory, makeSymlink, readSymlink, rename, link, remove, flush
  }

  /// Why: ENOENT, EEXIST, ENOSPC, EIO … EXDEV is said of what lies on another file system.
  public var errno: Int32
  /// What was attempted.
  public var call: Call
  /// The last component of the path concerned, where there is one.
  public var name: Name?

  /// An error.
  public init(_ errno: Int32, _ call: Call, _ name: Name? = nil) {
    self.errno = errno
    self.call = call
    self.name = name
  }

  /// What, where, why, and what to do where a person can do something.
  public var description: String {
    let place = name.map { " \($0)" } ?? ""
    let reason = unsafe String(cString: strerror(errno))
    return "cannot \(call.rawValue)\(place): \(reason)\(remedy)"
  }

  private var remedy: String {
    switch errno {
    case ENOSPC, EDQUOT: ". Free space on the share's file system"
    case EACCES, EPERM: ". Let the user that leftd runs as read and write it"
    case EROFS: ". Mount the share's file system writable"
    case EIO: ". Check the disk"
    case EMFILE, ENFILE: ". Raise LimitNOFILE in the service"
    case EXDEV: ". Make the mounted directory a share of its own"
    default: ""
    }
  }
}
