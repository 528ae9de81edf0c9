// Bundles that changed here and elsewhere at once. One of the two states stands, whole: who holds
// it puts back what the other changed. Who made the other keeps that beside.

extension UnitPlanner {
  /// What becomes of a bundle in a unit.
  enum Verdict {
    /// As it is here: what is told in it is put back.
    case stands(BundleVersion)
    /// As `winner` has it: what is told of `losers`, states that it had not seen, is put back.
    case comes(winner: BundleVersion, losers: [BundleVersion])

    /// Whether what is told with a state can be of one that gives way.
    func isAgainst(_ state: BundleVersion) -> Bool {
      switch self {
      case .stands(let standing), .comes(winner: let standing, losers: _):
        state.hasGivenWay(to: standing)
          || !standing.version.vector.includes(state.version.vector)
      }
    }

    /// Whether a change that is told with such a state is of it alone. Of what was told in an alias
    /// the states say nothing.
    func isAgainst(_ dot: Dot) -> Bool {
      switch self {
      case .stands: true
      case .comes(let winner, let losers):
        dot.actor.isTransplanted
          || (!winner.version.vector.includes(dot)
            && losers.contains {
              $0.version.vector.includes(dot) || $0.version.dot.actor == dot.actor
            })
      }
    }
  }

  /// Compares the states of bundles that are told with those that are here.
  mutating func judgeBundles(_ entries: [Entry]) throws(IndexError) {
    guard entries.contains(where: { $0.bundle != nil }) else { return }
    membership = BundleMembership(
      rules.bundles, of: entries, index: index, decided: decided, preferring: rules.preferred)
    var told: [DirectoryID: [BundleVersion]] = [:]
    // What had seen another state covers it among the entries, but not what came with it.
    for entry in tellings.flatMap(\.entries) {
      guard let id = entry.directory, let state = entry.bundle else { continue }
      told[try membership.home(of: id), default: []].append(state)
    }
    judged = told.keys.sorted()
    for id in judged { try judge(id, told[id] ?? []) }
    if !verdicts.isEmpty { try noteStrangers() }
    statesTold = told
    plan.awaitedBundle = awaited.min()
  }

  /// Finds what was told without a state that gives way: for who told it, it was in no bundle, or
  /// in one of which what stands had seen all.
  private mutating func noteStrangers() throws(IndexError) {
    for telling in tellings {
      // Who tells of something may have told where its directory is before.
      var told = BundleMembership(
        rules.bundles, of: entries + telling.entries, index: index, areAsTold: true)
      /// The bundles and the directories of which states are told, and whether one gives way.
      var stated: (bundles: [DirectoryID: Bool], directories: [DirectoryID: Bool]) = ([:], [:])
      for entry in telling.entries {
        guard let state = entry.bundle, let directory = entry.directory else { continue }
        let id = try membership.home(of: directory)
        let isAgainst = verdicts[id]?.isAgainst(state) == true
        stated.bundles[id] = stated.bundles[id] == true || isAgainst
        stated.directories[directory] = stated.directories[directory] == true || isAgainst
      }
      for entry in telling.entries {
        let id = try told.bundle(of: entry).map { id throws(IndexError) in
          try membership.home(of: id)
        }
        // The state of what is merged into a directory says nothing of what was in that.
        let isAtHome = entry.place.parent == id
        let known = isAtHome ? stated.directories : stated.bundles
        let givesWay = id.flatMap { known[$0] } ?? telling.isByReplica
        if givesWay, id.flatMap({ verdicts[$0] })?.isAgainst(entry.version.dot) == true,
          try !isOfBundle(within: id, entry, telling, &told)
        {
          continue
        }
        let atHome = try membership.atHome(entry)
        strangers[atHome.key, default: []].insert(atHome.version.dot)
      }
    }
  }

