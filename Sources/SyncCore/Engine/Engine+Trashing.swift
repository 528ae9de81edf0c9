// What went to the trash can be had from there, if it is wanted again.

extension Engine {
  /// Remembers where the large files are that a flip took out of their places. Within its
  /// transaction.
  func noteTrashed(by done: Flipping, _ result: FlipResult) throws(IndexError) {
    var contents: [Place: ContentID] = [:]
    for row in done.rows {
      guard let previous = row.previous?.entry, let content = previous.content,
        content.size > Int64(Limits.smallContentByteCount)
      else { continue }
      contents[previous.place] = content.id
    }
    if contents.isEmpty { return }
    for (operation, outcome) in zip(done.plan.operations, result.results) where outcome.isDone {
      guard let (place, stamp) = operation.trashed, let content = contents[place],
        let path = done.plan.path(of: place)
      else { continue }
      try index.note(
        TrashedFile(content: content, plan: done.plan.id, path: path, stamp: stamp))
    }
  }
}

extension Operation {
  /// The file or symlink that it takes to the trash, if it does.
  fileprivate var trashed: (place: Place, stamp: FileStamp)? {
    switch self {
    case .removeFile(let place, let expected): (place, expected)
    case .putFile(_, let place, let replaced?), .putSymlink(_, let place, _, let replaced?),
      .moveFile(_, let place, _, let replaced?, _, _):
      (place, replaced)
    case .putFile, .putSymlink, .moveFile, .makeDirectory, .moveDirectory, .setAttributes,
      .removeDirectory:
      nil
    }
  }
}
