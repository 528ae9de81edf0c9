// Units from peers: gathered from their messages, joined where they touch, planned, and handed to
// the flip when everything they need is here.

extension Engine {
  /// A part of a unit came.
  mutating func takeAnnouncement(
    _ entries: [Entry], upTo: UInt64, isLast: Bool, in number: Int
  ) throws(IndexError) {
    sessions[number].incoming += entries
    let unheld = isLast ? try takeUnheld(in: number) : []
    let session = sessions[number]
    guard session.incoming.count <= 2 * Limits.unitEntryCount else {
      return refuse(session.link, "announced a unit of more than \(Limits.unitEntryCount) entries")
    }
    guard isLast else { return }
    sessions[number].incoming = []
    sessions[number].incomingTimes = [:]
    sessions[number].incomingLinks = []
    guard upTo > (session.undurable.last?.upTo ?? session.received),
      session.undurableCount < 2 * Limits.unacknowledgedUnitCount
    else {
      return refuse(session.link, "announced units out of order, or too many at once")
    }
    sessions[number].undurable.append(Session.Received(upTo: upTo, isDurable: false))
    lastUnit += 1
    let part = Unit.Part(
      link: session.link, peer: session.peer, upTo: upTo,
      entries: Announcement.merged(session.incoming), times: session.incomingTimes,
      links: session.incomingLinks, unheld: unheld)
    var unit = Unit(id: lastUnit, parts: [part])
    unit.vacated = try Announcement.placesVacated(by: part.entries, index: index)
    var membership = BundleMembership(rules.bundles, of: part.entries, index: index)
    unit.bundles = try membership.bundles(of: part.entries)
    noteKnownObstacles(in: &unit)
    add(unit)
    try correct(part.entries)
    if let unit = units.last { try advance(unit.id) }
  }

  /// Joins a unit with those that it shares a path or a directory with, so that they are flipped as
  /// one. The unit whose flip is under way is left as it is: this one is planned after it.
  private mutating func add(_ unit: Unit) {
    var unit = unit
    let touched = Touched(unit)
    let others = units.filter { $0.id != flipping?.unit && touched.touches($0) }
    for other in others { unit.join(other) }
    let joined = Set(others.map(\.id))
    units.removeAll { joined.contains($0.id) }
    units.append(unit)
  }

  /// A unit whose flip came to nothing waits, for so many nanoseconds or a little longer each time;
  /// what arrived meanwhile and builds on it waits with it.
  mutating func putBack(_ number: Int, after delay: Int64? = nil) {
    var unit = units.remove(at: number)
    let touched = Touched(unit)
    let later = units.filter { touched.touches($0) }
    for other in later { unit.join(other) }
    let joined = Set(later.map(\.id))
    units.removeAll { joined.contains($0.id) }
    // What came over connections that are gone by now is announced again.
    let links = Set(sessions.map(\.link))
    unit.parts.removeAll { !links.contains($0.link) }
    guard !unit.parts.isEmpty else { return }
    units.append(unit)
    guard let delay else { return retryLater(units.count - 1) }
    units[units.count - 1].retryAt = now.monotonic + delay
    wake(after: delay)
  }

  func unitIndex(_ id: UInt64) -> Int? { units.firstIndex { $0.id == id } }

  /// Takes a unit as far as it can go now.
  mutating func advance(_ id: UInt64) throws(IndexError) {
    guard flipping == nil, heldBecause.isEmpty, hasScanned, let number = unitIndex(id),
      !units[number].awaitsRelease, !isOnlyHeard(units[number])
    else { return }
    if let going = try divide(number) { return try advance(going) }
    let entries = entries(of: units[number])
    let merger = DirectoryMerger(
      index: index, wall: now.wall, isSource: rules.role == .source)
    let mergers = try merger.merge(entries, vacating: units[number].vacated)
    if mergers.hasMerged { try follow(mergers.renamed, arrived: mergers.arrived) }
    let staged = fetching.staged
    let plan = try UnitPlanner.plan(
      entries, index: index, lost: units[number].lost, rules: rules, ignoring: ignoring,
      revoked: revoked, heard: heard(by: units[number]), awaitsWord: awaitsWord(units[number]),
      linked: Set(try links(told: units[number]).joined()),
      tellings: tellings(units[number])
    ) { staged[$0] }
    units[number].retryAt = nil
    if !plan.ignored.isEmpty {
      // The rules are new: what they ignore stays as it is, before anything comes for it.
      try forget(plan.ignored)
      if !plan.left.isEmpty { try leave(plan, from: onlyPeer(units[number].parts)) }
      return try advance(id)
    }
    if !plan.takenOver.isEmpty {
      // They are the same as others that were to be made in their places.
      try merger.takeOver(plan.takenOver)
      try follow(plan.takenOver, arrived: Set(plan.takenOver.values))
      return try advance(id)
    }
    if let bundle = plan.awaitedBundle {
      try say(plan.rows)
      return try awaitWord(about: bundle, number)
    }
    if let parent = plan.unknownParent {
      log(
        .info,
        "Changes in directory \(parent) wait for the peer that knows where it is.",
        peer: units[number].parts.first?.peer)
      return retryLater(number)
    }
    if try holdsDeletions(of: plan, in: number) { return }
    units[number].missing = Set(plan.needs.map(\.place))
    if plan.needs.isEmpty {
      // It is tried again when what happens there is recorded.
      if meetsBusyBundle(plan) { return }
      return try flip(plan, of: units[number])
    }
    units[number].neededByteCount = max(
      units[number].neededByteCount, plan.needs.reduce(0) { $0.addingClamped($1.size) })
    try fetch(plan.needs, for: units[number])
  }

