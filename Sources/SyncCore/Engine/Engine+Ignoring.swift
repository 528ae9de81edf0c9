// What the rules of `.leftignore` files and of this machine say is not synced. The disk thread
// reads the files and names what they ignore; here is what follows from it.
//
// What peers tell of ignored things is kept in the index, as rows that live and are observed
// nowhere: so their directories are known, and what is no longer ignored can be asked for.

extension Engine {
  /// The rules in force in a directory as the index has it; `nil` if it isn't in the tree.
  func scope(of directory: DirectoryID, depth: Int = 0) throws(IndexError) -> IgnoreScope? {
    if directory == .root { return ignoring.root }
    guard depth < Limits.directoryDepth, let row = try index.row(.directory(directory)),
      row.entry.isAlive, let above = try scope(of: row.entry.place.parent, depth: depth + 1)
    else { return nil }
    return above.entering(row.entry.place.name, rules: ignoring.rules(in: directory))
  }

  /// Whether something is ignored where the index has it, or would be there. `last` is kept from
  /// one call to the next, as long as no directory changes its place.
  func isIgnored(
    _ place: Place, isDirectory: Bool, last: inout LastScope?
  ) throws(IndexError) -> Bool {
    if ignoring.isEmpty { return false }
    if last?.directory != place.parent {
      last = LastScope(directory: place.parent, scope: try scope(of: place.parent))
    }
    return last?.scope?.ignores(place.name, isDirectory: isDirectory) != nil
  }

  /// Takes the rules that were read with a listing. Where they are other than before, what is below
  /// is compared anew, and watched as they say.
  mutating func takeRules(_ listing: Listing, of directory: DirectoryID, in number: Int)
    throws(IndexError)
  {
    let file = listing.directory.appending(IgnoreRules.fileName)
    if let problem = listing.rulesProblem {
      log(.warning, "Its rules can't be used: \(problem). Correct the file.", path: file)
    }
    guard let rules = listing.rules, rules != ignoring.rules(in: directory) else { return }
    let isRemainder = try index.row(.directory(directory)) == nil
    let isNew = !isRemainder || remainders[listing.directory] != rules
    if !ignoring.set(rules, in: directory, isNew: isNew) {
      try ignoring.prune { id throws(IndexError) in
        if id == .root { return false }
        return try index.row(.directory(id))?.entry.isAlive != true
      }
      guard ignoring.set(rules, in: directory, isNew: isNew) else {
        return log(
          .warning,
          "Its rules are not in force: there are \(Limits.ignoreFileCount) such files already. "
            + "Put their patterns into fewer files.", path: file)
      }
    }
    lastScope = nil
    guard hasScanned, isNew else { return }
    log(.notice, "Its rules are in force now.", path: file)
    effects.append(.watchAgain(listing.directory))
    if !jobs[number].looksBelow(listing.directory) {
      look(at: ChangeSet(changes: [.rescan(listing.directory)]))
    }
  }

  /// Something was found that is ignored: what the index has there isn't held here any more. It is
  /// forgotten, and nobody is told.
  mutating func noteIgnored(_ place: Place, in number: Int) throws(IndexError) {
    jobs[number].holdingIgnored.insert(place.parent)
    var rows = try index.directories(at: place)
    if let row = try index.row(.place(place)), row.entry.isAlive { rows.append(row) }
    jobs[number].ignored += rows.filter(\.isHeld)
  }

  /// Nothing was found for these rows: they are gone. Unless they weren't here, or nobody wants to
  /// know.
  mutating func noteGone(_ rows: [Row], in number: Int) throws(IndexError) {
    for row in rows where row.entry.isAlive {
      let isIgnored = try isIgnored(
        row.entry.place, isDirectory: row.entry.directory != nil, last: &lastScope)
      switch (row.isHeld, isIgnored) {
      case (true, false): jobs[number].absent.append(row)
      case (true, true): jobs[number].ignored.append(row)
      // It was ignored, and isn't any more.
      case (false, false): jobs[number].lacksSome = true
      case (false, true): break
      }
    }
  }

