/// Directories that were made under one name on two nodes are one directory: the smaller id stays,
/// and everything in the other belongs to it. What only a replica has
/// takes nobody else's in, and at a source what others take for one stays two. On disk nothing
/// happens; the index changes its keys.
package struct DirectoryMerger {
  let index: any Index
  /// Whether this node is the source of its share.
  let isSource: Bool
  /// The time at which a decision is made, nanoseconds since 1970 UTC.
  let wall: Int64
  /// Whether the caller is within a transaction; otherwise each directory is one.
  let isInTransaction: Bool

  /// A merger of what is in `index`.
  package init(
    index: any Index, wall: Int64, isSource: Bool = false, isInTransaction: Bool = false
  ) {
    self.index = index
    self.isSource = isSource
    self.wall = wall
    self.isInTransaction = isInTransaction
  }

  private func change(_ body: () throws(IndexError) -> Void) throws(IndexError) {
    if isInTransaction { try body() } else { try index.transaction(body) }
  }

  /// What a merger changed.
  package struct Outcome {
    /// Whether it changed anything.
    package fileprivate(set) var hasMerged = false
    /// Directories that are here and got another id, by the one that they had.
    package fileprivate(set) var renamed: [DirectoryID: DirectoryID] = [:]
    /// Directories that were known before they are here: of what is known in them, something may
    /// not be here.
    package fileprivate(set) var arrived: Set<DirectoryID> = []
  }

  /// Merges directories that a unit brings with those that stand in their places here. Places in
  /// `vacated` are left by their directories in the same unit.
  package func merge(
    _ entries: [Entry], vacating vacated: Set<Place>
  ) throws(IndexError) -> Outcome {
    let strangers = entries.filter { entry in
      switch entry.body {
      case .directory, .merged: true
      case .file, .symlink, .deleted, .deletedDirectory: false
      }
    }
    let telling = Telling(entries, vacating: vacated)
    var outcome = Outcome()
    outcome.hasMerged = try joinHeirs(of: telling.aliases, among: strangers)
    var goesOn = !strangers.isEmpty
    // A directory can be compared once its parent is known under its final id.
    while goesOn {
      goesOn = false
      for entry in strangers where try merge(entry, telling, &outcome) {
        goesOn = true
        outcome.hasMerged = true
      }
    }
    return outcome
  }

  /// What a unit brings.
  private struct Telling {
    let entries: [Entry]
    /// Places that their directories leave.
    let vacated: Set<Place>
    /// Aliases, by what they were merged into.
    private(set) var aliases: [DirectoryID: [DirectoryID]] = [:]
    /// Directories, living or gone, by id.
    private(set) var directories: [DirectoryID: [Entry]] = [:]

    init(_ entries: [Entry], vacating vacated: Set<Place>) {
      (self.entries, self.vacated) = (entries, vacated)
      for entry in entries {
        switch entry.body {
        case .directory(let id), .deletedDirectory(let id):
          directories[id, default: []].append(entry)
        case .merged(let id, let into): aliases[into, default: []].append(id)
        case .file, .symlink, .deleted: break
        }
      }
    }
  }

  /// What one and another merged the same alias into is one, too: what doesn't live here becomes an
  /// alias of the smallest. Returns whether anything did.
  private func joinHeirs(
    of aliases: [DirectoryID: [DirectoryID]], among told: [Entry]
  ) throws(IndexError) -> Bool {
    var hasJoined = false
    var smallest: [DirectoryID: DirectoryID] = [:]
    for case .merged(let part, let into) in told.lazy.map(\.body) {
      smallest[part] = min(into, smallest[part] ?? into)
    }
    for entry in told {
      guard case .directory(let id) = entry.body, let parts = aliases[id] else { continue }
      let gone = try index.row(.directory(id))?.entry
      if let gone, gone.isAlive || gone.isAlias { continue }
      var heir = id
      for part in parts { heir = min(heir, smallest[part] ?? id, try index.canonical(part)) }
      // With one that is gone here, too, what somebody changed in this one would be.
      guard heir < id, try index.row(.directory(heir))?.entry.isAlive ?? true else { continue }
      var place = entry.place
      place.parent = try index.canonical(place.parent)
      try retire(gone.map(entry.absorbing) ?? entry, at: place, into: heir)
      hasJoined = true
    }
    return hasJoined
  }

  /// Returns whether anything changed.
  private func merge(
    _ entry: Entry, _ telling: Telling, _ outcome: inout Outcome
  ) throws(IndexError) -> Bool {
    switch entry.body {
    case .directory(let id):
      guard try index.row(.directory(id)) == nil else { return false }
      var place = entry.place
      place.parent = try index.canonical(place.parent)
      guard let standing = try index.directory(at: place), let here = standing.entry.directory
      else { return false }
      // A third that is an alias of both says that these are one, whoever has seen it.
      var isSaid = false
      for alias in telling.aliases[id] ?? [] where try index.canonical(alias) == here {
        isSaid = true
      }
      let past = telling.directories[here] ?? []
      // So what is told to be gone may be what comes.
      if telling.vacated.contains(place) {
        guard isSaid, past.contains(where: { !$0.isAlive }) else { return false }
      }
      // Who tells of both, be it that this one is gone, knows them as two.
      let known = past.reduce(standing.entry) { $0.absorbing($1) }
      guard isSaid || Self.areMadeApart(known, entry) else { return false }
      // What a replica has changed is moved aside by the planner, and so is what it has made where
      // the other would become an alias of it.
      let isSecret = index.isLocalDeviation(standing.entry)
      if !isSaid, index.isDeviation(standing.entry), !isSecret { return false }
      if here < id {
        if isSecret { return false }
        try retire(entry, at: place, into: here)
      } else {
        outcome.renamed[here] = id
        try change { () throws(IndexError) in try rename(standing, to: id) }
      }
      return true
    case .merged(let id, let into):
      guard let standing = try index.row(.directory(id)), standing.entry.isAlive else {
        return false
      }
      if try isFree(into, for: standing, telling) {
        outcome.renamed[id] = into
        if try index.row(.directory(into)) != nil { outcome.arrived.insert(into) }
        try change { () throws(IndexError) in try rename(standing, to: into) }
      } else if isSource, standing.isHeld {
        outcome.renamed[id] = try renew(standing, insteadOf: entry)
      } else {
        return false
      }
      return true
    case .file, .symlink, .deleted, .deletedDirectory: return false
    }
  }

  /// Whether two directories were made under one name by nodes that didn't know of the other. Who
  /// has made or moved both knows them as two, and may have a file of one name in each.
  static func areMadeApart(_ left: Entry, _ right: Entry) -> Bool {
    left.version.vector.components.allSatisfy { component in
      right.version.vector.counter(of: component.actor) == 0
    }
  }

  /// Whether a directory can get an id because there is none that has it here: it is unknown, or it
  /// was deleted or ignored here until it came to where this one stands. On disk one that holds
  /// what is ignored could not give way to it.
  private func isFree(
    _ id: DirectoryID, for standing: Row, _ telling: Telling
  ) throws(IndexError) -> Bool {
    guard let known = try index.row(.directory(id)) else { return true }
    guard !known.entry.isAlias, !known.isHeld, standing.isHeld, let old = standing.entry.directory,
      let told = telling.directories[id],
      told.contains(where: { entry in
        entry.isAlive && entry.place == standing.entry.place
          && entry.version.vector.includes(known.entry.version.vector)
      })
    else { return false }
    let there = try index.children(of: id).map(\.entry)
    let names = Set(there.filter { $0.isAlive || $0.directory == nil }.map(\.place.name))
    return try index.children(of: old).allSatisfy { !names.contains($0.entry.place.name) }
  }

  /// Directories that are here get the ids of those that are known and not here and are to stand in
  /// their places: on disk the two are one. What is known in such a one under a name that this one
  /// has is forgotten: who has it meets what is here as a version that was made apart from it.
  package func takeOver(_ heirs: [DirectoryID: DirectoryID]) throws(IndexError) {
    try change { () throws(IndexError) in
      for (alias, heir) in heirs.sorted(by: { $0.key < $1.key }) { try takeOver(alias, as: heir) }
    }
  }

  private func takeOver(_ alias: DirectoryID, as heir: DirectoryID) throws(IndexError) {
    guard let standing = try index.row(.directory(alias)), standing.entry.isAlive else { return }
    let known = try index.row(.directory(heir))?.entry
    let deleted = try index.children(of: heir).map(\.entry).filter {
      !$0.isAlive && $0.directory == nil
    }
    try rename(standing, to: heir)
    for entry in deleted {
      guard var row = try index.row(entry.key), row.entry.isAlive else { continue }
      row.entry = row.entry.absorbing(entry)
      try index.put(row)
    }
    if let known { try unite(heir, with: known) }
  }

  /// A directory that is here is also what was known of it. Its disk has its mode: if the other one
  /// wins, that is told anew.
  private func unite(_ id: DirectoryID, with known: Entry) throws(IndexError) {
    guard var row = try index.row(.directory(id)) else { return }
    let winner = Reconciler.merge(row.entry, known).kept
    if (winner.mode, winner.attributes) == (row.entry.mode, row.entry.attributes) {
      row.entry.version = winner.version
    } else {
      try tellAnew(&row, after: winner.version)
    }
    try index.put(row)
  }

  /// A directory that was announced and is another one's alias from the beginning.
  private func retire(_ entry: Entry, at place: Place, into: DirectoryID) throws(IndexError) {
    guard let id = entry.directory else { return }
    try change { () throws(IndexError) in
      try put(retired(id, into: into, at: place, after: entry.version))
    }
  }

  /// A directory that is here gets the id of one that was announced, with all that is in it. In its
  /// own version, as that of another directory: which of the two modes it gets is decided when the
  /// announced one is reconciled with it. Within a transaction.
  private func rename(_ standing: Row, to new: DirectoryID) throws(IndexError) {
    guard let old = standing.entry.directory else { return }
    let children = try index.children(of: old)
    try put(
      retired(old, into: new, at: standing.entry.place, after: standing.entry.version)
    )
    var heir = standing
    heir.entry.body = .directory(new)
    heir.entry.version = standing.entry.version.transplanted(from: old)
    heir.sequence = try index.nextSequence()
    heir.source = nil
    try index.put(heir)
    for var child in children {
      if child.entry.directory == nil {
        try index.remove(child.entry.key)
        child.entry = child.entry.moved(from: old, into: new)
      } else {
        child.entry.place.parent = new
      }
      child.sequence = try index.nextSequence()
      child.source = nil
      try index.put(child)
    }
  }

  /// A directory that is told to be another one's alias, which stands elsewhere here or is gone,
  /// gets an id that nobody knows, with all that lives in it.
  private func renew(_ standing: Row, insteadOf merger: Entry) throws(IndexError) -> DirectoryID? {
    guard let old = standing.entry.directory else { return nil }
    var renewed: DirectoryID?
    try change { () throws(IndexError) in
      let children = try index.children(of: old).filter(\.entry.isAlive)
      let alias = merger.absorbing(standing.entry)
      try index.put(
        Row(entry: alias, observed: nil, sequence: try index.nextSequence(), source: nil))
      var heir = standing
      try tellAnew(&heir, after: nil)
      let new = old.renewed(by: heir.entry.version.dot)
      renewed = new
      heir.entry.body = .directory(new)
      try index.put(heir)
      for var child in children {
        if child.entry.directory == nil { try index.remove(child.entry.key) }
        try tellAnew(&child, after: child.entry.directory == nil ? nil : child.entry.version)
        child.entry.place.parent = new
        try index.put(child)
      }
    }
    return renewed
  }

  private func tellAnew(_ row: inout Row, after past: Version?) throws(IndexError) {
    row.sequence = try index.nextSequence()
    row.source = nil
    let dot = Dot(actor: index.writer(over: past), counter: row.sequence)
    row.entry.version = Version(dot: dot, after: past, time: wall)
  }

  private func retired(
    _ id: DirectoryID, into: DirectoryID, at place: Place, after version: Version
  ) throws(IndexError) -> Entry {
    let dot = Dot(actor: index.writer(over: version), counter: try index.nextSequence())
    return Entry(
      place: place, body: .merged(id, into: into), mode: 0, mtime: 0,
      version: Version(dot: dot, after: version, time: wall))
  }

  private func put(_ entry: Entry) throws(IndexError) {
    try index.put(
      Row(
        entry: entry, observed: nil, sequence: entry.version.dot.counter, source: nil))
  }
}
