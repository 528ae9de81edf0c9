// The application of a unit: the journal before it, the index and the acknowledgement after it.

extension Engine {
  /// Everything is staged and verified: apply it.
  mutating func flip(_ plan: UnitPlan, of unit: Unit) throws(IndexError) {
    var flip = FlipPlan(
      id: index.sequence, directories: plan.directories, identities: plan.identities,
      operations: plan.operations, attributes: plan.attributes, present: plan.present)
    flip.links = try links(told: unit, by: plan)
    try addDirectories(ofLinksIn: &flip)
    flip.times = try times(told: unit, for: flip)
    flip.isHeldWhole = unit.isHeldWhole(at: now.monotonic)
    flip.waitsForWriters = waitsForWriters(unit)
    flipping = Flipping(unit: unit.id, plan: flip, rows: plan.rows)
    if plan.operations.isEmpty, flip.links.isEmpty {
      return try endFlip(FlipResult(id: flip.id, results: []))
    }
    // One rename is atomic by itself; attributes are set one after the other. After a power cut in
    // the former the scan finds the new content, which is equal to what is announced again, and
    // equal content is no conflict.
    let isAtomic = plan.operations.count <= 1 && plan.attributes.isEmpty
    let record = JournalRecord(plan: flip, rows: plan.rows).encoded()
    try index.transaction(isAtomic ? .later : .now) { () throws(IndexError) in
      // With the journal: after a crash nobody knows how the contents were made.
      try putRecipes(of: plan.rows)
      try index.putJournal(record)
    }
    effects.append(.flip(flip, isResumed: false))
  }

  /// The flip is over: record what is on disk now, and acknowledge it if nothing is left.
  mutating func endFlip(_ result: FlipResult) throws(IndexError) {
    guard let done = flipping, done.plan.id == result.id else { return }
    let result = try disowning(result, of: done)
    precondition(result.results.count == done.plan.operations.count)
    switch result.ending {
    case .stranded: return resumeLater()
    case .awaitsWriter: return try waitForWriter(of: done)
    case .tried, .heldWhole: break
    }
    flipping = nil
    let number = unitIndex(done.unit)
    let parts = number.map { units[$0].parts } ?? []
    let peer = onlyPeer(parts)
    let isWhole = result.results.allSatisfy(\.isDone)
    let finished = isWhole ? unheld(parts, except: done.unit) : []
    noteDurable(finished)
    try index.transaction { () throws(IndexError) in
      let recorder = RowRecorder(index: index, wall: now.wall, bundles: rules.bundles)
      try recorder.record(
        done.rows, result.results, attributes: result.attributes, source: peer,
        unheldThere: parts.reduce(into: []) { $0.formUnion($1.unheld) })
      try forgetRest(of: done.rows.compactMap(\.entry.directory))
      try doubtMoved(by: done)
      try recordTimes(done.plan.times)
      try recordLinks(result.linked)
      try noteTrashed(by: done, result)
      if let set = try history(of: done, result, from: parts.map(\.peer)) { try index.note(set) }
      try index.putJournal(nil)
      try noteSecuredByFlip()
      try saveProgress(of: finished)
    }
    forgetStaged(done, result)
    try lookAtRules(of: done.rows)
    try record(try wishes(of: done.rows), mustAsk: false)
    if done.rows.contains(where: \.isAliasNoMore) {
      // What was in it went to its heir here, and only here.
      try askEveryone("takes two directories for one no longer; dial again")
    }
    try lookAtNames(leftBy: done, result)
    tellAnew(
      without: done.rows.compactMap { row in
        row.isTakenAway(result.results) ? row.previous : nil
      })
    let failed = try noteFailures(done, result)
    if result.ending == .tried { try report(done, result) }
    let hasMovedDirectory = done.rows.contains { row in
      guard row.entry.directory != nil, let previous = row.previous else { return false }
      return previous.entry.place != row.entry.place
    }
    if hasMovedDirectory {
      try lookForUnsettled()
      try lookUnderOtherRules(at: done.rows)
    }
    try noteVacated(done, result)
    if let number {
      if isWhole {
        try acknowledge(finished)
        let unit = units.remove(at: number)
        forgetObstacles(of: unit)
        discardUnused(by: unit)
      } else {
        units[number].failed = [:]
        units[number].note(failed, at: now.monotonic)
        putBack(number)
      }
    }
    // What users did meanwhile comes first: the next flip would only find that it has changed.
    try recordFinishedJobs()
    try announceToAll()
    try advanceReadyUnits()
  }

  private mutating func noteVacated(_ done: Flipping, _ result: FlipResult) throws(IndexError) {
    for (operation, outcome) in zip(done.plan.operations, result.results) {
      guard case .moveDirectory(let id, let from, _, _, _) = operation, case .done = outcome,
        let path = done.plan.path(of: from)
      else { continue }
      try noteVacated(path, by: id)
    }
  }

  private func putRecipes(of rows: [PlannedRow]) throws(IndexError) {
    for content in rows.compactMap({ $0.entry.content?.id }) {
      if let recipe = fetching.recipes[content] { try index.put(recipe, for: content) }
    }
  }

