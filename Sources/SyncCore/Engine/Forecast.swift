/// What resuming the exchange with a peer would do, on either side.
public struct Forecast: Hashable, Sendable {
  /// What would become of one thing.
  public enum Kind: String, Sendable, CaseIterable {
    /// It would be there, where nothing is.
    case created
    /// It would have another content; the old one goes to the trash.
    case replaced
    /// It would be there or have another content: only the peer knows whether it has an older one.
    case sent
    /// It would be gone, to the trash.
    case deleted
    /// It would have another path.
    case moved
    /// It would lie there as the copy of a conflict.
    case conflict
    /// It would have other permissions, times or attributes.
    case attributes
  }

  /// Where something would happen.
  public enum Side: String, Sendable, CaseIterable {
    /// On this node.
    case here
    /// On the peer.
    case there
  }

  /// One thing.
  public struct Item: Hashable, Sendable {
    /// Where.
    public var side: Side
    /// What.
    public var kind: Kind
    /// The path that it would have, or has if it would be gone.
    public var path: RelativePath
    /// The path that it has, if that would change; the root if there is none.
    public var from: RelativePath
    /// Whether it is a directory.
    public var isDirectory: Bool
    /// Bytes of its content.
    public var size: Int64

    /// An item from its parts.
    public init(
      _ side: Side, _ kind: Kind, _ path: RelativePath, from: RelativePath = .root,
      isDirectory: Bool, size: Int64
    ) {
      self.side = side
      self.kind = kind
      self.path = path
      self.from = from
      self.isDirectory = isDirectory
      self.size = size
    }
  }

  /// How much of one kind there is on one side.
  public struct Total: Hashable, Sendable {
    /// Where.
    public var side: Side
    /// What.
    public var kind: Kind
    /// Files and symbolic links.
    public var files: Int
    /// Directories.
    public var directories: Int
    /// Bytes of contents.
    public var bytes: Int64

    /// A total from its parts.
    public init(side: Side, kind: Kind, files: Int, directories: Int, bytes: Int64) {
      (self.side, self.kind) = (side, kind)
      (self.files, self.directories, self.bytes) = (files, directories, bytes)
    }
  }

  /// With whom.
  public var peer: NodeID
  /// Whether the peer is connected: what it has is known only then.
  public var isConnected: Bool
  /// Entries that the peer has told of so far.
  public var announcedCount: Int
  /// Whether some of them lie in directories that it has not told of yet.
  public var isIncomplete: Bool
  /// By side and kind, none that are zero.
  public var totals: [Total]
  /// By side, then path; the first `Limits.forecastItemCount`.
  public var items: [Item]

  /// A forecast; the caller fills it in.
  public init(
    peer: NodeID, isConnected: Bool = false, announcedCount: Int = 0, isIncomplete: Bool = false,
    totals: [Total] = [], items: [Item] = []
  ) {
    self.peer = peer
    self.isConnected = isConnected
    self.announcedCount = announcedCount
    self.isIncomplete = isIncomplete
    self.totals = totals
    self.items = items
  }

  /// Counts and sorts what was found; of more items than are shown the rest is only counted.
  mutating func take(_ found: [Item]) {
    for side in Side.allCases {
      for kind in Kind.allCases {
        let chosen = found.filter { $0.side == side && $0.kind == kind }
        guard !chosen.isEmpty else { continue }
        let directories = chosen.count(where: \.isDirectory)
        totals.append(
          Total(
            side: side, kind: kind, files: chosen.count - directories, directories: directories,
            bytes: chosen.reduce(0) { $0.addingClamped($1.size) }))
      }
    }
    items = Array(
      found.sorted { left, right in
        left.side != right.side ? left.side == .here : left.path < right.path
      }.prefix(Limits.forecastItemCount))
  }
}
