// The audit's slices: whether the index is what is on disk, although no event says otherwise. It
// changes nothing itself; what differs is looked at like any change.

extension Engine {
  /// It is time for another slice. Busy engines wait for the next time: what is being looked at or
  /// applied would only look like a difference.
  mutating func auditSlice() throws(IndexError) {
    guard heldBecause.isEmpty, hasScanned, jobs.isEmpty, flipping == nil, !audit.isLooking else {
      return
    }
    var names: [RelativePath: [Name]] = [:]
    for path in audit.suspects.keys.sorted() {
      if let parent = path.parent, let name = path.name { names[parent, default: []].append(name) }
    }
    var requests = names.keys.sorted().map { LookRequest.names(names[$0] ?? [], in: $0) }
    if !audit.isAtEnd { requests += try nextSlice().map { .directory($0) } }
    audit.isLooking = true
    effects.append(.audit(requests))
  }

  /// The directories of the next slice, and where it ends.
  private mutating func nextSlice() throws(IndexError) -> [RelativePath] {
    let count = try auditSliceCount()
    let rows = try index.livingDirectories(after: audit.position ?? .root, limit: count)
    audit.isAtEnd = rows.count < count
    audit.sliceEnd = rows.last?.entry.directory ?? audit.position
    var paths: [RelativePath] = audit.position == nil ? [.root] : []
    for row in rows {
      guard let id = row.entry.directory, let path = try path(of: id) else { continue }
      paths.append(path)
    }
    audit.comparedCount += paths.count
    return paths
  }

  /// So many that a round ends within a day.
  private func auditSliceCount() throws(IndexError) -> Int {
    max(
      Limits.auditDirectoryCount, try index.totals().directories / Limits.auditSliceCount + 1)
  }

  /// What the audit found: a directory of this slice, or suspects of the one before.
  mutating func auditListing(_ listing: Listing) throws(IndexError) {
    if let root = rules.bundles.root(of: listing.directory), busyBundles[root] != nil { return }
    guard audit.isLooking, let stamp = listing.stamp,
      let directory = try directory(at: listing.directory, in: nil)
    else { return }
    if directory != .root {
      // Another stands there: the directory above will tell.
      guard let row = try index.row(.directory(directory)), isSameDirectory(row, stamp) else {
        return
      }
    }
    for (name, found) in try auditDifferences(listing, in: directory) {
      let path = listing.directory.appending(name)
      if listing.isComplete {
        suspect(path, found)
      } else if audit.suspects[path] == found, audit.told[path] != found {
        audit.proven[path] = found
      }
    }
  }

  private mutating func suspect(_ path: RelativePath, _ found: Found) {
    guard audit.newSuspects.count < Limits.auditSuspectCount, remainders[path] == nil else {
      return
    }
    if audit.told[path] != found { audit.newSuspects[path] = found }
  }

  /// What of a listing the index doesn't have so, or has and the disk hasn't: `.absent`.
  func auditDifferences(
    _ listing: Listing, in directory: DirectoryID
  ) throws(IndexError) -> [(name: Name, found: Found)] {
    var result: [(name: Name, found: Found)] = []
    var differing = Set(listing.entries.indices)
    if listing.isComplete {
      let differences = try index.differences(of: listing, in: directory)
      result = differences.absent.filter(\.isHeld).map { ($0.entry.place.name, .absent) }
      differing = Set(differences.entries)
    }
    for (position, (name, found)) in listing.entries.enumerated()
    where found.isDirectory || differing.contains(position) {
      let place = Place(parent: directory, name: name)
      if try isDifferent(found, listing.attributes[name], at: place) {
        result.append((name, found))
      }
    }
    return result
  }

  private func isDifferent(
    _ found: Found, _ attributes: ExtendedAttributes?, at place: Place
  ) throws(IndexError) -> Bool {
    switch found {
    case .entry(let stamp) where stamp.kind == .directory:
      return try !index.directories(at: place).contains { row in
        isSameDirectory(row, stamp) && row.observed?.mode == stamp.mode
          && row.observedAttributes == attributes ?? row.observedAttributes
      }
    case .entry(let stamp), .symlink(let stamp, _):
      return try index.row(.place(place))?.observed != stamp
    case .absent, .special, .ignored:
      if let row = try index.row(.place(place)), row.entry.isAlive, row.isHeld { return true }
      return try index.directories(at: place).contains(where: \.isHeld)
    case .unreadable: return false
    }
  }

  /// The slice is over: what no event explained is looked at, and told.
  mutating func endAuditSlice() throws(IndexError) {
    guard audit.isLooking else { return }
    audit.isLooking = false
    // What happened meanwhile may have looked like a difference.
    let isUndisturbed = jobs.isEmpty && flipping == nil
    if isUndisturbed { mend(audit.proven) } else { audit.newSuspects.merge(audit.proven) { $1 } }
    (audit.proven, audit.suspects) = ([:], audit.newSuspects)
    audit.newSuspects = [:]
    audit.position = audit.sliceEnd ?? .root
    if audit.isAtEnd, audit.suspects.isEmpty { endRound() }
  }

  private mutating func endRound() {
    (audit.position, audit.sliceEnd, audit.isAtEnd, audit.comparedCount) = (nil, nil, false, 0)
    audit.provenAt = now.wall
  }

  private mutating func mend(_ differences: [RelativePath: Found]) {
    guard !differences.isEmpty else { return }
    let paths = differences.keys.sorted()
    for path in paths {
      log(
        .warning,
        "The index did not have this as it is on disk, and no event had told so; it is looked at "
          + "now. A write through a hard link from outside the share is one cause.", path: path)
    }
    audit.mendedCount += paths.count
    if audit.told.count + paths.count > Limits.auditSuspectCount { audit.told = [:] }
    audit.told.merge(differences) { $1 }
    // Only a look at everything tells what is gone from what is elsewhere.
    if differences.values.contains(.absent) {
      lookAtEverything()
    } else {
      lookAgain(at: paths)
    }
  }

  /// How far the audit is, for people. O(what it has told).
  public func auditSummary() throws(IndexError) -> Audit.Summary {
    var summary = Audit.Summary()
    let count = try index.totals().directories + 1
    let sliceCount = try count / auditSliceCount() + 1
    summary.provenAt = audit.provenAt
    summary.roundSeconds = Int64(sliceCount) * (Limits.auditSliceNanoseconds / 1_000_000_000)
    summary.percent = min(100, 100 * audit.comparedCount / count)
    summary.mendedCount = audit.mendedCount
    for (path, found) in audit.told {
      guard let place = try place(at: path), try isDifferent(found, nil, at: place) else {
        continue
      }
      summary.remainingCount += 1
    }
    return summary
  }

  private func place(at path: RelativePath) throws(IndexError) -> Place? {
    guard let name = path.name, let parentPath = path.parent,
      let parent = try directory(at: parentPath, in: nil)
    else { return nil }
    return Place(parent: parent, name: name)
  }
}

extension Found {
  fileprivate var isDirectory: Bool {
    if case .entry(let stamp) = self { stamp.kind == .directory } else { false }
  }
}