  /// Whether something that is told in a bundle is of the state of another one within that, which
  /// stands: for who made it that was a bundle by itself, or in another.
  private func isOfBundle(
    within outer: DirectoryID?, _ entry: Entry, _ telling: Telling,
    _ told: inout BundleMembership
  ) throws(IndexError) -> Bool {
    for directory in try told.directories(above: entry) {
      let id = try membership.home(of: directory)
      if id == outer { return false }
      let standing: BundleVersion
      switch verdicts[id] {
      case .stands(let state): standing = state
      case .comes(winner: let state, losers: _): standing = state
      case nil: continue
      }
      let isStanding = telling.entries.contains {
        $0.directory == directory && $0.bundle?.version.dot == standing.version.dot
      }
      if isStanding, standing.version.vector.includes(entry.version.dot) { return true }
    }
    return false
  }

  private mutating func judge(_ id: DirectoryID, _ told: [BundleVersion]) throws(IndexError) {
    guard let first = told.first else { return }
    let state = told.dropFirst().reduce(first) { self.winner(of: $0, $1) }
    let disputed = told.filter { $0.version.order(to: state.version) == .concurrent }
    // Who holds what gave way may have put something back for it before hearing that.
    let losers = disputed + told.filter { $0.hasGivenWay(to: state) }
    // A replica's word is no one's: it waits for that of a node that counts.
    if rules.role == .replica, awaitsWord, !disputed.isEmpty, !state.isGone {
      awaited.insert(id)
      return
    }
    var isHere = false
    // What was made here of a directory that is merged into this one is a state of this one, too.
    for part in try [id] + membership.aliases(of: id) {
      guard let row = try index.row(.directory(part)), let here = row.entry.bundle else { continue }
      isHere = true
      judge(id, row, here, beside: state, told, losers)
    }
    if !isHere, !losers.isEmpty, !state.isGone {
      verdicts[id] = .comes(winner: state, losers: losers)
    }
  }

  private mutating func judge(
    _ id: DirectoryID, _ row: Row, _ here: BundleVersion, beside state: BundleVersion,
    _ told: [BundleVersion], _ losers: [BundleVersion]
  ) {
    if rules.role == .source {
      // What others make of it is put back, whatever they had seen.
      switch here.version.order(to: state.version) {
      case .same, .newer: return
      case .obsolete, .concurrent: return stand(here, in: id)
      }
    }
    switch here.version.order(to: state.version) {
    case .same, .newer:
      // Who holds what gave way may have put something back for it before hearing that.
      let isLate = told.contains { $0.hasGivenWay(to: here) }
      if isLate || !losers.isEmpty, !here.isGone { stand(here, in: id) }
    case .obsolete:
      if verdicts[id] == nil, !losers.isEmpty, !state.isGone {
        verdicts[id] = .comes(winner: state, losers: losers)
      }
      if isOwn(here), here.hasGivenWay(to: state) { overruled.append(row) }
    // What is gone on both sides has nothing to be put back to.
    case .concurrent where here.isGone && state.isGone: return
    case .concurrent:
      let wins = here.wins(over: state, preferring: rules.preferred)
      if wins, rules.role != .replica {
        stand(here, in: id)
      } else if awaitsWord {
        if let part = row.entry.directory { awaited.formUnion([id, part]) }
      } else if isOwn(here) {
        overruled.append(row)
      }
    }
  }

  /// What is here stands, or what is here of another part of the bundle does.
  private mutating func stand(_ here: BundleVersion, in id: DirectoryID) {
    if case .stands(let other)? = verdicts[id] {
      verdicts[id] = .stands(winner(of: other, here))
    } else {
      verdicts[id] = .stands(here)
    }
  }

  private func isOwn(_ state: BundleVersion) -> Bool {
    state.version.dot.actor.node == index.actor.node
  }

  /// Of two states that are told the one that stands, with all that is known of it.
  func winner(of one: BundleVersion, _ other: BundleVersion) -> BundleVersion {
    let isFirst = one.stands(beside: other, preferring: rules.preferred)
    let (winner, loser) = isFirst ? (one, other) : (other, one)
    let isConflict = winner.version.order(to: loser.version) == .concurrent
    return isConflict ? winner : winner.absorbing(loser)
  }

