// Contents that units need: found here, pushed, or asked for. Every way ends in the staging area.
// Large ones go on in `Engine+Stages`.

extension Engine {
  /// Sees to it that every need is met some time, and asks for what can be asked for now.
  mutating func fetch(_ needs: [Need], for unit: Unit) throws(IndexError) {
    for need in needs {
      if let known = fetching.needs[need.place], known == need, isUnderway(need) { continue }
      fetching.needs[need.place] = need
      if need.size > Int64(Limits.smallContentByteCount) {
        try fetchLarge(need)
      } else if let file = try localFile(with: need.content) {
        effects.append(.copy(need.place, need.content, file, mode: need.mode, mtime: need.mtime))
      } else {
        fetching.unasked.append(need.place)
      }
    }
    askForSmall()
  }

  /// Whether a need that is known already is being met. A small one is until it is forgotten; a
  /// large one may have found no source.
  private func isUnderway(_ need: Need) -> Bool {
    need.size <= Int64(Limits.smallContentByteCount)
      || fetching.stages.contains { $0.place == need.place && $0.content == need.content }
  }

  /// A file here with a content: in the share, or a large one in its trash.
  func localFile(with content: ContentID) throws(IndexError) -> LocalFile? {
    for row in try index.files(with: content, limit: Limits.sourceCount) {
      if let stamp = row.observed, let path = try path(of: row.entry.place) {
        return LocalFile(path: path, stamp: stamp)
      }
    }
    return try index.trashed(with: content).map {
      LocalFile(path: $0.path, stamp: $0.stamp, trashedBy: $0.plan)
    }
  }

  /// A connected peer that announced what is missing at a place: of several the one that lacked it
  /// the least often.
  func source(of need: Need) -> Link? {
    for unit in units where unit.missing.contains(need.place) {
      let missed = unit.missed[need.content] ?? [:]
      let links = unit.links(announcing: need.content).filter { sessionIndex($0) != nil }
      if let link = links.min(by: { missed[$0] ?? 0 < missed[$1] ?? 0 }) { return link }
    }
    return nil
  }

  // MARK: Small contents

  /// Asks for small contents, as many at a time as a pack holds, within each peer's window.
  mutating func askForSmall() {
    var later: [Place] = []
    var batches: [Batch] = []
    for (index, place) in fetching.unasked.enumerated() {
      guard hasRoom(beside: batches) else {
        later += fetching.unasked[index...]
        break
      }
      guard let need = fetching.needs[place] else { continue }
      guard let link = source(of: need), let session = sessionIndex(link) else {
        later.append(place)
        continue
      }
      let size = Int(need.size)
      let last = batches.lastIndex { $0.link == link }
      if let last, batches[last].needs.count < Limits.packFileCount,
        batches[last].byteCount + size <= Limits.rangeByteCount
      {
        batches[last].needs.append(need)
        batches[last].byteCount += size
        continue
      }
      guard hasRoom(sessions[session], beside: batches) else {
        later.append(place)
        continue
      }
      batches.append((link, [need], size))
    }
    fetching.unasked = later
    for batch in batches { send(batch) }
  }

  private typealias Batch = (link: Link, needs: [Need], byteCount: Int)

  /// Whether anyone can be asked for more, or has a batch that isn't full.
  private func hasRoom(beside batches: [Batch]) -> Bool {
    sessions.contains { session in
      session.isReady
        && (hasRoom(session, beside: batches)
          || batches.last { $0.link == session.link }.map {
            $0.needs.count < Limits.packFileCount && $0.byteCount < Limits.rangeByteCount
          } ?? false)
    }
  }

  private func hasRoom(_ session: Session, beside batches: [Batch]) -> Bool {
    let waiting = batches.reduce(0) { $0 + ($1.link == session.link ? $1.byteCount : 0) }
    return session.requestedByteCount + waiting < Limits.windowByteCount
  }

  private mutating func send(_ batch: Batch) {
    guard let session = sessionIndex(batch.link) else { return }
    fetching.lastRequest += 1
    fetching.requests[fetching.lastRequest] = Fetching.Request(
      link: batch.link, byteCount: batch.byteCount, places: batch.needs.map(\.place))
    sessions[session].requestedByteCount += batch.byteCount
    let items = batch.needs.map { FetchRequest.Item(place: $0.place, content: $0.content) }
    let request = FetchRequest(id: fetching.lastRequest, items: items)
    effects.append(.fetch(batch.link, request, batch.needs.map { ($0.mode, $0.mtime) }))
  }

  /// Small contents arrived, pushed or asked for.
  mutating func takeFetched(
    _ staged: [StagedContent], missing: [Place], failed: [Place], request: UInt64, on link: Link
  ) throws(IndexError) {
    for content in staged {
      let place = content.file.place
      if request == 0, fetching.needs[place] == nil {
        guard try index.row(.place(place))?.entry.content?.id != content.content else {
          // Only its time or permissions are others.
          discard([place])
          continue
        }
        fetching.pushed[place] = link
      }
      try takeStaged(content)
    }
    guard request != 0, var open = fetching.requests[request], open.link == link else { return }
    let settled = Set(staged.map(\.file.place)).union(missing + failed)
    open.places.removeAll { settled.contains($0) }
    fetching.requests[request] = open.places.isEmpty ? nil : open
    if open.places.isEmpty { release(open) }
    noteMissed(missing, by: link)
    noteUnstaged(failed, because: .lacksContent)
    for place in missing + failed { fetching.needs[place] = nil }
    retryUnits(missing: Set(missing + failed))
    askForSmall()
  }

