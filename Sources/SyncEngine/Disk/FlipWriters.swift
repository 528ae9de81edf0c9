import SyncCore

/// Programs that have a file open for writing which leaves its place: asked for before anything is
/// done, and once more when it is in the trash, since a rename tells them nothing.
extension Flip {
  /// The files that would be replaced or removed and that somebody writes to.
  mutating func writers() -> [OutgoingFile] {
    var written: [OutgoingFile] = []
    for (place, expected) in plan.operations.lazy.compactMap(\.outgoing)
      .prefix(Limits.outgoingProbeCount)
    {
      guard let parent = try? directory(place.parent),
        let file = try? OpenFile(place.name, in: parent, for: .reading), file.hasWriter == true
      else { continue }
      written.append(outgoingFile(expected, from: place, as: place.name))
    }
    return written
  }

  /// What a flip comes to that did nothing, since somebody writes.
  func awaitingWriters() -> FlipResult {
    FlipResult(
      id: plan.id, results: plan.operations.map { _ in .refused }, ending: .awaitsWriter)
  }

  /// Remembers a file that is in the trash as `name` since this flip.
  mutating func noteOutgoing(_ stamp: FileStamp, from place: Place, as name: Name) {
    guard stamp.kind == .file, outgoing.count < Limits.outgoingProbeCount else { return }
    outgoing.append(outgoingFile(stamp, from: place, as: name))
  }

  private func outgoingFile(
    _ stamp: FileStamp, from place: Place, as name: Name
  ) -> OutgoingFile {
    let original = originalPath(place)
    let trashed = trash.folder.components + original.components.dropLast() + [name]
    return OutgoingFile(
      trashed: RelativePath(components: trashed),
      path: paths[place.parent]?.appending(place.name) ?? original, inode: stamp.inode,
      size: stamp.size, mtime: stamp.mtime)
  }

  /// The same for one that an interrupted run of this flip put there.
  mutating func noteOutgoing(_ stamp: FileStamp, from place: Place) {
    let slot = trash.find(from: originalPath(place)) { $0.isAsMoved(stamp) }
    if let slot { noteOutgoing(stamp, from: place, as: slot.name) }
  }

  /// The same for all files in a directory that is in the trash as `name`.
  mutating func noteOutgoing(below top: DirectoryID, as name: Name, from place: Place) {
    let original = originalPath(place)
    let inTrash = RelativePath(
      components: trash.folder.components + original.components.dropLast() + [name])
    for (index, operation) in plan.operations.enumerated() {
      guard outgoing.count < Limits.outgoingProbeCount else { return }
      guard case .removeFile(let place, let expected) = operation, case .done = results[index],
        expected.kind == .file,
        let trashed = originalPath(place).replacingPrefix(original, with: inTrash)
      else { continue }
      outgoing.append(
        OutgoingFile(
          trashed: trashed, path: originalPath(place), inode: expected.inode, size: expected.size,
          mtime: expected.mtime))
    }
  }

  /// Those that somebody may write to, or has written to already.
  ///
  /// RACE: who opens a file between `writers` and the rename is noted here. Worst case: the process
  /// ends before that, and what is written is found in the trash only.
  func writtenOutgoing() -> [OutgoingFile] {
    outgoing.filter { file in
      switch file.look(in: fileSystem) {
      case .closed, .gone: false
      case .open, .unknown, .changed: true
      }
    }
  }
}

extension Operation {
  /// What goes to the trash, and from where.
  fileprivate var outgoing: (Place, FileStamp)? {
    switch self {
    case .putFile(_, let place, let expected?), .putSymlink(_, let place, _, let expected?),
      .moveFile(_, let place, _, let expected?, _, _), .removeFile(let place, let expected):
      (place, expected)
    case .putFile, .putSymlink, .moveFile, .makeDirectory, .moveDirectory, .setAttributes,
      .removeDirectory:
      nil
    }
  }
}
