// Of which state of a bundle something is: what is put back for one may meet what is told of a
// later one, whose maker could not know of it.

extension UnitPlanner {
  /// A state, and the bundle that it is of.
  struct PlacedState {
    let bundle: DirectoryID
    let version: BundleVersion
  }

  /// Of two changes of one thing in a bundle that had not seen each other, that of the later state.
  /// Who made this one had seen all that was made of the other: what it had not seen was put back
  /// for that one, and isn't to be kept. `nil` if neither is of a later one.
  mutating func later(
    _ entry: Entry, _ standing: Entry, before row: Row?
  ) throws(IndexError) -> Entry? {
    guard !judged.isEmpty, rules.role != .source,
      entry.version.order(to: standing.version) == .concurrent,
      !entry.isAlias, !standing.isAlias, !isLost(entry), !isLost(standing),
      !index.isDeviation(standing), let told = try toldState(of: entry)
    else { return nil }
    let isHere = standing.version.dot == row?.entry.version.dot
    // The states of two bundles say nothing of each other.
    guard let other = isHere ? try stateHere(of: standing) : try toldState(of: standing),
      other.bundle == told.bundle
    else { return nil }
    let last = try lastState(of: told.bundle) ?? told.version
    if told.version.isFollowed(by: other.version, accordingTo: last) {
      return standing.absorbing(entry)
    }
    if other.version.isFollowed(by: told.version, accordingTo: last) {
      return entry.absorbing(standing)
    }
    return nil
  }

  /// The state that a bundle has in the end.
  private func lastState(of bundle: DirectoryID) throws(IndexError) -> BundleVersion? {
    guard let last = statesTold[bundle]?.standing else { return nil }
    guard let here = try index.row(.directory(bundle))?.entry.bundle else { return last }
    return winner(of: last, here)
  }

  /// The state of the bundle in which something stands here.
  private func stateHere(of standing: Entry) throws(IndexError) -> PlacedState? {
    var here = BundleMembership(rules.bundles, of: [], index: index)
    guard let id = try here.bundle(of: standing),
      let version = try index.row(.directory(id))?.entry.bundle
    else { return nil }
    return PlacedState(bundle: try membership.home(of: id), version: version)
  }

  /// The latest state with which a change in a bundle is told.
  private mutating func toldState(of entry: Entry) throws(IndexError) -> PlacedState? {
    if toldStates == nil { try noteToldStates() }
    return toldStates?[entry.key]?[entry.version.dot]
  }

  private mutating func noteToldStates() throws(IndexError) {
    var noted: [EntryKey: [Dot: PlacedState]] = [:]
    for telling in tellings {
      var told = BundleMembership(
        rules.bundles, of: entries + telling.entries, index: index, areAsTold: true)
      var states: [DirectoryID: BundleVersion] = [:]
      for entry in telling.entries {
        guard let state = entry.bundle, let id = entry.directory else { continue }
        let home = try membership.home(of: id)
        states[home] = states[home].map { winner(of: $0, state) } ?? state
      }
      for entry in telling.entries where !entry.isAlias && !states.isEmpty {
        guard let id = try told.bundle(of: entry), entry.directory != id else { continue }
        let bundle = try membership.home(of: id)
        guard var state = states[bundle] else { continue }
        let atHome = try membership.atHome(entry)
        if let known = noted[atHome.key]?[atHome.version.dot], known.bundle == bundle {
          state = winner(of: known.version, state)
        }
        noted[atHome.key, default: [:]][atHome.version.dot] =
          PlacedState(bundle: bundle, version: state)
      }
    }
    toldStates = noted
  }
}
