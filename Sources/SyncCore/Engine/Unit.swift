/// A unit on its way from a peer to the disk. What arrives for the same paths is joined to it and
/// flipped with it.
struct Unit {
  /// What one peer announced as a unit.
  struct Part {
    var link: Link
    var peer: NodeID
    /// The sequence that acknowledges it.
    var upTo: UInt64
    /// Sorted by key; of one key what nothing else in it had seen.
    let entries: [Entry]
    /// When directories that it concerns last changed there.
    let times: [DirectoryID: Int64]
    /// The contents of its files.
    let contents: Set<ContentID>

    init(
      link: Link, peer: NodeID, upTo: UInt64, entries: [Entry], times: [DirectoryID: Int64] = [:]
    ) {
      self.times = times
      self.link = link
      self.peer = peer
      self.upTo = upTo
      self.entries = entries
      contents = Set(entries.compactMap { $0.content?.id })
    }
  }

  let id: UInt64
  /// What it was joined from; at least one.
  var parts: [Part]
  /// Places that directories here leave with it.
  var vacated: Set<Place> = []
  /// Places whose contents are not here yet.
  var missing: Set<Place> = []
  /// How often each peer said that it doesn't have a content any more.
  var missed: [ContentID: [Link: Int]] = [:]
  /// Bytes of all contents that it needs.
  var neededByteCount: Int64 = 0
  /// When it is tried again after something stood in its way.
  var retryAt: Int64?
  /// How often something stood in its way.
  var attempts = 0
  /// Since when it waits for somebody who has a file open for writing that it would replace.
  var writerSince: Int64?
  /// How much it would delete, if that is too much to be done unasked.
  var deletionCount = 0
  /// Whether a person let it do that.
  var isReleased = false

  /// Whether it waits for a person.
  var awaitsRelease: Bool { deletionCount > 0 && !isReleased }

  /// Contents that all who announced them have lost or changed themselves since.
  var lost: Set<ContentID> {
    var lost: Set<ContentID> = []
    for (content, missed) in missed {
      let hasLost = { (link: Link) in missed[link] ?? 0 >= Limits.missedContentCount }
      if links(announcing: content).allSatisfy(hasLost) { lost.insert(content) }
    }
    return lost
  }

  /// The connections over which a content was announced.
  func links(announcing content: ContentID) -> [Link] {
    parts.filter { $0.contents.contains(content) }.map(\.link)
  }
}

/// A flip under way.
struct Flipping {
  var unit: UInt64
  var plan: FlipPlan
  var rows: [PlannedRow]
  /// When a flip that left something stranded is resumed.
  var resumeAt: Int64?
  /// How often it was.
  var resumptions = 0
}
