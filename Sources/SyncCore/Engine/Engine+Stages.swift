// Large contents on their way: their recipes, the ranges that are asked for, and what of them is
// here already.

extension Engine {
  /// Begins with large contents that had to wait until others were complete.
  mutating func fetchWaitingLarge() throws(IndexError) {
    while fetching.stages.count < Limits.stageCount, !fetching.waitingLarge.isEmpty {
      let place = fetching.waitingLarge.removeFirst()
      fetching.isWaitingLarge.remove(place)
      guard let need = fetching.needs[place] else {
        fetching.searches[place] = nil
        continue
      }
      try fetchLarge(need)
    }
  }

  mutating func fetchLarge(_ need: Need) throws(IndexError) {
    if let number = fetching.stages.firstIndex(where: { $0.place == need.place }) {
      if fetching.stages[number].content == need.content { return try finishIfComplete(number) }
      closeStage(number, keeping: true)
    }
    guard fetching.stages.count < Limits.stageCount else {
      if fetching.isWaitingLarge.insert(need.place).inserted {
        fetching.waitingLarge.append(need.place)
      }
      return
    }
    if let file = try localFile(with: need.content), let recipe = try index.recipe(need.content) {
      return take(need, from: file, recipe)
    }
    guard let link = source(of: need) else { return }
    switch search(for: need, toldBy: link) {
    case .asked: return
    case .over(let found?): return take(need, from: found.file, found.recipe)
    case .over(nil): break
    }
    let key = ContentKey.sealed(need.content)
    let twin = stages(of: key, on: link).first.map { fetching.stages[$0] }
    let number = openStage(at: need.place, key: key, link: link)
    fetching.stages[number].content = need.content
    try reusePreviousVersion(number)
    if let twin {
      // The recipe is known, or on its way, for another place.
      for chunk in twin.chunks { append(chunk, to: number) }
      fetching.stages[number].isSealed = twin.isSealed
    } else {
      effects.append(.send(link, .openContent(need.content, base: base(for: number))))
    }
  }

  /// All of a content is on this machine.
  private mutating func take(_ need: Need, from file: LocalFile, _ recipe: Recipe) {
    let number = openStage(at: need.place, key: .sealed(need.content), link: nil)
    reuse(ReuseSource(file: file, recipe: recipe), for: number)
    var offset: Int64 = 0
    for chunk in recipe.chunks {
      append(PlacedChunk(offset: offset, chunk: chunk), to: number)
      offset += Int64(chunk.length)
    }
    fetching.stages[number].content = need.content
    fetching.stages[number].isSealed = true
  }

  private mutating func openStage(at place: Place, key: ContentKey, link: Link?) -> Int {
    fetching.lastStage += 1
    let id = StageID(number: fetching.lastStage)
    fetching.searches[place] = nil
    fetching.stages.append(Stage(id: id, place: place, key: key, link: link))
    effects.append(.openStage(id, place))
    return fetching.stages.count - 1
  }

  /// What the previous version of the path has in common with the new one needn't be sent.
  private mutating func reusePreviousVersion(_ number: Int) throws(IndexError) {
    let place = fetching.stages[number].place
    guard let row = try index.row(.place(place)), let content = row.entry.content,
      let stamp = row.observed, let path = try path(of: place),
      let recipe = try index.recipe(content.id)
    else { return }
    let file = LocalFile(path: path, stamp: stamp)
    reuse(ReuseSource(file: file, recipe: recipe), for: number)
    fetching.stages[number].previous = content.id
  }

  /// What a file here has of a content is taken from it, and what stands beside that may resemble
  /// what is new.
  mutating func reuse(_ source: ReuseSource, for number: Int) {
    fetching.stages[number].reusedFile = source.file
    fetching.stages[number].reusable = source.offsets
  }

  func stageIndex(_ id: StageID) -> Int? { fetching.stages.firstIndex { $0.id == id } }

  /// The stages that wait for one content of one peer: several places can have the same.
  func stages(of key: ContentKey, on link: Link) -> [Int] {
    fetching.stages.indices.filter {
      fetching.stages[$0].link == link && fetching.stages[$0].key == key
    }
  }

