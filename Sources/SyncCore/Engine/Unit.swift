/// A unit on its way from a peer to the disk. What arrives for the same paths is joined to it and
/// flipped with it.
struct Unit {
  /// Where it came from: a connection, and the sequence that acknowledges it there.
  struct Mark {
    var link: Link
    var peer: NodeID
    var upTo: UInt64
  }

  let id: UInt64
  /// All peers whose acknowledgement waits for it.
  var marks: [Mark]
  /// What was announced, sorted by key; of one key what nothing else in it had seen.
  var entries: [Entry]
  /// Places that directories here leave with it.
  var vacated: Set<Place> = []
  /// Whether entries were added since they were last sorted.
  var isJoined = false
  /// Places whose contents are not here yet.
  var missing: Set<Place> = []
  /// How often a peer said that it doesn't have a content any more.
  var missed: [ContentID: Int] = [:]
  /// Bytes of all contents that it needs.
  var neededByteCount: Int64 = 0
  /// When it is tried again after something stood in its way.
  var retryAt: Int64?
  /// How often something stood in its way.
  var attempts = 0

  /// Contents that those who announced them have lost or changed themselves since.
  var lost: Set<ContentID> {
    Set(missed.filter { $0.value >= Limits.missedContentCount * marks.count }.map(\.key))
  }
}

/// A flip under way.
struct Flipping {
  var unit: UInt64
  var plan: FlipPlan
  var rows: [PlannedRow]
}
