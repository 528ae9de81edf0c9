// Peers with which nothing is exchanged yet, so that a person can see what would come of it: they
// are heard, nothing of theirs is applied, and nothing is told to them.

extension Engine {
  /// Which peers are only heard from now on; with the others the exchange goes on.
  mutating func hear(only peers: Set<NodeID>) throws(IndexError) {
    let released = heardOnly.subtracting(peers)
    heardOnly = peers
    guard !released.isEmpty else { return }
    let waiting = units.filter { $0.parts.contains { released.contains($0.peer) } }.map(\.id)
    for id in waiting { try advance(id) }
    try announceToAll()
  }

  /// Whether a peer is told what changes here.
  func isTold(_ session: Session) -> Bool {
    session.isReady && !heardOnly.contains(session.peer)
  }

  /// Whether a unit waits, since somebody who announced a part of it is only heard.
  func isOnlyHeard(_ unit: Unit) -> Bool {
    !heardOnly.isEmpty && unit.parts.contains { heardOnly.contains($0.peer) }
  }

  /// What would be done if the peer were not only heard, below a path. Nothing is changed: what a
  /// plan needs to see in the index is written and undone. O(what either side has to tell), on the
  /// control thread.
  public func forecast(
    with peer: NodeID, below path: RelativePath = .root
  ) throws(IndexError) -> Forecast {
    var forecast = Forecast(peer: peer)
    guard let number = sessionIndex(of: peer) else { return forecast }
    forecast.isConnected = true
    let parts = units.flatMap(\.parts).filter { $0.peer == peer }
    let entries = Announcement.merged(parts.flatMap(\.entries))
    forecast.announcedCount = entries.count + sessions[number].incoming.count
    let announced = sessions[number].announced
    var found: [Forecast.Item] = []
    var hasUnknownParent = false
    let undone = IndexError("a forecast is never kept")
    do throws(IndexError) {
      try index.transaction { () throws(IndexError) in
        let merger = DirectoryMerger(index: index, wall: now.wall, isInTransaction: true)
        _ = try merger.merge(
          entries, vacating: Announcement.placesVacated(by: entries, index: index))
        var plan = try plan(entries)
        if !plan.ignored.isEmpty {
          for var row in plan.ignored {
            (row.observed, row.observedAttributes) = (nil, .empty)
            try index.put(row)
          }
          plan = try self.plan(entries)
        }
        hasUnknownParent = plan.unknownParent != nil
        var seer = Seer(index: index, plan: plan)
        found = try seer.here()
        let told = try Self.told(
          to: peer, beyond: announced,
          withholding: rules.role == .replica ? node : nil, index: index)
        found += try seer.there(
          told, announced: Announcement.atHome(entries, index: index).entries,
          isFirst: announced == 0)
        throw undone
      }
    } catch {
      guard error == undone else { throw error }
    }
    forecast.isIncomplete = hasUnknownParent || !sessions[number].incoming.isEmpty
    forecast.take(
      found.filter { $0.path.isWithin(path) || $0.from.isWithin(path) && !$0.from.isRoot })
    return forecast
  }

  private func plan(_ entries: [Entry]) throws(IndexError) -> UnitPlan {
    try UnitPlanner.plan(entries, index: index, rules: rules, ignoring: ignoring) { _ in nil }
  }

  /// All that the peer has not been told.
  private static func told(
    to peer: NodeID, beyond announced: UInt64, withholding: NodeID?, index: any Index
  ) throws(IndexError) -> [Entry] {
    var told: [Entry] = []
    var position = announced
    while true {
      let rows = try index.rows(after: position, limit: Limits.unitEntryCount)
      guard let last = rows.last else { return told }
      told += try Announcement.entries(
        telling: rows, to: peer, beyond: position, withholding: withholding, index: index)
      position = last.sequence
    }
  }
}

/// Puts a plan into terms of paths.
private struct Seer {
  let index: any Index
  let plan: UnitPlan
  /// Where directories will stand.
  private var future: [DirectoryID: Place] = [:]
  private var outcomes: [EntryKey: Entry] = [:]
  private var paths: [DirectoryID: RelativePath?] = [:]

  init(index: any Index, plan: UnitPlan) {
    self.index = index
    self.plan = plan
    for row in plan.rows {
      outcomes[row.entry.key] = row.entry
      if case .directory(let id) = row.entry.body { future[id] = row.entry.place }
    }
  }

  /// The path of a place, as it will be or, for what is there now, as it is.
  private mutating func path(of place: Place, isNow: Bool = false) throws(IndexError)
    -> RelativePath?
  {
    if isNow { return plan.directories[place.parent]?.appending(place.name) }
    return try path(of: place.parent)?.appending(place.name)
  }

  private mutating func path(
    of id: DirectoryID, depth: Int = 0
  ) throws(IndexError) -> RelativePath? {
    if id == .root { return .root }
    if let known = paths[id] { return known }
    guard depth < Limits.directoryDepth else { return nil }
    var place = future[id]
    if place == nil { place = try index.row(.directory(id))?.entry.place }
    guard let place else { return nil }
    let path = try path(of: place.parent, depth: depth + 1)?.appending(place.name)
    paths[id] = path
    return path
  }

  // MARK: Here

