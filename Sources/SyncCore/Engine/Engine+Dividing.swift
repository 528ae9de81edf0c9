// Members of a unit that can't be staged or applied. The unit is held whole for a while; then it
// goes on without them and what lies below them, and they are tried again as a unit of their own.
// They stay unacknowledged: a part is durable when its last piece is.

extension Engine {
  /// What peers announced and can't be applied here: the first of it, and how much it is.
  public var leftOver: (first: [LeftOver], count: Int) {
    var failed: [EntryKey: Obstacle.Reason] = [:]
    for unit in units where unit.isLeftOver { failed.merge(unit.failed) { _, new in new } }
    var first: [LeftOver] = []
    for key in failed.keys.sorted() {
      guard first.count < Limits.toldObstacleCount else { break }
      guard let reason = failed[key], let path = path(ofMember: key) else { continue }
      first.append(LeftOver(path: path, reason: reason.sentence))
    }
    return (first, failed.count)
  }

  /// Whether anything that peers announced could not be staged or applied.
  public var hasFailures: Bool { units.contains { !$0.failed.isEmpty } }

  /// Where a member is to be.
  private func path(ofMember key: EntryKey) -> RelativePath? {
    let entry = units.lazy.flatMap(\.parts).flatMap(\.entries).first { $0.key == key }
    guard let entry else { return nil }
    let path = (try? path(of: entry.place)).flatMap { $0 }
    return path ?? RelativePath.root.appending(entry.place.name)
  }

  // MARK: Noting

  /// What of a unit's flip was not done, by the keys that it concerns; says what wasn't known.
  mutating func noteFailures(
    _ done: Flipping, _ result: FlipResult
  ) throws(IndexError) -> [EntryKey: Obstacle.Reason] {
    var keys: [Int: [EntryKey]] = [:]
    for row in done.rows {
      if let operation = row.operation { keys[operation, default: []].append(row.entry.key) }
    }
    var failed: [EntryKey: Obstacle.Reason] = [:]
    var news: [(path: RelativePath?, errno: Int32)] = []
    for (number, operation) in done.plan.operations.enumerated() {
      let concerned = (keys[number] ?? []) + operation.keys
      switch result.results[number] {
      case .done: for key in concerned { obstacles[key] = nil }
      case .refused where result.ending == .heldWhole: break
      case .refused: for key in concerned where failed[key] == nil { failed[key] = .foundOtherwise }
      case .failed(let errno):
        let reason = Obstacle.Reason.refused(errno: errno)
        // Programs come to an end, mostly within milliseconds.
        if errno != FlipFailure.busy,
          !concerned.contains(where: { obstacles[$0]?.reason == reason })
        {
          news.append((try path(of: operation.target), errno))
        }
        for key in concerned {
          failed[key] = reason
          note(reason, at: key)
        }
      }
    }
    for (path, errno) in news.prefix(Limits.toldObstacleCount) {
      log(
        FlipFailure.isStale(errno) ? .info : .warning,
        "Cannot be applied: \(FlipFailure.sentence(errno)) It is tried again.",
        path: path, set: done.plan.id)
    }
    news.removeAll { FlipFailure.isStale($0.errno) }
    if news.count > Limits.toldObstacleCount {
      log(
        .warning, "\(news.count - Limits.toldObstacleCount) others cannot be applied, either.",
        set: done.plan.id)
    }
    return failed
  }

  /// The contents for these places can't be staged.
  mutating func noteUnstaged(_ places: [Place], because reason: Obstacle.Reason) {
    for place in places {
      note(reason, at: .place(place))
      for number in units.indices where units[number].missing.contains(place) {
        units[number].note([.place(place): reason], at: now.monotonic)
      }
    }
  }

  /// Remembers why something can't be applied. Of what is not remembered everything is said anew.
  private mutating func note(_ reason: Obstacle.Reason, at key: EntryKey) {
    guard obstacles[key] != nil || obstacles.count < Limits.obstacleCount else { return }
    obstacles[key] = Obstacle(reason: reason, isLeftOver: obstacles[key]?.isLeftOver ?? false)
  }

  /// A unit with something that was left over before needn't be held for it again.
  func noteKnownObstacles(in unit: inout Unit) {
    guard !obstacles.isEmpty else { return }
    for entry in unit.parts.flatMap(\.entries) {
      guard let obstacle = obstacles[entry.key], obstacle.isLeftOver else { continue }
      unit.note([entry.key: obstacle.reason], at: now.monotonic)
      unit.isOverdue = true
    }
  }

  /// A unit is applied: nothing is in its way any more.
  mutating func forgetObstacles(of unit: Unit) {
    guard !obstacles.isEmpty else { return }
    for entry in unit.parts.flatMap(\.entries) { obstacles[entry.key] = nil }
  }

  // MARK: Dividing

  /// Takes what can't be applied out of a unit, if it was held for it long enough; the id of what
  /// goes on, `nil` if nothing is divided.
  mutating func divide(_ number: Int) throws(IndexError) -> UInt64? {
    guard units[number].isToBeDivided(at: now.monotonic) else { return nil }
    units[number].isOverdue = false
    units[number].failedAt = now.monotonic
    let unit = units[number]
    let keys = try Division.leftOver(
      of: unit.parts.flatMap(\.entries), failed: Set(unit.failed.keys), bundles: rules.bundles,
      index: index)
    guard !keys.isEmpty else { return nil }
    let (left, going) = (
      unit.parts.pieces { keys.contains($0.key) },
      unit.parts.pieces { !keys.contains($0.key) }
    )
    say(unit.failed, without: keys.count)
    units[number].isLeftOver = true
    guard !going.isEmpty else {
      beginAnew(after: units[number])
      return nil
    }
    try replace(number, left: left, going: going)
    beginAnew(after: units[number])
    return lastUnit
  }