  /// A part of a recipe: of a content that was asked for, or of a file that its owner is reading.
  mutating func takeSegment(_ segment: RecipeSegment, on link: Link) throws(IndexError) {
    let known = stages(of: segment.key, on: link)
    if known.isEmpty, case .open = segment.key, segment.offset == 0, let place = segment.place {
      let isTaken = fetching.stages.contains { $0.place == place }
      guard !isTaken, fetching.stages.count < Limits.stageCount, heldBecause.isEmpty else { return }
      let number = openStage(at: place, key: segment.key, link: link)
      try reusePreviousVersion(number)
      return try extend(number, by: segment)
    }
    for number in known where fetching.stages[number].end == segment.offset {
      // Other segments answer an earlier question, for a stage that was given up since.
      try extend(number, by: segment)
    }
  }

  private mutating func extend(_ number: Int, by segment: RecipeSegment) throws(IndexError) {
    guard let link = fetching.stages[number].link else { return }
    guard !fetching.stages[number].isSealed else { return }
    let count = fetching.stages[number].chunks.count + segment.chunks.count
    guard count <= Limits.recipeChunkCount else {
      return refuse(link, "sent a recipe of more than \(Limits.recipeChunkCount) chunks")
    }
    var offset = segment.offset
    let first = fetching.stages[number].chunks.count
    for chunk in segment.chunks {
      append(PlacedChunk(offset: offset, chunk: chunk), to: number)
      offset += Int64(chunk.length)
    }
    try findSimilar(number, from: first)
    try useWhatIsHere(number)
    ask(link)
  }

  private mutating func append(_ chunk: PlacedChunk, to number: Int) {
    fetching.stages[number].chunks.append(chunk)
    fetching.stages[number].states.append(.waiting)
  }

  /// The stage's file is open; what an earlier life left in it needn't be fetched again.
  mutating func takeOpened(_ id: StageID, _ chunks: [PlacedChunk]) throws(IndexError) {
    guard let number = stageIndex(id) else {
      // It was given up before it was open.
      return effects.append(.closeStage(id, keeping: true))
    }
    fetching.stages[number].isOpen = true
    for chunk in chunks { fetching.stages[number].recovered[chunk.offset] = chunk.chunk }
    fetching.stages[number].recoveredOffsets = chunks.map(\.offset).sorted()
    try useWhatIsHere(number)
    if let link = fetching.stages[number].link { ask(link) }
    if let number = stageIndex(id) { try finishIfComplete(number) }
  }

  /// Takes chunks from the stage's earlier life and from files here.
  private mutating func useWhatIsHere(_ number: Int) throws(IndexError) {
    guard fetching.stages[number].isOpen else { return }
    var stage = fetching.stages[number]
    var reused: [(file: LocalFile, chunks: [ReusedChunk])] = []
    for index in stage.comparedCount..<stage.chunks.count where stage.states[index] == .waiting {
      let chunk = stage.chunks[index]
      if stage.recovered[chunk.offset] == chunk.chunk || stage.isHole(chunk) {
        stage.store(index)
      } else if let (file, offset) = stage.source(of: chunk.chunk.id) {
        stage.states[index] = .underway
        let chunk = ReusedChunk(sourceOffset: offset, target: chunk)
        if let last = reused.last, last.file == file, last.chunks.count < Limits.reusedChunkCount {
          reused[reused.count - 1].chunks.append(chunk)
        } else {
          reused.append((file, [chunk]))
        }
      }
    }
    stage.comparedCount = stage.chunks.count
    fetching.stages[number] = stage
    for (file, chunks) in reused { effects.append(.reuse(stage.id, file, chunks)) }
  }

  /// Asks a peer for ranges until its window is full; the oldest stage first.
  private mutating func ask(_ link: Link) {
    guard let session = sessionIndex(link) else { return }
    for number in fetching.stages.indices where fetching.stages[number].link == link {
      guard fetching.stages[number].isOpen else { continue }
      let knowsDeltas = sessions[session].knowsDeltas
      while sessions[session].requestedByteCount < Limits.windowByteCount,
        let start = firstWaiting(of: number),
        let wanted = fetching.stages[number].next(from: start, patching: knowsDeltas)
      {
        request(wanted, of: number, in: session)
      }
    }
  }

