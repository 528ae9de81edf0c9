import Glibc
import SyncCore

/// Files and symbolic links: new ones by a rename that never replaces, others by an exchange that
/// leaves what was there in the trash.
extension Flip {
  /// Puts new files in place, or with `replacing` those that take the place of another; all, or
  /// those whose turn it is.
  mutating func placeFiles(replacing isReplacing: Bool, in turn: BundleRules.Turn?) {
    for (index, operation) in plan.operations.enumerated() where results[index] == nil {
      if let turn, turns.turn(of: index) != turn { continue }
      switch operation {
      case .putFile(let file, let place, let replaced) where (replaced != nil) == isReplacing:
        attempt(index) { flip throws(FileError) in
          let source = try flip.source(of: file)
          let result = try flip.place(source, file.stamp, at: place, replacing: replaced)
          guard case .done(let found?) = result else { return result ?? flip.missing(file) }
          return .done(try flip.adopted(index, found.settled(as: file.stamp), at: place))
        }
      case .putSymlink(let target, let place, let mtime, let replaced)
      where (replaced != nil) == isReplacing:
        attempt(index) { flip throws(FileError) in
          try flip.placeSymlink(index, target, mtime, at: place, replacing: replaced)
        }
      case .moveFile(let from, let place, let expected, let replaced, let mode, let mtime)
      where (replaced != nil) == isReplacing:
        attempt(index) { flip throws(FileError) in
          let result = try flip.placeMoved(
            index, from: from, expected, at: place, replacing: replaced)
          guard case .done(let found?) = result, found.kind == .file else { return result }
          guard
            found.isAsMoved(expected) || found.isPartlyChanged(expected, mode: mode, mtime: mtime)
          else {
            var moved = expected
            (moved.mode, moved.mtime) = (mode, mtime)
            return .done(moved)
          }
          return .done(try flip.change(index, place, found, mode: mode, mtime: mtime))
        }
      case .makeDirectory, .moveDirectory, .putFile, .putSymlink, .moveFile, .setAttributes,
        .removeFile, .removeDirectory:
        break
      }
    }
  }

  /// A staged content that is not there, or not known to be durable, is to be fetched again.
  func missing(_ file: StagedFile) -> OperationResult {
    if !isStagedDurable { staging.discard(file.place) }
    return .failed(isStagedDurable ? ENOENT : ENODATA)
  }

  private mutating func placeMoved(
    _ index: Int, from: Place, _ expected: FileStamp, at place: Place, replacing: FileStamp?
  ) throws(FileError) -> OperationResult {
    let source = try source(ofMove: index, from: from, expected: expected)
    let result: OperationResult
    do throws(FileError) {
      result = try self.place(source, expected, at: place, replacing: replacing) ?? .refused
    } catch {
      putBackFile(source, from: from)
      throw error
    }
    if case .refused = result { putBackFile(source, from: from) }
    return result
  }

  /// A file that was taken out of the way and can't get its new place gets its old one back.
  private mutating func putBackFile(_ source: (directory: Directory, name: Name)?, from: Place) {
    guard let source, let folder = try? folder(), source.directory === folder else { return }
    guard let (parent, _) = home(of: from) else {
      isStranded = true
      return
    }
    putBack(source.name, in: folder, to: from.name, in: parent)
  }

  private mutating func placeSymlink(
    _ index: Int, _ target: [UInt8], _ mtime: Int64, at place: Place, replacing: FileStamp?
  ) throws(FileError) -> OperationResult {
    let directory = try directory(place.parent)
    if isResumed, let there = try directory.stamp(of: place.name), there.kind == .symlink,
      there.mtime == mtime
    {
      let link = try OpenFile(place.name, in: directory, for: .reference)
      if try link.readSymlink() == target { return .done(there) }
    }
    let folder = try folder()
    let name = ReservedFolder.name(spelling: "link-\(index)")
    try? folder.removeFile(name)
    let stamp = try makeSymlink(name, in: folder, target: target, mtime: mtime)
    let result = try self.place((folder, name), stamp, at: place, replacing: replacing)
    if case .done = result {} else { try? folder.removeFile(name) }
    return result ?? .refused
  }

  /// Makes a symbolic link with its time.
  func makeSymlink(
    _ name: Name, in directory: Directory, target: [UInt8], mtime: Int64
  ) throws(FileError) -> FileStamp {
    try directory.makeSymlink(name, target: target)
    let link = try OpenFile(name, in: directory, for: .reference)
    try link.setMtime(mtime)
    return try link.stamp()
  }

  /// Puts what lies at `source` and is known by `stamp` in place; `nil` if there is no source.
  private mutating func place(
    _ source: (directory: Directory, name: Name)?, _ stamp: FileStamp, at place: Place,
    replacing: FileStamp?
  ) throws(FileError) -> OperationResult? {
    let target = try directory(place.parent)
    let found = try target.stamp(of: place.name)
    if let found, found.isSameEntry(as: stamp) {
      // An earlier run did it; what came out may not have been looked at.
      if isResumed, let replacing {
        keepUnexpected(replacing, of: place, in: target)
        noteOutgoing(replacing, from: place)
      }
      touch(target)
      return .done(found)
    }
    guard let replacing, found != nil || !vacated.contains(place) else {
      guard found == nil else { return .refused }
      guard let source else { return nil }
      try source.directory.rename(source.name, to: place.name, in: target, .noReplace)
      touch(target)
      touch(source.directory)
      return .done(try target.stamp(of: place.name))
    }
    guard let found, isExpected(found, replacing), try hasExpectedAttributes(found, at: place)
    else { return .refused }
    return try exchange(source, stamp, with: place, in: target, replacing: replacing)
  }

