/// What keeps a member of a unit from being staged or applied.
struct Obstacle: Hashable {
  enum Reason: Hashable {
    /// The kernel refused it.
    case refused(errno: Int32)
    /// Something else is there than the index says, and a look did not change that.
    case foundOtherwise
    /// Its content can't be had, or kept.
    case lacksContent

    /// Reason and remedy.
    var sentence: String {
      switch self {
      case .refused(let errno): FlipFailure.sentence(errno)
      case .foundOtherwise:
        "something that is not synced stands there, or changes all the time. Move it away."
      case .lacksContent:
        "its content could not be read by the peer, or not be kept here. Check both disks."
      }
    }
  }

  var reason: Reason
  /// Whether the rest of its unit went on without it.
  var isLeftOver = false
}

/// Something that a peer announced and that can't be applied here, for people.
public struct LeftOver: Hashable, Sendable {
  /// Where it is to be.
  public var path: RelativePath
  /// Why it isn't, and what to do about it.
  public var reason: String
}