  /// Everything has been looked at: with an ignored directory all that is in it is forgotten.
  mutating func forgetIgnored(_ number: Int) throws(IndexError) {
    var pending = jobs[number].ignored
    var seen: Set<EntryKey> = []
    while let row = pending.popLast() {
      guard seen.insert(row.entry.key).inserted else { continue }
      if let directory = row.entry.directory {
        guard !jobs[number].found.contains(directory) else { continue }
        pending += try index.children(of: directory).filter { $0.entry.isAlive && $0.isHeld }
      }
      let path = try path(of: row.entry.place) ?? .root
      jobs[number].items.append(
        LocalItem(place: row.entry.place, path: path, finding: .forgotten, previous: row))
    }
    jobs[number].ignored = []
  }

  /// What is ignored where it stands is held here no more.
  mutating func forget(_ rows: [Row]) throws(IndexError) {
    try index.transaction { () throws(IndexError) in
      for var row in rows {
        (row.observed, row.observedAttributes) = (nil, .empty)
        try index.put(row)
      }
    }
  }

  /// A new directory that holds nothing but what is ignored, and rules, isn't told: it is what a
  /// deletion left for the sake of what is in it, or nobody's business yet. Unless a peer has made
  /// one in its place.
  mutating func dropRemainders(_ number: Int) {
    guard !jobs[number].holdingIgnored.isEmpty else { return }
    var living: [DirectoryID: Int] = [:]
    for item in jobs[number].items where item.place.name != IgnoreRules.fileName {
      living[item.place.parent, default: 0] += 1
    }
    var remainders: Set<DirectoryID> = []
    for item in jobs[number].items.sorted(by: { $1.path < $0.path }) {
      guard case .directory(let id, _) = item.finding, item.previous == nil,
        jobs[number].holdingIgnored.contains(id), living[id, default: 0] == 0,
        unmade[item.path] != id
      else { continue }
      remainders.insert(id)
      if self.remainders.count < Limits.remainderCount {
        self.remainders[item.path] = ignoring.rules(in: id)
      }
      ignoring.forget(id)
      jobs[number].holdingIgnored.insert(item.place.parent)
      living[item.place.parent, default: 1] -= 1
    }
    jobs[number].items.removeAll { item in
      if remainders.contains(item.place.parent) { return true }
      if case .directory(let id, _) = item.finding { return remainders.contains(id) }
      return false
    }
  }

  /// What was ignored isn't any more, and isn't here: every peer is asked to tell everything again.
  /// Once after each change of the rules: what nobody has now comes when somebody has it.
  mutating func askForAll() {
    guard askedRevision != ignoring.revision else { return }
    askedRevision = ignoring.revision
    askEveryone("takes what it ignored until now; dial again")
  }

  /// Asks every peer to tell everything again: who is connected has to dial for it.
  mutating func askEveryone(_ why: String) {
    toldAll = []
    for session in sessions where !session.isRefused {
      silence(session.link)
      effects.append(.close(session.link, why))
    }
  }

  /// Whether a peer is to be asked, with its hello, to tell everything again: then nothing of it
  /// counts as received.
  mutating func mustTellAll(_ peer: NodeID) throws(IndexError) -> Bool {
    guard toldAll?.insert(peer).inserted == true, var progress = try index.progress(of: peer) else {
      return false
    }
    progress.received = 0
    try index.transaction { () throws(IndexError) in try index.put(progress, of: peer) }
    return true
  }

  /// A flip has put or removed files with rules: they are read at once.
  mutating func lookAtRules(of rows: [PlannedRow]) throws(IndexError) {
    var paths: [RelativePath] = []
    for row in rows where row.entry.place.name == IgnoreRules.fileName {
      if let path = try path(of: row.entry.place) { paths.append(path) }
    }
    lookAgain(at: paths)
  }
}

/// The rules in force in the directory that was asked about last: what is asked about next is
/// mostly in the same.
struct LastScope {
  var directory: DirectoryID
  /// `nil` if it isn't in the tree.
  var scope: IgnoreScope?
}

extension Row {
  /// Whether it is on this disk. What lives and isn't is ignored here, or was until now.
  var isHeld: Bool { observed != nil }
}