  /// The new file goes to the place in the trash that the old one is for, then both change places.
  /// Whoever has the old one open goes on writing to it, in the trash: `FlipWriters`.
  private mutating func exchange(
    _ source: (directory: Directory, name: Name)?, _ stamp: FileStamp, with place: Place,
    in target: Directory, replacing: FileStamp
  ) throws(FileError) -> OperationResult? {
    let path = originalPath(place)
    var touching: [Directory] = []
    let slot: (directory: Directory, name: Name)
    if let source {
      slot = try trash.take(source.name, in: source.directory, from: path) { touching.append($0) }
    } else {
      // An earlier run may have come as far as the trash.
      guard let found = trash.find(from: path, where: { $0.isSameInode(as: stamp) })
      else { return nil }
      slot = found
    }
    for directory in touching + [slot.directory, target] { touch(directory) }
    if let source { touch(source.directory) }
    do throws(FileError) {
      try slot.directory.rename(slot.name, to: place.name, in: target, .exchange)
    } catch {
      giveBack(slot, to: source)
      throw error
    }
    if let out = try slot.directory.stamp(of: slot.name), out.isAsMoved(replacing) {
      noteOutgoing(out, from: place, as: slot.name)
      return .done(try target.stamp(of: place.name))
    }
    // Somebody changed the file between the look and the exchange: that is never overwritten.
    do throws(FileError) {
      try slot.directory.rename(slot.name, to: place.name, in: target, .exchange)
      giveBack(slot, to: source)
    } catch {
      putBack(slot.name, in: slot.directory, to: place.name, in: target)
    }
    return .refused
  }

  private func giveBack(
    _ slot: (directory: Directory, name: Name), to source: (directory: Directory, name: Name)?
  ) {
    guard let source else { return }
    try? slot.directory.rename(slot.name, to: source.name, in: source.directory, .noReplace)
  }

  /// If what an interrupted exchange or removal put into the trash is not what was expected, it is
  /// a local edit: it comes back, beside the new file if there is one.
  mutating func keepUnexpected(
    _ replaced: FileStamp, of place: Place, in target: Directory
  ) {
    let slot = trash.find(from: originalPath(place)) {
      $0.inode == replaced.inode && $0.btime == replaced.btime && !$0.isAsMoved(replaced)
    }
    guard let slot else { return }
    putBack(slot.name, in: slot.directory, to: place.name, in: target)
  }

  // MARK: Attributes

  /// Sets modes and times where the entry is as expected.
  mutating func changeAttributes() {
    for (index, operation) in plan.operations.enumerated() {
      guard case .setAttributes(let place, let expected, let mode, let mtime) = operation
      else { continue }
      attempt(index) { flip throws(FileError) in
        guard let found = try flip.directory(place.parent).stamp(of: place.name),
          flip.isExpected(found, expected)
            || ((flip.isResumed || flip.isLinked(found))
              && found.isPartlyChanged(expected, mode: mode, mtime: mtime))
        else { return .refused }
        return .done(try flip.change(index, place, found, mode: mode, mtime: mtime))
      }
    }
  }

  /// Sets attributes, mode and mtime of what is still `found` at its place, by its descriptor.
  ///
  /// RACE: a write between the look and the setting of the time gets the older time. Worst case: a
  /// write of the same size in these microseconds is noticed by its event only.
  private mutating func change(
    _ index: Int, _ place: Place, _ found: FileStamp, mode: UInt16, mtime: Int64?
  ) throws(FileError) -> FileStamp {
    guard
      found.mode != mode || (mtime ?? found.mtime) != found.mtime || plan.attributes[index] != nil
    else { return try adopted(index, found, at: place) }
    let parent = try directory(place.parent)
    let entry = try OpenFile(place.name, in: parent, for: .reference)
    guard try entry.stamp() == found else {
      throw FileError(ENOENT, .setMode, place.name)
    }
    try setAttributes(index, of: entry, found)
    if let mtime, mtime != found.mtime { try entry.setMtime(mtime) }
    // The mode last: it tells a resumed flip, whose look finds a new ctime, how far it came. An
    // access control list may have changed it.
    if try entry.stamp().mode != mode { try entry.setMode(mode) }
    try touchAttributes(of: place.name, in: parent)
    return try adopted(index, entry.stamp(), at: place)
  }
}

extension FileStamp {
  /// Whether this is `expected` after an interrupted change of attributes.
  fileprivate func isPartlyChanged(_ expected: FileStamp, mode: UInt16, mtime: Int64?) -> Bool {
    isSameInode(as: expected) && [expected.mode, mode].contains(self.mode)
      && [expected.mtime, mtime ?? expected.mtime].contains(self.mtime)
      && (self.mode == mode || self.mtime == mtime ?? expected.mtime)
  }
}
