import SyncCore

/// What a program wrote into the trash, having had the file open when it was replaced.
extension Hand {
  /// Puts it back into the share: under its name if nothing stands there, else as the copy of a
  /// conflict beside it. Where it is now.
  mutating func bringBack(
    _ file: OutgoingFile, of node: NodeID
  ) throws(FileError) -> RelativePath {
    guard let name = file.path.name, let above = file.path.parent, let trashed = file.trashed.name,
      let folder = file.trashed.parent
    else { return file.path }
    let source = try Directory(folder, of: fileSystem)
    guard let written = try source.stamp(of: trashed) else { return file.path }
    var (target, path) = (try Directory(.root, of: fileSystem), RelativePath.root)
    do throws(FileError) {
      (target, path) = (try making(above), above)
    } catch {
      // Something that is no directory stands there by now.
      guard error.isRefusal else { throw error }
    }
    if try target.stamp(of: name) == nil {
      do throws(FileError) {
        try move(trashed, in: source, to: name, in: target)
        return path.appending(name)
      } catch {
        guard error.isRefusal else { throw error }
      }
    }
    let copy = ConflictName.name(for: name, of: written, on: node)
    let beside = try moveBeside(trashed, in: source, as: copy, in: target, from: 1)
    return path.appending(beside)
  }
}
