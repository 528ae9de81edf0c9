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

  /// Whether an entry is ignored where it will stand, or can't come there for the sake of what is.
  mutating func isIgnored(_ entry: Entry) throws(IndexError) -> Bool {
    guard !ignoring.isEmpty, let scope = try scope(of: entry.place.parent) else { return false }
    if try isBlocked(entry) { return true }
    return scope.ignores(entry.place.name, isDirectory: entry.directory != nil) != nil
  }

  /// Whether an entry is or comes to this disk. Who else stands where something ignored is, or what
  /// is known or told and can't be had, is for those to say who hold it.
  mutating func takesPart(_ entry: Entry) throws(IndexError) -> Bool {
    if try isIgnored(entry) {
      guard let row = try index.row(entry.key), row.isHeld else { return false }
      return try movesAlong(entry, row)
    }
    if let outcome = outcomes[entry.key] {
      if let content = entry.content?.id, lost.contains(content) { return try isHeld(content) }
      return try canBeHad(outcome)
    }
    return try index.row(entry.key)?.isHeld ?? false
  }

  /// Whether what comes is to be had with this unit, since somebody tells its content or it is
  /// here. What is known and not held here, or was in a directory that is merged, is left to who
  /// has it.
  mutating func canBeHad(_ outcome: Outcome) throws(IndexError) -> Bool {
    guard let content = outcome.entry.content?.id else { return true }
    if let row = outcome.row, row.isHeld, row.entry.content?.id == content { return true }
    return try isWithinReach(content)
  }

  /// Whether something is known and not held here, and neither who tells the unit nor this disk has
  /// its content.
  mutating func isOutOfReach(_ row: Row) throws(IndexError) -> Bool {
    guard row.entry.isAlive, !row.isHeld, let content = row.entry.content?.id else { return false }
    return try !isWithinReach(content)
  }

  /// Whether what is known and not here gives way to what is told, whatever that had seen: it is
  /// met anew when somebody tells it, and until then what somebody has is better.
  mutating func isLeft(_ row: Row, to entry: Entry) throws(IndexError) -> Bool {
    guard row.entry.isAlive, !row.isHeld else { return false }
    let order = row.entry.version.order(to: entry.version)
    // Nor is a directory made that isn't here because somebody tells that it is gone.
    if row.entry.directory != nil { return !entry.isAlive && order == .concurrent }
    guard entry.isAlive else { return false }
    switch order {
    // What is ignored here wins nothing: no loser would be kept.
    case .concurrent: return try isOutOfReach(row) ? true : isIgnored(row.entry)
    case .newer: return try isOutOfReach(row)
    case .same, .obsolete: return false
    }
  }

  private mutating func isWithinReach(_ content: ContentID) throws(IndexError) -> Bool {
    let told = contentsTold ?? Set(entries.lazy.compactMap { $0.content?.id })
    contentsTold = told
    if told.contains(content) { return true }
    return try isHeld(content)
  }

  private func isHeld(_ content: ContentID) throws(IndexError) -> Bool {
    try index.files(with: content, limit: Limits.sourceCount).contains(where: \.isHeld)
  }

  /// What comes to this disk needs directories above it that are here: they may have been ignored
  /// until now.
  mutating func makeMissingParents() throws(IndexError) {
    guard lacksParents else { return }
    var seen: Set<DirectoryID> = [.root]
    for key in sortedKeys() {
      guard let outcome = outcomes[key], outcome.entry.isAlive, try !isIgnored(outcome.entry)
      else { continue }
      var parent = outcome.entry.place.parent
      while seen.insert(parent).inserted {
        guard let above = try future(.directory(parent)) else { return }
        if outcomes[above.key] == nil, let row = try index.row(above.key), row.entry.isAlive,
          !row.isHeld
        {
          set(Outcome(entry: above, row: row))
          isTree = false
        }
        parent = above.place.parent
      }
    }
  }

  /// Directories that are to become aliases, and whose heirs are known, not here, and to be made in
  /// their places: with something in them that is ignored they could not give way.
  mutating func takenOver() throws(IndexError) -> [DirectoryID: DirectoryID] {
    if ignoring.isEmpty { return [:] }
    var takenOver: [DirectoryID: DirectoryID] = [:]
    for key in sortedKeys() {
      guard let outcome = outcomes[key], case .merged(let alias, let heir) = outcome.entry.body,
        let standing = outcome.row,
        standing.entry.isAlive, standing.isHeld, let coming = outcomes[.directory(heir)],
        coming.entry.isAlive, coming.row.map({ !$0.isHeld }) ?? true,
        coming.entry.place == standing.entry.place
      else { continue }
      takenOver[alias] = heir
    }
    return takenOver
  }

  /// Whether something that is told to nobody stands where an entry, or a directory above it, will.
  private func isBlocked(_ entry: Entry) throws(IndexError) -> Bool {
    if ignoring.blocked.isEmpty { return false }
    var (kind, place) = (IgnoreTree.Blocked.others, entry.place)
    if entry.directory != nil { kind = .directories }
    for _ in 0..<Limits.directoryDepth {
      if ignoring.blocked[place] == kind { return true }
      guard place.parent != .root,
        let above = try future(.directory(place.parent)) ?? announced[place.parent]
      else { return false }
      (kind, place) = (.directories, above.place)
    }
    return false
  }

  /// Leaves an ignored entry out, if it is one: nothing of it comes to this disk. What of it is on
  /// this disk at a place that isn't ignored has left that place, and goes to the trash. But what
  /// an alias holds here comes home: nobody has deleted that. A look finds it ignored there.
  mutating func isLeftOut(_ outcome: Outcome, homecoming: Row?) throws(IndexError) -> Bool {
    guard loser(thatBecomes: outcome) == nil else { return false }
    guard try isIgnored(outcome.entry) else {
      if try canBeHad(outcome) { return false }
      // A copy that nobody told of and that can't be made is nothing that anybody has.
      let isCopy = !outcome.isAsAnnounced && ConflictName.isAtPlace(outcome.entry)
      if !isCopy || outcome.row != nil { addRow(outcome, operation: nil) }
      return true
    }
    guard let row = outcome.row, row.entry.isAlive, row.isHeld else {
      var operation: Int?
      if let homecoming, homecoming.entry.body == outcome.entry.body,
        let observed = homecoming.observed
      {
        if try canStand(outcome.entry) {
          operation = moved(homecoming, observed, to: outcome.entry, replacing: nil)
        } else if isUnheard(homecoming) {
          try leaveAlias(homecoming.entry.place.parent)
        }
      }
      addRow(outcome, operation: operation)
      return true
    }
    if try movesAlong(outcome.entry, row) { return false }
    let isIgnored = try isIgnoredNow(row)
    let isMoved = try staysInPlace(outcome.entry, row) ? true : isInMovedDirectory(outcome.entry)
    if isIgnored || isMoved {
      try forget(row)
      addRow(outcome, operation: nil)
    } else if try mustStay(row, asTold: outcome.entry) {
      // It lives on here as a directory that nobody knows.
      plan.left.append(row.entry.place)
      try forget(row)
      addRow(outcome, operation: nil)
    } else {
      try takeAway(row, outcome)
    }
    return true
  }

  /// Whether a directory is moved on this disk, too, to where it is ignored: nobody has deleted
  /// what is in it. A look finds it ignored there.
  private mutating func movesAlong(_ entry: Entry, _ row: Row) throws(IndexError) -> Bool {
    guard entry.directory != nil, row.entry.place != entry.place else { return false }
    return try canStand(entry)
  }

  /// Whether something is ignored because its directory is elsewhere from now on: it stays in that.
  /// Who moved the directory need not have it.
  private mutating func staysInPlace(_ entry: Entry, _ row: Row) throws(IndexError) -> Bool {
    guard row.entry.place == entry.place else { return false }
    return try canStand(entry)
  }

  /// Whether what is ignored can be put where it is at home.
  private mutating func canStand(_ entry: Entry) throws(IndexError) -> Bool {
    if try isBlocked(entry) { return false }
    let parent = entry.place.parent
    if parent == .root { return true }
    guard let above = try future(.directory(parent)) else { return false }
    return try !isIgnored(above)
  }

  /// Whether what can't go where it is told to be is too good for the trash.
  private func mustStay(_ row: Row, asTold entry: Entry) throws(IndexError) -> Bool {
    if try isBlocked(entry) { return true }
    return try holdsUnheard(row)
  }

  /// Whether a directory holds what was made here and who moved it can't have known.
  private func holdsUnheard(_ row: Row) throws(IndexError) -> Bool {
    guard let id = row.entry.directory else { return false }
    for child in try index.children(of: id) where child.entry.isAlive && child.isHeld {
      if isUnheard(child) { return true }
      if try holdsUnheard(child) { return true }
    }
    return false
  }

  /// Whether something was made here, and who tells the unit may not have it.
  private func isUnheard(_ row: Row) -> Bool { row.source == nil && row.sequence > heard }

  /// An alias holds what can't come home and nobody else may have: it lives on here as a directory
  /// that nobody knows.
  private mutating func leaveAlias(_ id: DirectoryID) throws(IndexError) {
    guard let alias = try index.row(.directory(id)), alias.isHeld,
      !plan.left.contains(alias.entry.place)
    else { return }
    plan.left.append(alias.entry.place)
    try forget(alias)
  }

  /// Whether a directory above an entry is moved to where it is ignored.
  private mutating func isInMovedDirectory(_ entry: Entry) throws(IndexError) -> Bool {
    var parent = entry.place.parent
    for _ in 0..<Limits.directoryDepth where parent != .root {
      guard let above = try future(.directory(parent)) else { return false }
      if let row = try index.row(.directory(parent)), row.isHeld, try !isIgnoredNow(row),
        try isIgnored(above), try movesAlong(above, row)
      {
        return true
      }
      parent = above.place.parent
    }
    return false
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
