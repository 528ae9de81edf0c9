/// Watching cannot begin: what failed, and what to do about it.
public struct WatcherError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was attempted, and where.
  public var problem: String
  /// What the reader can do about it: a sentence that starts with a verb.
  public var remedy: String
  /// The kernel's errno.
  public var errno: Int32

  /// `problem (errno N). remedy`
  public var description: String { "\(problem) (errno \(errno)). \(remedy)" }
}
