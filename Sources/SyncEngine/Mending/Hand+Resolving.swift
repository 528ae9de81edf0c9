import Glibc
import SyncCore

/// The end of a conflict.
extension Hand {
  /// Ends the conflict that `path`, the file or one of its copies, has part in.
  mutating func resolve(_ path: RelativePath, _ side: Mending.Side) throws(EngineError) {
    do throws(FileError) {
      let (directory, name) = try parent(of: path)
      let copies = try copies(at: path, name, in: directory)
      guard !copies.isEmpty else { throw FileError(ENODATA, .status, name) }
      guard side != .theirs || copies.count == 1 else { throw FileError(EMLINK, .status, name) }
      for copy in copies { try resolve(copy, in: directory, at: path, side) }
    } catch {
      throw Self.explain(error, at: path)
    }
  }

  /// The copies that are meant: the one that `name` is, else all of the file with this name.
  private func copies(
    at path: RelativePath, _ name: Name, in directory: Directory
  ) throws(FileError) -> [Name] {
    if ConflictCopy(name: name) != nil {
      return try directory.stamp(of: name) == nil ? [] : [name]
    }
    return try directory.names().filter { ConflictCopy(name: $0)?.original == name }.sorted()
  }

  private mutating func resolve(
    _ copy: Name, in directory: Directory, at path: RelativePath, _ side: Mending.Side
  ) throws(FileError) {
    guard let folder = path.parent, let original = ConflictCopy(name: copy)?.original else {
      return
    }
    let (copyPath, originalPath) = (folder.appending(copy), folder.appending(original))
    switch side {
    case .ours:
      try discard(copy, in: directory, as: copyPath)
      if try directory.stamp(of: original) != nil { note(.kept, originalPath) }
      note(.trashed, copyPath)
    case .theirs:
      if try directory.stamp(of: original) == nil {
        try move(copy, in: directory, to: original, in: directory)
        return note(.put, originalPath, other: copyPath)
      }
      try exchange(copy, in: directory, with: original, in: directory)
      note(.put, originalPath, other: copyPath)
      // What stood under the name has the copy's now.
      try discard(copy, in: directory, as: originalPath)
      note(.trashed, originalPath, "what stood there before")
    case .both:
      let name = try moveBeside(copy, in: directory, as: original, in: directory, from: 2)
      note(.renamed, copyPath, other: folder.appending(name))
    }
  }

  private static func explain(_ error: FileError, at path: RelativePath) -> EngineError {
    switch error.errno {
    case ENODATA, ENOENT, ENOTDIR:
      EngineError(
        "there is no conflict about \(path)", remedy: "See 'leftd conflicts' for those there are.",
        errno: error.errno)
    case EMLINK:
      EngineError(
        "there are several copies of \(path)",
        remedy: "Name the copy that is to stand there; 'leftd conflicts' lists them.",
        errno: error.errno)
    default:
      EngineError(
        "cannot resolve the conflict about \(path): \(error)",
        remedy: "What was done so far stays: see 'leftd conflicts'.", errno: error.errno)
    }
  }
}