  /// The peer that announced a unit, if it was one: it isn't told what it told. Not if it is
  /// connected anew since: it may have asked to be told everything.
  func onlyPeer(_ parts: [Unit.Part]) -> NodeID? {
    guard let peer = parts.first?.peer,
      let link = sessions.last(where: { $0.peer == peer && $0.isReady })?.link,
      parts.allSatisfy({ $0.link == link })
    else { return nil }
    return peer
  }

  private mutating func forgetStaged(_ done: Flipping, _ result: FlipResult) {
    for (operation, outcome) in zip(done.plan.operations, result.results) {
      guard case .putFile(let file, _, _) = operation else { continue }
      switch outcome {
      case .failed(let errno) where FlipFailure.leavesContents(errno): break
      case .done, .failed:
        fetching.pushed[file.place] = nil
        if let content = fetching.staged.removeValue(forKey: file.place)?.content,
          fetching.recipes[content] != nil,
          !fetching.staged.values.contains(where: { $0.content == content })
        {
          fetching.recipes[content] = nil
        }
      case .refused: break
      }
    }
  }

  /// Says what was applied, and looks again where something else was found.
  private mutating func report(_ done: Flipping, _ result: FlipResult) throws(IndexError) {
    var refused: [RelativePath] = []
    var kept: [RelativePath] = []
    // What no other unit waits for, this flip says anew.
    let others = Set(units.map(\.id)).subtracting([done.unit])
    unmade = unmade.filter { others.contains($0.value.unit) }
    refusedPlaces = refusedPlaces.filter { others.contains($0.value.unit) }
    for (operation, outcome) in zip(done.plan.operations, result.results) {
      switch outcome {
      case .done, .failed: break
      case .refused:
        noteRefused(operation, by: done.unit)
        for place in operation.places {
          guard let path = try path(of: place) else { continue }
          if case .removeDirectory = operation { kept.append(path) } else { refused.append(path) }
          if case .makeDirectory(let id, _, _) = operation, unmade.count < Limits.remainderCount {
            unmade[path] = (id, done.unit)
          }
        }
      }
    }
    try reportRefusedAttributes(done, result)
    let count = result.results.count(where: \.isDone)
    if count > 0 {
      log(.notice, "Applied \(count) change\(count == 1 ? "" : "s").", set: done.plan.id)
    }
    // Something is in a directory that had to stay of which nothing was heard.
    lookAgain(at: refused, below: kept)
  }

  // MARK: Acknowledging

  /// Marks units as durable here; all before them may not be yet.
  mutating func noteDurable(_ parts: [Unit.Part]) {
    for part in parts {
      guard let number = sessionIndex(part.link) else { continue }
      for unit in sessions[number].undurable.indices
      where sessions[number].undurable[unit].upTo == part.upTo {
        sessions[number].undurable[unit].isDurable = true
      }
      sessions[number].joinDurable()
      if let first = sessions[number].undurable.first, first.isDurable {
        sessions[number].received = first.upTo
        sessions[number].undurable.removeFirst()
      }
    }
  }

  func saveProgress(of parts: [Unit.Part]) throws(IndexError) {
    for part in parts {
      guard let number = sessionIndex(part.link) else { continue }
      let session = sessions[number]
      // What it has told may be asked for once more.
      if session.isRefused { continue }
      let known = try index.progress(of: session.peer)
      // On a newer connection the peer may have begun to count anew; an older one may have come
      // further than this one.
      if let known, known.incarnation != session.incarnation { continue }
      try index.put(
        PeerProgress(
          incarnation: session.incarnation, received: max(session.received, known?.received ?? 0),
          acknowledged: session.acknowledged, confirmed: session.confirmed,
          notHeld: session.notHeld, mustTellAll: known?.mustTellAll ?? false), of: session.peer)
      try index.put(
        SequenceMark(theirs: session.received, ours: index.sequence), of: session.peer)
    }
  }

  mutating func acknowledge(_ parts: [Unit.Part]) throws(IndexError) {
    try tellNotHeld()
    for part in parts where sessionIndex(part.link) != nil {
      effects.append(.send(part.link, .acknowledge(member: node, sequence: part.upTo)))
    }
  }
}

extension Operation {
  /// The places at which something else than expected can be found.
  var places: [Place] {
    switch self {
    case .makeDirectory(_, let place, _): [place]
    case .moveDirectory(_, let from, let to, _, _): [from, to]
    case .putFile(_, let place, _): [place]
    case .putSymlink(_, let place, _, _): [place]
    case .moveFile(let from, let to, _, _, _, _): [from, to]
    case .setAttributes(let place, _, _, _): [place]
    case .removeFile(let place, _): [place]
    case .removeDirectory(_, let place, _): [place]
    }
  }

  /// The place that it is about.
  var target: Place {
    switch self {
    case .makeDirectory(_, let place, _), .putFile(_, let place, _),
      .putSymlink(_, let place, _, _), .setAttributes(let place, _, _, _),
      .removeFile(let place, _), .removeDirectory(_, let place, _):
      place
    case .moveDirectory(_, _, let to, _, _): to
    case .moveFile(_, let to, _, _, _, _): to
    }
  }
}

extension PlannedRow {
  /// Whether a replica had taken a directory for an alias that is none with those who count.
  fileprivate var isAliasNoMore: Bool { entry.isAlive && previous?.entry.isAlias == true }
}
