/// One connection to a peer, numbered in the order in which connections came up.
public struct Link: Hashable, Sendable, Comparable {
  /// The number.
  public let number: UInt64

  /// A link.
  public init(number: UInt64) { self.number = number }

  /// By number: a later link is greater.
  public static func < (left: Link, right: Link) -> Bool { left.number < right.number }
}

/// A local change on its way from being seen to being recorded.
public struct JobID: Hashable, Sendable, Comparable {
  /// The number; later jobs have greater ones.
  public let number: UInt64

  /// The job with a number.
  public init(number: UInt64) { self.number = number }

  /// In the order of the numbers.
  public static func < (left: JobID, right: JobID) -> Bool { left.number < right.number }
}

/// A large content on its way into the staging area.
public struct StageID: Hashable, Sendable, Comparable {
  /// The number; later stages have greater ones.
  public let number: UInt64

  /// The stage with a number.
  public init(number: UInt64) { self.number = number }

  /// In the order of the numbers.
  public static func < (left: StageID, right: StageID) -> Bool { left.number < right.number }
}

/// When a step happens. Only durations are taken from `monotonic`; `wall` is data for versions.
public struct Moment: Hashable, Sendable {
  /// Nanoseconds of a clock that only runs forward, also while the machine sleeps.
  public var monotonic: Int64
  /// Nanoseconds since 1970 UTC, as this machine believes.
  public var wall: Int64

  /// A moment.
  public init(monotonic: Int64, wall: Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }
}

/// What became of reading one file.
public enum ReadOutcome: Hashable, Sendable {
  /// Its content; the recipe for large files only, since that of a small one is cut again in no
  /// time; and its extended attributes, if they were to be read.
  case content(ContentID, Recipe?, ExtendedAttributes? = nil)
  /// Its content at a moment while somebody went on writing to it, and the state that it is to be
  /// known by: no later content ever has that state.
  case snapshot(FileStamp, ContentID, Recipe, ExtendedAttributes)
  /// It isn't as it was when it was looked at: the watcher will tell of it again.
  case changed
  /// It can't be read, with the errno.
  case failed(Int32)
}

/// A small content that arrived and was verified, or was copied from another file here.
public struct StagedContent: Hashable, Sendable {
  /// What it is.
  public var content: ContentID
  /// Where it waits; its place is the one that it is for.
  public var file: StagedFile

  /// A staged content.
  public init(content: ContentID, file: StagedFile) {
    self.content = content
    self.file = file
  }
}

/// A chunk at its offset.
public struct PlacedChunk: Hashable, Sendable {
  /// Where its first byte is.
  public var offset: Int64
  /// What it is.
  public var chunk: ChunkReference

  /// A chunk at an offset.
  public init(offset: Int64, chunk: ChunkReference) {
    self.offset = offset
    self.chunk = chunk
  }
}

/// Everything that can happen to the engine. Completions carry the id of what they complete, and
/// may come late or for something that was given up.
public enum Input: Sendable {
  /// The engine may begin: finish what a crash left, then believe the watcher.
  case start
  /// Local changes have settled.
  case changed(ChangeSet)
  /// The watcher has reported everything that was written before `flush(token)`.
  case flushed(UInt64)
  /// What happens below a directory is to be recorded together when the hold ends.
  case holdBegan(UInt64, RelativePath)
  /// The hold is over, and all that happened in it has been reported.
  case holdEnded(UInt64)
  /// The watcher can't see everything; it scans instead. One sentence for the journal.
  case watchDegraded(String)
  /// The share's root is gone or another; nothing may be concluded from what is seen.
  case rootLost(String)
  /// A person says that what is held may go on.
  case released
  /// A person wants what this replica changed below a path to be as the peers have it.
  case revoked(RelativePath)
  /// Only these peers are heard from now on, and nothing else is done with them.
  case heardOnly(Set<NodeID>)
  /// What a look found, one directory at a time.
  case looked(JobID, Listing)
  /// The look is at its end.
  case lookEnded(JobID)
  /// All that was seen of the tree when `awaitWatcher` asked has been told.
  case caughtUp(JobID)
  /// It is time to look for tombstones that can be forgotten: of what was deleted before this time,
  /// in nanoseconds since 1970 UTC, if these peers, all that the share has, know of it.
  case tombstonesAged(before: Int64, members: [NodeID])
  /// It is time for a slice of the audit.
  case audit
  /// What the audit's look found.
  case audited(Listing)
  /// The audit's look is at its end.
  case auditEnded
  /// Files were read: for each its index in the job, and what became of it.
  case read(JobID, [(item: Int, outcome: ReadOutcome)])
  /// A part of a large file's recipe is known.
  case segmentRead(stream: UInt64, offset: Int64, chunks: [ChunkReference])
  /// A paired peer is connected; nothing has been said yet.
  case connected(Link, NodeID)
  /// The connection is gone.
  case disconnected(Link)
  /// The network has taken almost all that was sent, as `tellWhenDrained` asked.
  case drained(Link)
  /// A message came.
  case received(Link, Message)
  /// Small contents arrived (`request` 0: pushed) and are staged; others the peer does not have, or
  /// they came wrong or could not be kept here.
  case fetched(
    Link, request: UInt64, staged: [StagedContent], missing: [Place], failed: [Place])
  /// A small content was copied from a file here, or could not be.
  case copied(Place, ContentID, StagedFile?)
  /// A stage is open; these chunks were in it from an earlier life, each verified.
  case stageOpened(StageID, [PlacedChunk])
  /// A requested range is in its stage, verified.
  case rangeStored(UInt64)
  /// The same, and it came as a patch.
  case rangePatched(UInt64)
  /// A requested range came wrong, or won't come.
  case rangeLost(UInt64)
  /// Another share of this machine has the content that is to be at a place, or none has it.
  case sought(Place, ContentID, SiblingFile?)
  /// The other shares of this machine have recorded what came to them until `awaitSiblings` asked.
  case siblingsCaughtUp(JobID)
  /// Another share waits until all that was told until now is recorded: answer `arrived`.
  case siblingWaits(UInt64)
  /// Whether a file that is being read was in another share of this machine until now.
  case soughtOrigin(stream: UInt64, isSibling: Bool)
  /// These chunks were copied from a file here into the stage, verified; the others were not found.
  case reused(StageID, [PlacedChunk], missing: [PlacedChunk])
  /// A stage is complete: content, mode and mtime.
  case stageFinished(StageID, StagedFile)
  /// A stage can't be written, with the errno.
  case stageFailed(StageID, Int32)
  /// A flip is over.
  case flipped(FlipResult)
  /// The share has been flushed since `secure` was wanted up to this sequence.
  case secured(UInt64)
  /// The moment that was asked for has come.
  case woken
}
