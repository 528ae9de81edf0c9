import SyncCore

/// New directories: each is put together in the flip's folder with everything that belongs into it,
/// and the topmost one appears by one rename.
extension Flip {
  /// One new directory while its tree is put together.
  private struct Part {
    let index: Int
    let id: DirectoryID
    let path: RelativePath
    let mode: UInt16
  }

  /// Puts a new directory in place, with its new subdirectories, staged files and symbolic links.
  mutating func placeTree(
    _ index: Int, _ id: DirectoryID, at place: Place, mode: UInt16
  ) throws(FileError) -> OperationResult {
    let target = try directory(place.parent)
    guard let path = paths[place.parent]?.appending(place.name) else { return .refused }
    let top = folderPath.appending(ReservedFolder.name(of: id))
    if let found = try target.stamp(of: place.name) {
      // An earlier run put it there if nothing of it waits any more, and it isn't one that was to
      // leave. (A directory that the user made meanwhile is as good: two directories made under one
      // name are one.)
      guard isResumed, found.kind == .directory, !isKnown(found),
        try folder().stamp(of: top.name!) == nil
      else { return .refused }
      paths[id] = path
      return .done(found)
    }
    let (parts, stamps) = try assemble(index, id, at: top, mode: mode)
    do throws(FileError) {
      // Moving a directory takes permission to write into it: a read-only one is made so after.
      try setAttributes(index, of: top)
      let isWritable = mode & 0o200 != 0
      if isWritable { try setMode(mode, of: top) }
      try folder().rename(top.name!, to: place.name, in: target, .noReplace)
      touch(target)
      for part in parts { paths[part.id] = path.replacing(top, in: part.path) }
      forgetOpened()
      if !isWritable { try setMode(mode, of: path) }
    } catch {
      if !isPlaced(id) { takeApart(parts) }
      throw error
    }
    for (index, stamp) in stamps { results[index] = .done(stamp) }
    for part in parts.dropFirst() { results[part.index] = .done(try stamp(at: part.id)) }
    return .done(try stamp(at: id))
  }

  /// Whether this is a directory that was here before the flip.
  private func isKnown(_ found: FileStamp) -> Bool {
    plan.operations.contains { operation in
      switch operation {
      case .moveDirectory(_, _, _, let expected, _), .removeDirectory(_, _, let expected):
        expected.identity == found.identity
      case .makeDirectory, .putFile, .putSymlink, .moveFile, .setAttributes, .removeFile: false
      }
    }
  }

  /// Puts the tree together, parents first; which files are in it, with their stamps.
  private mutating func assemble(
    _ index: Int, _ id: DirectoryID, at top: RelativePath, mode: UInt16
  ) throws(FileError) -> (parts: [Part], stamps: [(Int, FileStamp)]) {
    var parts = [Part(index: index, id: id, path: top, mode: mode)]
    var stamps: [(Int, FileStamp)] = []
    var next = 0
    do throws(FileError) {
      while next < parts.count {
        let part = parts[next]
        next += 1
        stamps += try fill(part)
        for child in contents.directoriesPut[part.id] ?? [] {
          guard results[child] == nil,
            case .makeDirectory(let id, let place, let mode) = plan.operations[child]
          else { continue }
          parts.append(
            Part(index: child, id: id, path: part.path.appending(place.name), mode: mode))
        }
      }
      if let lack = lack(in: parts.map(\.id)) { throw lack }
      for part in parts.dropFirst().reversed() {
        try setAttributes(part.index, of: part.path)
        try setMode(part.mode, of: part.path)
      }
    } catch {
      takeApart(Array(parts.prefix(next)))
      throw error
    }
    return (parts, stamps)
  }

  /// Makes one directory of the tree: the staged directory itself if it holds exactly what is
  /// wanted, else a new one into which each file is moved.
  private mutating func fill(_ part: Part) throws(FileError) -> [(Int, FileStamp)] {
    guard let name = part.path.name, let parentPath = part.path.parent else { return [] }
    _ = try folder()
    let parent = try directory(parentPath)
    let wanted = (contents.filesPut[part.id] ?? []).filter { results[$0] == nil }
    if try parent.stamp(of: name) == nil {
      if let stamps = try claim(part, as: name, in: parent, wanted: wanted) { return stamps }
      try parent.makeDirectory(name, mode: 0o700)
    }
    let directory = try directory(part.path)
    touch(directory)
    var stamps: [(Int, FileStamp)] = []
    for index in wanted {
      attempt(index) { flip throws(FileError) in
        switch try flip.putIntoTree(index, directory) {
        case .done(let stamp?): stamps.append((index, stamp))
        case .done(nil), .refused: return .refused
        case .failed(let errno): return .failed(errno)
        }
        return nil
      }
    }
    return stamps
  }

