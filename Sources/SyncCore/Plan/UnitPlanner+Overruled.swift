// What this node made of a bundle and had to give way is kept beside what stands, whole.

extension UnitPlanner {
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
    try rowsHeld(below: bundle).contains { row in
      let dot = row.entry.version.dot
      return row.entry.directory == nil && dot.actor == state.version.dot.actor
        && dot.counter > state.version.dot.counter
    }
  }

  /// All that lives here in a directory, each directory before what is in it.
  func rowsHeld(below top: DirectoryID) throws(IndexError) -> [Row] {
    var rows: [Row] = []
    var waiting = [top]
    while let directory = waiting.popLast() {
      let held = try index.children(of: directory).filter { $0.entry.isAlive && $0.isHeld }
      waiting += held.compactMap(\.entry.directory)
      rows += held
    }
    return rows
  }

  /// Whether anything in a bundle gets other content, wherever that is in the end: also one within
  /// another, or that the unit moves there.
  private mutating func isChanged(
    _ bundle: DirectoryID, _ standing: BundleMembership
  ) throws(IndexError) -> Bool {
    let home = try membership.home(of: bundle)
    /// Directories that are not in the bundle, neither here nor in the end.
    var outside: Set<DirectoryID> = []
    for key in sortedKeys() {
      guard let outcome = outcomes[key], outcome.entry.directory == nil,
        !outside.contains(outcome.entry.place.parent)
      else { continue }
      let here = try comingHome(to: outcome.entry.place, besides: outcome.row?.entry).kept
      guard outcome.entry.isAlive || here?.isAlive == true, outcome.entry.body != here?.body
      else { continue }
      if try standing.directories(above: outcome.entry).contains(bundle) { return true }
      if try membership.directories(above: outcome.entry).contains(home) { return true }
      outside.insert(outcome.entry.place.parent)
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
    for child in try rowsHeld(below: bundle) {
      var copy = child.entry
      copy.place.parent = child.entry.place.parent.renewed(by: state.dot)
      // A state that was made when a directory stood by itself is not what is copied.
      copy.bundle = nil
      if let id = child.entry.directory {
        copy.body = .directory(id.renewed(by: state.dot))
      } else {
        // Nothing is to say that it was seen unless it is kept.
        let home = try membership.atHome(child.entry).key
        for key in [child.entry.key, home, .directory(bundle)] {
          outcomes[key]?.keptAt.append(copy.key)
        }
      }
      try addCopy(copy)
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
