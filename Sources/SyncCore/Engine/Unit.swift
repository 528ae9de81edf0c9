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
    /// The names of files that have several there.
    let links: [[Place]]
    /// Directories that it concerns and that the peer doesn't hold.
    let unheld: Set<DirectoryID>
    /// The contents of its files.
    let contents: Set<ContentID>

    init(
      link: Link, peer: NodeID, upTo: UInt64, entries: [Entry],
      times: [DirectoryID: Int64] = [:], links: [[Place]] = [],
      unheld: Set<DirectoryID> = []
    ) {
      self.unheld = unheld
      self.times = times
      self.links = links
      self.link = link
      self.peer = peer
      self.upTo = upTo
      self.entries = entries
      contents = Set(entries.compactMap { $0.content?.id })
    }

    /// What tells a part; the pieces of one that was divided have the same.
    struct Name: Hashable {
      let link: Link
      let upTo: UInt64
    }

    var name: Name { Name(link: link, upTo: upTo) }

    /// The piece of it that has these entries.
    func with(_ entries: [Entry]) -> Part {
      Part(
        link: link, peer: peer, upTo: upTo, entries: entries, times: times, links: links,
        unheld: unheld)
    }
  }

  let id: UInt64
  /// What it was joined from; at least one.
  var parts: [Part]
  /// Bundles in which it changes something.
  var bundles: Set<DirectoryID> = []
  /// Since when it waits until somebody tells more of a bundle; `nil` if it doesn't.
  var awaitsWordSince: Int64?
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
  /// What could not be staged or applied when it was last tried, and why.
  var failed: [EntryKey: Obstacle.Reason] = [:]
  /// Since when there is such a thing.
  var failedAt: Int64?
  /// Whether it goes on without that at once.
  var isOverdue = false
  /// Whether it is what others went on without.
  var isLeftOver = false
  /// Since when it waits for somebody who has a file open for writing that it would replace.
  var writerSince: Int64?
  /// How much it would delete, if that is too much to be done unasked.
  var deletionCount = 0
  /// Whether a person let it do that.
  var isReleased = false

  /// Remembers what could not be staged or applied.
  mutating func note(_ failures: [EntryKey: Obstacle.Reason], at time: Int64) {
    guard !failures.isEmpty else { return }
    failed.merge(failures) { _, new in new }
    failedAt = failedAt ?? time
  }

  /// Something that could not be staged is.
  mutating func noteStaged(_ place: Place) {
    guard failed.removeValue(forKey: .place(place)) != nil, failed.isEmpty else { return }
    failedAt = nil
  }

  /// Whether nothing of it is to be applied while something can't be.
  func isHeldWhole(at time: Int64) -> Bool {
    isLeftOver || !isOverdue && failedAt.map { time - $0 < Limits.heldWholeNanoseconds } ?? true
  }

  /// Whether it was held long enough for what can't be applied.
  func isToBeDivided(at time: Int64) -> Bool {
    guard let failedAt, !failed.isEmpty else { return false }
    return isOverdue || time - failedAt >= Limits.heldWholeNanoseconds
  }

  /// Takes in another that touches it.
  mutating func join(_ other: Unit) {
    parts = other.parts + parts
    vacated.formUnion(other.vacated)
    bundles.formUnion(other.bundles)
    failed.merge(other.failed) { own, _ in own }
    failedAt = [failedAt, other.failedAt].compactMap { $0 }.min()
    writerSince = writerSince ?? other.writerSince
    awaitsWordSince = awaitsWordSince ?? other.awaitsWordSince
    isOverdue = isOverdue || other.isLeftOver || other.isOverdue
  }

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

  /// Whether it was interrupted: of what an earlier run of the process left the unit isn't known.
  var isResumed: Bool { unit == 0 || resumptions > 0 }
}
