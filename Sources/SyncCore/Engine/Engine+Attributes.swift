// What is told of extended attributes, to peers and to people.

extension Engine {
  /// The extended attributes to tell, of an item: only what changed here is told
  /// anew. A disk that refuses some, or gives them back in another form, has not changed the file.
  func toldAttributes(_ item: LocalItem) -> ExtendedAttributes {
    guard let row = item.previous, row.entry.isAlive, row.observed != nil else {
      return item.attributes ?? .empty
    }
    guard let found = item.attributes else { return row.entry.attributes }
    return row.entry.attributes.changed(from: row.observedAttributes, to: found)
  }

  /// Says that not all attributes of something are told.
  mutating func sayCut(_ path: RelativePath) {
    log(
      .warning,
      "Its extended attributes take more than \(Limits.attributesByteCount) bytes together: those "
        + "that don't fit are not synced.", path: path)
  }

  /// Says once in a run that this disk doesn't keep what others have.
  mutating func reportRefusedAttributes(
    _ done: Flipping, _ result: FlipResult
  ) throws(IndexError) {
    guard !hasToldRefusedAttributes else { return }
    for (operation, wanted) in done.plan.attributes.sorted(by: { $0.key < $1.key })
    where result.results[operation].isDone && result.attributes[operation] ?? wanted != wanted {
      hasToldRefusedAttributes = true
      return log(
        .warning,
        "This disk does not keep all extended attributes and access control lists. They stay as "
          + "they are on other nodes. Said once, for the first one.",
        path: try path(of: done.plan.operations[operation].target), set: done.plan.id)
    }
  }
}
