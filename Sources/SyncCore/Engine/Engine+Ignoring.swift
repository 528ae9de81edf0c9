// What the rules of `.leftignore` files and of this machine say is not synced. The disk thread
// reads the files and names what they ignore; here is what follows from it.
//
// What peers tell of ignored things is kept in the index, as rows that live and are observed
// nowhere: so their directories are known, and what is no longer ignored can be asked for.

extension Engine {
  /// The rules in force in a directory as the index has it; `nil` if it isn't in the tree.
  func scope(of directory: DirectoryID, depth: Int = 0) throws(IndexError) -> IgnoreScope? {
    if directory == .root { return ignoring.root }
    guard depth < Limits.directoryDepth, let row = try index.row(.directory(directory)),
      row.entry.isAlive, let above = try scope(of: row.entry.place.parent, depth: depth + 1)
    else { return nil }
    return above.entering(row.entry.place.name, rules: ignoring.rules(in: directory))
  }

  /// Whether something is ignored where the index has it, or would be there. `last` is kept from
  /// one call to the next, as long as no directory changes its place.
  func isIgnored(
    _ place: Place, isDirectory: Bool, last: inout LastScope?
  ) throws(IndexError) -> Bool {
    if ignoring.isEmpty { return false }
    if last?.directory != place.parent {
      last = LastScope(directory: place.parent, scope: try scope(of: place.parent))
    }
    return last?.scope?.ignores(place.name, isDirectory: isDirectory) != nil
  }

  /// Takes the rules that were read with a listing. Where they are other than before, what is below
  /// is compared anew, and watched as they say.
  mutating func takeRules(_ listing: Listing, of directory: DirectoryID, in number: Int)
    throws(IndexError)
  {
    let file = listing.directory.appending(IgnoreRules.fileName)
    if let problem = listing.rulesProblem {
      log(.warning, "Its rules can't be used: \(problem). Correct the file.", path: file)
    }
    guard let rules = listing.rules else { return }
    if rules == ignoring.rules(in: directory) {
      // The watcher tells of the file: it may have read it before everything was looked at first.
      if hasScanned, !listing.isComplete, !provenRules.contains(directory) {
        takeEffect(of: listing, in: directory, for: number)
      }
      return
    }
    let isRemainder = try index.row(.directory(directory)) == nil
    let isNew = !isRemainder || remainders[listing.directory] != rules
    if !ignoring.set(rules, in: directory) {
      try ignoring.prune { id throws(IndexError) in
        if id == .root { return false }
        return try index.row(.directory(id))?.entry.isAlive != true
      }
      guard ignoring.set(rules, in: directory) else {
        return log(
          .warning,
          "Its rules are not in force: there are \(Limits.ignoreFileCount) such files already. "
            + "Put their patterns into fewer files.", path: file)
      }
    }
    lastScope = nil
    if hasScanned, isNew { takeEffect(of: listing, in: directory, for: number) }
  }

  /// What is below a directory is watched and compared as its rules say now.
  private mutating func takeEffect(
    of listing: Listing, in directory: DirectoryID, for number: Int
  ) {
    if provenRules.count < Limits.ignoreFileCount { provenRules.insert(directory) }
    log(
      .notice, "Its rules are in force now.",
      path: listing.directory.appending(IgnoreRules.fileName))
    effects.append(.watchAgain(listing.directory))
    if !jobs[number].looksBelow(listing.directory) {
      look(at: ChangeSet(changes: [.rescan(listing.directory)]))
    }
  }

  /// Something was found that is ignored: what the index has there isn't held here any more. It is
  /// forgotten, and nobody is told.
  mutating func noteIgnored(_ place: Place, in number: Int) throws(IndexError) {
    jobs[number].holdingIgnored.insert(place.parent)
    var rows = try index.directories(at: place)
    if let row = try index.row(.place(place)), row.entry.isAlive { rows.append(row) }
    jobs[number].ignored += rows.filter(\.isHeld)
    noteInTheWay(place)
  }

  /// Nothing was found for these rows: they are gone. Unless they weren't here, or nobody wants to
  /// know.
  mutating func noteGone(_ rows: [Row], in number: Int) throws(IndexError) {
    for row in rows where row.entry.isAlive {
      let isIgnored = try isIgnored(
        row.entry.place, isDirectory: row.entry.directory != nil, last: &lastScope)
      switch (row.isHeld, isIgnored) {
      case (true, false): jobs[number].absent.append(row)
      case (true, true): jobs[number].ignored.append(row)
      // It was ignored, and isn't any more.
      case (false, false):
        if !row.isWanted, ignoring.blocked[row.entry.place] == nil {
          jobs[number].wishes[row.entry.key] = true
        }
      case (false, true): if row.isWanted { jobs[number].wishes[row.entry.key] = false }
      }
    }
  }

