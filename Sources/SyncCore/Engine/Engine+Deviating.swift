// What was changed on a replica: told to nobody, listed, and taken back when a person says so.

/// A change on a replica that its peers don't have.
public struct Deviation: Hashable, Sendable {
  /// What it is.
  public enum Kind: String, Sendable {
    /// Nobody else ever had it.
    case added
    /// It has another content, place, or other permissions or times than with the peers.
    case changed
    /// The peers have it.
    case deleted
  }

  /// What.
  public var kind: Kind
  /// Where it is, or was.
  public var path: RelativePath
  /// Whether it is a directory.
  public var isDirectory: Bool
  /// Bytes of its content.
  public var size: Int64

  /// A deviation from its parts.
  public init(_ kind: Kind, _ path: RelativePath, isDirectory: Bool, size: Int64) {
    self.kind = kind
    self.path = path
    self.isDirectory = isDirectory
    self.size = size
  }
}

extension Index {
  /// Whether a replica has changed this, perhaps in a directory that turned out to be another one:
  /// nobody is told of it.
  func isDeviation(_ entry: Entry) -> Bool {
    guard let mark = replicaSince else { return false }
    let (maker, counter) = (entry.version.dot.actor, entry.version.dot.counter)
    return counter > mark && (isOwn(maker) || maker.isTransplanted && maker.node == actor.node)
  }

  /// Whether a replica has made it: nobody else ever had it.
  func isLocalDeviation(_ entry: Entry) -> Bool {
    isDeviation(entry)
      && entry.version.vector.withoutMarks.components.allSatisfy { isOwn($0.actor) }
  }
}

extension Engine {
  /// Whether this node is a replica, so that there can be deviations.
  public var isReplica: Bool { rules.role == .replica }

  /// Remembers when the node became a replica: what it had changed before its peers may have.
  mutating func noteRole() throws(IndexError) {
    guard isReplica != (index.replicaSince != nil) else { return }
    let since = isReplica ? index.sequence : nil
    try index.transaction { () throws(IndexError) in try index.note(replicaSince: since) }
  }

  /// What is otherwise here than with the peers, below a path, by path; at most
  /// `Limits.deviationCount`. O(what has changed here since it is a replica).
  public func deviations(below top: RelativePath) throws(IndexError) -> [Deviation] {
    var found: [Deviation] = []
    for row in try deviatingRows(below: top) {
      let entry = row.entry
      let isShared = entry.version.vector.components.contains { $0.actor.node != node.prefix }
      guard entry.isAlive || isShared, let path = try formerPath(of: entry.place) else { continue }
      found.append(
        Deviation(
          entry.isAlive ? isShared ? .changed : .added : .deleted, path,
          isDirectory: entry.directory != nil, size: entry.content?.size ?? 0))
    }
    return found.sorted { $0.path < $1.path }
  }

  /// The rows that this node has changed as a replica, those of what is gone included.
  private func deviatingRows(below top: RelativePath) throws(IndexError) -> [Row] {
    guard let mark = index.replicaSince else { return [] }
    var found: [Row] = []
    var position = mark
    while found.count < Limits.deviationCount {
      let rows = try index.rows(after: position, limit: Limits.scanSliceItemCount)
      guard let last = rows.last else { break }
      position = last.sequence
      for row in rows where index.isDeviation(row.entry) {
        if row.entry.isAlias { continue }
        if row.entry.isAlive, !row.isHeld { continue }
        if let path = try formerPath(of: row.entry.place), path.isWithin(top) { found.append(row) }
      }
    }
    return found
  }

  /// The path of a place, also in a directory that is gone.
  private func formerPath(of place: Place) throws(IndexError) -> RelativePath? {
    var names = [place.name]
    var parent = place.parent
    while parent != .root {
      guard names.count < Limits.directoryDepth, let row = try index.row(.directory(parent))
      else { return nil }
      names.append(row.entry.place.name)
      parent = row.entry.place.parent
    }
    return RelativePath(components: names.reversed())
  }

  /// What was changed here below these paths gives way to what the peers have: they are asked to
  /// tell everything again. How many things that concerns.
  mutating func takeBack(below top: RelativePath) throws(IndexError) {
    for row in try deviatingRows(below: top) where revoked.count < Limits.deviationCount {
      revoked[row.entry.key] = row.entry.version.dot.counter
    }
    guard !revoked.isEmpty else { return }
    try askEveryone("takes back what was changed on it; dial again")
  }

  /// What a unit comes to. What only replicas have told of and nobody has any more was changed or
  /// deleted on them: nobody will ever tell what became of it, so it counts as not told.
  func entries(of unit: Unit) -> [Entry] {
    var entries = unit.entries
    let lost = unit.lost
    guard !lost.isEmpty else { return entries }
    var told: Set<EntryKey> = []
    for part in unit.parts where sessionIndex(part.link).map({ sessions[$0].role }) != .replica {
      for entry in part.entries where entry.isContent(of: lost) { told.insert(entry.key) }
    }
    entries.removeAll { $0.isContent(of: lost) && !told.contains($0.key) }
    return entries
  }
}
