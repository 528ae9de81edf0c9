import SyncCore

/// What a user does on a node, as the node records it, and what of it the ledger must know.
struct PlannerUser {
  let node: PlannerNode
  /// Makes the ids of directories.
  let newDirectory: () -> DirectoryID
  /// The number of a content: the given one, or a new one.
  let content: (UInt64?) -> UInt64
  private(set) var touches: [PlannerLedger.Touch] = []

  init(
    _ node: PlannerNode, newDirectory: @escaping () -> DirectoryID,
    content: @escaping (UInt64?) -> UInt64
  ) {
    self.node = node
    self.newDirectory = newDirectory
    self.content = content
  }

  /// Where a path leads.
  private struct Target {
    var place: Place
    var paths: [UInt64]
    /// What stands there.
    var entry: Entry?
  }

  /// Does it, or nothing if it can't be done.
  mutating func perform(_ action: PlannerAction) throws(IndexError) {
    node.clock += 1
    switch action {
    case .write(let path): try make(path, content(nil), isLink: false)
    case .put(let path, let number): try make(path, content(number), isLink: false)
    case .link(let path): try make(path, content(nil), isLink: true)
    case .point(let path, let number): try make(path, content(number), isLink: true)
    case .mkdir(let path):
      guard let target = try target(path), target.entry?.directory == nil else { return }
      try remove(target)
      let id = newDirectory()
      note(.made, .directory(id), target)
      try node.record(target.place, .directory(id), mode: 0o755, mtime: 0)
    case .remove(let path):
      guard let target = try target(path) else { return }
      try remove(target)
    case .move(let from, let to):
      guard from != to, !to.isWithin(from), let source = try target(from), let entry = source.entry,
        let target = try target(to)
      else { return }
      try move(source, entry, target)
    case .chmod(let path):
      guard let target = try target(path), let entry = target.entry else { return }
      if case .symlink = entry.body { return }
      note(.changed, subject(entry), target)
      let attribute = [(name: Array("user.a".utf8), value: [UInt8(node.clock & 1)])]
      try node.record(
        target.place, entry.body, mode: entry.mode ^ 0o011, mtime: entry.mtime,
        attributes: ExtendedAttributes(entry.attributes.isEmpty ? attribute : []))
    }
  }

  private mutating func make(
    _ path: PlannerPath, _ number: UInt64, isLink: Bool
  ) throws(IndexError) {
    guard let target = try target(path) else { return }
    if target.entry?.directory != nil { try remove(target) }
    if target.entry?.body.number == number {
      note(.changed, .content(number), target)
    } else {
      noteOverwritten(target)
      note(.made, .content(number), target)
    }
    if isLink {
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      try node.record(target.place, .symlink(target: bytes), mode: 0, mtime: node.clock)
    } else {
      let body = Body.file(ContentID(words: (number, 0, 0, 0)), size: 10)
      try node.record(
        target.place, body, mode: target.entry?.content == nil ? 0o644 : target.entry?.mode ?? 0,
        mtime: node.clock)
    }
  }

  private mutating func move(
    _ source: Target, _ entry: Entry, _ target: Target
  ) throws(IndexError) {
    if entry.directory != nil {
      guard target.entry == nil else { return }
      note(.left, subject(entry), source)
      note(.arrived, subject(entry), target)
      return try node.record(
        target.place, entry.body, mode: entry.mode, mtime: 0, attributes: entry.attributes)
    }
    guard target.entry?.directory == nil else { return }
    noteOverwritten(target)
    note(.left, subject(entry), source)
    note(.arrived, subject(entry), target)
    try node.record(
      target.place, entry.body, mode: entry.mode, mtime: entry.mtime,
      attributes: entry.attributes)
    try node.record(source.place, .deleted(was: entry.content?.id), mode: 0, mtime: 0)
  }

  private mutating func remove(_ target: Target) throws(IndexError) {
    try node.takeAway(target.place)
    try recordRemoved(target)
  }

  /// As a look finds it: a directory before what was in it.
  private mutating func recordRemoved(_ target: Target) throws(IndexError) {
    guard let entry = target.entry else { return }
    note(.removed, subject(entry), target)
    try node.record(target.place, entry.bodyWhenGone, mode: 0, mtime: 0)
    guard let id = entry.directory else { return }
    for alias in try node.aliases(of: id) { note(.removed, .directory(alias), target) }
    for row in try node.index.children(of: id) where row.entry.isAlive {
      let name = row.entry.place.name
      try recordRemoved(
        Target(
          place: row.entry.place, paths: target.paths + [Self.hash(target.paths, name)],
          entry: row.entry))
    }
  }

  // MARK: Notes

  private func subject(_ entry: Entry) -> PlannerLedger.Subject {
    if let id = entry.directory { .directory(id) } else { .content(entry.body.number ?? 0) }
  }

  private mutating func note(
    _ effect: PlannerLedger.Effect, _ subject: PlannerLedger.Subject, _ target: Target
  ) {
    touches.append(
      PlannerLedger.Touch(
        effect: effect, subject: subject, place: target.place, paths: target.paths))
  }

  private mutating func noteOverwritten(_ target: Target) {
    guard let entry = target.entry, entry.directory == nil else { return }
    note(.removed, subject(entry), target)
  }

  // MARK: Paths

  private static func hash(_ above: [UInt64], _ name: Name) -> UInt64 {
    name.bytes.reduce((above.last ?? 0) &* 31 &+ 7) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// What a path leads to; `nil` if it is in no directory.
  private func target(_ path: PlannerPath) throws(IndexError) -> Target? {
    guard path.depth > 0 else { return nil }
    var target = Target(place: Place(parent: .root, name: .reserved), paths: [])
    var parent = DirectoryID.root
    for component in 0..<path.depth {
      if component > 0 {
        guard let id = target.entry?.directory else { return nil }
        parent = id
      }
      guard let name = try name(path[component], in: parent) else { return nil }
      target.place = Place(parent: parent, name: name)
      target.paths.append(Self.hash(target.paths, name))
      target.entry = try standing(target.place)
    }
    return target
  }

  private func standing(_ place: Place) throws(IndexError) -> Entry? {
    if let directory = try node.index.directory(at: place) { return directory.entry }
    let row = try node.index.row(.place(place))
    return row.flatMap { $0.entry.isAlive ? $0.entry : nil }
  }

  private func name(_ letter: UInt8, in parent: DirectoryID) throws(IndexError) -> Name? {
    if let name = PlannerPath.name(letter) { return name }
    let conflicts = try node.index.children(of: parent).filter { row in
      row.entry.isAlive && row.entry.place.name.isOfConflict
    }
    let number = Int(letter - PlannerPath.conflicts[0])
    return number < conflicts.count ? conflicts[number].entry.place.name : nil
  }
}
