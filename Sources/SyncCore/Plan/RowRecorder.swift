/// Writes into the index what came of a plan. Within a transaction.
package struct RowRecorder {
  let index: any Index
  /// When it is recorded, nanoseconds since 1970 UTC.
  let wall: Int64
  /// What bundles are.
  let bundles: BundleRules

  /// A recorder into `index`.
  package init(index: any Index, wall: Int64, bundles: BundleRules) {
    self.index = index
    self.wall = wall
    self.bundles = bundles
  }

  /// Records the rows of a plan whose operations had these results. `source` is the peer that
  /// announced the unit, if it was one: it isn't told what it told, but for the directories that it
  /// doesn't hold.
  package func record(
    _ rows: [PlannedRow], _ results: [OperationResult],
    attributes: [Int: ExtendedAttributes] = [:], source: NodeID?,
    unheldThere: Set<DirectoryID> = []
  ) throws(IndexError) {
    // What becomes of what an alias held depends on whether it became one.
    for row in rows where row.entry.isAlias { try record(row, results, attributes, source) }
    let movedOut = try movedOut(of: rows)
    let unfinished = Set(
      rows.compactMap { row in
        row.entry.bundle == nil || row.isDone(results) ? nil : row.entry.directory
      })
    for var row in rows where !row.entry.isAlias {
      let isTold = try !isBelow(unfinished, row.entry)
      if row.operation == nil, !isTold { continue }
      if movedOut.contains(row.entry.key) { row.isOurs = true }
      let isHeldThere = row.entry.directory.map { !unheldThere.contains($0) } ?? true
      try record(row, results, attributes, isHeldThere ? source : nil, isTold: isTold)
    }
    var complete: Set<DirectoryID> = []
    for row in rows where row.entry.bundle != nil {
      // One that is in another waits for that, too.
      guard let id = row.entry.directory, !unfinished.contains(id),
        try !isBelow(unfinished, row.entry)
      else { continue }
      complete.insert(id)
    }
    try tell(complete)
    for row in rows where !row.entry.isAlive {
      guard let id = row.entry.directory, row.operation.map({ results[$0].isDone }) ?? true
      else { continue }
      try removeRest(of: id)
    }
  }

  /// Tells what could be done before of these bundles, which are complete now, and what is in none
  /// any more.
  func tell(_ bundles: Set<DirectoryID>) throws(IndexError) {
    for var row in try index.untoldRows() {
      let above = try directories(above: row.entry)
      if bundles.isDisjoint(with: above), try isInBundle(above) { continue }
      row.sequence = try index.nextSequence()
      try index.put(row)
    }
  }

  /// Whether an entry lies in one of these bundles. Where not all could be done that is told, one
  /// has the state that it had, and what could be done is told to nobody before the rest, nor is
  /// recorded what changes nothing on disk. Told with that state it would be a change of it, and
  /// who made one that gives way would lose it without having been told why.
  private func isBelow(
    _ bundles: Set<DirectoryID>, _ entry: Entry
  ) throws(IndexError) -> Bool {
    if bundles.isEmpty { return false }
    return try !bundles.isDisjoint(with: directories(above: entry))
  }

  private func isInBundle(_ directories: [DirectoryID]) throws(IndexError) -> Bool {
    for id in directories where try index.row(.directory(id))?.entry.bundle != nil { return true }
    return false
  }

  /// The directories that an entry is in, from below; the last may not be here.
  private func directories(above entry: Entry) throws(IndexError) -> [DirectoryID] {
    var directories: [DirectoryID] = []
    var parent = entry.place.parent
    while parent != .root, directories.count < Limits.directoryDepth {
      directories.append(parent)
      guard let row = try index.row(.directory(parent)) else { break }
      parent = row.entry.place.parent
    }
    return directories
  }

  /// Where files have come from directories that were to become aliases and, as their disk had it,
  /// did not: they were only moved, and that is this node's doing. In the version that they had in
  /// the alias they would be what their leaving it deletes.
  private func movedOut(of rows: [PlannedRow]) throws(IndexError) -> Set<EntryKey> {
    var heirs: [DirectoryID: DirectoryID] = [:]
    for case .merged(let id, let into) in rows.lazy.map(\.entry.body) { heirs[id] = into }
    if heirs.isEmpty { return [] }
    var keys: Set<EntryKey> = []
    for row in rows where row.isVacated {
      guard let previous = row.previous?.entry, let into = heirs[previous.place.parent],
        try previous.atHome(index).key == previous.key
      else { continue }
      keys.insert(try previous.moved(from: previous.place.parent, into: into).atHome(index).key)
    }
    return keys
  }

  private func record(
    _ row: PlannedRow, _ results: [OperationResult], _ attributes: [Int: ExtendedAttributes],
    _ source: NodeID?, isTold: Bool = true
  ) throws(IndexError) {
    if row.isVacated, try row.entry.atHome(index).key != row.entry.key {
      // Whatever became of the file: nothing is recorded in an alias, and a look will find it.
      return try index.remove(row.entry.key)
    }
    var observed = row.entry.isAlive ? row.previous?.observed : nil
    var observedAttributes = observed == nil ? .empty : row.previous?.observedAttributes ?? .empty
    if let operation = row.operation {
      guard case .done(let stamp) = results[operation] else { return }
      observed = row.entry.isAlive ? stamp : nil
      // Where there are or were any, the plan has them.
      observedAttributes = row.entry.isAlive ? attributes[operation] ?? .empty : .empty
    }
    var entry = row.entry
    let isKept = row.isKept(results)
    if !isKept {
      guard let version = row.versionBefore else { return }
      entry.version = version
      if entry == row.previous?.entry, row.operation == nil { return }
    }
    if row.isVacated { return try leave(row) }
    // What is as it was is told to nobody.
    if !row.isOurs, let previous = row.previous, previous.entry == entry,
      previous.observed == observed, previous.observedAttributes == observedAttributes
    {
      return
    }
    let isWanted = entry.isAlive && observed == nil && row.previous?.isWanted == true
    let sequence = try index.nextSequence()
    if row.isOurs {
      entry.version = Version(
        dot: Dot(actor: index.writer(over: entry.version), counter: sequence),
        vector: entry.version.vector, time: wall, making: entry.body)
    }
    if row.isStateOurs {
      entry.bundle = entry.bundle?.next(in: index, counter: sequence, time: wall)
    }
    try index.put(
      Row(
        entry: entry, observed: observed, observedAttributes: observedAttributes,
        isWanted: isWanted, sequence: isTold ? sequence : 0,
        source: row.isAsAnnounced && isKept ? source : nil))
    if let id = entry.directory, entry.bundle != nil, let before = row.previous?.entry,
      isWithheld(before), !isWithheld(entry)
    {
      try tellAll(in: id)
    }
  }

  /// Whether nobody hears of something, since a replica has changed it.
  private func isWithheld(_ entry: Entry) -> Bool {
    index.replicaSince != nil && entry.version.dot.actor.node == index.actor.node
  }

  /// Tells what was withheld with the bundle that it is in, which is told now.
  private func tellAll(in bundle: DirectoryID) throws(IndexError) {
    var waiting = [bundle]
    while let directory = waiting.popLast() {
      for var row in try index.children(of: directory) {
        if let id = row.entry.directory { waiting.append(id) }
        guard row.sequence != 0 else { continue }
        row.sequence = try index.nextSequence()
        try index.put(row)
      }
    }
  }

  /// What would have been an alias's, had the disk made it one, has left a directory. Of what a
  /// replica does nobody may hear: what it had made itself is gone, all else is only not here.
  private func leave(_ row: PlannedRow) throws(IndexError) {
    guard var standing = try index.row(row.entry.key), standing.entry.isAlive else { return }
    if index.replicaSince == nil { return try remove(standing.entry) }
    if index.isLocalDeviation(standing.entry) { return try index.remove(standing.entry.key) }
    standing.letGo()
    try index.put(standing)
  }

  /// What was recorded in a directory after it was found to be gone is gone with it. In the place
  /// where peers look for it: an alias's contents belong to another directory.
  func removeRest(of directory: DirectoryID) throws(IndexError) {
    var gone = [directory]
    while let parent = gone.popLast() {
      // What is ignored here is kept by those who hold it.
      for row in try index.children(of: parent) where row.entry.isAlive && row.isHeld {
        if let id = row.entry.directory { gone.append(id) }
        let atHome = try row.entry.atHome(index)
        if atHome.key != row.entry.key {
          try index.remove(row.entry.key)
          guard try index.row(atHome.key) == nil else { continue }
        }
        try remove(atHome)
      }
    }
  }

  /// Records that something is gone.
  private func remove(_ entry: Entry) throws(IndexError) {
    let sequence = try index.nextSequence()
    let gone = Entry(
      place: entry.place, body: entry.bodyWhenGone, mode: 0, mtime: 0,
      version: Version(
        dot: Dot(actor: index.writer(over: entry.version), counter: sequence),
        vector: entry.version.vector, time: wall, making: entry.bodyWhenGone),
      bundle: try .gone(entry, bundles, in: index, counter: sequence))
    try index.put(Row(entry: gone, observed: nil, sequence: sequence, source: nil))
  }
}

extension Entry {
  /// What is told of it when it is gone.
  package var bodyWhenGone: Body {
    if let directory { .deletedDirectory(directory) } else { .deleted(was: content?.id) }
  }
}

extension PlannedRow {
  /// Whether it is done, with all that it waits for.
  fileprivate func isDone(_ results: [OperationResult]) -> Bool {
    isKept(results) && operation.map { results[$0].isDone } ?? true
  }

  /// Whether all that it leaves behind is kept.
  fileprivate func isKept(_ results: [OperationResult]) -> Bool {
    keeping.allSatisfy { results[$0].isDone }
  }
}

extension OperationResult {
  var isDone: Bool {
    switch self {
    case .done: true
    case .refused, .failed: false
    }
  }
}
