/// Which members of a unit wait, because some can't be staged or applied: those, and what makes no
/// sense without them. What is left can go: applied by itself it is decided about as it would have
/// been with them.
package enum Division {
  /// The keys of the members that wait with those in `failed`; none if nothing of `entries` failed.
  /// O(entries).
  package static func leftOver(
    of entries: [Entry], failed: Set<EntryKey>, bundles: BundleRules = BundleRules(),
    index: any Index
  ) throws(IndexError) -> Set<EntryKey> {
    let members = Members(entries)
    var membership = BundleMembership(bundles, of: entries, index: index)
    var companions: [DirectoryID: [EntryKey]] = [:]
    for entry in entries {
      if let bundle = try membership.bundle(of: entry) {
        companions[bundle, default: []].append(entry.key)
      }
    }
    var left: Set<EntryKey> = []
    var waiting = failed.filter { members.byKey[$0] != nil }.sorted()
    while let key = waiting.popLast() {
      guard left.insert(key).inserted else { continue }
      let row = try index.row(key)
      for entry in members.byKey[key] ?? [] {
        if let bundle = try membership.bundle(of: entry) {
          waiting += companions.removeValue(forKey: bundle) ?? []
        }
        waiting += members.below(entry, isHere: row?.observed != nil)
        waiting += try members.directoriesGoing(above: entry.place.parent, index)
        waiting += try members.leaving(entry.place, index).filter { $0 != key }
        waiting += members.sources(of: entry)
        guard let row, row.entry.isAlive, !entry.isAlive || entry.place != row.entry.place
        else { continue }
        // What still stands where it stood.
        waiting += try members.directoriesGoing(above: row.entry.place.parent, index)
        waiting += members.coming[row.entry.place, default: []].filter { $0 != key }
      }
    }
    return left
  }
}

/// A unit's entries by what others depend on.
private struct Members {
  var byKey: [EntryKey: [Entry]] = [:]
  /// What lies in a directory.
  private var children: [DirectoryID: [EntryKey]] = [:]
  /// What is to stand at a place.
  var coming: [Place: [EntryKey]] = [:]
  /// Directories that go.
  private var going: Set<DirectoryID> = []
  /// Deleted files by the content that they had.
  private var deleted: [ContentID: [EntryKey]] = [:]

  init(_ entries: [Entry]) {
    for entry in entries {
      byKey[entry.key, default: []].append(entry)
      children[entry.place.parent, default: []].append(entry.key)
      if entry.isAlive { coming[entry.place, default: []].append(entry.key) }
      switch entry.body {
      case .deletedDirectory(let id), .merged(let id, _): going.insert(id)
      case .deleted(let was?): deleted[was, default: []].append(entry.key)
      case .file, .symlink, .directory, .deleted(nil): break
      }
    }
  }

  /// What can't be in a directory that isn't made, or that isn't merged.
  func below(_ entry: Entry, isHere: Bool) -> [EntryKey] {
    switch entry.body {
    case .directory(let id): isHere ? [] : children[id] ?? []
    case .merged(let id, let into): (children[id] ?? []) + (children[into] ?? [])
    case .file, .symlink, .deleted, .deletedDirectory: []
    }
  }

  /// Directories of the unit that go, of those above something that stays for now.
  func directoriesGoing(
    above parent: DirectoryID, _ index: any Index
  ) throws(IndexError) -> [EntryKey] {
    guard !going.isEmpty else { return [] }
    var keys: [EntryKey] = []
    var current = parent
    var depth = 0
    while current != .root, depth < Limits.directoryDepth {
      if going.contains(current) { keys.append(.directory(current)) }
      guard let row = try index.row(.directory(current)) else { break }
      current = row.entry.place.parent
      depth += 1
    }
    return keys
  }

  /// What leaves a place in which something else can't be put yet.
  func leaving(_ place: Place, _ index: any Index) throws(IndexError) -> [EntryKey] {
    var keys: [EntryKey] = byKey[.place(place)] == nil ? [] : [.place(place)]
    for row in try index.directories(at: place) where byKey[row.entry.key] != nil {
      keys.append(row.entry.key)
    }
    return keys
  }

  /// Where a content goes from that isn't elsewhere yet.
  func sources(of entry: Entry) -> [EntryKey] {
    entry.isAlive ? entry.content.flatMap { deleted[$0.id] } ?? [] : []
  }
}
