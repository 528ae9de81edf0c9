// Which state of a bundle stands, of those that are told and that which is here.

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
    statesTold = told.compactMapValues { ToldStates($0, preferring: rules.preferred) }
    for id in judged {
      if let states = statesTold[id] { try judge(id, states) }
    }
    if !verdicts.isEmpty { try noteStrangers() }
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

  private mutating func judge(_ id: DirectoryID, _ told: ToldStates) throws(IndexError) {
    // A replica's word is no one's: it waits for that of a node that counts.
    if rules.role == .replica, awaitsWord, !told.disputed.isEmpty, !told.areGone {
      awaited.insert(id)
      return
    }
    var isHere = false
    // What was made here of a directory that is merged into this one is a state of this one, too.
    for part in try [id] + membership.aliases(of: id) {
      guard let row = try index.row(.directory(part)), let here = row.entry.bundle else { continue }
      isHere = true
      try judge(id, part, row, here, beside: told)
    }
    if !isHere { come(told, in: id) }
  }

  /// Compares the state that is here of a part of a bundle, itself or what is merged into it.
  private mutating func judge(
    _ id: DirectoryID, _ part: DirectoryID, _ row: Row, _ here: BundleVersion,
    beside told: ToldStates
  ) throws(IndexError) {
    let state = told.standing
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
      let isLate = told.all.contains { $0.hasGivenWay(to: here) }
      if isLate || !told.losers.isEmpty, !(here.isGone && told.areGone) {
        // What others tell of the very state that is here is of it, whatever they have heard since.
        stand(here.version.dot == state.version.dot ? here.absorbing(state) : here, in: id)
      }
    case .obsolete where awaitsWord && !told.cover(here):
      // Only by what gives way as well: what it changed is to be put back to what stands.
      awaited.formUnion([id, part])
    case .obsolete where try hasUnheard(part, here, beside: state):
      // What was put back for what gives way is to be put back to what stands, too.
      awaited.formUnion([id, part])
    case .obsolete:
      if verdicts[id] == nil { come(told, in: id) }
      // What this node makes of one directory it makes of no other that it hasn't merged with that.
      let isApart = part != id && state.version.dot.actor == here.version.dot.actor
      if isOwn(here), isApart || here.hasGivenWay(to: state) { overruled.append(row) }
    // Which of two that are gone stands makes no difference here.
    case .concurrent where here.isGone && state.isGone: come(told, in: id)
    case .concurrent:
      let wins = here.wins(over: state, preferring: rules.preferred)
      if wins, rules.role != .replica {
        stand(here, in: id)
      } else if awaitsWord {
        awaited.formUnion([id, part])
      } else if isOwn(here) {
        overruled.append(row)
      }
    }
  }

  /// Whether this node has decided something in a bundle, for a state that gives way, of which
  /// nobody has heard who tells of the one that stands. Of what a replica decides nobody hears.
  private func hasUnheard(
    _ bundle: DirectoryID, _ here: BundleVersion, beside standing: BundleVersion
  ) throws(IndexError) -> Bool {
    guard awaitsWord, rules.role != .replica, here.hasGivenWay(to: standing) else { return false }
    var unheard: [EntryKey: Dot] = [:]
    for row in try rowsHeld(below: bundle) {
      let dot = row.entry.version.dot
      guard dot.actor.node == index.actor.node, !standing.version.vector.includes(dot) else {
        continue
      }
      unheard[row.entry.key] = dot
    }
    for entry in entries where !unheard.isEmpty {
      guard let dot = unheard[entry.key], entry.version.vector.includes(dot) else { continue }
      unheard[entry.key] = nil
    }
    return !unheard.isEmpty
  }

  /// What stands comes from elsewhere, and what else is told gives way to it.
  private mutating func come(_ told: ToldStates, in id: DirectoryID) {
    if told.losers.isEmpty || told.areGone { return }
    verdicts[id] = .comes(winner: told.standing, losers: told.losers)
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
    ToldStates.winner(of: one, other, preferring: rules.preferred)
  }
}
