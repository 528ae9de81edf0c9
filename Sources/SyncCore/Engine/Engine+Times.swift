// Times of directories: they have no version, are told with what changed in the directory, and
// alone are no change. What is observed of a directory's time is what was last recorded or set.

extension Engine {
  /// Remembers when directories changed whose rows are here. Within a transaction.
  func recordTimes(_ times: [DirectoryID: Int64]) throws(IndexError) {
    for id in times.keys.sorted() where id != .root {
      guard let time = times[id], var row = try index.row(.directory(id)),
        let stamp = row.observed, stamp.mtime < time
      else { continue }
      row.observed?.mtime = time
      try index.put(row)
    }
  }

  /// Tells when the directories changed in which entries are announced, and those among these.
  mutating func tellTimes(with entries: [Entry], on link: Link) throws(IndexError) {
    var told: Set<DirectoryID> = [.root]
    var times: [DirectoryTime] = []
    for entry in entries {
      let ids = entry.isAlive ? [entry.place.parent] + [entry.directory].compactMap(\.self) : []
      for id in ids.isEmpty ? [entry.place.parent] : ids where told.insert(id).inserted {
        guard let stamp = try index.row(.directory(id))?.observed else { continue }
        times.append(DirectoryTime(directory: id, mtime: stamp.mtime))
        guard times.count == Limits.directoryTimeCount else { continue }
        effects.append(.send(link, .directoryTimes(times)))
        times = []
      }
    }
    if !times.isEmpty { effects.append(.send(link, .directoryTimes(times))) }
  }

  /// Times came with a part of a unit.
  mutating func take(_ times: [DirectoryTime], in number: Int) {
    for time in times { sessions[number].incomingTimes[time.directory] = time.mtime }
    guard sessions[number].incomingTimes.count <= 4 * Limits.unitEntryCount else {
      return refuse(sessions[number].link, "told times of too many directories")
    }
  }

  /// The times that a flip is to set: the latest that was told of each directory in which names
  /// change.
  func times(told unit: Unit, for plan: FlipPlan) throws(IndexError) -> [DirectoryID: Int64] {
    var told: [DirectoryID: Int64] = [:]
    for part in unit.parts {
      for (id, time) in part.times {
        let id = try index.canonical(id)
        told[id] = max(told[id] ?? .min, time)
      }
    }
    if told.isEmpty { return [:] }
    var touched: Set<DirectoryID> = []
    for operation in plan.operations {
      touched.formUnion(operation.places.map(\.parent))
      if case .makeDirectory(let id, _, _) = operation { touched.insert(id) }
    }
    touched.formUnion(plan.links.joined().map(\.place.parent))
    return told.filter { touched.contains($0.key) }
  }
}