  /// Whether an entry is to be put back, since the state of its bundle that it is from gives way.
  mutating func givesWay(_ entry: Entry) throws(IndexError) -> Bool {
    guard !verdicts.isEmpty, let id = try membership.bundle(of: entry), verdicts[id] != nil
    else { return false }
    // What becomes of the bundle's directory itself is another matter.
    if let directory = entry.directory, try membership.home(of: directory) == id { return false }
    return strangers[entry.key]?.contains(entry.version.dot) != true
  }

  /// Whether the source of a share puts something back in a bundle.
  func isStateOurs(_ id: DirectoryID) -> Bool {
    guard rules.role == .source, case .stands? = verdicts[id] else { return false }
    return true
  }

  /// The state of a bundle after another is told.
  func state(of standing: Entry, after told: Entry) -> BundleVersion? {
    // A replica puts back nothing that anybody hears of: it is not for it to say who gave way.
    if rules.role == .replica, let here = standing.bundle, let told = told.bundle,
      here.version.order(to: told.version) == .concurrent
    {
      return here.wins(over: told, preferring: rules.preferred) ? here : told
    }
    // What stands need not be the directory's own state: it may be that of what is merged into it.
    if let id = standing.directory, case .stands(let here)? = verdicts[id] {
      return [standing.bundle, told.bundle].compactMap { $0 }.reduce(here) { here, other in
        rules.role == .source ? here.absorbing(other) : here.overruling(other)
      }
    }
    return BundleVersion.merged(
      standing.bundle, told.bundle, preferring: rules.preferred)
  }

  /// A bundle has the state that is told only if all that is told in it is done, and what it had is
  /// kept: otherwise it is what it was, and planned again.
  mutating func tieStates() throws(IndexError) {
    guard !judged.isEmpty else { return }
    var parts: [DirectoryID: [EntryKey]] = [:]
    for key in sortedKeys() {
      guard let entry = outcomes[key]?.entry, let id = try membership.bundle(of: entry),
        judged.contains(id), entry.directory != id
      else { continue }
      parts[id, default: []].append(key)
    }
    for id in judged {
      guard let outcome = outcomes[.directory(id)], outcome.row != nil else { continue }
      outcomes[.directory(id)]?.keptAt += parts[id] ?? []
      outcomes[.directory(id)]?.versionBefore = nil
    }
  }

  /// The state of an alias is that of the directory that it belongs to, with what was in it.
  mutating func inheritState(_ state: BundleVersion, by heir: DirectoryID) throws(IndexError) {
    let key = EntryKey.directory(try index.canonical(heir))
    guard var entry = try future(key) else { return }
    let merged = BundleVersion.merged(entry.bundle, state, preferring: rules.preferred)
    guard merged != entry.bundle else { return }
    entry.bundle = merged
    if outcomes[key] == nil {
      return set(Outcome(entry: entry, row: try index.row(key)))
    }
    outcomes[key]?.entry = entry
    outcomes[key]?.isAsAnnounced = false
  }

  // MARK: Keeping beside

  /// Keeps beside what this node made of bundles and had to give way, unless it is all the same: to
  /// what stands, and to what whoever holds that had heard of.
  mutating func keepOverruled() throws(IndexError) {
    let standing = BundleMembership(rules.bundles, of: [], index: index)
    for row in overruled {
      guard row.entry.isAlive, let id = row.entry.directory, let state = row.entry.bundle else {
        continue
      }
      let isAtStake =
        try isChanged(id, standing) ? true : try hasPutBack(id, for: state)
      if isAtStake { try keepBeside(row, id) }
    }
  }

