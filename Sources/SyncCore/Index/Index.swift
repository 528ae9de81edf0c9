/// The memory of a share: what is here, in which version, and what each peer is known to have.
///
/// It holds observations and no work: everything that remains to be done follows from comparing it
/// with the disk and with what peers say. Used by the control thread alone. Every change happens in
/// a transaction; what a transaction wrote is durable when `transaction` returns, unless it is said
/// that this can wait.
public protocol Index: AnyObject {
  /// This node in this life of the index.
  var actor: Actor { get }

  /// The highest sequence given to a row so far.
  var sequence: UInt64 { get }

  /// Up to where what was recorded is known to be on the disk.
  var secured: SecuredMark { get }

  /// Moves that mark. Within a transaction.
  func note(_ secured: SecuredMark) throws(IndexError)

  /// At which sequence the node became a replica; `nil` if it is none.
  var replicaSince: UInt64? { get }

  /// Remembers that the node has become a replica, or with `nil` that it is none any more. Within a
  /// transaction.
  func note(replicaSince: UInt64?) throws(IndexError)

  /// The highest sequence of a tombstone that was forgotten; 0 if none was.
  var forgotten: UInt64 { get }

  /// Moves that mark. Within a transaction.
  func note(forgotten sequence: UInt64) throws(IndexError)

  /// Runs `body` and keeps its changes together; when it throws, none of them.
  func transaction(
    _ durability: Durability, _ body: () throws(IndexError) -> Void
  ) throws(IndexError)

  /// The next sequence, which is also the counter of a local change's dot. Within a transaction.
  func nextSequence() throws(IndexError) -> UInt64

  /// Makes the next sequence one above `sequence`, if it isn't; forgotten when the index is closed.
  func skip(to sequence: UInt64)

  /// Forgets every row, recipe and peer, and begins a new incarnation. Within a transaction.
  func reset(incarnation: UInt64) throws(IndexError)

  // MARK: Rows

  /// The row with this key; also of something deleted.
  func row(_ key: EntryKey) throws(IndexError) -> Row?

  /// The living directories at a place, the one that was recorded last first. There is more than
  /// one only while the departure of the others has been found and is not recorded yet.
  func directories(at place: Place) throws(IndexError) -> [Row]

  /// All rows whose place is in `parent`, sorted by name, the file's row before the directory's;
  /// deleted ones included.
  func children(of parent: DirectoryID) throws(IndexError) -> [Row]

  /// Living directories except the root in an order that stays the same while they live, those
  /// that come after `directory` in it; at most `limit`.
  func livingDirectories(
    after directory: DirectoryID, limit: Int
  ) throws(IndexError) -> [Row]

  /// How a complete listing differs from the rows of the directory that was listed. A scan asks
  /// this for every directory, so an index answers it without making rows of what is as it was.
  func differences(
    of listing: Listing, in parent: DirectoryID
  ) throws(IndexError) -> Differences

  /// Rows with sequences above `sequence`, in their order, at most `limit`.
  func rows(after sequence: UInt64, limit: Int) throws(IndexError) -> [Row]

  /// Rows that are told to nobody yet, sorted by keys.
  func untoldRows() throws(IndexError) -> [Row]

  /// Places of living files with this content, at most `limit`.
  func files(with content: ContentID, limit: Int) throws(IndexError) -> [Row]

  /// Whether any directory was merged into this one.
  func hasAliases(_ directory: DirectoryID) throws(IndexError) -> Bool

  /// The living directory that was observed with this inode and time of creation.
  func directory(inode: UInt64, btime: Int64) throws(IndexError) -> Row?

  /// The living file or symlink that was observed with this inode.
  func file(inode: UInt64) throws(IndexError) -> [Row]

  /// Whether any inode was observed at several files. O(files), some 0.1 µs each.
  func hasFilesWithSeveralNames() throws(IndexError) -> Bool

  /// Writes or replaces a row. Its sequence was given by `nextSequence`, to no other row. Within a
  /// transaction.
  func put(_ row: Row) throws(IndexError)

  /// Removes a row (a tombstone that everyone has seen, a conflict copy undone). Within a
  /// transaction.
  func remove(_ key: EntryKey) throws(IndexError)

  /// What is counted over all living rows.
  func totals() throws(IndexError) -> Totals

  /// Makes every row that came from `peer` one that came from nobody. Within a transaction.
  func forgetSource(_ peer: NodeID) throws(IndexError)

  // MARK: Recipes

  /// How a content is made, if a file with it is or was here.
  func recipe(_ content: ContentID) throws(IndexError) -> Recipe?