  /// What the plan does on this disk.
  mutating func here() throws(IndexError) -> [Forecast.Item] {
    var items: [Forecast.Item] = []
    var sizes: [Place: Int64] = [:]
    var standing: Set<Place> = []
    for row in plan.rows {
      guard let previous = row.previous, previous.observed != nil else { continue }
      standing.insert(previous.entry.place)
      sizes[previous.entry.place] = previous.entry.content?.size ?? 0
    }
    for need in plan.needs {
      guard let path = try path(of: need.place) else { continue }
      let isNew = !standing.contains(need.place)
      let kind: Forecast.Kind =
        !isNew ? .replaced : ConflictName.isOne(need.place.name) ? .conflict : .created
      items.append(Forecast.Item(.here, kind, path, isDirectory: false, size: need.size))
    }
    for operation in plan.operations {
      guard let item = try item(operation, sizes: sizes) else { continue }
      items.append(item)
    }
    return items
  }

  private mutating func item(
    _ operation: Operation, sizes: [Place: Int64]
  ) throws(IndexError) -> Forecast.Item? {
    func made(
      _ kind: Forecast.Kind, _ path: RelativePath?, from: RelativePath? = nil,
      isDirectory: Bool = false, size: Int64 = 0
    ) -> Forecast.Item? {
      path.map {
        Forecast.Item(
          .here, kind, $0, from: from ?? .root, isDirectory: isDirectory, size: size)
      }
    }
    switch operation {
    case .makeDirectory(_, let place, _):
      return made(.created, try path(of: place), isDirectory: true)
    case .moveDirectory(_, let from, let to, _, _):
      return made(
        .moved, try path(of: to), from: try path(of: from, isNow: true), isDirectory: true)
    case .putFile(let file, let place, let replaced):
      return made(
        replaced == nil ? .created : .replaced, try path(of: place), size: file.stamp.size)
    case .putSymlink(_, let place, _, let replaced):
      return made(replaced == nil ? .created : .replaced, try path(of: place))
    case .moveFile(let from, let to, let expected, _, _, _):
      return made(
        ConflictName.isOne(to.name) && !ConflictName.isOne(from.name) ? .conflict : .moved,
        try path(of: to), from: try path(of: from, isNow: true), size: expected.size)
    case .setAttributes(let place, let expected, _, _):
      return made(.attributes, try path(of: place), isDirectory: expected.kind == .directory)
    case .removeFile(let place, _):
      return made(.deleted, try path(of: place, isNow: true), size: sizes[place] ?? 0)
    case .removeDirectory(_, let place, _):
      return made(.deleted, try path(of: place, isNow: true), isDirectory: true)
    }
  }

  // MARK: There

  /// What comes of it where the peer is: the difference between what will stand and what it has.
  mutating func there(
    _ told: [Entry], announced: [Entry], isFirst: Bool
  ) throws(IndexError) -> [Forecast.Item] {
    var theirs: [EntryKey: Entry] = [:]
    for entry in announced { theirs[try index.finalKey(of: entry)] = entry }
    var all: [EntryKey: Entry] = [:]
    for entry in told { all[entry.key] = entry }
    all.merge(outcomes) { _, outcome in outcome }
    var items: [Forecast.Item] = []
    for key in all.keys.sorted() {
      guard let entry = all[key], entry.isOfTree,
        let kind = try hasMoved(entry, theirs[key])
          ? .moved : Self.kind(entry, theirs[key], isFirst: isFirst),
        let path = try path(of: entry.place)
      else { continue }
      var from: RelativePath?
      if kind == .moved, let their = theirs[key] { from = try self.path(of: their.place) }
      items.append(
        Forecast.Item(
          .there, kind, path, from: from ?? .root, isDirectory: entry.directory != nil,
          size: kind == .attributes || kind == .moved
            ? 0 : (entry.content ?? theirs[key]?.content)?.size ?? 0))
    }
    return items
  }

  /// Whether what lives on either side stands elsewhere there.
  private func hasMoved(_ entry: Entry, _ their: Entry?) throws(IndexError) -> Bool {
    guard let their, their.isAlive, entry.isAlive else { return false }
    let parent = try index.canonical(their.place.parent)
    return entry.place != Place(parent: parent, name: their.place.name)
  }

  private static func kind(
    _ entry: Entry, _ their: Entry?, isFirst: Bool
  ) -> Forecast.Kind? {
    guard let their, their.isAlive else {
      guard entry.isAlive else { return their == nil && !isFirst ? .deleted : nil }
      if ConflictName.isOne(entry.place.name) { return .conflict }
      return their == nil && !isFirst ? .sent : .created
    }
    guard entry.isAlive else { return .deleted }
    if entry.directory == nil, entry.body != their.body { return .replaced }
    let isEqual =
      entry.mode == their.mode && entry.attributes == their.attributes
      && (entry.directory != nil || entry.mtime == their.mtime)
    return isEqual ? nil : .attributes
  }
}

extension Index {
  /// The key of what an entry has become part of: that of another, if it is a merged directory.
  fileprivate func finalKey(of entry: Entry) throws(IndexError) -> EntryKey {
    guard let id = entry.directory else { return entry.key }
    return .directory(try canonical(id))
  }
}

extension Entry {
  /// Whether it is something that people see: no alias.
  fileprivate var isOfTree: Bool { if case .merged = body { false } else { true } }
}