  /// The first chunk that nobody was asked for.
  private mutating func firstWaiting(of number: Int) -> Int? {
    let stage = fetching.stages[number]
    var start = stage.firstWaiting
    while start < stage.comparedCount, stage.states[start] != .waiting { start += 1 }
    fetching.stages[number].firstWaiting = start
    return start < stage.comparedCount ? start : nil
  }

  private mutating func request(_ wanted: Stage.Wanted, of number: Int, in session: Int) {
    let range = wanted.chunks
    for index in range { fetching.stages[number].states[index] = .underway }
    fetching.stages[number].firstWaiting = range.upperBound
    let stage = fetching.stages[number]
    let chunks = Array(stage.chunks[range])
    let byteCount = chunks.reduce(0) { $0 + $1.chunk.length }
    fetching.lastRequest += 1
    let link = sessions[session].link
    fetching.requests[fetching.lastRequest] = Fetching.Request(
      link: link, byteCount: byteCount, range: (stage.id, range), isPatch: wanted.part != nil)
    sessions[session].requestedByteCount += byteCount
    let request = RangeRequest(
      id: fetching.lastRequest, key: stage.key, offset: chunks[0].offset,
      lengths: chunks.map(\.chunk.length))
    guard let part = wanted.part else {
      return effects.append(.request(link, request, stage.id, chunks))
    }
    fetching.stages[number].patching.noteAsked()
    effects.append(.requestPatch(link, request, stage.id, chunks, of: part))
  }

  /// A range is in its stage.
  mutating func takeRange(_ id: UInt64, isPatched: Bool) throws(IndexError) {
    guard let request = fetching.requests.removeValue(forKey: id), let range = request.range else {
      return
    }
    release(request)
    if let number = stageIndex(range.stage) {
      if request.isPatch { fetching.stages[number].patching.noteCome(isPatched: isPatched) }
      for index in range.chunks { fetching.stages[number].store(index) }
      try finishIfComplete(number)
    }
    ask(request.link)
    askForSmall()
  }

  /// A range came wrong: it is asked for again, a few times.
  mutating func loseRange(_ id: UInt64) throws(IndexError) {
    guard let request = fetching.requests.removeValue(forKey: id) else { return }
    release(request)
    guard let range = request.range else { return giveUp(request.places, of: nil) }
    guard let number = stageIndex(range.stage) else { return }
    if request.isPatch { fetching.stages[number].patching.noteLost() }
    fetching.stages[number].lostCount += 1
    guard fetching.stages[number].lostCount <= Limits.lostRangeCount else {
      return giveUpStage(number, isForGood: false)
    }
    fetching.stages[number].release(range.chunks)
    ask(request.link)
  }

  /// What was asked for can't be had from this peer just now, or `isForGood`, since it doesn't have
  /// it any more: another is asked, or the same one a little later.
  mutating func loseRequest(_ id: UInt64, isForGood: Bool) throws(IndexError) {
    guard let request = fetching.requests.removeValue(forKey: id) else { return }
    release(request)
    guard let range = request.range else {
      return giveUp(request.places, of: isForGood ? request.link : nil)
    }
    if let number = stageIndex(range.stage) { giveUpStage(number, isForGood: isForGood) }
    ask(request.link)
  }

  private mutating func giveUpStage(_ number: Int, isForGood: Bool) {
    let (place, link) = (fetching.stages[number].place, fetching.stages[number].link)
    closeStage(number, keeping: true)
    giveUp([place], of: isForGood ? link : nil)
  }

  /// What is needed at these places is not on its way any more; `link` has lost it for good.
  private mutating func giveUp(_ places: [Place], of link: Link?) {
    if let link { noteMissed(places, by: link) }
    for place in places { fetching.needs[place] = nil }
    retryUnits(missing: Set(places))
  }

