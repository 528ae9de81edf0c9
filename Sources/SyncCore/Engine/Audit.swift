/// The slow proof that index and disk agree: how far it is, and what came of it.
///
/// A round compares every directory once, in the index's order, a slice at a time. What differs is
/// only suspected at first: an event may be on its way. What the next slice finds in the same
/// state, and still not in the index, no event explains.
public struct Audit: Sendable {
  /// What is known of it, for people.
  public struct Summary: Hashable, Sendable {
    /// When index and disk were last known to agree, in nanoseconds since 1970 UTC: at the end of a
    /// scan or a round. 0: not since the start.
    public var provenAt: Int64 = 0
    /// How long a round takes if nothing keeps it from going on, in seconds.
    public var roundSeconds: Int64 = 0
    /// How much of this round is done, in percent.
    public var percent = 0
    /// Differences since the start that no event explained, and that were looked at.
    public var mendedCount = 0
    /// Those of them that were there again after that: what cannot be read, mostly.
    public var remainingCount = 0

    /// Nothing is known.
    public init() {}
  }

  /// A slice's look is under way.
  var isLooking = false
  /// The last directory that was compared; `nil` before the root.
  var position: DirectoryID?
  /// Whether all directories have been compared, and only suspects are left.
  var isAtEnd = false
  /// Directories compared in this round.
  var comparedCount = 0
  /// The last directory of the slice under way.
  var sliceEnd: DirectoryID?
  /// What differed in the slice before, as it was found.
  var suspects: [RelativePath: Found] = [:]
  /// What differs in this slice.
  var newSuspects: [RelativePath: Found] = [:]
  /// Suspects that no event explained.
  var proven: [RelativePath: Found] = [:]
  /// What was told already; it is not told again while it stays as it was.
  var told: [RelativePath: Found] = [:]
  var provenAt: Int64 = 0
  var mendedCount = 0
}
