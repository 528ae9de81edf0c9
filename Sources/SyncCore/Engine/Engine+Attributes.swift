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
    where result.results[operation].isDone
      && isRefused(wanted, shown: result.attributes[operation] ?? wanted)
    {
      hasToldRefusedAttributes = true
      return log(
        .warning,
        "Not all extended attributes, access control lists and owners that other nodes have can be "
          + "set here. They stay as they are there. Said once, for the first one.",
        path: try path(of: done.plan.operations[operation].target), set: done.plan.id)
    }
  }

  /// Whether something was wanted and is not there. An owner counts where owners are kept as
  /// numbers: in another form it may be the same.
  private func isRefused(_ wanted: ExtendedAttributes, shown: ExtendedAttributes) -> Bool {
    wanted.pairs.contains { name, value in
      name == ExtendedAttributes.owner
        ? rules.ownership == .numeric && value != shown[name] : value != shown[name]
    }
  }
}
