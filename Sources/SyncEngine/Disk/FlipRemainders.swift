import SyncCore

/// Directories that are to be deleted and hold something ignored: they stay with that, and with the
/// file that says why, and count as deleted.
extension Flip {
  /// Whether a file is removed only when nothing else is left in its directory: rules go last, as
  /// what they ignore would else be ignored no more.
  func isLast(_ place: Place) -> Bool {
    place.name == IgnoreRules.fileName && contents.removedDirectories[place.parent] != nil
  }

  /// Whether a directory, of which everything else that was to be removed is, is left to what it
  /// holds. If nothing is left but its rules, these are removed.
  mutating func isLeftToTheIgnored(
    _ place: Place, _ id: DirectoryID, in parent: Directory
  ) throws(FileError) -> Bool {
    let rules = Place(parent: id, name: IgnoreRules.fileName)
    // Rules that are ignored themselves are left like anything else.
    let isWithRules = contents.removals[rules] != nil
    let left = try Directory(place.name, in: parent).names().filter {
      $0 != rules.name || !isWithRules
    }
    guard !left.isEmpty else {
      try removeRules(at: rules)
      return false
    }
    guard isPlaced(place.parent), let path = paths[place.parent]?.appending(place.name) else {
      return false
    }
    var reader = RulesReader(fileSystem, local: local)
    let scope = reader.scope(of: path)
    let directory = try Directory(place.name, in: parent)
    for name in left where !remainders.contains(path.appending(name)) {
      let isDirectory = try directory.stamp(of: name)?.kind == .directory
      if scope.ignores(name, isDirectory: isDirectory) != nil { continue }
      let place = Place(parent: id, name: name)
      guard isDirectory, !plan.operations.contains(where: { $0.vacatedPlace == place }),
        holdsOnlyIgnored(path.appending(name))
      else { return false }
    }
    if let index = contents.removals[rules] { results[index] = .done(nil) }
    remainders.insert(path)
    return true
  }

  /// Whether a directory holds nothing but what is ignored, and rules, as do all that are in it: it
  /// is told to nobody, so who deleted the one above it can't have known of it.
  private func holdsOnlyIgnored(_ path: RelativePath) -> Bool {
    var listings: [Listing] = []
    look([.subtree(path)], in: fileSystem, ignoring: local) { listings.append($0) }
    var untold: Set<RelativePath> = []
    for listing in listings.reversed() {
      let entries = listing.entries.filter { $0.name != IgnoreRules.fileName }
      let isUntold = entries.allSatisfy { name, found in
        found == .ignored || untold.contains(listing.directory.appending(name))
      }
      if isUntold, !entries.isEmpty { untold.insert(listing.directory) }
    }
    return untold.contains(path)
  }

  private mutating func removeRules(at place: Place) throws(FileError) {
    guard let index = contents.removals[place], results[index] == nil,
      case .removeFile(_, let expected) = plan.operations[index]
    else { return }
    attempt(index) { flip throws(FileError) in
      try flip.removeFile(at: place, expected: expected)
    }
  }
}
