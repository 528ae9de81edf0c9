public import SyncCore

/// Another node that shares with this one.
public struct PeerSettings: Sendable, Hashable {
  /// Who it must prove to be.
  public var id: NodeID
  /// What people call it.
  public var name: String
  /// `HOST:PORT` to dial; `nil` if it dials us.
  public var address: String?

  /// A peer.
  public init(id: NodeID, name: String, address: String?) {
    self.id = id
    self.name = name
    self.address = address
  }
}

/// One folder and who has it.
public struct ShareSettings: Sendable, Hashable {
  /// What all its nodes call it.
  public var name: String
  /// The absolute path of its root here.
  public var root: String
  /// Where the index lies: `STATE/index-NAME.sqlite`.
  public var stateDirectory: String
  /// The other nodes.
  public var peers: [PeerSettings]
  /// Whose word counts.
  public var rules: ShareRules
  /// What this machine does not take part in.
  public var ignored: IgnoreRules
  /// Time between two slices of the audit, in nanoseconds.
  public var auditNanoseconds = Limits.auditSliceNanoseconds
  /// How long the trash keeps everything.
  public var trashNanoseconds = Limits.trashAgeNanoseconds
  /// Bytes above which it lets go of what is older than that; `nil` lets all of it go.
  public var trashByteCount: Int64?

  /// A share.
  public init(
    name: String, root: String, stateDirectory: String, peers: [PeerSettings],
    rules: ShareRules = ShareRules(), ignored: IgnoreRules = IgnoreRules()
  ) {
    self.ignored = ignored
    self.name = name
    self.root = root
    self.stateDirectory = stateDirectory
    self.peers = peers
    self.rules = rules
  }
}
