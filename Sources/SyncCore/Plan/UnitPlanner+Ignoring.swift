// What is ignored here: it is kept in mind and never on disk.

extension UnitPlanner {
  /// Remembers what directories a unit brings, if it matters.
  mutating func noteAnnounced(_ entries: [Entry]) {
    guard !ignoring.isEmpty else { return }
    for entry in entries where entry.isAlive {
      if let id = entry.directory { announced[id] = entry }
    }
  }

  /// The rules in force in a directory where it will stand; `nil` if it isn't in the tree.
  private mutating func scope(
    of id: DirectoryID, depth: Int = 0
  ) throws(IndexError) -> IgnoreScope? {
    if id == .root { return ignoring.root }
    if let known = scopes[id] { return known }
    guard depth < Limits.directoryDepth, let entry = try future(.directory(id)) ?? announced[id],
      entry.isAlive,
      let above = try scope(of: entry.place.parent, depth: depth + 1)
    else { return nil }
    let scope = above.entering(entry.place.name, rules: ignoring.rules(in: id))
    scopes[id] = scope
    return scope
  }

  /// Whether an entry is ignored where it will stand.
  mutating func isIgnored(_ entry: Entry) throws(IndexError) -> Bool {
    guard !ignoring.isEmpty, let scope = try scope(of: entry.place.parent) else { return false }
    return scope.ignores(entry.place.name, isDirectory: entry.directory != nil) != nil
  }

  /// Leaves an ignored entry out, if it is one: nothing of it comes to this disk. What of it is on
  /// this disk at a place that isn't ignored has left that place, and goes to the trash.
  mutating func isLeftOut(_ outcome: Outcome) throws(IndexError) -> Bool {
    guard try isIgnored(outcome.entry), loser(thatBecomes: outcome) == nil else { return false }
    guard let row = outcome.row, row.entry.isAlive, row.isHeld else {
      addRow(outcome, operation: nil)
      return true
    }
    if try isIgnoredNow(row) {
      try forget(row)
      addRow(outcome, operation: nil)
    } else {
      try takeAway(row, outcome)
    }
    return true
  }

  /// Whether what a row speaks of is ignored where it stands today.
  private func isIgnoredNow(_ row: Row) throws(IndexError) -> Bool {
    var names: [(DirectoryID, Name)] = [(row.entry.place.parent, row.entry.place.name)]
    while let parent = names.last?.0, parent != .root {
      guard names.count < Limits.directoryDepth, let above = try index.row(.directory(parent))
      else { return false }
      names.append((above.entry.place.parent, above.entry.place.name))
    }
    var scope = ignoring.root
    for number in names.indices.dropFirst().reversed() {
      scope = scope.entering(names[number].1, rules: ignoring.rules(in: names[number - 1].0))
    }
    let isDirectory = row.entry.directory != nil
    return scope.ignores(row.entry.place.name, isDirectory: isDirectory) != nil
  }

  private mutating func forget(_ row: Row) throws(IndexError) {
    plan.ignored.append(row)
    guard let id = row.entry.directory else { return }
    for child in try index.children(of: id) where child.entry.isAlive && child.isHeld {
      try forget(child)
    }
  }

  /// Takes what a row speaks of away with all that is in it, unless the unit has something else to
  /// do with that.
  private mutating func takeAway(_ row: Row, _ outcome: Outcome) throws(IndexError) {
    guard let observed = row.observed else { return }
    guard let id = row.entry.directory else {
      return addRow(
        outcome, operation: append(.removeFile(at: row.entry.place, expected: observed)))
    }
    addRow(
      outcome,
      operation: append(.removeDirectory(id, at: row.entry.place, expected: observed)))
    for child in try index.children(of: id) where child.entry.isAlive && child.isHeld {
      guard outcomes[child.entry.key] == nil else { continue }
      try takeAway(child, Outcome(entry: child.entry, row: child, isAsAnnounced: true))
    }
  }
}
