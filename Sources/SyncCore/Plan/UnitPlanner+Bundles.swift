// Bundles that changed here and elsewhere at once. One of the two states stands, whole: who holds
// it puts back what the other changed. Who made the other keeps that beside.
// (UnitPlanner+Verdicts: which stands; UnitPlanner+Overruled: what is kept.)

extension UnitPlanner {
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
}