  /// Everything has been looked at: with an ignored directory all that is in it is forgotten.
  mutating func forgetIgnored(_ number: Int) throws(IndexError) {
    var pending = jobs[number].ignored
    var seen: Set<EntryKey> = []
    while let row = pending.popLast() {
      guard seen.insert(row.entry.key).inserted else { continue }
      if let directory = row.entry.directory {
        guard !jobs[number].found.contains(directory) else { continue }
        pending += try index.children(of: directory).filter { $0.entry.isAlive && $0.isHeld }
      }
      let path = try path(of: row.entry.place) ?? .root
      jobs[number].items.append(
        LocalItem(place: row.entry.place, path: path, finding: .forgotten, previous: row))
    }
    jobs[number].ignored = []
  }

  /// What is ignored where it stands is held here no more.
  mutating func forget(_ rows: [Row]) throws(IndexError) {
    try index.transaction { () throws(IndexError) in
      for var row in rows {
        row.letGo()
        try index.put(row)
      }
    }
    tellAnew(without: rows)
  }

  /// What is recorded in directories that are known and not held isn't held, either: they were
  /// found to be ignored meanwhile. Within a transaction.
  func forgetRest(of directories: [DirectoryID]) throws(IndexError) {
    var ignored = directories
    while let directory = ignored.popLast() {
      guard let row = try index.row(.directory(directory)), row.entry.isAlive, !row.isHeld else {
        continue
      }
      for var child in try index.children(of: directory)
      where child.entry.isAlive && child.isHeld {
        child.letGo()
        try index.put(child)
        if let id = child.entry.directory { ignored.append(id) }
      }
    }
  }

  /// What was announced and is held here no more can't be had: who has not acknowledged it would
  /// ask for it for ever. So it is announced anew without that, over another connection.
  mutating func tellAnew(without rows: [Row]) {
    let files = rows.filter { $0.entry.content != nil }
    if files.isEmpty { return }
    for session in sessions where session.isReady {
      let isAwaited = files.contains { row in
        row.source != session.peer && row.sequence > session.acknowledged
          && row.sequence <= session.announced
      }
      guard isAwaited else { continue }
      silence(session.link)
      effects.append(.close(session.link, "ignores what it announced; dial again"))
    }
  }

  /// A new directory that holds nothing but what is ignored, and rules, isn't told: it is what a
  /// deletion left for the sake of what is in it, or nobody's business yet. Unless a peer has made
  /// one in its place.
  mutating func dropRemainders(_ number: Int) {
    guard !jobs[number].holdingIgnored.isEmpty else { return }
    var living: [DirectoryID: Int] = [:]
    for item in jobs[number].items where item.place.name != IgnoreRules.fileName {
      living[item.place.parent, default: 0] += 1
    }
    var remainders: Set<DirectoryID> = []
    for item in jobs[number].items.sorted(by: { $1.path < $0.path }) {
      guard case .directory(let id, _) = item.finding, item.previous == nil,
        jobs[number].holdingIgnored.contains(id), living[id, default: 0] == 0,
        directoryWanted(at: item.path) != id, !isWanted(item.place)
      else { continue }
      remainders.insert(id)
      if self.remainders.count < Limits.remainderCount {
        self.remainders[item.path] = ignoring.rules(in: id)
      }
      ignoring.forget(id)
      jobs[number].holdingIgnored.insert(item.place.parent)
      living[item.place.parent, default: 1] -= 1
    }
    jobs[number].items.removeAll { item in
      if remainders.contains(item.place.parent) { return true }
      if case .directory(let id, _) = item.finding { return remainders.contains(id) }
      return false
    }
  }

  /// What was ignored isn't any more, and isn't here: it is asked for once, and may be again when
  /// it was ignored meanwhile. `mustAsk` says that there is something else to ask for.
  mutating func record(
    _ wishes: [EntryKey: Bool], mustAsk: Bool
  ) throws(IndexError) {
    if mustAsk || wishes.values.contains(true) {
      try askEveryone("takes what it ignored until now; dial again")
    }
    if wishes.isEmpty { return }
    try index.transaction { () throws(IndexError) in
      for (key, isWanted) in wishes.sorted(by: { $0.key < $1.key }) {
        guard var row = try index.row(key), row.entry.isAlive, !row.isHeld else { continue }
        row.isWanted = isWanted
        try index.put(row)
      }
    }
  }

  /// What of these rows of a flip isn't here and is to be asked for, or no longer. What is told and
  /// ignored here may be asked for when it isn't any more, whether or not it was asked for before:
  /// it may have come from elsewhere. What was ignored in an alias may not be in its heir.
  func wishes(of rows: [PlannedRow]) throws(IndexError) -> [EntryKey: Bool] {
    var wishes: [EntryKey: Bool] = [:]
    var last: LastScope?
    for row in rows where row.operation == nil && (row.entry.isAlive || row.isVacated) {
      let previous = row.previous?.entry
      if row.previous?.isHeld == true { continue }
      let key = row.isVacated ? try previous?.atHome(index).key : row.entry.key
      guard let key, let standing = try index.row(key), standing.entry.isAlive, !standing.isHeld
      else { continue }
      let place = standing.entry.place
      let isIgnored = try isIgnored(
        place, isDirectory: standing.entry.directory != nil, last: &last)
      switch (isIgnored, standing.isWanted) {
      case (true, true): wishes[key] = false
      case (false, false):
        if let previous, previous.isAlive, previous.place != place { wishes[key] = true }
      case (true, false), (false, true): break
      }
    }
    return wishes
  }

