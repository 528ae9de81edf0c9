import Glibc
import SyncCore

/// Deletions: everything goes to the trash, a whole directory by one rename if it holds exactly
/// what is to be deleted.
extension Flip {
  /// Removes what stands where something else comes.
  mutating func clearFilledPlaces() {
    for place in plan.operations.compactMap(\.filledPlace) { clear(place) }
  }

  /// Removes what is to be removed from one place.
  mutating func clear(_ place: Place) {
    if let index = contents.directoryRemovals[place] { removeTree(index) }
    if let index = contents.removals[place] { removeFile(index) }
  }

  /// Removes everything else that is to be removed.
  mutating func removeRest() {
    // A whole bundle, too, goes by one rename.
    removeTrees(in: .others)
    for turn in turns.isEmpty ? [.others] : BundleRules.Turn.allCases.reversed() {
      noteBroken()
      removeTrees(in: turn)
      for index in plan.operations.indices where turns.turn(of: index) == turn {
        removeFile(index)
      }
    }
    noteBroken()
    removeEmptyDirectories()
  }

  private mutating func removeTrees(in turn: BundleRules.Turn) {
    noteBroken()
    for index in plan.operations.indices where turns.turn(of: index) == turn { removeTree(index) }
  }

  /// The topmost of what is removed takes with it what it holds.
  private mutating func removeTree(_ index: Int) {
    guard case .removeDirectory(let id, let place, let expected) = plan.operations[index],
      contents.removedDirectories[place.parent] == nil
    else { return }
    attempt(index) { flip throws(FileError) in
      try flip.removeTree(id, at: place, expected: expected)
    }
  }

  private mutating func removeFile(_ index: Int) {
    guard case .removeFile(let place, let expected) = plan.operations[index], !isLast(place)
    else { return }
    attempt(index) { flip throws(FileError) in
      try flip.removeFile(at: place, expected: expected)
    }
  }

  /// Moves a whole tree to the trash if it is exactly as expected, and looks again there. `nil`
  /// leaves it to be removed entry by entry.
  private mutating func removeTree(
    _ id: DirectoryID, at place: Place, expected: FileStamp
  ) throws(FileError) -> OperationResult? {
    let original = originalPath(place)
    guard isPlaced(place.parent), let path = paths[place.parent]?.appending(place.name),
      let parent = try? directory(place.parent)
    else { return nil }
    var slot: (directory: Directory, name: Name)
    if let found = try parent.stamp(of: place.name), isExpected(found, expected),
      try hasExpectedAttributes(found, at: place)
    {
      guard isExactly(id, at: path) else { return nil }
      var touching = [parent]
      slot = try trash.take(place.name, in: parent, from: original) { touching.append($0) }
      for directory in touching + [slot.directory] { touch(directory) }
      forgetOpened()
    } else {
      guard isResumed, let found = trash.find(from: original, where: { $0.isAsMoved(expected) })
      else { return nil }
      slot = found
    }
    let inTrash = trash.folder.components + original.components.dropLast() + [slot.name]
    guard isExactly(id, at: RelativePath(components: inTrash)) else {
      // Something was made or changed in it between the look and the rename: it all comes back.
      // RACE: a program that works in it by an open descriptor goes on in the trash, after this
      // second look. Worst case: what it makes there is found in the trash only.
      putBack(slot.name, in: slot.directory, to: place.name, in: parent)
      return nil
    }
    markRemoved(id)
    noteOutgoing(below: id, as: slot.name, from: place)
    return .done(nil)
  }

  /// Whether the directory at `path` holds nothing but what the plan removes, unchanged.
  private func isExactly(_ id: DirectoryID, at path: RelativePath) -> Bool {
    var ids = [path: id]
    var isExact = true
    lookBelow(path, in: fileSystem, withAttributesOfFiles: isResumed) { listing in
      guard isExact else { return }
      guard let id = ids[listing.directory], listing.stamp != nil, listing.isComplete else {
        isExact = false
        return
      }
      for (name, found) in listing.entries {
        let place = Place(parent: id, name: name)
        guard let expected = removal(of: found, listing.attributes[name], at: place) else {
          isExact = false
          return
        }
        if case .directory(let child) = expected { ids[listing.directory.appending(name)] = child }
      }
    }
    return isExact
  }

