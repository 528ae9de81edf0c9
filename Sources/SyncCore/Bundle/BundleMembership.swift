/// In which bundles the entries of a unit lie.
struct BundleMembership {
  private let rules: BundleRules
  private let index: any Index
  /// Directories of the unit.
  private var directories: [DirectoryID: Entry] = [:]
  /// What directories of the unit were merged into, the smallest for each.
  private var targets: [DirectoryID: DirectoryID] = [:]
  /// What is known of directories.
  private var known: [DirectoryID: DirectoryID?] = [:]

  /// `decided` are directories that are merged because of the unit, and what into.
  init(
    _ rules: BundleRules, of entries: [Entry], index: any Index,
    decided: [DirectoryID: DirectoryID] = [:]
  ) {
    self.rules = rules
    self.index = index
    targets = decided
    guard !rules.names.isEmpty else { return }
    for entry in entries {
      if case .merged(let id, let into) = entry.body {
        targets[id] = targets[id].map { min($0, into) } ?? into
      } else if let id = entry.directory, entry.isAlive {
        directories[id] = entry
      }
    }
  }

  /// The directory that is the bundle which an entry lies in, or is; `nil` if there is none.
  mutating func bundle(of entry: Entry) throws(IndexError) -> DirectoryID? {
    guard !rules.names.isEmpty else { return nil }
    return try bundle(of: entry.directory ?? entry.place.parent, depth: 0)
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

  /// The outermost of those above counts.
  private mutating func bundle(
    of directory: DirectoryID, depth: Int
  ) throws(IndexError) -> DirectoryID? {
    if directory == .root || depth > Limits.directoryDepth { return nil }
    if let known = known[directory] { return known }
    // What is in an alias is in the directory that it was merged into.
    if let target = try directory.target(index, with: targets) {
      let bundle = try bundle(of: target, depth: depth + 1)
      known[directory] = .some(bundle)
      return bundle
    }
    var standing = directories[directory]
    if standing == nil { standing = try index.row(.directory(directory))?.entry }
    guard let standing else { return nil }
    let above = try bundle(of: standing.place.parent, depth: depth + 1)
    let isBundle = rules.names.contains(standing.place.name) || standing.bundle != nil
    let bundle = above ?? (isBundle ? directory : nil)
    known[directory] = .some(bundle)
    return bundle
  }
}
