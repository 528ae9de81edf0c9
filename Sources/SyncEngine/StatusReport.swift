public import SyncCore

/// What a share is doing just now, as `leftd status` shows it.
public struct StatusReport: Sendable {
  /// One peer of the share.
  public struct Peer: Sendable {
    /// Who.
    public var id: NodeID
    /// What the configuration calls it.
    public var name: String
    /// Whether a connection is up and both have said hello.
    public var isConnected: Bool
    /// The highest of our sequences that it has durably.
    public var acknowledged: UInt64
    /// How many things it knows and doesn't hold: it ignores them, or something is in their place.
    public var notHeld: UInt64 = 0
    /// Bytes that went over the socket to it and from it since the daemon started.
    public var sentBytes: UInt64
    /// See `sentBytes`.
    public var receivedBytes: UInt64
    /// Why it is not connected, for people; empty if it is.
    public var trouble: String
    /// Until when nothing is exchanged with it, in nanoseconds since 1970 UTC or `Pauses.endless`;
    /// `nil` if it is not paused.
    public var pausedUntil: Int64?
    /// Whether it is heard while it is paused.
    public var isHeard: Bool
    /// Bytes a second that go to it and come from it just now.
    public var sentRate: Int64 = 0
    /// See `sentRate`.
    public var receivedRate: Int64 = 0
    /// Bytes a second that may go to it and come from it just now; `nil` for no limit. That of the
    /// node is shared by all peers.
    public var sentLimit: Int64?
    /// See `sentLimit`.
    public var receivedLimit: Int64?

    /// A peer's state.
    public init(
      id: NodeID, name: String, isConnected: Bool, acknowledged: UInt64, sentBytes: UInt64,
      receivedBytes: UInt64, trouble: String, pausedUntil: Int64? = nil,
      isHeard: Bool = false
    ) {
      self.id = id
      self.name = name
      self.isConnected = isConnected
      self.acknowledged = acknowledged
      self.sentBytes = sentBytes
      self.receivedBytes = receivedBytes
      self.trouble = trouble
      self.pausedUntil = pausedUntil
      self.isHeard = isHeard
    }
  }

  /// How complete the watching is.
  public struct Watching: Hashable, Sendable {
    /// Whether there is a watcher at all.
    public var isWatched = true
    /// Directories that cannot be watched.
    public var unwatchedDirectories = 0
    /// How often what isn't watched is compared with the index instead, in seconds; 0 if all is
    /// watched.
    public var rescanSeconds: Int64 = 0
    /// How often the kernel has dropped events since the start; everything was compared then.
    public var overflowCount = 0
    /// What to do about it; empty if there is nothing.
    public var remedy = ""

    /// All is watched.
    public init() {}
  }

  /// What is being done.
  public enum Activity: String, Sendable {
    /// The tree is being compared with the index after a start or lost events.
    case scanning
    /// Contents are being read, sent, received or applied.
    case syncing
    /// All connected peers have everything, durably.
    case idle
    /// The share, or a set from a peer, waits until someone decides; `trouble` says why.
    case held
  }

  /// The share's name.
  public var share: String
  /// Its root.
  public var root: String
  /// Whether this node is a replica of the share.
  public var isReplica = false
  /// What is being done.
  public var activity: Activity
  /// What is wrong, and what to do; empty if nothing is.
  public var trouble: String
  /// Living files and symlinks.
  public var files: Int
  /// Living directories.
  public var directories: Int
  /// Bytes in the files.
  public var bytes: Int64
  /// What peers have and this node knows and doesn't hold.
  public var notHeld = 0
  /// This node's sequence; a peer that acknowledged it has everything.
  public var sequence: UInt64
  /// Local changes that are being read and not yet recorded.
  public var pendingChanges: Int
  /// Entries announced by peers and not yet applied.
  public var incomingEntries: Int
  /// Bytes of contents that incoming units need, and how many of them are here.
  public var incomingBytes: Int64
  /// See `incomingBytes`.
  public var incomingDoneBytes: Int64
  /// How complete the watching is.
  public var watching = Watching()
  /// How far the proof is that index and folder agree.
  public var audit = Audit.Summary()
  /// All peers of the share.
  public var peers: [Peer]

  /// A report; the caller fills it in.
  public init(share: String, root: String) {
    self.share = share
    self.root = root
    activity = .scanning
    trouble = ""
    files = 0
    directories = 0
    bytes = 0
    sequence = 0
    pendingChanges = 0
    incomingEntries = 0
    incomingBytes = 0
    incomingDoneBytes = 0
    peers = []
  }
}
