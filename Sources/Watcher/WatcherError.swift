import Glibc

/// Watching cannot begin: what failed, and what to do about it.
public struct WatcherError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was attempted, and where.
  public var problem: String
  /// What the reader can do about it: a sentence that starts with a verb.
  public var remedy: String
  /// The kernel's errno.
  public var errno: Int32

  /// An error from its parts.
  public init(problem: String, remedy: String, errno: Int32) {
    self.problem = problem
    self.remedy = remedy
    self.errno = errno
  }

  /// Whether a limit of the user or of the kernel is the cause, so that it may go later.
  public var isLimit: Bool { [EMFILE, ENFILE, ENOMEM, ENOSPC, EAGAIN].contains(errno) }

  /// `problem (errno N). remedy`
  public var description: String { "\(problem) (errno \(errno)). \(remedy)" }
}
