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
  /// Whether a bundle that gives way waits until somebody has told all that is to change.
  let awaitsWord: Bool
  /// Up to which of this node's sequences all who tell the unit had what was recorded here.
  let heard: UInt64
  /// Places that have one file with others, as those tell who announce it.
  let linked: Set<Place>
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
  var movedAway: Set<EntryKey> = []
  /// The operations that move them.
  var leavings: [EntryKey: Int] = [:]
  /// The rules in force in directories, as they will stand.
  var scopes: [DirectoryID: IgnoreScope] = [:]
  /// Directories of the unit: they may be looked for before they have an outcome.
  var announced: [DirectoryID: Entry] = [:]
  /// What becomes of bundles that are told in more states than one.
  var verdicts: [DirectoryID: Verdict] = [:]
  /// The states of bundles that are told.
  var statesTold: [DirectoryID: ToldStates] = [:]
  /// With which of them something is told, by its changes; `nil` until somebody asks.
  var toldStates: [EntryKey: [Dot: PlacedState]]?
  /// Bundles about which somebody is to say a word first.
  var awaited: Set<DirectoryID> = []
  /// Bundles of which a state is told, in order.
  var judged: [DirectoryID] = []
  /// What is told in such bundles and is of no state of them, by its changes.
  var strangers: [EntryKey: Set<Dot>] = [:]
  /// Bundles whose state here was made here and had to give way.
  var overruled: [Row] = []
  /// Bundles that are merged since the unit puts them at one place, and what into.
  var decided: [DirectoryID: DirectoryID] = [:]
  /// In which bundles entries lie.
  var membership: BundleMembership
  /// What was announced.
  let entries: [Entry]
  /// The contents of that; `nil` until somebody asks.
  var contentsTold: Set<ContentID>?
  /// The same, as it was told together.
  let tellings: [Telling]
  /// Whether something comes to a directory that is known and not here.
  var lacksParents = false
  /// Whether nothing had to be decided since this was set.
  var isTree = true
  var plan = UnitPlan()

  /// What one peer announced as a unit.
  package struct Telling {
    var entries: [Entry]
    /// Whether a replica did, which doesn't say of all that it is in a bundle.
    var isByReplica = false
  }

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
    _ entries: [Entry], index: any Index, lost: Set<ContentID>, rules: ShareRules,
    ignoring: IgnoreTree, revoked: [EntryKey: UInt64], heard: UInt64, awaitsWord: Bool,
    linked: Set<Place>, tellings: [Telling],
    staged: @escaping (Place) -> StagedContent?
  ) {
    self.entries = entries
    self.tellings = tellings.isEmpty ? [Telling(entries: entries)] : tellings
    self.index = index
    self.lost = lost
    self.rules = rules
    self.ignoring = ignoring
    self.revoked = revoked
    self.awaitsWord = awaitsWord
    self.heard = heard
    self.linked = linked
    self.staged = staged
    membership = BundleMembership(rules.bundles, of: [], index: index)
  }

  /// Plans a unit.
  package static func plan(
    _ entries: [Entry], index: any Index, lost: Set<ContentID> = [],
    rules: ShareRules = ShareRules(), ignoring: IgnoreTree = IgnoreTree(),
    revoked: [EntryKey: UInt64] = [:], heard: UInt64 = .max, awaitsWord: Bool = true,
    linked: Set<Place> = [], tellings: [Telling] = [],
    staged: @escaping (Place) -> StagedContent?
  ) throws(IndexError) -> UnitPlan {
    var planner = UnitPlanner(
      entries, index: index, lost: lost, rules: rules, ignoring: ignoring, revoked: revoked,
      heard: heard, awaitsWord: awaitsWord, linked: linked, tellings: tellings,
      staged: staged)
    // What bundles are one is known only once all have their places; then their states are judged.
    while true {
      var attempt = planner
      try attempt.run()
      if attempt.decided == planner.decided { return attempt.plan }
      planner.decided = attempt.decided
    }
  }

  private mutating func run() throws(IndexError) {
    let (atHome, moved) = try Announcement.atHome(
      entries, index: index, decided: decided)
    noteAnnounced(atHome)
    try judgeBundles(atHome)
    if plan.awaitedBundle != nil { return try sayWords(atHome) }
    try settleDeletions(atHome)
    for entry in try inOrder(atHome) {
      try reconcile(entry, isAsAnnounced: !moved.contains(entry.key))
    }
    try keepOverruled()
    // A decision can make another necessary: a directory that is revived needs its place.
    var roundCount = 0
    repeat {
      roundCount += 1
      precondition(
        roundCount <= Limits.planRoundCount + outcomes.count, "the plan of a unit has no end")
      isTree = true
      scopes = [:]
      try emptyAliases()
      try keepFullDirectories()
      try reviveParents()
      try makeMissingParents()
      try separateCollisions()
      try breakCycles()
    } while !isTree && plan.unknownParent == nil
    guard plan.unknownParent == nil else { return }
    plan.takenOver = try takenOver()
    guard plan.takenOver.isEmpty else { return }
    try tieStates()
    try deriveOperations()
  }

  // MARK: Reconciling

  mutating func set(_ outcome: Outcome) {
    let entry = outcome.entry
    outcomes[entry.key] = outcome
    guard entry.isAlive else { return }
    livingParents.insert(entry.place.parent)
    if entry.directory != nil { directoriesAt[entry.place, default: []].append(entry.key) }
  }

  /// What is told, of each key first what had seen what is here: that is replaced, and has not lost
  /// to what is told by somebody who had not heard of it.
  func inOrder(_ entries: [Entry]) throws(IndexError) -> [Entry] {
    var ordered = entries
    var start = 0
    while start < entries.count {
      let key = entries[start].key
      let end = entries[start...].firstIndex { $0.key != key } ?? entries.count
      if end - start > 1, let here = try index.row(key)?.entry.version.dot {
        let told = entries[start..<end]
        let (later, others) = (
          told.filter { $0.version.vector.includes(here) },
          told.filter { !$0.version.vector.includes(here) }
        )
        ordered.replaceSubrange(start..<end, with: later + others)
      }
      start = end
    }
    return ordered
  }

  private mutating func reconcile(_ entry: Entry, isAsAnnounced: Bool) throws(IndexError) {
    var placed = entry
    if entry.directory != nil { placed.place.parent = try index.canonical(entry.place.parent) }
    // What is ignored here is no business of the source, either.
    let isPutBack = rules.role == .source ? true : try givesWay(placed)
    if isPutBack, try !isIgnored(placed), try putBack(placed) { return }
    try settle(placed, isAsAnnounced: isAsAnnounced && placed == entry)
    try settleHeir(of: placed, isPutBack: isPutBack && !placed.isAlias)
  }

  /// What was done to a directory that is an alias here was done to the one it was merged into:
  /// otherwise who deletes that one would not have seen it. As for files, the alias's past says
  /// nothing about that one's.
  private mutating func settleHeir(of entry: Entry, isPutBack: Bool) throws(IndexError) {
    guard let inherited = try inherited(from: entry), try standingRow(inherited.key) != nil else {
      return
    }
    let isPutBack = rules.role == .source || isPutBack
    if isPutBack, try !isIgnored(inherited), try putBack(inherited) { return }
    try settle(inherited, isAsAnnounced: false)
  }

  /// A directory that is an alias here, or stands here and is told to be one by who had not seen
  /// that, as of the one that it was merged into; `nil` for any other.
  func inherited(from entry: Entry) throws(IndexError) -> Entry? {
    var inherited = entry
    var heir: DirectoryID
    switch entry.body {
    case .directory(let id): heir = id
    case .merged(let id, let into):
      guard let standing = try index.row(.directory(id))?.entry, standing.isAlive,
        !entry.version.vector.includes(standing.version.dot)
      else { return nil }
      inherited = standing
      inherited.version = standing.version.transplanted(from: id)
      heir = into
    case .file, .symlink, .deleted, .deletedDirectory: return nil
    }
    // Targets only get smaller, so this ends.
    while case .merged(_, let into)? = try index.row(.directory(heir))?.entry.body, into < heir {
      inherited.version = inherited.version.transplanted(from: heir)
      heir = into
    }
    inherited.body = .directory(heir)
    return heir == entry.directory ? nil : inherited
  }

  /// At the source of a share what another node changed is told anew as it is here. Returns whether
  /// there is something to put back.
  mutating func putBack(_ entry: Entry) throws(IndexError) -> Bool {
    if entry.isAlias { return false }
    let known = outcomes[entry.key]
    let row = try standingRow(entry.key)
    var truth: Entry
    var standing = known?.entry ?? row?.entry
    var losers: [Entry] = []
    if known == nil, entry.directory == nil {
      (standing, losers) = try comingHome(to: entry.place, besides: standing)
    }
    if let standing {
      let merge = Reconciler.merge(standing, entry)
      if merge.copy == nil, merge.kept.isEqualButForItsPast(to: standing) { return false }
      truth = standing.absorbing(entry)
      truth.bundle = state(of: standing, after: entry)
    } else {
      guard entry.isAlive else { return false }
      truth = entry
      truth.body = entry.bodyWhenGone
      (truth.mode, truth.mtime, truth.attributes) = (0, 0, .empty)
    }
    set(Outcome(entry: truth, row: row, isOurs: true))
    for loser in losers {
      let isLocal = loser.version.dot == row?.entry.version.dot
      try keep(loser, thatLostAt: entry.key, from: isLocal ? row : nil)
    }
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
    var merge = Reconciler.merge(standing, entry, preferring: rules.preferred)
    if !merge.kept.isAlias { merge.kept.bundle = state(of: standing, after: entry) }
    // Whoever told of it has changed or lost it since. If somebody else has it yet, or it comes
    // anew, the other one has not seen it.
    let other = merge.kept.version.dot == entry.version.dot ? standing : entry
    guard standing.version.order(to: entry.version) == .concurrent else { return merge }
    if isLost(merge.kept), !isLost(other) { return Reconciler.Merge(kept: other) }
    // Nor has what wins seen a loser of which no copy is kept: it may be there after all.
    if merge.copy != nil, isLost(entry) { return Reconciler.Merge(kept: standing) }
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
    var merge = merge(standing, entry)
    if let later = try later(entry, standing, before: row) {
      merge = Reconciler.Merge(kept: later)
    }
    if known == nil, let row, try isLeft(row, to: entry) { merge = Reconciler.Merge(kept: entry) }
    // What was told before and isn't here may be wanted by now.
    let isMissing = row.map { !$0.isHeld } ?? false
    if merge.kept != standing || known != nil || (isMissing && merge.kept.isAlive) {
      let hasWon = merge.kept.version.dot == entry.version.dot
      set(
        Outcome(
          entry: merge.kept, row: row,
          isOurs: known?.isOurs == true && known?.entry.version.dot == merge.kept.version.dot,
          isAsAnnounced: isAsAnnounced && merge.kept == entry,
          isMovedFrom: known?.isMovedFrom, keptAt: known?.keptAt ?? [],
          versionBefore: hasWon ? entry.version : known?.versionBefore ?? standing.version))
    }
    guard let copy = merge.copy else { return }
    let isLocal = known == nil && copy.version == standing.version
    try keep(copy, thatLostAt: key, from: isLocal ? row : nil)
  }

  /// Keeps the copy of a loser, this node's own file of a row or one that came from elsewhere.
  private mutating func keep(
    _ copy: Entry, thatLostAt key: EntryKey, from row: Row?
  ) throws(IndexError) {
    if row == nil, isLost(copy) { return }
    // What is ignored here stays where it is.
    let isMissing = row.map { !$0.isHeld } ?? false
    // Where a local loser can't be moved away, nothing is put in its place either: unless its user
    // took it away, and then there is nothing to keep. Of a replica's nobody hears that he did.
    if row == nil || isMissing || rules.role == .replica {
      outcomes[key]?.keptAt.append(copy.key)
    }
    if !isMissing { try keepBeside(copy, from: row) }
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
}