  /// Whether this node has decided anything in a bundle since it made a state of it: that can go
  /// later, when nothing says any more what it was of.
  private func hasPutBack(
    _ bundle: DirectoryID, for state: BundleVersion
  ) throws(IndexError) -> Bool {
    var waiting = [bundle]
    while let directory = waiting.popLast() {
      for child in try index.children(of: directory) where child.entry.isAlive && child.isHeld {
        if let id = child.entry.directory {
          waiting.append(id)
        } else if child.entry.version.dot.actor == state.version.dot.actor,
          child.entry.version.dot.counter > state.version.dot.counter
        {
          return true
        }
      }
    }
    return false
  }

  /// Whether anything in a bundle gets other content, wherever that is in the end: also one within
  /// another, or that the unit moves there.
  private mutating func isChanged(
    _ bundle: DirectoryID, _ standing: BundleMembership
  ) throws(IndexError) -> Bool {
    let home = try membership.home(of: bundle)
    for key in sortedKeys() {
      guard let outcome = outcomes[key], outcome.entry.directory == nil else { continue }
      let here = try comingHome(to: outcome.entry.place, besides: outcome.row?.entry).kept
      guard outcome.entry.isAlive || here?.isAlive == true, outcome.entry.body != here?.body
      else { continue }
      if try standing.directories(above: outcome.entry).contains(bundle) { return true }
      if try membership.directories(above: outcome.entry).contains(home) { return true }
    }
    return false
  }

  /// What will stand at a place where `standing` does, with what a directory has there that the
  /// unit merges into the place's; and the copies of what loses to that.
  func comingHome(
    to place: Place, besides standing: Entry?
  ) throws(IndexError) -> (kept: Entry?, losers: [Entry]) {
    var (kept, losers) = (standing, [Entry]())
    for alias in try membership.aliases(of: place.parent) {
      guard let row = try index.row(.place(Place(parent: alias, name: place.name))),
        row.entry.isAlive, row.isHeld
      else { continue }
      let moved = try membership.atHome(row.entry)
      let merge = kept.map { Reconciler.merge($0, moved, preferring: rules.preferred) }
      kept = merge?.kept ?? moved
      if let copy = merge?.copy { losers.append(copy) }
    }
    return (kept, losers)
  }

  /// All that lives in a bundle also gets a place in a directory beside it, under the name of a
  /// conflict. What stands in another one by now, as what is merged into that does, gets it beside
  /// that: it is of no state of it.
  private mutating func keepBeside(_ row: Row, _ bundle: DirectoryID) throws(IndexError) {
    guard let state = row.entry.bundle?.version else { return }
    var top = row.entry
    top.bundle = nil
    top.version = state
    if let above = try index.row(.directory(top.place.parent))?.entry,
      let outer = try membership.bundle(of: above), let whole = try future(.directory(outer))
    {
      top.place = whole.place
    }
    top.place.name = ConflictName.name(for: top)
    top.body = .directory(bundle.renewed(by: state.dot))
    try addCopy(top)
    var waiting = [bundle]
    while let directory = waiting.popLast() {
      for child in try index.children(of: directory) where child.entry.isAlive && child.isHeld {
        var copy = child.entry
        copy.place.parent = directory.renewed(by: state.dot)
        // A state that was made when a directory stood by itself is not what is copied.
        copy.bundle = nil
        if let id = child.entry.directory {
          waiting.append(id)
          copy.body = .directory(id.renewed(by: state.dot))
        } else {
          // Nothing is to say that it was seen unless it is kept.
          let home = try membership.atHome(child.entry).key
          for key in [child.entry.key, home, row.entry.key] {
            outcomes[key]?.keptAt.append(copy.key)
          }
        }
        try addCopy(copy)
      }
    }
  }

  /// What was copied already, by a flip of which not everything could be done, stays as it is: what
  /// stands in the bundle by now may be another's.
  private mutating func addCopy(_ copy: Entry) throws(IndexError) {
    let row = try index.row(copy.key)
    if let row, row.isHeld, row.entry.isAlive { return }
    set(Outcome(entry: copy, row: row, isOurs: true))
  }
}
