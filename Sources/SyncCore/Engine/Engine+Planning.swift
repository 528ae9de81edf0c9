// Peers with which nothing is exchanged yet, so that a person can see what would come of it: they
// are heard, nothing of theirs is applied, and nothing is told to them.

extension Engine {
  /// Which peers are only heard from now on; with the others the exchange goes on.
  mutating func hear(only peers: Set<NodeID>) throws(IndexError) {
    let released = heardOnly.subtracting(peers)
    heardOnly = peers
    guard !released.isEmpty else { return }
    let waiting = units.filter { $0.parts.contains { released.contains($0.peer) } }.map(\.id)
    for id in waiting { try advance(id) }
    try announceToAll()
  }

  /// Whether a peer is told what changes here.
  func isTold(_ session: Session) -> Bool {
    session.isReady && !heardOnly.contains(session.peer)
  }

  /// Whether a unit waits, since somebody who announced a part of it is only heard.
  func isOnlyHeard(_ unit: Unit) -> Bool {
    !heardOnly.isEmpty && unit.parts.contains { heardOnly.contains($0.peer) }
  }

  /// What would be done if the peer were not only heard, below a path. Nothing is changed: what a
  /// plan needs to see in the index is written and undone. O(what either side has to tell), on the
  /// control thread.
  public func forecast(
    with peer: NodeID, below path: RelativePath = .root
  ) throws(IndexError) -> Forecast {
    var forecast = Forecast(peer: peer)
    guard let number = sessionIndex(of: peer) else { return forecast }
    forecast.isConnected = true
    let parts = units.flatMap(\.parts).filter { $0.peer == peer }
    let entries = Announcement.merged(parts.flatMap(\.entries))
    forecast.announcedCount = entries.count + sessions[number].incoming.count
    let announced = sessions[number].announced
    var found: [Forecast.Item] = []
    var hasUnknownParent = false
    let undone = IndexError("a forecast is never kept")
    do throws(IndexError) {
      try index.transaction { () throws(IndexError) in
        let merger = DirectoryMerger(
          index: index, wall: now.wall, isSource: rules.role == .source, isInTransaction: true)
        _ = try merger.merge(
          entries, vacating: Announcement.placesVacated(by: entries, index: index))
        var plan = try plan(entries)
        if !plan.ignored.isEmpty {
          for var row in plan.ignored {
            row.letGo()
            try index.put(row)
          }
          plan = try self.plan(entries)
        }
        while !plan.takenOver.isEmpty {
          try merger.takeOver(plan.takenOver)
          plan = try self.plan(entries)
        }
        hasUnknownParent = plan.unknownParent != nil
        var forecaster = Forecaster(index: index, plan: plan)
        found = try forecaster.here()
        let told = try Self.told(
          to: peer, beyond: announced,
          withholding: rules.role == .replica ? node : nil, index: index)
        found += try forecaster.there(
          told, announced: Announcement.atHome(entries, index: index).entries,
          isFirst: announced == 0)
        throw undone
      }
    } catch {
      guard error == undone else { throw error }
    }
    forecast.isIncomplete = hasUnknownParent || !sessions[number].incoming.isEmpty
    forecast.take(
      found.filter { $0.path.isWithin(path) || $0.from.isWithin(path) && !$0.from.isRoot })
    return forecast
  }

  private func plan(_ entries: [Entry]) throws(IndexError) -> UnitPlan {
    try UnitPlanner.plan(
      entries, index: index, rules: rules, ignoring: ignoring, awaitsWord: false
    ) { _ in nil }
  }

  /// All that the peer has not been told.
  private static func told(
    to peer: NodeID, beyond announced: UInt64, withholding: NodeID?, index: any Index
  ) throws(IndexError) -> [Entry] {
    var told: [Entry] = []
    var position = announced
    while true {
      let rows = try index.rows(after: position, limit: Limits.unitEntryCount)
      guard let last = rows.last else { return told }
      told += try Announcement.entries(
        telling: rows, to: peer, beyond: position, withholding: withholding, index: index)
      position = last.sequence
    }
  }
}