  /// Directories got other ids. Of what is known in those that `arrived` something may not be here.
  private mutating func follow(
    _ renamed: [DirectoryID: DirectoryID], arrived: Set<DirectoryID>
  ) throws(IndexError) {
    var places: [Place] = []
    for directory in arrived.sorted() {
      if let row = try index.row(.directory(directory)) { places.append(row.entry.place) }
    }
    try lookAnew(at: places)
    ignoring.follow(renamed)
    try announceToAll()
  }

  private func tellings(_ unit: Unit) -> [UnitPlanner.Telling] {
    unit.parts.map { part in
      let role = sessionIndex(part.link).map { sessions[$0].role }
      return UnitPlanner.Telling(entries: part.entries, isByReplica: role == .replica)
    }
  }

  /// Something arrived for a place: the units that waited for it may be complete. Two can wait for
  /// one place when it is that of a conflict copy.
  mutating func complete(_ place: Place) throws(IndexError) {
    fetching.needs[place] = nil
    var completed: [UInt64] = []
    for number in units.indices where units[number].missing.remove(place) != nil {
      if units[number].missing.isEmpty { completed.append(units[number].id) }
    }
    for id in completed { try advance(id) }
  }

  /// A unit waits, a little longer each time.
  mutating func retryLater(_ number: Int) {
    units[number].attempts += 1
    var delay = min(
      Limits.retryNanoseconds << Int64(min(units[number].attempts - 1, 8)),
      Limits.longestRetryNanoseconds)
    if let failedAt = units[number].failedAt {
      let rest = failedAt + Limits.heldWholeNanoseconds - now.monotonic
      delay = min(delay, max(rest, Limits.retryNanoseconds))
    }
    units[number].retryAt = now.monotonic + delay
    wake(after: delay)
  }

  mutating func retryUnits() throws(IndexError) {
    let due = units.filter { ($0.retryAt ?? .max) <= now.monotonic }.map(\.id)
    for id in due { try advance(id) }
    if let next = units.compactMap(\.retryAt).filter({ $0 > now.monotonic }).min() {
      wake(after: next - now.monotonic)
    }
  }

  /// Tries everything that has nothing missing, or whose time came meanwhile: a flip is over, or
  /// the first scan.
  mutating func advanceReadyUnits() throws(IndexError) {
    let ready = units.filter { unit in
      // A retry that came due during a flip had to wait for its end.
      if let time = unit.retryAt { time <= now.monotonic } else { unit.missing.isEmpty }
    }
    for id in ready.map(\.id) { try advance(id) }
  }
}

/// What a unit touches, to find out whether another touches it.
private struct Touched {
  private var keys: Set<EntryKey> = []
  private var directories: Set<DirectoryID> = []
  private var parents: Set<DirectoryID> = []
  private let vacated: Set<Place>
  private let bundles: Set<DirectoryID>
  private let parts: [Unit.Part]

  init(_ unit: Unit) {
    vacated = unit.vacated
    bundles = unit.bundles
    parts = unit.parts
    for part in parts {
      for entry in part.entries {
        keys.insert(entry.key)
        parents.formUnion(entry.neededDirectories)
        if let directory = entry.directory { directories.insert(directory) }
      }
    }
  }

  func touches(_ other: Unit) -> Bool {
    if !bundles.isDisjoint(with: other.bundles) { return true }
    if !other.vacated.isEmpty,
      parts.contains(where: { $0.entries.contains { other.vacated.contains($0.place) } })
    {
      return true
    }
    return other.parts.contains { $0.entries.contains(where: touches) }
  }

  private func touches(_ entry: Entry) -> Bool {
    vacated.contains(entry.place) || keys.contains(entry.key)
      || entry.neededDirectories.contains { directories.contains($0) }
      || (entry.directory.map { parents.contains($0) } ?? false)
  }
}

extension Entry {
  /// The directories that must be known before this entry: the one that it is in, and the one that
  /// an alias belongs to.
  fileprivate var neededDirectories: [DirectoryID] {
    if case .merged(_, let into) = body { [place.parent, into] } else { [place.parent] }
  }
}
