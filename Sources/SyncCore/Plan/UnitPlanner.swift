/// From announced entries to rows and operations: reconciles each with what is here, mends what
/// would not be a tree, and derives what is to be done on disk. Pure but for reading the index.
package struct UnitPlanner {
  let index: any Index
  /// Contents that nobody has any more. A loser without its content needs no copy: its user has
  /// changed or deleted it. A winner without it waits for what its user made of it.
  let lost: Set<ContentID>
  /// Whose word counts.
  let rules: ShareRules
  /// What of all that is told isn't wanted here.
  let ignoring: IgnoreTree
  /// Counters of changes of a replica that give way to what its peers have.
  let revoked: [EntryKey: UInt64]
  /// What is staged for a place.
  let staged: (Place) -> StagedContent?

  /// The outcome for each key that changes, in the order of their keys.
  var outcomes: [EntryKey: Outcome] = [:]
  /// Their keys, as `sortedKeys` last sorted them.
  var keys: [EntryKey] = []
  /// Directories with an outcome, by the places they got; a later outcome may have moved them on.
  var directoriesAt: [Place: [EntryKey]] = [:]
  /// Directories in which something with an outcome was to live.
  var livingParents: Set<DirectoryID> = []
  /// Local files that lost and leave their places; known once all outcomes are.
  private var movedAway: Set<EntryKey> = []
  /// The operations that move them.
  private var leavings: [EntryKey: Int] = [:]
  /// The rules in force in directories, as they will stand.
  var scopes: [DirectoryID: IgnoreScope] = [:]
  /// Directories of the unit: they may be looked for before they have an outcome.
  var announced: [DirectoryID: Entry] = [:]
  /// Whether nothing had to be decided since this was set.
  var isTree = true
  var plan = UnitPlan()

  struct Outcome {
    var entry: Entry
    var row: Row?
    var isOurs = false
    var isAsAnnounced = false
    /// Whether it is what an alias held, which is at home by now.
    var isVacated = false
    /// A local file that lost and is to be taken from this row's place.
    var isMovedFrom: Row?
    /// Where what this leaves behind is kept.
    var keptAt: [EntryKey] = []
    /// The version before it had seen what is kept there; `nil` if it is there only because of it.
    var versionBefore: Version?
  }

  init(
    index: any Index, lost: Set<ContentID>, rules: ShareRules, ignoring: IgnoreTree,
    revoked: [EntryKey: UInt64], staged: @escaping (Place) -> StagedContent?
  ) {
    self.index = index
    self.lost = lost
    self.rules = rules
    self.ignoring = ignoring
    self.revoked = revoked
    self.staged = staged
  }

  /// Plans a unit.
  package static func plan(
    _ entries: [Entry], index: any Index, lost: Set<ContentID> = [],
    rules: ShareRules = ShareRules(), ignoring: IgnoreTree = IgnoreTree(),
    revoked: [EntryKey: UInt64] = [:], staged: @escaping (Place) -> StagedContent?
  ) throws(IndexError) -> UnitPlan {
    var planner = UnitPlanner(
      index: index, lost: lost, rules: rules, ignoring: ignoring, revoked: revoked,
      staged: staged)
    let (atHome, moved) = try Announcement.atHome(entries, index: index)
    planner.noteAnnounced(atHome)
    for entry in atHome {
      try planner.reconcile(entry, isAsAnnounced: !moved.contains(entry.key))
    }
    // A decision can make another necessary: a directory that is revived needs its place.
    repeat {
      planner.isTree = true
      planner.scopes = [:]
      try planner.emptyAliases()
      try planner.keepFullDirectories()
      try planner.reviveParents()
      try planner.separateCollisions()
      try planner.breakCycles()
    } while !planner.isTree && planner.plan.unknownParent == nil
    if planner.plan.unknownParent == nil { try planner.deriveOperations() }
    return planner.plan
  }

  // MARK: Reconciling

  mutating func set(_ outcome: Outcome) {
    let entry = outcome.entry
    outcomes[entry.key] = outcome
    guard entry.isAlive else { return }
    livingParents.insert(entry.place.parent)
    if entry.directory != nil { directoriesAt[entry.place, default: []].append(entry.key) }
  }

  private mutating func reconcile(_ entry: Entry, isAsAnnounced: Bool) throws(IndexError) {
    var placed = entry
    if entry.directory != nil { placed.place.parent = try index.canonical(entry.place.parent) }
    // What is ignored here is no business of the source, either.
    if rules.role == .source, try !isIgnored(placed), try putBack(placed) { return }
    try settle(placed, isAsAnnounced: isAsAnnounced && placed == entry)
    try settleHeir(of: placed)
  }

  /// What was done to a directory that is an alias here was done to the one it was merged into:
  /// otherwise who deletes that one would not have seen it. As for files, the alias's past says
  /// nothing about that one's.
  private mutating func settleHeir(of entry: Entry) throws(IndexError) {
    guard case .directory(let id) = entry.body else { return }
    var (inherited, heir) = (entry, id)
    // Targets only get smaller, so this ends.
    while case .merged(_, let into)? = try index.row(.directory(heir))?.entry.body, into < heir {
      inherited.version = inherited.version.transplanted(from: heir)
      heir = into
    }
    guard heir != id, try standingRow(.directory(heir)) != nil else { return }
    inherited.body = .directory(heir)
    if rules.role == .source, try !isIgnored(inherited), try putBack(inherited) { return }
    try settle(inherited, isAsAnnounced: false)
  }

  /// At the source of a share what another node changed is told anew as it is here. Returns whether
  /// there is something to put back.
  private mutating func putBack(_ entry: Entry) throws(IndexError) -> Bool {
    if case .merged = entry.body { return false }
    let known = outcomes[entry.key]
    let row = try standingRow(entry.key)
    var truth: Entry
    if let standing = known?.entry ?? row?.entry {
      let merge = Reconciler.merge(standing, entry)
      if merge.copy == nil, merge.kept.isEqualButForItsPast(to: standing) { return false }
      truth = standing.absorbing(entry)
    } else {
      guard entry.isAlive else { return false }
      truth = entry
      truth.body = entry.bodyWhenGone
      (truth.mode, truth.mtime, truth.attributes) = (0, 0, .empty)
    }
    set(Outcome(entry: truth, row: row, isOurs: true))
    return true
  }

  /// A replica doesn't defend what was changed on it: what is new elsewhere replaces that.
  private func merge(_ standing: Entry, _ entry: Entry) -> Reconciler.Merge {
    if rules.role == .replica, standing.version.dot.actor.node == index.actor.node {
      switch entry.version.order(to: standing.version) {
      case .newer, .concurrent: return Reconciler.Merge(kept: entry)
      case .obsolete where revoked[entry.key] == standing.version.dot.counter:
        return Reconciler.Merge(kept: entry)
      case .same, .obsolete: break
      }
    }
    // What was made in a directory that turns out to be an alias comes home to what peers have.
    if index.isDeviation(entry), !index.isDeviation(standing) {
      return Reconciler.Merge(kept: standing)
    }
    let merge = Reconciler.merge(standing, entry, preferring: rules.preferred)
    // Whoever told of it has changed or lost it since. If somebody else has it yet, or it comes
    // anew, the other one has not seen it.
    let other = merge.kept.version.dot == entry.version.dot ? standing : entry
    if isLost(merge.kept), !isLost(other),
      standing.version.order(to: entry.version) == .concurrent
    {
      return Reconciler.Merge(kept: other)
    }
    return merge
  }

  func isLost(_ entry: Entry) -> Bool { entry.content.map { lost.contains($0.id) } ?? false }

  /// Merges an entry with what stands at its key, here or from this unit.
  mutating func settle(
    _ entry: Entry, isAsAnnounced: Bool
  ) throws(IndexError) {
    let key = entry.key
    let known = outcomes[key]
    let row = try standingRow(key)
    guard let standing = known?.entry ?? row?.entry else {
      return set(Outcome(entry: entry, row: nil, isAsAnnounced: isAsAnnounced))
    }
    let merge = merge(standing, entry)
    // What was told before and isn't here may be wanted by now.
    let isMissing = row.map { !$0.isHeld } ?? false
    if merge.kept != standing || known != nil || (isMissing && merge.kept.isAlive) {
      let hasWon = merge.kept.version.dot == entry.version.dot
      set(
        Outcome(
          entry: merge.kept, row: row, isAsAnnounced: isAsAnnounced && merge.kept == entry,
          isMovedFrom: known?.isMovedFrom, keptAt: known?.keptAt ?? [],
          versionBefore: hasWon ? entry.version : known?.versionBefore ?? standing.version))
    }
    guard let copy = merge.copy else { return }
    let isLocal = known == nil && copy.version == standing.version
    if !isLocal, isLost(copy) { return }
    // What is ignored here stays where it is.
    if isLocal, isMissing { return }
    // Where a local loser can't be moved away, nothing is put in its place either: unless its user
    // took it away, and then there is nothing to keep.
    if !isLocal { outcomes[key]?.keptAt.append(copy.key) }
    try keepBeside(copy, from: isLocal ? row : nil)
  }

  /// A loser gets its place beside the winner. If it is this node's own file, it is moved there.
  mutating func keepBeside(_ copy: Entry, from row: Row?) throws(IndexError) {
    try settle(copy, isAsAnnounced: false)
    if outcomes[copy.key]?.entry == copy, outcomes[copy.key]?.row?.entry.isAlive != true {
      outcomes[copy.key]?.isMovedFrom = row
    }
  }

  /// The row that an outcome for this key follows.
  func standingRow(_ key: EntryKey) throws(IndexError) -> Row? {
    if let known = outcomes[key] { return known.row }
    return try index.row(key)
  }

  // MARK: Operations

  private mutating func deriveOperations() throws(IndexError) {
    movedAway = Set(outcomes.values.compactMap { loser(thatBecomes: $0)?.entry.key })
    let dying = try dyingFiles()
    for key in sortedKeys() {
      guard let outcome = outcomes[key] else { continue }
      if outcome.entry.isAlive, try !isLeftOut(outcome) {
        try add(outcome, dying: dying)
      }
    }
    for key in sortedKeys() {
      guard let outcome = outcomes[key], !outcome.entry.isAlive else { continue }
      try addRemoval(outcome)
    }
    tieRows()
    try resolvePaths()
  }

  /// Names for each row the operations that keep what it leaves behind.
  private mutating func tieRows() {
    var operations: [EntryKey: Int] = [:]
    for row in plan.rows { operations[row.entry.key] = row.operation }
    for number in plan.rows.indices {
      let key = plan.rows[number].entry.key
      guard let outcome = outcomes[key], !outcome.keptAt.isEmpty else { continue }
      var seen: Set<EntryKey> = [key]
      var waiting = outcome.keptAt
      while let next = waiting.popLast() {
        guard seen.insert(next).inserted else { continue }
        if let operation = operations[next] { plan.rows[number].keeping.append(operation) }
        waiting += outcomes[next]?.keptAt ?? []
      }
      plan.rows[number].keeping.sort()
      plan.rows[number].versionBefore = outcome.isOurs ? nil : outcome.versionBefore
    }
  }

  /// The local file or symlink that lost and is moved to become an outcome.
  func loser(thatBecomes outcome: Outcome) -> Row? {
    guard outcome.entry.isAlive, let lost = outcome.isMovedFrom, lost.observed != nil,
      lost.entry.body == outcome.entry.body,
      outcome.row?.observed == nil || outcome.row?.entry.body != outcome.entry.body
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
      if let here, here.entry.content?.id == content, let observed = here.observed {
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

  private mutating func moved(
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

  /// `nil` for what is in no living directory, or in itself: a step that was refused can leave
  /// that.
  private mutating func path(of id: DirectoryID) throws(IndexError) -> RelativePath? {
    var way: [(id: DirectoryID, row: Row)] = []
    var (above, path) = (id, RelativePath.root)
    while above != .root {
      if let known = plan.directories[above] {
        path = known
        break
      }
      guard way.count < Limits.directoryDepth, let row = try index.row(.directory(above)),
        row.entry.isAlive
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