  mutating func takeStaged(_ content: StagedContent) throws(IndexError) {
    let place = content.file.place
    guard
      fetching.needs[place] != nil || fetching.staged[place] != nil
        || fetching.staged.count < Limits.unclaimedFileCount
    else { return discard([place]) }
    fetching.staged[place] = content
    for number in units.indices { units[number].noteStaged(place) }
    if fetching.needs[place]?.content == content.content { try complete(place) }
  }

  /// A local copy is made, or its source is no longer what it was.
  mutating func takeCopied(_ place: Place, _ content: ContentID, _ file: StagedFile?)
    throws(IndexError)
  {
    guard let need = fetching.needs[place], need.content == content else { return }
    if let file { return try takeStaged(StagedContent(content: content, file: file)) }
    guard source(of: need) != nil else {
      // Only this node had it: what its user made of it is looked at first.
      fetching.needs[place] = nil
      return retryUnits(missing: [place])
    }
    fetching.unasked.append(place)
    askForSmall()
  }

  mutating func release(_ request: Fetching.Request) {
    guard let session = sessionIndex(request.link) else { return }
    sessions[session].requestedByteCount -= request.byteCount
  }

  /// A peer said that it doesn't have the contents of these places any more.
  mutating func noteMissed(_ places: [Place], by link: Link) {
    for place in places {
      guard let content = fetching.needs[place]?.content else { continue }
      for number in units.indices where units[number].missing.contains(place) {
        units[number].missed[content, default: [:]][link, default: 0] += 1
      }
    }
  }

  /// Units that wait for these places are planned again a little later: the source has changed, and
  /// will announce what it is now.
  mutating func retryUnits(missing places: Set<Place>) {
    guard !places.isEmpty else { return }
    for number in units.indices where !units[number].missing.isDisjoint(with: places) {
      retryLater(number)
    }
  }

  /// What peers pushed and nobody wants goes from the disk, too.
  private mutating func discard(_ places: [Place]) {
    for place in places {
      fetching.staged[place] = nil
      fetching.pushed[place] = nil
    }
    let large = Set(fetching.stages.map(\.place))
    let files = places.filter { !large.contains($0) }
    if !files.isEmpty { effects.append(.discard(files.sorted())) }
  }

  /// A unit is applied: what was pushed for it and is still there lost, or was here already.
  mutating func discardUnused(by unit: Unit) {
    guard !fetching.pushed.isEmpty else { return }
    let entries = unit.parts.flatMap(\.entries)
    let unused = entries.filter { entry in
      fetching.pushed[entry.place] != nil && fetching.needs[entry.place] == nil
        && fetching.staged[entry.place].map { $0.content == entry.content?.id } ?? false
    }
    discard(unused.map(\.place))
  }

  /// A connection is about to be forgotten: what came over it before it was announced, and what no
  /// unit speaks of, will not be claimed.
  mutating func discardUnclaimed(of link: Link) {
    let pushed = fetching.pushed.filter { $0.value == link }.map(\.key)
    guard !pushed.isEmpty else { return }
    for place in pushed { fetching.pushed[place] = nil }
    let announced = Set(units.flatMap(\.parts).flatMap { $0.entries.map(\.place) })
    discard(pushed.filter { !announced.contains($0) && fetching.staged[$0] != nil })
  }

  /// Nothing that was announced counts any more. Numbers go on: what was under way may still come.
  mutating func giveUpFetching() {
    while !fetching.stages.isEmpty { closeStage(0, keeping: true) }
    discard(Array(fetching.staged.keys))
    let (lastStage, lastRequest) = (fetching.lastStage, fetching.lastRequest)
    fetching = Fetching()
    fetching.lastStage = lastStage
    fetching.lastRequest = lastRequest
    for number in sessions.indices { sessions[number].requestedByteCount = 0 }
  }

  /// A connection is gone: what was asked of it is asked of others, or waits.
  mutating func loseRequests(on link: Link) throws(IndexError) {
    var lost: [Place] = []
    while let number = fetching.stages.firstIndex(where: { $0.link == link }) {
      lost.append(fetching.stages[number].place)
      closeStage(number, keeping: true)
    }
    for id in fetching.requests.keys.sorted() where fetching.requests[id]?.link == link {
      lost += fetching.requests.removeValue(forKey: id)?.places ?? []
    }
    for place in lost { fetching.needs[place] = nil }
    let waiting = Set(units.flatMap(\.missing))
    for place in fetching.needs.keys.sorted() where !waiting.contains(place) {
      fetching.needs[place] = nil
    }
    fetching.unasked.removeAll { fetching.needs[$0] == nil }
    retryUnits(missing: Set(lost))
  }
}