  /// Which entry of the plan's removals this is; `nil` if none, or changed.
  private func removal(
    of found: Found, _ attributes: ExtendedAttributes?, at place: Place
  ) -> EntryKey? {
    switch found {
    case .entry(let stamp) where stamp.kind == .directory:
      guard let index = contents.directoryRemovals[place],
        case .removeDirectory(let id, _, let expected) = plan.operations[index],
        isExpected(stamp, expected), attributes ?? present(stamp) == present(stamp)
      else { return nil }
      return .directory(id)
    case .entry(let stamp), .symlink(let stamp, target: _):
      guard let index = contents.removals[place],
        case .removeFile(_, let expected) = plan.operations[index], isExpected(stamp, expected),
        attributes ?? present(stamp) == present(stamp)
      else { return nil }
      return .place(place)
    case .absent, .special, .unreadable, .ignored: return nil
    }
  }

  /// Everything below a removed tree is done with it.
  private mutating func markRemoved(_ top: DirectoryID) {
    var removed: Set<DirectoryID> = [top]
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for (id, index) in contents.removedDirectories where !removed.contains(id) {
        guard case .removeDirectory(_, let place, _) = plan.operations[index],
          removed.contains(place.parent)
        else { continue }
        removed.insert(id)
        results[index] = .done(nil)
        isGrowing = true
      }
    }
    for (place, index) in contents.removals where removed.contains(place.parent) {
      results[index] = .done(nil)
    }
  }

  /// What is to be removed isn't there. The flip that was interrupted did it; otherwise its
  /// directory may stand elsewhere, with it.
  private var absent: OperationResult { isResumed ? .done(nil) : .refused }

  mutating func removeFile(
    at place: Place, expected: FileStamp
  ) throws(FileError) -> OperationResult? {
    // Undecided while its directory is between two places.
    if paths[place.parent]?.isReserved == true { return nil }
    let parent: Directory
    do throws(FileError) { parent = try directory(place.parent) } catch {
      guard error.errno == ENOENT else { throw error }
      return absent
    }
    let path = originalPath(place)
    touch(parent)
    guard let found = try parent.stamp(of: place.name) else {
      if isResumed { keepUnexpected(expected, of: place, in: parent) }
      return absent
    }
    guard isExpected(found, expected), try hasExpectedAttributes(found, at: place) else {
      let isTrashed =
        isResumed && trash.find(from: path, where: { $0.isAsMoved(expected) }) != nil
      return isTrashed ? .done(nil) : .refused
    }
    var touching: [Directory] = []
    let slot = try trash.take(place.name, in: parent, from: path) { touching.append($0) }
    for directory in touching + [slot.directory] { touch(directory) }
    if let out = try slot.directory.stamp(of: slot.name), out.isAsMoved(expected) {
      noteOutgoing(out, from: place, as: slot.name)
      return .done(nil)
    }
    putBack(slot.name, in: slot.directory, to: place.name, in: parent)
    return .refused
  }

  /// Directories that could not go as a whole: deepest first, if they are empty by now.
  private mutating func removeEmptyDirectories() {
    let left = contents.removedDirectories.values.filter { results[$0] == nil }
    let depths = left.map { index in
      (index, plan.operations[index].vacatedPlace.map { originalPath($0).components.count } ?? 0)
    }
    for (index, _) in depths.sorted(by: { ($1.1, $0.0) < ($0.1, $1.0) }) {
      guard case .removeDirectory(let id, let place, let expected) = plan.operations[index]
      else { continue }
      attempt(index) { flip throws(FileError) in
        let parent: Directory
        do throws(FileError) { parent = try flip.directory(place.parent) } catch {
          guard error.errno == ENOENT else { throw error }
          return flip.absent
        }
        flip.touch(parent)
        guard let found = try parent.stamp(of: place.name) else { return flip.absent }
        guard flip.isExpected(found, expected), try flip.hasExpectedAttributes(found, at: place)
        else { return .refused }
        if try flip.isLeftToTheIgnored(place, id, in: parent) { return .done(nil) }
        try parent.removeDirectory(place.name)
        flip.forgetOpened()
        return .done(nil)
      }
    }
  }
}
