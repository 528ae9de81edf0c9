/// Something leftd cannot do, said so that a person can mend it: what, where, and what to do.
public struct EngineError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was attempted and went wrong, and where: "cannot open the index /var/lib/leftd/index-…".
  public var problem: String
  /// What the reader can do about it: a sentence that starts with a verb.
  public var remedy: String
  /// The kernel's errno if it was the kernel that refused; 0 otherwise.
  public var errno: Int32

  /// An error.
  public init(_ problem: String, remedy: String, errno: Int32 = 0) {
    self.problem = problem
    self.remedy = remedy
    self.errno = errno
  }

  /// `problem: reason. remedy`
  public var description: String { "\(problem). \(remedy)" }
}
