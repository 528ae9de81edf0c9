/// One row of the index: what is told to peers of an entry, and what was observed of it here.
///
/// The two are kept apart: a disk may give back other times than it was given, and only a change of
/// the observed is a local change.
public struct Row: Hashable, Sendable {
  /// What is told.
  public var entry: Entry
  /// What this disk shows of it; `nil` for what was deleted, and for what is not on this disk yet.
  public var observed: FileStamp?
  /// The extended attributes that this disk shows of it.
  public var observedAttributes: ExtendedAttributes
  /// Whether every peer was asked for it since it is neither ignored nor here. What nobody has then
  /// comes when somebody has it.
  public var isWanted: Bool
  /// When the row last changed, in this node's own count; the order in which peers are told. 0:
  /// they are not told yet, since not all is done here that belongs to it.
  public var sequence: UInt64
  /// The peer that this version came from; `nil` for a change made here. It is not told back.
  public var source: NodeID?

  /// A row from its parts.
  public init(
    entry: Entry, observed: FileStamp?, observedAttributes: ExtendedAttributes = .empty,
    isWanted: Bool = false, sequence: UInt64, source: NodeID?
  ) {
    self.entry = entry
    self.observed = observed
    self.observedAttributes = observedAttributes
    self.isWanted = isWanted
    self.sequence = sequence
    self.source = source
  }

  /// Whether it is on this disk. What lives and isn't is ignored here, or was until now.
  var isHeld: Bool { observed != nil }

  /// It isn't on this disk any more, or was never to be there.
  mutating func letGo() {
    (observed, observedAttributes, isWanted) = (nil, .empty, false)
  }
}

/// What is counted over all living rows.
public struct Totals: Hashable, Sendable {
  /// Files and symlinks on disk.
  public var files: Int
  /// Directories on disk.
  public var directories: Int
  /// Of the contents of files on disk. Wraps around instead of stopping leftd if peers tell absurd
  /// sizes.
  public var bytes: Int64
  /// What is known of peers and not on disk, of whatever kind: it is ignored here, or can't come.
  public var notHeld: Int

  /// Totals from their parts.
  public init(files: Int = 0, directories: Int = 0, bytes: Int64 = 0, notHeld: Int = 0) {
    self.files = files
    self.directories = directories
    self.bytes = bytes
    self.notHeld = notHeld
  }
}

/// How far the exchange with one peer has come.
public struct PeerProgress: Hashable, Sendable {
  /// The incarnation of the peer's index that the numbers below belong to.
  public var incarnation: UInt64
  /// The highest sequence of the peer whose unit is durable here.
  public var received: UInt64
  /// The highest sequence of ours up to which the peer has everything durably, as it said, or there
  /// was nothing to tell it.
  public var acknowledged: UInt64
  /// The highest of these that it was told: it knows at least that of us as long as its index was
  /// not put back.
  public var confirmed: UInt64
  /// How many things the peer said it knows and doesn't hold.
  public var notHeld: UInt64
  /// Whether the peer is to be asked, with the next hello, to tell everything again.
  public var mustTellAll: Bool

  /// The progress with a peer.
  public init(
    incarnation: UInt64, received: UInt64, acknowledged: UInt64, confirmed: UInt64 = 0,
    notHeld: UInt64 = 0, mustTellAll: Bool = false
  ) {
    self.incarnation = incarnation
    self.received = received
    self.acknowledged = acknowledged
    self.confirmed = confirmed
    self.notHeld = notHeld
    self.mustTellAll = mustTellAll
  }
}

/// Where the sequences of another node stand in ours: with everything up to `theirs` of `peer`
/// durable here, our own sequence was `ours`. This is how an acknowledgement is passed on.
public struct SequenceMark: Hashable, Sendable {
  /// The sequence of the peer.
  public var theirs: UInt64
  /// Our own sequence at that time.
  public var ours: UInt64

  /// A mark.
  public init(theirs: UInt64, ours: UInt64) {
    self.theirs = theirs
    self.ours = ours
  }
}
