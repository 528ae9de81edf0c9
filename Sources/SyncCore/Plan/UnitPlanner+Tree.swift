// Two changes that don't fit together leave something that is no tree: what a node decides then, it
// tells under a dot of its own.

extension UnitPlanner {
  /// The keys of all outcomes, in order; sorted only when one was added since the last time.
  mutating func sortedKeys() -> [EntryKey] {
    if keys.count != outcomes.count { keys = outcomes.keys.sorted() }
    return keys
  }

  /// The entry that a key will have.
  func future(_ key: EntryKey) throws(IndexError) -> Entry? {
    if let outcome = outcomes[key] { return outcome.entry }
    return try index.row(key)?.entry
  }

  /// Follows a decision of this node: told under a new dot, after everything that was seen.
  private mutating func decide(_ entry: Entry, _ change: (inout Entry) -> Void) throws(IndexError) {
    isTree = false
    var decided = entry
    change(&decided)
    let row = try standingRow(entry.key)
    set(Outcome(entry: decided, row: row, isOurs: true))
  }

  /// Nothing is at a file's place any more; its content is elsewhere.
  private mutating func vacate(_ entry: Entry) throws(IndexError) {
    try decide(entry) {
      $0.body = .deleted(was: entry.content?.id)
      ($0.mode, $0.mtime, $0.attributes) = (0, 0, .empty)
    }
  }

  /// What is in a directory that turns out to be another one's alias belongs to that one.
  mutating func emptyAliases() throws(IndexError) {
    var heirs: [DirectoryID: DirectoryID] = [:]
    var keys = Set(outcomes.keys)
    for outcome in outcomes.values {
      guard case .merged(let id, let into) = outcome.entry.body else { continue }
      heirs[id] = into
      keys.formUnion(try index.children(of: id).map(\.entry.key))
    }
    for (id, heir) in heirs.sorted(by: { $0.key < $1.key }) {
      guard let state = outcomes[.directory(id)]?.row?.entry.bundle else { continue }
      try inheritState(state, by: heir)
    }
    guard !heirs.isEmpty else { return }
    for key in keys.sorted() {
      guard let entry = try future(key), var home = heirs[entry.place.parent] else { continue }
      if entry.directory != nil {
        while let next = try home.target(index, with: heirs) { home = next }
        if entry.isAlive { try decide(entry) { $0.place.parent = home } }
      } else if !isVacated(key) {
        try moveHome(entry, of: heirs)
      }
    }
  }

  /// Whether nothing is at a place of an alias any more, since it is at home.
  private func isVacated(_ key: EntryKey) -> Bool { outcomes[key]?.isVacated ?? false }

  /// A file of an alias, or that it was deleted, is merged with what is at its name in the
  /// directory that the alias belongs to: in the end, as `heirs` may be others' aliases by now.
  private mutating func moveHome(
    _ entry: Entry, of heirs: [DirectoryID: DirectoryID]
  ) throws(IndexError) {
    let moved = try entry.atHome(index, with: heirs)
    if let row = try standingRow(entry.key), row.entry.isAlive {
      // Told to nobody: every node empties an alias by itself.
      try decide(entry) {
        $0.body = .deleted(was: nil)
        ($0.mode, $0.mtime, $0.attributes) = (0, 0, .empty)
      }
      outcomes[entry.key]?.isVacated = true
      outcomes[entry.key]?.keptAt.append(moved.key)
      // What nobody has who tells of it is met there when somebody tells it.
      if try isOutOfReach(row), try future(moved.key)?.isAlive == true { return }
    } else if entry.isAlive {
      isTree = false
      outcomes[entry.key] = nil
      // As many outcomes as before, once this one has its place, would not be the same.
      keys = []
    }
    try settle(moved, isAsAnnounced: false)
  }

