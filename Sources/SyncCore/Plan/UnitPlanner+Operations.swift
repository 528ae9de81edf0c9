// What is to be done on disk for the outcomes of a unit.

extension UnitPlanner {
  mutating func deriveOperations() throws(IndexError) {
    movedAway = Set(outcomes.values.compactMap { loser(thatBecomes: $0)?.entry.key })
    let dying = try dyingFiles()
    let homecoming = homecoming()
    for key in sortedKeys() {
      guard let outcome = outcomes[key] else { continue }
      if outcome.entry.isAlive, try !isLeftOut(outcome, homecoming: homecoming[key]) {
        try add(outcome, dying: dying)
      }
    }
    for key in sortedKeys() {
      guard let outcome = outcomes[key], !outcome.entry.isAlive else { continue }
      try addRemoval(outcome)
    }
    try tieRows()
    try resolvePaths()
  }

  /// Names for each row the operations that keep what it leaves behind. Where that comes to no disk
  /// here, since it is ignored, nothing is to say that it was seen: whoever holds it keeps it.
  private mutating func tieRows() throws(IndexError) {
    var operations: [EntryKey: Int] = [:]
    for row in plan.rows { operations[row.entry.key] = row.operation }
    for number in plan.rows.indices {
      let key = plan.rows[number].entry.key
      guard let outcome = outcomes[key], !outcome.keptAt.isEmpty else { continue }
      var seen: Set<EntryKey> = [key]
      var waiting = outcome.keptAt
      var isKept = true
      while let next = waiting.popLast() {
        guard seen.insert(next).inserted else { continue }
        if let operation = operations[next] {
          plan.rows[number].keeping.append(operation)
        } else if try !isSettled(next) {
          isKept = false
        }
        waiting += outcomes[next]?.keptAt ?? []
      }
      plan.rows[number].keeping = Set(plan.rows[number].keeping).sorted()
      plan.rows[number].versionBefore = outcome.isOurs ? nil : outcome.versionBefore
      if !isKept, outcome.entry.directory == nil, let version = plan.rows[number].versionBefore {
        plan.rows[number].entry.version = version
      }
    }
  }

  /// Whether what is to be kept under a key is here already, or was deleted there.
  private func isSettled(_ key: EntryKey) throws(IndexError) -> Bool {
    guard let entry = try future(key) else { return false }
    if !entry.isAlive { return true }
    return try standingRow(key)?.isHeld ?? false
  }

  /// The local file or symlink that lost and is moved to become an outcome. It stays where it is if
  /// what won there in the end has its content.
  func loser(thatBecomes outcome: Outcome) -> Row? {
    guard outcome.entry.isAlive, let lost = outcome.isMovedFrom, lost.observed != nil,
      lost.entry.body == outcome.entry.body,
      outcome.row?.observed == nil || outcome.row?.entry.body != outcome.entry.body,
      outcomes[lost.entry.key]?.entry.body != lost.entry.body
    else { return nil }
    return lost
  }

  /// Files that this unit removes from their places: each can become another with its content.
  private mutating func dyingFiles() throws(IndexError) -> [ContentID: [Row]] {
    var dying: [ContentID: [Row]] = [:]
    for key in sortedKeys() {
      guard let outcome = outcomes[key], case .deleted = outcome.entry.body, let row = outcome.row,
        let content = row.entry.content, row.observed != nil, !movedAway.contains(key)
      else { continue }
      dying[content.id, default: []].append(row)
    }
    return dying
  }

  /// What aliases hold here, by where it is at home: where things are ignored, since all else comes
  /// home by its content.
  private mutating func homecoming() -> [EntryKey: Row] {
    if ignoring.isEmpty { return [:] }
    var homecoming: [EntryKey: Row] = [:]
    for key in sortedKeys() {
      guard let outcome = outcomes[key], outcome.isVacated, let row = outcome.row else { continue }
      for home in outcome.keptAt where homecoming[home] == nil { homecoming[home] = row }
    }
    return homecoming
  }