  /// Keeps a recipe, and in mind which contents its samples belong to. Within a transaction.
  func put(_ recipe: Recipe, for content: ContentID) throws(IndexError)

  /// The content of which a chunk was last put as a sample; there may be no file with it any more.
  func content(sampledBy chunk: ChunkID) throws(IndexError) -> ContentID?

  // MARK: Peers

  /// How far the exchange with a peer has come; `nil` for a new one.
  func progress(of peer: NodeID) throws(IndexError) -> PeerProgress?

  /// Records it. Another incarnation than before ends all marks of the peer, whose sequences count
  /// anew. Within a transaction.
  func put(_ progress: PeerProgress, of peer: NodeID) throws(IndexError)

  /// The nodes of which there is progress, sorted.
  func knownPeers() throws(IndexError) -> [NodeID]

  /// Forgets how far the exchange with a peer has come. Within a transaction.
  func removeProgress(of peer: NodeID) throws(IndexError)

  /// The highest counter of `actor` in any version that was ever put here; 0 if there is none.
  func highestCounter(of actor: Actor) throws(IndexError) -> UInt64

  /// Remembers where a peer's sequence stands in ours; older marks may be thinned. Within a
  /// transaction.
  func put(_ mark: SequenceMark, of peer: NodeID) throws(IndexError)

  /// The last mark of `peer` that `ours` covers: the highest sequence of `peer` that everyone who
  /// has all of ours up to `ours` has, too; `nil` if there is none.
  func mark(of peer: NodeID, coveredBy ours: UInt64) throws(IndexError) -> SequenceMark?

  // MARK: History

  /// Keeps what a set did, for people; older ones are let go. Within a transaction.
  func note(_ set: HistorySet) throws(IndexError)

  // MARK: Trash

  /// Remembers a file that goes to the trash; of many the oldest are forgotten. Within a
  /// transaction.
  func note(_ trashed: TrashedFile) throws(IndexError)

  /// The file with a content that went to the trash last; it may have left it.
  func trashed(with content: ContentID) throws(IndexError) -> TrashedFile?

  // MARK: Flips under way

  /// A flip that was decided and may have begun, as `FlipPlan` encodes it; `nil` if none.
  func journal() throws(IndexError) -> [UInt8]?

  /// Records or, with `nil`, ends it. Within a transaction.
  func putJournal(_ plan: [UInt8]?) throws(IndexError)
}

/// When a transaction's changes are durable.
public enum Durability: Sendable {
  /// When it returns.
  case now
  /// With the next that is durable when it returns; until then a power cut undoes it, though not
  /// the end of the process.
  case later
}

extension Index {
  /// Runs `body` and makes its changes durable together; when it throws, none of them is kept.
  public func transaction(_ body: () throws(IndexError) -> Void) throws(IndexError) {
    try transaction(.now, body)
  }

  /// Under whose name a change over a version is told: the own, or that of the last doubt which the
  /// version comes from.
  func writer(over version: Version?) -> Actor {
    let own = actor
    return version?.vector.components.lazy.filter { $0.actor.isDoubt(of: own) }
      .max { $0.counter < $1.counter }?.actor ?? own
  }

  /// Whether an actor's changes were made here, in the present life of the index.
  func isOwn(_ other: Actor) -> Bool { other == actor || other.isDoubt(of: actor) }

  /// The living directory at a place.
  public func directory(at place: Place) throws(IndexError) -> Row? {
    let rows = try directories(at: place)
    return rows.first(where: \.isHeld) ?? rows.first
  }

  /// The directory that a directory was merged into, or itself.
  package func canonical(_ id: DirectoryID) throws(IndexError) -> DirectoryID {
    var id = id
    // Targets only get smaller, so this ends.
    while let row = try row(.directory(id)), case .merged(_, let into) = row.entry.body, into < id {
      id = into
    }
    return id
  }
}

/// Up to where the share was flushed, so that users' files are on the disk as they were recorded.
public struct SecuredMark: Hashable, Sendable {
  /// All rows up to this sequence.
  public var sequence: UInt64
  /// A number for the machine's run in which that was so: in another one nothing later is certain.
  public var boot: Int64

  /// A mark.
  public init(sequence: UInt64, boot: Int64) {
    self.sequence = sequence
    self.boot = boot
  }
}

/// The index cannot be read or written. Nothing can go on without it.
public struct IndexError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed, where, and what to do, in one sentence.
  public let description: String

  /// An error with its sentence.
  public init(_ description: String) { self.description = description }
}
