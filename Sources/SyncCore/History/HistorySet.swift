/// What one settled set changed here: a change of this node's user, or one that came from a peer.
public struct HistorySet: Hashable, Sendable {
  /// Who made the changes.
  public enum Origin: Hashable, Sendable {
    /// Somebody on this machine.
    case here
    /// A peer; `nil` if an interruption made it forgotten which.
    case peer(NodeID?)
  }

  /// This node's sequence before it: also the name of what it left in `.leftd/trash`.
  public var number: UInt64
  /// This node's sequence after it.
  public var last: UInt64
  /// When it was recorded, nanoseconds since 1970 UTC.
  public var time: Int64
  /// Who made it.
  public var origin: Origin
  /// How many things came, changed, were moved, and went.
  public var counts = HistoryCounts()
  /// Each thing; of a large set only the first.
  public var items: [HistoryItem] = []

  /// A set without changes yet.
  public init(number: UInt64, last: UInt64, time: Int64, origin: Origin) {
    self.number = number
    self.last = last
    self.time = time
    self.origin = origin
  }

  /// Counts a change, and keeps it if there is room.
  mutating func add(_ item: HistoryItem, limit: Int) {
    switch item.action {
    case .created: counts.created += 1
    case .changed: counts.changed += 1
    case .moved: counts.moved += 1
    case .deleted: counts.deleted += 1
    }
    if items.count < limit { items.append(item) }
  }

  /// Whether it concerns a path, or something below it.
  public func concerns(_ path: RelativePath) -> Bool {
    items.contains { item in
      item.path.isWithin(path) || (item.action == .moved && item.from.isWithin(path))
    }
  }
}

/// How many things of each kind a set did.
public struct HistoryCounts: Hashable, Sendable {
  /// What was not there before.
  public var created = 0
  /// Content, target or attributes.
  public var changed = 0
  /// Has another place, and is otherwise as it was.
  public var moved = 0
  /// Is gone.
  public var deleted = 0

  /// None.
  public init() {}

  /// Of all kinds.
  public var total: Int { created + changed + moved + deleted }
}

/// What a set did to one thing.
public struct HistoryItem: Hashable, Sendable {
  /// What was done.
  public enum Action: UInt8, Sendable {
    case created = 1
    case changed, moved, deleted
  }

  /// What was done.
  public var action: Action
  /// Whether it is a directory.
  public var isDirectory: Bool
  /// Where it is since; for what is gone, where it was.
  public var path: RelativePath
  /// Where it was before: another path for what was moved, or lies in what was moved.
  public var from: RelativePath
  /// The inode that went to the trash because of it; 0 if none did.
  public var trashed: UInt64
  /// The permission bits of a directory that went.
  public var mode: UInt16

  /// A change; `from` is the same path unless it says otherwise.
  public init(
    _ action: Action, _ path: RelativePath, isDirectory: Bool, from: RelativePath? = nil,
    trashed: UInt64 = 0, mode: UInt16 = 0
  ) {
    self.action = action
    self.path = path
    self.isDirectory = isDirectory
    self.from = from ?? path
    self.trashed = trashed
    self.mode = mode
  }
}

extension HistorySet {
  /// The items as bytes, for the index.
  public var encodedItems: [UInt8] {
    var writer = WireWriter(capacity: 64 * items.count)
    for item in items {
      let isElsewhere = item.from != item.path
      writer.byte(item.action.rawValue | (item.isDirectory ? 0x10 : 0) | (isElsewhere ? 0x20 : 0))
      writer.blob(item.path.bytes)
      if isElsewhere { writer.blob(item.from.bytes) }
      writer.number(item.trashed)
      writer.number(UInt64(item.mode))
    }
    return writer.bytes
  }

  /// Reads what `encodedItems` wrote; at most `limit` items of it.
  public static func items(
    _ bytes: [UInt8], limit: Int = .max
  ) throws(WireError) -> [HistoryItem] {
    var reader = WireReader(bytes)
    var items: [HistoryItem] = []
    while reader.remaining > 0, items.count < limit {
      let head = try reader.byte()
      guard let action = HistoryItem.Action(rawValue: head & 0x0F), head < 0x40 else {
        throw WireError("a change of unknown kind")
      }
      let path = try reader.path(upTo: bytes.count)
      let from = head & 0x20 == 0 ? path : try reader.path(upTo: bytes.count)
      items.append(
        HistoryItem(
          action, path, isDirectory: head & 0x10 != 0, from: from, trashed: try reader.number(),
          mode: UInt16(try reader.count(upTo: 0o7777, of: "permission bits"))))
    }
    return items
  }
}

extension WireReader {
  fileprivate mutating func path(upTo limit: Int) throws(WireError) -> RelativePath {
    let path = RelativePath(bytes: Array(try blob(upTo: limit, of: "a path")))
    guard let path else { throw WireError("not a path") }
    return path
  }
}
