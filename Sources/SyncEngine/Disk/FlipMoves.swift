import Glibc
import SyncCore

/// Moves: what others need the place of leaves first, everything arrives parents first, so that
/// swaps, chains and moves into one another need no special case.
extension Flip {
  // MARK: Out

  /// Takes moving directories, and files whose place is needed, out into the flip's folder.
  mutating func moveOut() {
    // Files first: the paths of their directories are still those of before the flip.
    for (index, operation) in plan.operations.enumerated() {
      guard case .moveFile(let from, _, let expected, _, _, _) = operation else { continue }
      guard filled.contains(from) || (isVacating && contents.removedDirectories[from.parent] != nil)
      else { continue }
      attempt(index) { flip throws(FileError) in
        try flip.moveFileOut(index, from: from, expected: expected)
      }
    }
    let moves = plan.operations.indices.filter { index in
      if case .moveDirectory = plan.operations[index] { true } else { false }
    }
    if !isMoveDirect(moves) {
      // Children before their parents, so that paths before the flip stay true meanwhile.
      for index in moves.sorted(by: { depth(ofMove: $0) > depth(ofMove: $1) }) {
        attempt(index) { flip throws(FileError) in try flip.moveDirectoryOut(index) }
      }
    }
  }

  /// Whether something must go before something else comes to its place.
  private var isVacating: Bool { !filled.isDisjoint(with: vacated) }

  /// A single move into a directory that is there is one rename.
  private func isMoveDirect(_ moves: [Int]) -> Bool {
    guard moves.count == 1, !isVacating,
      case .moveDirectory(_, _, let to, _, _) = plan.operations[moves[0]]
    else { return moves.isEmpty }
    return contents.newDirectories[to.parent] == nil
  }

  private func depth(ofMove index: Int) -> Int {
    guard case .moveDirectory(let id, _, _, _, _) = plan.operations[index] else { return 0 }
    return plan.directories[id]?.components.count ?? 0
  }

  private mutating func moveDirectoryOut(_ index: Int) throws(FileError) -> OperationResult? {
    guard case .moveDirectory(let id, let from, _, let expected, _) = plan.operations[index]
    else { return nil }
    let held = ReservedFolder.name(of: id)
    let heldPath = folderPath.appending(held)
    let folder = try folder()
    if isResumed, try folder.stamp(of: held) != nil {
      relocate(id, to: heldPath)
      return nil
    }
    guard isPlaced(from.parent), let parent = try parentOfMoved(from),
      let found = try parent.stamp(of: from.name), isExpected(found, expected)
    else {
      // It is elsewhere; where an earlier run put it already, that is found when it is placed.
      // Until then it has no path that another directory could have, too.
      relocate(id, to: heldPath)
      return isResumed ? nil : .refused
    }
    try parent.move(from.name, to: held, in: folder)
    touch(parent)
    relocate(id, to: heldPath)
    return nil
  }

  /// The directory that something moves out of; `nil` where a resumed flip took it away already.
  private mutating func parentOfMoved(_ from: Place) throws(FileError) -> Directory? {
    do throws(FileError) {
      return try directory(from.parent)
    } catch {
      guard isResumed, error.errno == ENOENT else { throw error }
      return nil
    }
  }

  /// What lies in the flip's folder under these names is on its way between two places.
  var heldNames: Set<Name> {
    Set(
      plan.operations.enumerated().compactMap { index, operation in
        switch operation {
        case .moveDirectory(let id, _, _, _, _): ReservedFolder.name(of: id)
        case .moveFile: heldName(ofFile: index)
        case .makeDirectory, .putFile, .putSymlink, .setAttributes, .removeFile, .removeDirectory:
          nil
        }
      })
  }

  private func heldName(ofFile index: Int) -> Name {
    ReservedFolder.name(spelling: "file-\(index)")
  }

  private mutating func moveFileOut(
    _ index: Int, from: Place, expected: FileStamp
  ) throws(FileError) -> OperationResult? {
    let held = heldName(ofFile: index)
    let folder = try folder()
    if isResumed, try folder.stamp(of: held) != nil { return nil }
    guard isPlaced(from.parent), let parent = try parentOfMoved(from),
      let found = try parent.stamp(of: from.name), isExpected(found, expected)
    else { return isResumed ? nil : .refused }
    try parent.move(from.name, to: held, in: folder)
    touch(parent)
    if let out = try folder.stamp(of: held), out.isAsMoved(expected) { return nil }
    putBack(held, in: folder, to: from.name, in: parent)
    return .refused
  }

  /// Where a moving file is: in the flip's folder, or still in its old place.
  mutating func source(
    ofMove index: Int, from: Place, expected: FileStamp
  ) throws(FileError) -> (directory: Directory, name: Name)? {
    let held = heldName(ofFile: index)
    if let folder = try? directory(folderPath), try folder.stamp(of: held) != nil {
      return (folder, held)
    }
    guard isPlaced(from.parent), let parent = try parentOfMoved(from),
      let found = try parent.stamp(of: from.name), isExpected(found, expected)
    else { return nil }
    return (parent, from.name)
  }

  /// Gives something its name back, or one beside it if that is taken by now; where neither can be
  /// had, it stays where it is, inside `.leftd`, until the plan is resumed.
  mutating func putBack(
    _ name: Name, in source: Directory, to original: Name, in target: Directory
  ) {
    touch(target)
    do throws(FileError) {
      try source.move(name, to: original, in: target)
    } catch {
      let left: FileStamp?
      do throws(FileError) { left = try source.stamp(of: name) } catch {
        isStranded = true
        return
      }
      guard let stamp = left else { return }
      let beside = ConflictName.name(for: original, of: stamp, on: node)
      do throws(FileError) { try source.move(name, to: beside, in: target) } catch {
        isStranded = true
      }
    }
  }