  /// A deleted directory in which something lives on stays.
  mutating func keepFullDirectories() throws(IndexError) {
    var isStable = false
    while !isStable {
      isStable = true
      for key in sortedKeys() {
        guard let outcome = outcomes[key], case .deletedDirectory(let id) = outcome.entry.body
        else {
          continue
        }
        guard let row = outcome.row, row.entry.isAlive, try hasFuture(in: id) else { continue }
        let version = outcome.entry.version
        // Where the deletion says it was: there it is revived by who has carried the deletion out.
        let place = outcome.entry.place
        try decide(row.entry) {
          $0.version = version.absorbing(row.entry.version)
          $0.bundle = outcome.entry.bundle
          $0.place = place
        }
        isStable = false
      }
    }
  }

  /// Whether anything will live in a directory.
  private func hasFuture(in directory: DirectoryID) throws(IndexError) -> Bool {
    // Whether what is ignored here lives on is for those to say who hold it.
    for row in try index.children(of: directory) where row.entry.isAlive && row.isHeld {
      if let entry = try future(row.entry.key), entry.isAlive, entry.place.parent == directory {
        return true
      }
    }
    return livingParents.contains(directory)
  }

  /// Two things can't stand at one place: a directory keeps it, and among directories the one with
  /// the smaller id; the other gets a conflict name.
  mutating func separateCollisions() throws(IndexError) {
    for key in sortedKeys() {
      guard let outcome = outcomes[key], outcome.entry.isAlive else { continue }
      let place = outcome.entry.place
      switch key {
      case .place:
        if let directory = try directory(livingAt: place, otherThan: nil),
          try takesPart(outcome.entry), try takesPart(directory)
        {
          if try movesAside(directory, for: outcome.entry) { continue }
          try displace(outcome)
        }
      case .directory(let id):
        if let file = try future(.place(place)), file.isAlive, try takesPart(file),
          try takesPart(outcome.entry)
        {
          if try movesAside(outcome.entry, for: file) { continue }
          try displace(Outcome(entry: file, row: try standingRow(file.key)))
        }
        guard let other = try directory(livingAt: place, otherThan: id),
          let otherID = other.directory
        else { continue }
        let (smaller, greater) = id < otherID ? (outcome.entry, other) : (other, outcome.entry)
        // Of a directory that only a replica has nobody else's is an alias; nor is any because of
        // what was done to it there.
        let isSecret = index.isLocalDeviation(smaller) && !index.isLocalDeviation(greater)
        let isChanged = [smaller, greater].map(isChangedHere)
        if !isSecret, isChanged == [false, false], DirectoryMerger.areMadeApart(smaller, greater) {
          try makeAlias(greater, of: smaller)
          continue
        }
        // One that has its conflict name already has no other.
        let staysGreater =
          ConflictName.isAtPlace(greater)
          || (!ConflictName.isAtPlace(smaller) && (isSecret || isChanged == [true, false]))
        let yields = staysGreater ? smaller : greater
        // Both may have one conflict name: nothing in it says which directory it is.
        try decide(yields) { $0.place.name = ConflictName.other(for: $0) }
      }
    }
  }

  /// Whether a replica has done something to a directory that others have, too.
  private func isChangedHere(_ entry: Entry) -> Bool {
    guard rules.role == .replica, !index.isLocalDeviation(entry) else { return false }
    return index.isDeviation(entry) || outcomes[entry.key]?.isOurs == true
  }

  /// Gives a directory that a replica has changed a conflict's name, for the sake of what comes
  /// from elsewhere: the other way round everybody would hear of it.
  private mutating func movesAside(
    _ directory: Entry, for entry: Entry
  ) throws(IndexError) -> Bool {
    guard index.isDeviation(directory), !index.isDeviation(entry),
      !ConflictName.isAtPlace(directory)
    else { return false }
    try decide(directory) { $0.place.name = ConflictName.name(for: $0) }
    return true
  }