  /// A unit becomes two: what is left keeps its number, and waits.
  private mutating func replace(
    _ number: Int, left: [Unit.Part], going: [Unit.Part]
  ) throws(IndexError) {
    lastUnit += 1
    var rest = Unit(id: lastUnit, parts: going)
    rest.vacated = try Announcement.placesVacated(by: going.flatMap(\.entries), index: index)
    rest.bundles = try bundles(of: going)
    rest.missed = units[number].missed
    rest.isReleased = units[number].isReleased
    rest.writerSince = units[number].writerSince
    // What else turns out to be in the way of it has been waited for long enough.
    rest.isOverdue = true
    let keys = Set(left.flatMap(\.entries).map(\.key))
    units[number].parts = left
    units[number].vacated = try Announcement.placesVacated(
      by: left.flatMap(\.entries), index: index)
    units[number].bundles = try bundles(of: left)
    units[number].missing.formIntersection(left.flatMap(\.entries).map(\.place))
    units[number].failed = units[number].failed.filter { keys.contains($0.key) }
    units[number].neededByteCount = 0
    units.append(rest)
    retryLater(number)
  }

  private func bundles(of parts: [Unit.Part]) throws(IndexError) -> Set<DirectoryID> {
    let entries = parts.flatMap(\.entries)
    var membership = BundleMembership(rules.bundles, of: entries, index: index)
    return try membership.bundles(of: entries)
  }

  /// Says that a set goes on, once for what it goes on without.
  private mutating func say(_ failed: [EntryKey: Obstacle.Reason], without count: Int) {
    var isNews = false
    for (key, reason) in failed.sorted(by: { $0.key < $1.key }) {
      if obstacles[key]?.isLeftOver != true { isNews = true }
      note(reason, at: key)
      obstacles[key]?.isLeftOver = true
    }
    guard isNews else { return }
    log(
      .warning,
      "A set goes on without what can't be applied, and what lies below: \(count) "
        + "change\(count == 1 ? "" : "s"). It is tried again; 'leftd status' says what it is.")
  }

  /// Those of these parts, each once, of which no unit has a piece, other than the unit `id`.
  func unheld(_ parts: [Unit.Part], except id: UInt64? = nil) -> [Unit.Part] {
    var held: Set<Unit.Part.Name> = []
    for unit in units where unit.id != id { held.formUnion(unit.parts.map(\.name)) }
    return parts.filter { held.insert($0.name).inserted }
  }

  /// What a peer changes again and again, and can't be applied, would fill the room for units that
  /// are not acknowledged. On a new connection all of that is one unit.
  private mutating func beginAnew(after unit: Unit) {
    for session in sessions where session.isReady {
      let names = Set(unit.parts.filter { $0.link == session.link }.map(\.name))
      guard names.count >= Limits.leftOverUnitCount else { continue }
      silence(session.link)
      effects.append(.close(session.link, "is to tell anew what could not be applied; dial again"))
    }
  }

  // MARK: Trying again

  /// A user did something where something can't be applied, or made room: it is tried at once.
  mutating func retryLeftOver(after set: ChangeSet) {
    for number in units.indices where units[number].isLeftOver {
      let paths = units[number].failed.keys.sorted().prefix(Limits.toldObstacleCount)
        .compactMap { path(ofMember: $0) }
      let isConcerned = set.changes.contains { change in
        switch change {
        case .removed: true
        case .created(let path, _), .modified(let path, _), .moved(let path, _, _),
          .rescan(let path):
          paths.contains { $0.isWithin(path) }
        }
      }
      guard isConcerned else { continue }
      // Not sooner: what a failing flip does and undoes is told as well.
      let time = now.monotonic + Limits.leftOverRetryNanoseconds
      units[number].retryAt = min(units[number].retryAt ?? time, time)
      wake(after: Limits.leftOverRetryNanoseconds)
    }
  }

  /// A person lets go on what can, and wants the rest tried at once.
  mutating func releaseFailed() throws(IndexError) {
    let waiting = units.filter { !$0.failed.isEmpty }.map(\.id)
    for number in units.indices where !units[number].failed.isEmpty {
      units[number].isOverdue = true
    }
    for id in waiting { try advance(id) }
  }
}

extension Operation {
  /// The keys of what it is about.
  fileprivate var keys: [EntryKey] {
    let files = places.map { EntryKey.place($0) }
    return switch self {
    case .makeDirectory(let id, _, _), .moveDirectory(let id, _, _, _, _),
      .removeDirectory(let id, _, _):
      files + [.directory(id)]
    case .putFile, .putSymlink, .moveFile, .setAttributes, .removeFile: files
    }
  }
}

extension [Unit.Part] {
  /// The pieces of the parts with what `isIn` says, without those that have nothing of it.
  fileprivate func pieces(_ isIn: (Entry) -> Bool) -> [Unit.Part] {
    compactMap { part in
      let entries = part.entries.filter(isIn)
      return entries.isEmpty ? nil : part.with(entries)
    }
  }
}