  private mutating func add(
    _ outcome: Outcome, dying: [ContentID: [Row]]
  ) throws(IndexError) {
    let entry = outcome.entry
    let here = outcome.row.flatMap { $0.entry.isAlive ? $0 : nil }
    switch entry.body {
    case .directory(let id):
      addDirectory(id, outcome, here: here)
    case .symlink(let target):
      if let here, here.entry.body == entry.body, let observed = here.observed {
        let operation = here.entry.mtime == entry.mtime ? nil : attributes(entry, observed)
        return addRow(outcome, operation: operation)
      }
      if let lost = loser(thatBecomes: outcome), let observed = lost.observed {
        return addRow(
          outcome,
          operation: moved(lost, observed, to: entry, replacing: replaced(here)))
      }
      addRow(
        outcome,
        operation: append(
          .putSymlink(
            target: target, at: entry.place, mtime: entry.mtime, replacing: replaced(here))))
    case .file(let content, let size):
      if let here, here.entry.content?.id == content, let observed = here.observed,
        try !partsFromOthers(entry, here)
      {
        let isEqual =
          here.entry.mode == entry.mode && here.entry.mtime == entry.mtime
          && here.entry.attributes == entry.attributes
        return addRow(outcome, operation: isEqual ? nil : attributes(entry, observed))
      }
      if let lost = loser(thatBecomes: outcome), let observed = lost.observed {
        return addRow(
          outcome, operation: moved(lost, observed, to: entry, replacing: replaced(here)))
      }
      let free = dying[content]?.first { leavings[$0.entry.key] == nil }
      if let source = free, let observed = source.observed {
        let operation = moved(source, observed, to: entry, replacing: replaced(here))
        return addRow(outcome, operation: operation)
      }
      guard let file = staged(entry.place), file.content == content,
        file.file.stamp.mode == entry.mode, file.file.stamp.mtime == entry.mtime
      else {
        plan.needs.append(
          Need(
            place: entry.place, content: content, size: size, mode: entry.mode, mtime: entry.mtime))
        return addRow(outcome, operation: nil)
      }
      addRow(
        outcome,
        operation: append(.putFile(file.file, at: entry.place, replacing: replaced(here))))
    case .deleted, .deletedDirectory, .merged: preconditionFailure("not alive")
    }
  }

  /// Whether a file that has other names here got one of its own where it was changed: then it must
  /// here, too, before anything of it is changed.
  private func partsFromOthers(_ entry: Entry, _ here: Row) throws(IndexError) -> Bool {
    guard entry.version.dot != here.entry.version.dot, !linked.contains(entry.place),
      let inode = here.observed?.inode
    else { return false }
    return try index.file(inode: inode).count > 1
  }

  private mutating func addDirectory(_ id: DirectoryID, _ outcome: Outcome, here: Row?) {
    let entry = outcome.entry
    guard let here, let observed = here.observed else {
      return addRow(
        outcome, operation: append(.makeDirectory(id, at: entry.place, mode: entry.mode)))
    }
    if here.entry.place != entry.place {
      return addRow(
        outcome,
        operation: append(
          .moveDirectory(
            id, from: here.entry.place, to: entry.place, expected: observed, mode: entry.mode)))
    }
    let isEqual = here.entry.mode == entry.mode && here.entry.attributes == entry.attributes
    addRow(outcome, operation: isEqual ? nil : attributes(entry, observed))
  }

  /// What must be at the place when the file is put there: what is there now, unless that is a
  /// loser which is moved away in the same plan.
  private func replaced(_ here: Row?) -> FileStamp? {
    guard let here, !movedAway.contains(here.entry.key) else { return nil }
    return here.observed
  }

  private mutating func attributes(_ entry: Entry, _ observed: FileStamp) -> Int {
    let mtime: Int64? = entry.directory == nil ? entry.mtime : nil
    return append(
      .setAttributes(at: entry.place, expected: observed, mode: entry.mode, mtime: mtime))
  }