  /// Two directories at one place that nobody knew as two are one.
  private mutating func makeAlias(_ entry: Entry, of heir: Entry) throws(IndexError) {
    guard let id = entry.directory, let into = heir.directory else { return }
    if entry.bundle != nil || heir.bundle != nil, decided[id] == nil,
      try membership.bundle(of: heir) == into
    {
      decided[id] = into
    }
    try decide(entry) {
      $0.body = .merged(id, into: into)
      ($0.mode, $0.attributes, $0.bundle) = (0, .empty, nil)
    }
    // What a replica decides has a past that nobody may hear of; the heir's comes from peers.
    if rules.role == .replica { return }
    var inherited = entry
    inherited.body = .directory(into)
    inherited.version = entry.version.transplanted(from: id)
    try settle(inherited, isAsAnnounced: false)
  }

  /// A directory, other than `id`, that will stand at a place.
  private func directory(livingAt place: Place, otherThan id: DirectoryID?)
    throws(IndexError) -> Entry?
  {
    if let row = try index.directory(at: place), let entry = try future(row.entry.key),
      entry.isAlive, entry.place == place, entry.directory != id
    {
      return entry
    }
    let others = (directoriesAt[place] ?? []).compactMap { outcomes[$0]?.entry }
    return others.filter { $0.isAlive && $0.place == place && $0.directory != id }
      .min { $0.key < $1.key }
  }

  /// Gives way to a directory: the content goes to its conflict place, the place is told deleted.
  private mutating func displace(_ outcome: Outcome) throws(IndexError) {
    let entry = outcome.entry
    var copy = entry
    copy.place.name = ConflictName.other(for: entry)
    let row = outcome.row
    let isLocal = row?.entry.isAlive == true && row?.entry.body == entry.body
    try vacate(entry)
    outcomes[entry.key]?.keptAt.append(copy.key)
    try keepBeside(copy, from: isLocal ? row : outcome.isMovedFrom)
  }

  /// Moves can put directories into each other: the one whose place is the oldest goes to the root,
  /// the same one on every node.
  mutating func breakCycles() throws(IndexError) {
    var rooted: Set<DirectoryID> = [.root]
    for key in sortedKeys() {
      guard case .directory(let id) = key, outcomes[key]?.entry.isAlive == true else { continue }
      var way: [Entry] = []
      var passed: Set<DirectoryID> = []
      var current = id
      while !rooted.contains(current), passed.insert(current).inserted,
        let entry = try future(.directory(current))
      {
        way.append(entry)
        current = entry.place.parent
      }
      if !rooted.contains(current), let start = way.firstIndex(where: { $0.directory == current }),
        let oldest = way[start...].min(by: { Self.isOlder($0.version, $1.version) })
      {
        try decide(oldest) {
          $0.place.name = ConflictName.name(for: $0)
          $0.place.parent = .root
        }
      }
      rooted.formUnion(passed)
    }
  }

  private static func isOlder(_ left: Version, _ right: Version) -> Bool {
    (left.time, left.dot) < (right.time, right.dot)
  }

  /// What lives needs living directories above it.
  mutating func reviveParents() throws(IndexError) {
    var seen: Set<DirectoryID> = [.root]
    for key in sortedKeys() {
      guard let outcome = outcomes[key], outcome.entry.isAlive else { continue }
      var parent = outcome.entry.place.parent
      while seen.insert(parent).inserted {
        let known = outcomes[.directory(parent)]?.entry
        let row = known == nil ? try index.row(.directory(parent)) : nil
        guard let above = known ?? row?.entry else {
          plan.unknownParent = parent
          return
        }
        if let row, row.entry.isAlive, !row.isHeld { lacksParents = true }
        var next = above.place.parent
        if case .deletedDirectory = above.body {
          // The directory that it was in may have become an alias since.
          next = try index.canonical(next)
          try decide(above) {
            $0.body = .directory(parent)
            $0.mode = 0o755
            $0.place.parent = next
          }
        }
        parent = next
      }
    }
  }
}
