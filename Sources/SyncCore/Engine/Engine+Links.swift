// Files with several names (hard links). Each name is an entry of its own, with its own version;
// that two are one file has none. It is told along with whatever changes at one of them.

extension Engine {
  /// Tells which of the files that are announced have other names here, and which.
  mutating func tellLinks(with entries: [Entry], on link: Link) throws(IndexError) {
    if hasLinks == nil { hasLinks = try index.hasFilesWithSeveralNames() }
    guard hasLinks == true else { return }
    var told: Set<UInt64> = []
    for entry in entries where entry.content != nil {
      guard let inode = try index.row(.place(entry.place))?.observed?.inode,
        told.insert(inode).inserted
      else { continue }
      let places = try index.file(inode: inode).map(\.entry.place)
      for start in stride(from: 1, to: places.count, by: Limits.linkedPlaceCount - 1) {
        let others = places[start...].prefix(Limits.linkedPlaceCount - 1)
        effects.append(.send(link, .linked([places[0]] + others)))
      }
    }
  }

  /// Whether a file that was found has other names and had none before, or the other way round.
  func hasJoinedOrParted(_ item: LocalItem, _ stamp: FileStamp?) throws(IndexError) -> Bool {
    guard hasLinks != false, let stamp, stamp.kind == .file,
      let before = item.previous?.observed, before.inode != stamp.inode
    else { return false }
    func hasOthers(_ inode: UInt64) throws(IndexError) -> Bool {
      for row in try index.file(inode: inode) where row.entry.place != item.place { return true }
      return false
    }
    return try hasOthers(before.inode) != hasOthers(stamp.inode)
  }

  /// The names that a file has besides one that is gone: its ctime has changed with that.
  func names(of gone: FileStamp) throws(IndexError) -> [RelativePath] {
    guard hasLinks == true, gone.kind == .file else { return [] }
    var paths: [RelativePath] = []
    for row in try index.file(inode: gone.inode) {
      if let path = try path(of: row.entry.place) { paths.append(path) }
    }
    return paths
  }

  /// Looks at the names that a flip left to files.
  mutating func lookAtNames(leftBy done: Flipping, _ result: FlipResult) throws(IndexError) {
    guard hasLinks == true else { return }
    var paths: Set<RelativePath> = []
    for (operation, outcome) in zip(done.plan.operations, result.results) where outcome.isDone {
      for stamp in operation.expectedFiles { paths.formUnion(try names(of: stamp)) }
    }
    lookAgain(at: paths.sorted())
  }

  /// Names came with a part of a unit.
  mutating func take(linked places: [Place], in number: Int) {
    sessions[number].incomingLinks.append(places)
    guard sessions[number].incomingLinks.count <= 2 * Limits.unitEntryCount else {
      return refuse(sessions[number].link, "told names of too many files")
    }
  }

  /// The names of files that were told of, as their directories are called here.
  func links(told unit: Unit) throws(IndexError) -> [[Place]] {
    var links = unit.parts.flatMap(\.links)
    for number in links.indices {
      for position in links[number].indices {
        let parent = links[number][position].parent
        links[number][position].parent = try index.canonical(parent)
      }
    }
    return links
  }

  /// The names that a flip is to make those of one file: those that were told of and have the same
  /// content, permissions, time and attributes after it.
  func links(told unit: Unit, by plan: UnitPlan) throws(IndexError) -> [[LinkedName]] {
    let told = try links(told: unit)
    if told.isEmpty { return [] }
    var planned: [Place: PlannedRow] = [:]
    for row in plan.rows where row.entry.directory == nil { planned[row.entry.place] = row }
    var links: [[LinkedName]] = []
    for places in told {
      var model: Entry?
      var names: [LinkedName] = []
      for place in places {
        guard let (entry, expected) = try file(at: place, after: planned[place]) else { continue }
        guard model.map(entry.isSameFile) ?? true else { continue }
        model = entry
        names.append(LinkedName(place: place, expected: expected))
      }
      let isOne = Set(names.map(\.expected?.inode)).count == 1 && names[0].expected != nil
      if names.count > 1, !isOne { links.append(names) }
    }
    return links
  }

  /// What stands at a place after a flip, and what is found there if the flip leaves it as it is.
  private func file(
    at place: Place, after planned: PlannedRow?
  ) throws(IndexError) -> (Entry, expected: FileStamp?)? {
    let row = try index.row(.place(place))
    guard let entry = planned?.entry ?? row?.entry, entry.content != nil else { return nil }
    if planned?.operation != nil { return (entry, nil) }
    return row?.observed.map { (entry, $0) }
  }

  /// A flip names the directories in which it changes names.
  func addDirectories(ofLinksIn flip: inout FlipPlan) throws(IndexError) {
    for id in Set(flip.links.joined().map(\.place.parent)).sorted()
    where flip.directories[id] == nil {
      guard let row = try index.row(.directory(id)), let stamp = row.observed,
        let path = try path(of: row.entry.place)
      else { continue }
      flip.directories[id] = path
      flip.identities[id] = stamp.identity
    }
  }

  /// Remembers what the disk shows at names that are one file by now. Within a transaction.
  mutating func recordLinks(_ linked: [Place: FileStamp]) throws(IndexError) {
    for place in linked.keys.sorted() {
      guard var row = try index.row(.place(place)), row.observed != nil else { continue }
      row.observed = linked[place]
      try index.put(row)
      hasLinks = true
    }
  }
}

extension Entry {
  /// Whether it can be another name of the same file.
  fileprivate func isSameFile(as other: Entry) -> Bool {
    (body, mode, mtime, attributes) == (other.body, other.mode, other.mtime, other.attributes)
  }
}
