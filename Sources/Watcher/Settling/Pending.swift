/// Where the thing that now stands in a slot stood when its path was last reported.
enum Origin: Hashable, Sendable {
  /// In this slot: it has never left it, or has come back.
  case slot(Slot)
  /// Nowhere: it was made since.
  case new
  /// Outside the tree, or where nobody watched.
  case outside
}

/// What stands in a slot.
struct Thing: Hashable, Sendable {
  var isDirectory: Bool
  var origin: Origin
  /// Whether content or metadata changed since the last report.
  var isTouched = false
}

/// What stood in a slot when it was last reported.
enum Before: Hashable, Sendable {
  case nothing
  case file
  case directory
  /// Nothing or a file: a rename doesn't say whether it replaced one.
  case unknown
}

/// What is known of writers of a file, from events and probes.
enum Openness: Hashable, Sendable {
  /// Never opened for writing as far as is known, or a probe found no writer.
  case quiet
  /// Made: by open(2), which has a writer, or by link(2), symlink(2) or mknod(2), which have none.
  case made
  /// Written to, not closed since.
  case written
  /// Closed after writing; another writer may be left.
  case closed
}

/// When something pending began, and when it may be reported.
struct Timing: Hashable, Sendable {
  /// The number of the first event in it; what a flush waits for.
  var sequence: UInt64
  var firstAt: Int64
  var lastAt: Int64
  var readyAt: Int64

  /// Takes over what began earlier.
  mutating func absorb(_ other: Timing) {
    sequence = min(sequence, other.sequence)
    firstAt = min(firstAt, other.firstAt)
  }
}

/// The net of what has happened in one slot and isn't reported yet.
struct Record: Hashable, Sendable {
  var before: Before
  var thing: Thing?
  var openness = Openness.quiet
  var hasWriter = false
  /// A file was renamed from here to what looks like its backup: it is expected back.
  var awaitsReplacement = false
  /// What stood here has been renamed away, and the other half of the rename isn't here yet.
  var isInTransit = false
  /// Whether it hasn't come, gone or been closed before in the same burst: then its close goes on
  /// with the burst. A path that is busy all the time delays nobody else.
  var isFresh = true
  var openQuiet: Int64
  var hotSince: Int64
  var timing: Timing

  /// Whether nothing is left to be told.
  var isNothing: Bool { before == .nothing && thing == nil && !isInTransit }
}
