// Bundles that changed here and elsewhere at once. One of the two states stands, whole: who holds
// it puts back what the other changed. Who made the other keeps that beside.

extension UnitPlanner {
  /// What becomes of a bundle in a unit.
  enum Verdict {
    /// As it is here: what is told in it is put back.
    case stands
    /// As `winner` has it: what is told of `losers`, states that it had not seen, is put back.
    case comes(winner: BundleVersion, losers: [BundleVersion])
  }

  /// Compares the states of bundles that are told with those that are here.
  mutating func judgeBundles(_ entries: [Entry]) throws(IndexError) {
    var told: [DirectoryID: [BundleVersion]] = [:]
    for entry in entries where entry.bundle != nil {
      let atHome = try inherited(from: entry) ?? entry
      guard let id = atHome.directory, let state = atHome.bundle else { continue }
      told[id, default: []].append(state)
    }
    guard !told.isEmpty else { return }
    membership = BundleMembership(rules.bundles, of: entries, index: index)
    judged = told.keys.sorted()
    for id in judged { try judge(id, told[id] ?? []) }
  }

  private mutating func judge(_ id: DirectoryID, _ told: [BundleVersion]) throws(IndexError) {
    guard let first = told.first else { return }
    let state = told.dropFirst().reduce(first) { self.winner(of: $0, $1) }
    let losers = told.filter {
      $0.version.order(to: state.version) == .concurrent
    }
    guard let row = try index.row(.directory(id)), let here = row.entry.bundle else {
      if !losers.isEmpty, !state.isGone {
        verdicts[id] = .comes(winner: state, losers: losers)
      }
      return
    }
    if rules.role == .source {
      // What others make of it is put back, whatever they had seen.
      switch here.version.order(to: state.version) {
      case .same, .newer: return
      case .obsolete, .concurrent: return verdicts[id] = .stands
      }
    }
    switch here.version.order(to: state.version) {
    case .same, .newer:
      // Who holds what gave way may have put something back for it before hearing that.
      let isLate = told.contains { $0.hasGivenWay(to: here) }
      if isLate || !losers.isEmpty, !here.isGone { verdicts[id] = .stands }
    case .obsolete:
      if !losers.isEmpty, !state.isGone {
        verdicts[id] = .comes(winner: state, losers: losers)
      }
      if isOwn(here), here.hasGivenWay(to: state) { overruled.append(row) }
    // What is gone on both sides has nothing to be put back to.
    case .concurrent where here.isGone && state.isGone: return
    case .concurrent:
      let wins = here.wins(over: state, preferring: rules.preferred)
      // A replica's word is no one's: it waits for that of a node that counts.
      if wins, rules.role != .replica {
        verdicts[id] = .stands
      } else if awaitsWord {
        plan.awaitedBundle = id
      } else if isOwn(here) {
        overruled.append(row)
      }
    }
  }

  private func isOwn(_ state: BundleVersion) -> Bool {
    state.version.dot.actor.node == index.actor.node
  }

  /// Of two states that are told the one that stands, with all that is known of it.
  private func winner(of one: BundleVersion, _ other: BundleVersion) -> BundleVersion {
    let isFirst = one.stands(beside: other, preferring: rules.preferred)
    let (winner, loser) = isFirst ? (one, other) : (other, one)
    let isConflict = winner.version.order(to: loser.version) == .concurrent
    return isConflict ? winner : winner.absorbing(loser)
  }

  /// Whether an entry is to be put back, since the state of its bundle that it is from gives way.
  mutating func givesWay(_ entry: Entry) throws(IndexError) -> Bool {
    guard !verdicts.isEmpty, let id = try membership.bundle(of: entry), entry.directory != id,
      let verdict = verdicts[id]
    else { return false }
    switch verdict {
    case .stands: return true
    case .comes(let winner, let losers):
      return !winner.version.vector.includes(entry.version.dot)
        && losers.contains { $0.version.vector.includes(entry.version.dot) }
    }
  }

  /// Whether the source of a share puts something back in a bundle.
  func isStateOurs(_ id: DirectoryID) -> Bool {
    guard rules.role == .source, case .stands? = verdicts[id] else { return false }
    return true
  }

  /// The state of a bundle after another is told.
  func state(of standing: Entry, after told: Entry) -> BundleVersion? {
    if let id = standing.directory, case .stands? = verdicts[id], let here = standing.bundle {
      guard let told = told.bundle else { return here }
      return rules.role == .source ? here.absorbing(told) : here.overruling(told)
    }
    // A replica puts back nothing that anybody hears of: it is not for it to say who gave way.
    if rules.role == .replica, let here = standing.bundle, let told = told.bundle,
      here.version.order(to: told.version) == .concurrent
    {
      return here.wins(over: told, preferring: rules.preferred) ? here : told
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

  /// Keeps beside what this node made of bundles and had to give way, unless it is all the same.
  mutating func keepOverruled() throws(IndexError) {
    var standing = BundleMembership(rules.bundles, of: [], index: index)
    for row in overruled {
      guard row.entry.isAlive, let id = row.entry.directory, try isChanged(id, &standing) else {
        continue
      }
      try keepBeside(row, id)
    }
  }

  /// Whether anything in a bundle gets other content: in one that stands by itself today, too, even
  /// if the unit moves it into another.
  private mutating func isChanged(
    _ bundle: DirectoryID, _ standing: inout BundleMembership
  ) throws(IndexError) -> Bool {
    for key in sortedKeys() {
      guard let outcome = outcomes[key], outcome.entry.directory == nil,
        outcome.entry.isAlive || outcome.row?.entry.isAlive == true,
        outcome.entry.body != outcome.row?.entry.body
      else { continue }
      if try standing.bundle(of: outcome.entry) == bundle { return true }
      if try membership.bundle(of: outcome.entry) == bundle { return true }
    }
    return false
  }

  /// All that lives in a bundle also gets a place in a directory beside it, under the name of a
  /// conflict.
  private mutating func keepBeside(_ row: Row, _ bundle: DirectoryID) throws(IndexError) {
    guard let state = row.entry.bundle?.version else { return }
    var top = row.entry
    top.bundle = nil
    top.version = state
    top.place.name = ConflictName.name(for: top)
    top.body = .directory(bundle.renewed(by: state.dot))
    set(Outcome(entry: top, isOurs: true))
    var waiting = [bundle]
    while let directory = waiting.popLast() {
      for child in try index.children(of: directory) where child.entry.isAlive && child.isHeld {
        var copy = child.entry
        copy.place.parent = directory.renewed(by: state.dot)
        if let id = child.entry.directory {
          waiting.append(id)
          copy.body = .directory(id.renewed(by: state.dot))
        } else {
          // Nothing is to say that it was seen unless it is kept.
          outcomes[child.entry.key]?.keptAt.append(copy.key)
          outcomes[row.entry.key]?.keptAt.append(copy.key)
        }
        set(Outcome(entry: copy, isOurs: true))
      }
    }
  }
}