  /// Asks every peer to tell everything again: who is connected has to dial for it.
  mutating func askEveryone(_ why: String) throws(IndexError) {
    try index.transaction { () throws(IndexError) in
      for peer in try index.knownPeers() {
        guard var progress = try index.progress(of: peer) else { continue }
        progress.mustTellAll = true
        try index.put(progress, of: peer)
      }
    }
    for session in sessions where !session.isRefused {
      silence(session.link)
      effects.append(.close(session.link, why))
    }
  }

  /// Whether a peer is to be asked, with its hello, to tell everything again: then nothing of it
  /// counts as received.
  func mustTellAll(_ peer: NodeID) throws(IndexError) -> Bool {
    guard var progress = try index.progress(of: peer) else { return index.forgotten > 0 }
    guard progress.mustTellAll else { return false }
    progress.received = 0
    try index.transaction { () throws(IndexError) in try index.put(progress, of: peer) }
    return true
  }

  /// A peer speaks: it has heard our hello, and what that asked for. Until then a connection that
  /// breaks may have taken the hello with it.
  mutating func noteHeard(in number: Int) throws(IndexError) {
    guard sessions[number].isAskedForAll else { return }
    sessions[number].isAskedForAll = false
    let peer = sessions[number].peer
    guard var progress = try index.progress(of: peer), progress.mustTellAll else { return }
    progress.mustTellAll = false
    try index.transaction(.later) { () throws(IndexError) in try index.put(progress, of: peer) }
  }

  /// A flip has put or removed files with rules: they are read at once.
  mutating func lookAtRules(of rows: [PlannedRow]) throws(IndexError) {
    var paths: [RelativePath] = []
    for row in rows where row.entry.place.name == IgnoreRules.fileName {
      if let path = try path(of: row.entry.place) { paths.append(path) }
    }
    lookAgain(at: paths)
  }

  /// Up to where all who tell a unit have what was recorded here. What a peer that doesn't hold all
  /// has heard of may be on no disk but this one.
  func heard(by unit: Unit) -> UInt64 {
    let heard = unit.parts.map { part -> UInt64 in
      guard let number = sessionIndex(part.link), sessions[number].notHeld == 0 else { return 0 }
      return sessions[number].acknowledged
    }
    return heard.min() ?? 0
  }

  /// What a plan leaves in its place is none of what peers have: it is met for the first time.
  /// Where that is for them is known at once, or the look would meet it as what it was.
  mutating func leave(_ plan: UnitPlan, from source: NodeID?) throws(IndexError) {
    let places = Set(plan.left)
    var rows: [PlannedRow] = []
    for var row in plan.rows where row.operation == nil && row.entry.directory != nil {
      guard row.previous.map({ places.contains($0.entry.place) }) ?? false else { continue }
      row.previous?.letGo()
      rows.append(row)
    }
    try index.transaction { () throws(IndexError) in
      try RowRecorder(index: index, wall: now.wall, bundles: rules.bundles).record(
        rows, [], source: source)
    }
    for place in plan.left {
      if let path = try path(of: place) { unmade[path] = nil }
    }
    try lookAnew(at: plan.left)
  }

  /// What stands in these places is met for the first time, or with other rules in force.
  mutating func lookAnew(at places: [Place]) throws(IndexError) {
    var changes: [Change] = []
    for place in places {
      if let path = try path(of: place) { changes.append(.created(path, isDirectory: true)) }
    }
    if !changes.isEmpty { look(at: ChangeSet(changes: changes)) }
  }

  /// A flip has moved directories: other rules may be in force in them.
  mutating func lookUnderOtherRules(at rows: [PlannedRow]) throws(IndexError) {
    if ignoring.isEmpty { return }
    let moved = rows.filter { row in
      row.entry.directory != nil && row.entry.isAlive
        && row.previous.map { $0.entry.place != row.entry.place } ?? false
    }
    try lookAnew(at: moved.map(\.entry.place))
  }
}

/// The rules in force in the directory that was asked about last: what is asked about next is
/// mostly in the same.
struct LastScope {
  var directory: DirectoryID
  /// `nil` if it isn't in the tree.
  var scope: IgnoreScope?
}

extension RelativePath {
  /// Where the rules can stand that are in force at this path.
  var rulesFiles: [RelativePath] {
    components.indices.map { depth in
      RelativePath(components: components[..<depth] + [IgnoreRules.fileName])
    }
  }
}

extension PlannedRow {
  /// Whether a flip has taken what lives on elsewhere from this disk.
  func isTakenAway(_ results: [OperationResult]) -> Bool {
    guard entry.isAlive, previous?.isHeld == true, let operation else { return false }
    if case .done(nil) = results[operation] { return true }
    return false
  }
}