  /// Chunks were copied from a file here; what was not found is asked for.
  mutating func takeReused(
    _ id: StageID, _ chunks: [PlacedChunk], missing: [PlacedChunk]
  ) throws(IndexError) {
    guard let number = stageIndex(id) else { return }
    for chunk in chunks {
      if let index = fetching.stages[number].chunk(at: chunk.offset) {
        fetching.stages[number].store(index)
      }
    }
    for chunk in missing {
      if let index = fetching.stages[number].chunk(at: chunk.offset) {
        fetching.stages[number].release(index..<index + 1)
      }
    }
    if !missing.isEmpty, fetching.stages[number].link == nil {
      // The file here that had it all is no longer what it was: the peer has it.
      let place = fetching.stages[number].place
      guard let link = fetching.needs[place].flatMap({ source(of: $0) }) else {
        return giveUpStage(number, isForGood: false)
      }
      fetching.stages[number].link = link
    }
    try finishIfComplete(number)
    if let link = fetching.stages.first(where: { $0.id == id })?.link { ask(link) }
  }

  /// A recipe is complete.
  mutating func takeSeal(_ key: ContentKey, _ content: ContentID, on link: Link)
    throws(IndexError)
  {
    if case .sealed(let asked) = key, asked != content {
      return refuse(link, "sealed the recipe of a content with another id")
    }
    for number in stages(of: key, on: link) where !fetching.stages[number].isSealed {
      guard contentID(fetching.stages[number].recipe) == content else {
        // Half of an answer to an earlier question, or a lie: it is asked for anew, a little later.
        if fetching.stages[number].base != nil { distrust(content) }
        return try takeGone(key, isForGood: false, on: link)
      }
      fetching.stages[number].content = content
      fetching.stages[number].isSealed = true
      fetching.stages[number].base = nil
      try finishIfComplete(number)
    }
    // What the last chunk stands before is known only now.
    ask(link)
  }

  /// A recipe is void: it can't be had just now, or `isForGood`, since the peer doesn't have the
  /// content any more.
  mutating func takeGone(_ key: ContentKey, isForGood: Bool, on link: Link) throws(IndexError) {
    while let number = stages(of: key, on: link).first {
      giveUpStage(number, isForGood: isForGood)
    }
  }

  /// With all bytes here and wanted, a stage gets its final attributes.
  mutating func finishIfComplete(_ number: Int) throws(IndexError) {
    let stage = fetching.stages[number]
    guard stage.isComplete, !stage.isFinishing, let need = fetching.needs[stage.place],
      need.content == stage.content
    else { return }
    fetching.stages[number].isFinishing = true
    effects.append(
      .finishStage(stage.id, size: stage.end, mode: need.mode, mtime: need.mtime))
  }

  mutating func takeFinished(_ id: StageID, _ file: StagedFile) throws(IndexError) {
    guard let number = stageIndex(id), let content = fetching.stages[number].content else { return }
    let stage = fetching.stages.remove(at: number)
    fetching.recipes[content] = stage.recipe
    fetching.distrusted.remove(content)
    try takeStaged(StagedContent(content: content, file: file))
  }

  /// The stage can't be written: the unit waits and is tried again.
  mutating func failStage(_ id: StageID, _ errno: Int32) throws(IndexError) {
    guard let number = stageIndex(id) else { return }
    let place = fetching.stages[number].place
    closeStage(number, keeping: true)
    if errno != FlipFailure.held {
      let reason = Obstacle.Reason.refused(errno: errno)
      if obstacles[.place(place)]?.reason != reason {
        log(
          .warning, "Cannot be received: \(FlipFailure.sentence(errno)) It is tried again.",
          path: try path(of: place))
      }
      noteUnstaged([place], because: reason)
    }
    fetching.needs[place] = nil
    retryUnits(missing: [place])
  }

  mutating func closeStage(_ number: Int, keeping: Bool) {
    let stage = fetching.stages.remove(at: number)
    effects.append(.closeStage(stage.id, keeping: keeping))
    for id in fetching.requests.keys.sorted() {
      guard let request = fetching.requests[id], request.range?.stage == stage.id else { continue }
      fetching.requests[id] = nil
      release(request)
    }
  }
}
