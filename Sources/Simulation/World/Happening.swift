/// Something that comes over a world from outside, while its nodes work.
public enum Happening: Hashable, Sendable {
  /// A user does something on a node.
  case user(Int, UserAction)
  /// The process of a node ends at its so manieth call of the disk from now (0: at once), and the
  /// disk keeps what it must.
  case crash(Int, CrashProfile, atCall: Int)
  /// The connection between two nodes breaks.
  case disconnect(Int, Int)
  /// Two nodes don't reach each other until they are rejoined.
  case part(Int, Int)
  /// They do again.
  case rejoin(Int, Int)
  /// A node's so manieth call of the disk from now fails, and those after it, `count` in all.
  case fail(Int, atCall: Int, count: Int, DiskFault)
  /// Somebody sets the clock of a node, so many seconds from where it stands.
  case setClock(Int, seconds: Int64)
  /// A node takes nothing of what another sends for so many milliseconds, whatever connections they
  /// have.
  case stall(Int, from: Int, milliseconds: Int64)
  /// A user asks to be told when everything that is in the share of a node now is recorded.
  case flush(Int)
  /// The index of a node is copied away.
  case copyIndex(Int)
  /// The process of a node ends, and its index is what was copied away last; a new one if nothing
  /// was.
  case restoreIndex(Int)
  /// A node forgets what deletions everyone knows.
  case forget(Int)
  /// Everything comes to rest.
  case rest
}

extension Happening: CustomStringConvertible {
  /// As Swift, to be pasted into a test.
  public var description: String {
    switch self {
    case .user(let node, let action): ".user(\(node), \(action))"
    case .crash(let node, let profile, let call): ".crash(\(node), .\(profile), atCall: \(call))"
    case .disconnect(let left, let right): ".disconnect(\(left), \(right))"
    case .part(let left, let right): ".part(\(left), \(right))"
    case .rejoin(let left, let right): ".rejoin(\(left), \(right))"
    case .fail(let node, let call, let count, let fault):
      ".fail(\(node), atCall: \(call), count: \(count), .\(fault))"
    case .setClock(let node, let seconds): ".setClock(\(node), seconds: \(seconds))"
    case .stall(let node, let peer, let milliseconds):
      ".stall(\(node), from: \(peer), milliseconds: \(milliseconds))"
    case .flush(let node): ".flush(\(node))"
    case .copyIndex(let node): ".copyIndex(\(node))"
    case .restoreIndex(let node): ".restoreIndex(\(node))"
    case .forget(let node): ".forget(\(node))"
    case .rest: ".rest"
    }
  }
}