  private mutating func claim(
    _ part: Part, as name: Name, in parent: Directory, wanted: [Int]
  ) throws(FileError) -> [(Int, FileStamp)]? {
    guard isStagedDurable, !wanted.isEmpty else { return nil }
    var waiting: [Name: FileStamp] = [:]
    var stamps: [(Int, FileStamp)] = []
    for index in wanted {
      guard case .putFile(let file, let place, _) = plan.operations[index], file.place == place
      else { return nil }
      waiting[place.name] = file.stamp
      stamps.append((index, file.stamp))
    }
    let isClaimed = try staging.claim(part.id, as: name, in: parent) {
      directory throws(FileError) in
      let names = try directory.names()
      guard names.count == waiting.count else { return false }
      for name in names {
        guard let stamp = waiting[name], try directory.stamp(of: name) == stamp
        else { return false }
      }
      return true
    }
    guard isClaimed else { return nil }
    forgetOpened()
    touch(try directory(part.path))
    return stamps
  }

  private mutating func putIntoTree(
    _ index: Int, _ directory: Directory
  ) throws(FileError) -> OperationResult {
    switch plan.operations[index] {
    case .putFile(let file, let place, _):
      if let there = try directory.stamp(of: place.name), there.isSameInode(as: file.stamp) {
        return .done(there)
      }
      guard let source = try source(of: file) else { return missing(file) }
      try source.directory.rename(source.name, to: place.name, in: directory, .noReplace)
      guard let stamp = try directory.stamp(of: place.name) else { return .refused }
      return .done(stamp)
    case .putSymlink(let target, let place, let mtime, _):
      // One that an interrupted run left may lack its time.
      try? directory.removeFile(place.name)
      return .done(try makeSymlink(place.name, in: directory, target: target, mtime: mtime))
    case .makeDirectory, .moveDirectory, .moveFile, .setAttributes, .removeFile, .removeDirectory:
      preconditionFailure("not a file to be put")
    }
  }

  /// A tree that could not be put in place: its files wait in the staging area again, if nothing
  /// newer waits there by now.
  private mutating func takeApart(_ parts: [Part]) {
    forgetOpened()
    for part in parts.reversed() {
      guard let directory = try? directory(part.path) else { continue }
      for index in contents.filesPut[part.id] ?? [] {
        switch plan.operations[index] {
        case .putFile(let file, let place, _):
          try? staging.withDirectory(file.place.parent) { staged throws(FileError) in
            try directory.rename(place.name, to: file.place.name, in: staged, .noReplace)
          }
        case .putSymlink(_, let place, _, _):
          try? directory.removeFile(place.name)
        case .makeDirectory, .moveDirectory, .moveFile, .setAttributes, .removeFile,
          .removeDirectory:
          break
        }
      }
      guard let name = part.path.name, let above = part.path.parent,
        let parent = try? self.directory(above)
      else { continue }
      try? parent.removeDirectory(name)
    }
  }

  private mutating func setAttributes(
    _ index: Int, of path: RelativePath
  ) throws(FileError) {
    guard plan.attributes[index] != nil, let name = path.name, let parent = path.parent else {
      return
    }
    let entry = try OpenFile(name, in: directory(parent), for: .reference)
    try setAttributes(index, of: entry, entry.stamp())
    // Nobody would set them again on a directory that is seen.
    try directory(path).flush()
  }

  private mutating func setMode(_ mode: UInt16, of path: RelativePath) throws(FileError) {
    try directory(path).setMode(mode)
  }

  private mutating func stamp(at id: DirectoryID) throws(FileError) -> FileStamp {
    try directory(id).stamp()
  }
}

extension RelativePath {
  /// `path` with its beginning `old` replaced by this path.
  fileprivate func replacing(_ old: RelativePath, in path: RelativePath) -> RelativePath {
    RelativePath(components: components + path.components.dropFirst(old.components.count))
  }
}