  // MARK: In

  /// Puts moved and new directories in place, each as soon as its parent is there. New ones among
  /// a bundle's references only `of` that turn.
  mutating func placeDirectories(of turn: BundleRules.Turn = .others) {
    var waiting = plan.operations.indices.filter { index in
      switch plan.operations[index] {
      case .moveDirectory: turn != .references
      case .makeDirectory(_, let place, _):
        isTopmost(place) && (turns.turn(of: index) == .references) == (turn == .references)
      default: false
      }
    }
    sendHome(waiting)
    var isMoving = true
    while isMoving {
      isMoving = false
      for index in waiting where results[index] == nil && !isBlocked(index) {
        guard let place = plan.operations[index].filledPlace, isPlaced(place.parent)
        else { continue }
        attempt(index) { flip throws(FileError) in try flip.placeDirectory(index) }
        isMoving = true
        // A directory that an earlier run had put in place waits for what it holds.
        if results[index] != nil, case .makeDirectory(let id, _, _) = plan.operations[index] {
          waiting += contents.directoriesPut[id] ?? []
        }
      }
    }
    putBackUnplaced(waiting)
  }

  /// Whether the directory of a place is none that comes with its tree.
  private func isTopmost(_ place: Place) -> Bool {
    guard let above = contents.newDirectories[place.parent] else { return true }
    // The turn of references comes after a new bundle is in place, and with it all of them.
    return results[above] != nil
  }

  private mutating func placeDirectory(_ index: Int) throws(FileError) -> OperationResult? {
    if let place = plan.operations[index].filledPlace { clear(place) }
    switch plan.operations[index] {
    case .makeDirectory(let id, let place, let mode):
      return try placeTree(index, id, at: place, mode: mode)
    case .moveDirectory(let id, let from, let to, let expected, let mode):
      let result = try placeMoved(id, from: from, to: to, expected: expected)
      guard case .done(let stamp?) = result,
        plan.attributes[index] != nil || (stamp.mode == expected.mode && mode != expected.mode)
      else { return result }
      let directory = try OpenFile(to.name, in: directory(to.parent), for: .reference)
      try setAttributes(index, of: directory, stamp)
      if stamp.mode == expected.mode { try directory.setMode(mode) }
      try touchAttributes(of: to.name, in: self.directory(to.parent))
      return result
    case .putFile, .putSymlink, .moveFile, .setAttributes, .removeFile, .removeDirectory:
      preconditionFailure("not a directory's place")
    }
  }

  private mutating func placeMoved(
    _ id: DirectoryID, from: Place, to: Place, expected: FileStamp
  ) throws(FileError) -> OperationResult {
    let target = try directory(to.parent)
    guard let path = paths[to.parent]?.appending(to.name) else { return .refused }
    if isResumed, let there = try target.stamp(of: to.name), there.isSameInode(as: expected) {
      touch(target)
      relocate(id, to: path)
      return .done(there)
    }
    let (source, name): (Directory, Name)
    if paths[id]?.isReserved == true {
      (source, name) = (try folder(), ReservedFolder.name(of: id))
    } else {
      guard isPlaced(from.parent), let parent = try parentOfMoved(from),
        let found = try parent.stamp(of: from.name), isExpected(found, expected)
      else { return .refused }
      (source, name) = (parent, from.name)
    }
    try source.move(name, to: to.name, in: target)
    touch(target)
    touch(source)
    guard let there = try target.stamp(of: to.name), there.isSameInode(as: expected) else {
      // RACE: another directory took the name between the look and the rename. It goes back; for
      // microseconds it was seen in the wrong place.
      putBack(to.name, in: target, to: name, in: source)
      return .refused
    }
    relocate(id, to: path)
    return .done(there)
  }

  /// Whose new place turns out to be taken goes back before another takes its old one, and whoever
  /// was to come there goes back, too.
  private mutating func sendHome(_ indexes: [Int]) {
    var isStable = false
    while !isStable {
      isStable = true
      for index in indexes where results[index] == nil {
        guard case .moveDirectory(_, let from, let to, let expected, _) = plan.operations[index],
          isPlaced(from.parent), isPlaced(to.parent),
          let found = try? directory(to.parent).stamp(of: to.name),
          !(isResumed && found.isSameInode(as: expected))
        else { continue }
        clear(to)
        guard (try? directory(to.parent).stamp(of: to.name)) != nil else { continue }
        putBackUnplaced([index])
        if results[index] == nil { results[index] = .refused }
        isStable = false
      }
    }
  }

  /// What was taken out and found no place goes back to where it was.
  private mutating func putBackUnplaced(_ indexes: [Int]) {
    for index in indexes {
      guard case .moveDirectory(let id, let from, _, _, _) = plan.operations[index],
        paths[id]?.isReserved == true
      else { continue }
      if results[index] == nil { results[index] = .refused }
      guard let (parent, path) = home(of: from), let folder = try? folder() else {
        isStranded = true
        continue
      }
      putBack(ReservedFolder.name(of: id), in: folder, to: from.name, in: parent)
      relocate(id, to: path.appending(from.name))
    }
  }

  /// The directory that something came out of; the root where that is gone by now.
  mutating func home(of place: Place) -> (directory: Directory, path: RelativePath)? {
    if let directory = try? directory(place.parent), let path = paths[place.parent] {
      return (directory, path)
    }
    return (try? directory(DirectoryID.root)).map { ($0, .root) }
  }
}
