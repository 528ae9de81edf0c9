/// Puts a plan into terms of paths.
struct Forecaster {
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
  fileprivate var isOfTree: Bool { !isAlias }
}
