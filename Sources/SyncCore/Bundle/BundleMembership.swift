/// In which bundles the entries of a unit lie.
struct BundleMembership {
  private let rules: BundleRules
  private let index: any Index
  /// Whether the unit's directories are where it tells, even if that is out of date.
  private let areAsTold: Bool
  /// The node that wins.
  private let preferred: NodeID?
  /// Directories of the unit.
  private var directories: [DirectoryID: Entry] = [:]
  /// What directories of the unit were merged into, the smallest for each.
  private var targets: [DirectoryID: DirectoryID] = [:]
  /// What is known of directories.
  private var known: [DirectoryID: DirectoryID?] = [:]

  /// `decided` are directories that are merged because of the unit, and what into.
  init(
    _ rules: BundleRules, of entries: [Entry], index: any Index,
    decided: [DirectoryID: DirectoryID] = [:], areAsTold: Bool = false,
    preferring preferred: NodeID? = nil
  ) {
    self.rules = rules
    self.index = index
    self.areAsTold = areAsTold
    self.preferred = preferred
    targets = decided
    guard !rules.names.isEmpty else { return }
    for entry in entries {
      if case .merged(let id, let into) = entry.body {
        targets[id] = targets[id].map { min($0, into) } ?? into
      } else if let id = entry.directory, entry.isAlive {
        // Where it is in the end, whoever told last where it was.
        let other = areAsTold ? nil : directories[id]
        directories[id] = other.map { merged($0, entry) } ?? entry
      }
    }
    // What lives in one that is told to be gone alone brings it back, as the bundle that it was.
    for entry in entries where !entry.isAlias && !entry.isAlive && entry.bundle != nil {
      if let id = entry.directory, directories[id] == nil { directories[id] = entry }
    }
  }

  /// The directory that is the bundle which an entry lies in, or is; `nil` if there is none.
  mutating func bundle(of entry: Entry) throws(IndexError) -> DirectoryID? {
    guard !rules.names.isEmpty else { return nil }
    return try bundle(above: entry.directory ?? entry.place.parent)
  }

  /// All of them.
  mutating func bundles(of entries: [Entry]) throws(IndexError) -> Set<DirectoryID> {
    guard !rules.names.isEmpty else { return [] }
    var bundles: Set<DirectoryID> = []
    for entry in entries {
      if let id = try bundle(of: entry) { bundles.insert(id) }
    }
    return bundles
  }

  /// The directory to which one belongs in the end: another one, if that is an alias here or in the
  /// unit.
  func home(of directory: DirectoryID) throws(IndexError) -> DirectoryID {
    var home = directory
    // Targets only get smaller, so this ends.
    while let target = try home.target(index, with: targets) { home = target }
    return home
  }

  /// A file of such a directory where it belongs.
  func atHome(_ entry: Entry) throws(IndexError) -> Entry {
    try entry.atHome(index, with: targets)
  }

  /// Directories that the unit merges into one, in order.
  func aliases(of home: DirectoryID) throws(IndexError) -> [DirectoryID] {
    var aliases: [DirectoryID] = []
    for id in targets.keys.sorted() where try self.home(of: id) == home { aliases.append(id) }
    return aliases
  }

  /// The directory that an entry is, or is in, and those above, upwards.
  func directories(above entry: Entry) throws(IndexError) -> [DirectoryID] {
    var above: [DirectoryID] = []
    var current = entry.directory ?? entry.place.parent
    while current != .root, above.count <= Limits.directoryDepth {
      above.append(current)
      if let target = try current.target(index, with: targets) {
        current = target
      } else if let standing = try standing(current) {
        current = standing.place.parent
      } else {
        break
      }
    }
    return above
  }

  /// The outermost of those above counts. What is told and what is here may put two directories
  /// into each other: such are in none.
  private mutating func bundle(above directory: DirectoryID) throws(IndexError) -> DirectoryID? {
    var passed: [(id: DirectoryID, isBundle: Bool)] = []
    var bundle: DirectoryID?
    var current = directory
    while current != .root, passed.count <= Limits.directoryDepth {
      if let known = known[current] {
        bundle = known
        break
      }
      known[current] = .some(nil)
      // What is in an alias is in the directory that it was merged into.
      if let target = try current.target(index, with: targets) {
        passed.append((current, false))
        current = target
        continue
      }
      guard let standing = try standing(current) else { break }
      let isBundle = rules.names.contains(standing.place.name) || standing.bundle != nil
      passed.append((current, isBundle))
      current = standing.place.parent
    }
    for (id, isBundle) in passed.reversed() {
      bundle = bundle ?? (isBundle ? id : nil)
      known[id] = .some(bundle)
    }
    return bundle
  }

  /// A directory as it is in the end.
  private func standing(_ directory: DirectoryID) throws(IndexError) -> Entry? {
    let told = directories[directory]
    if areAsTold, let told { return told }
    guard let here = try index.row(.directory(directory))?.entry else { return told }
    return told.map { merged(here, $0) } ?? here
  }

  private func merged(_ one: Entry, _ other: Entry) -> Entry {
    Reconciler.merge(one, other, preferring: preferred).kept
  }
}