  mutating func moved(
    _ source: Row, _ observed: FileStamp, to entry: Entry, replacing: FileStamp?
  ) -> Int {
    let operation = append(
      .moveFile(
        from: source.entry.place, to: entry.place, expected: observed, replacing: replacing,
        mode: entry.mode, mtime: entry.mtime))
    notePresent(source)
    if !source.observedAttributes.isEmpty, !entry.isSymlink {
      plan.attributes[operation] = entry.attributes
    }
    leavings[source.entry.key] = operation
    return operation
  }

  private mutating func addRemoval(_ outcome: Outcome) throws(IndexError) {
    guard let row = outcome.row, row.entry.isAlive, let observed = row.observed else {
      return addRow(outcome, operation: nil)
    }
    switch outcome.entry.body {
    case .deletedDirectory(let id), .merged(let id, _):
      addRow(
        outcome,
        operation: append(.removeDirectory(id, at: row.entry.place, expected: observed)))
    case .deleted:
      // Where a loser is moved away it is gone once, and only if, that is done.
      addRow(
        outcome,
        operation: leavings[row.entry.key]
          ?? append(.removeFile(at: row.entry.place, expected: observed)))
    case .file, .symlink, .directory: preconditionFailure("alive")
    }
  }

  mutating func append(_ operation: Operation) -> Int {
    plan.operations.append(operation)
    return plan.operations.count - 1
  }

  mutating func addRow(_ outcome: Outcome, operation: Int?) {
    outcome.row.map { notePresent($0) }
    let observed = outcome.row?.observedAttributes ?? .empty
    let mayHaveAny =
      rules.ownership != nil || !outcome.entry.attributes.isEmpty || !observed.isEmpty
    if let operation, outcome.entry.isAlive, !outcome.entry.isSymlink, mayHaveAny {
      plan.attributes[operation] = outcome.entry.attributes
    }
    plan.rows.append(
      PlannedRow(
        entry: outcome.entry, previous: outcome.row, operation: operation,
        isVacated: outcome.isVacated, isOurs: outcome.isOurs,
        isStateOurs: outcome.entry.directory.map(isStateOurs) ?? false,
        isAsAnnounced: outcome.isAsAnnounced))
  }

  private mutating func notePresent(_ row: Row) {
    guard let stamp = row.observed, !row.observedAttributes.isEmpty else { return }
    plan.present[stamp.inode] = row.observedAttributes
  }

  // MARK: Paths

  /// Where the directories are now that operations speak of.
  private mutating func resolvePaths() throws(IndexError) {
    for operation in plan.operations {
      for id in operation.directories where plan.directories[id] == nil {
        if let path = try path(of: id) { plan.directories[id] = path }
      }
    }
  }

  /// `nil` for what is in no directory that is here, or in itself: a step that was refused can
  /// leave that.
  private mutating func path(of id: DirectoryID) throws(IndexError) -> RelativePath? {
    var way: [(id: DirectoryID, row: Row)] = []
    var (above, path) = (id, RelativePath.root)
    while above != .root {
      if let known = plan.directories[above] {
        path = known
        break
      }
      guard way.count < Limits.directoryDepth, let row = try index.row(.directory(above)),
        row.entry.isAlive, row.isHeld
      else { return nil }
      way.append((above, row))
      above = row.entry.place.parent
    }
    for (id, row) in way.reversed() {
      path = path.appending(row.entry.place.name)
      plan.directories[id] = path
      plan.identities[id] = row.observed?.identity
    }
    return path
  }
}

extension Entry {
  fileprivate var isSymlink: Bool { if case .symlink = body { true } else { false } }
}

extension Operation {
  /// Every directory that the operation names.
  public var directories: [DirectoryID] {
    switch self {
    case .makeDirectory(let id, let place, _): [id, place.parent]
    case .moveDirectory(let id, let from, let to, _, _): [id, from.parent, to.parent]
    case .putFile(let staged, let place, _): [staged.place.parent, place.parent]
    case .putSymlink(_, let place, _, _): [place.parent]
    case .moveFile(let from, let to, _, _, _, _): [from.parent, to.parent]
    case .setAttributes(let place, _, _, _): [place.parent]
    case .removeFile(let place, _): [place.parent]
    case .removeDirectory(let id, let place, _): [id, place.parent]
    }
  }
}
