// Recipes for peers: of files that are being read, and of contents that were asked for. Who has the
// recipe of an earlier version is told the difference.

extension Engine {
  /// Tells peers a part of the recipe of a file that is being read: they can begin to fetch.
  mutating func tellSegment(
    of stream: UInt64, at offset: Int64, _ chunks: [ChunkReference]
  ) throws(IndexError) {
    guard let file = openFiles[stream] else { return }
    switch file.telling {
    case .always: break
    case .never: return
    case .waiting(let time, let read):
      openFiles[stream]?.telling = .waiting(until: time, read: read + [(offset, chunks)])
      return
    }
    if offset == 0 {
      let difference = try difference(for: file)
      openFiles[stream]?.difference = difference
    }
    extendDifference(of: stream, at: offset, chunks)
    let segment = RecipeSegment(
      key: .open(stream), place: file.place, offset: offset, chunks: chunks)
    let others = openFiles[stream]?.difference?.links ?? []
    for number in sessions.indices where !others.contains(sessions[number].link) {
      tell(.segment(segment), of: stream, in: number)
    }
  }

  /// A difference to the content that the place had before, for all who have that.
  private func difference(for file: OpenFile) throws(IndexError) -> OpenFile.Difference? {
    guard let row = try index.row(.place(file.place)), let content = row.entry.content else {
      return nil
    }
    let links = sessions.filter {
      $0.isReady && $0.knowsDeltas && row.sequence <= $0.acknowledged
    }.map(\.link)
    guard !links.isEmpty, let base = try index.recipe(content.id) else { return nil }
    return OpenFile.Difference(
      base: content.id, links: links, size: file.file.stamp.size,
      differencer: RecipeDifferencer(base: base.chunks))
  }

  private mutating func extendDifference(
    of stream: UInt64, at offset: Int64, _ chunks: [ChunkReference]
  ) {
    guard let difference = openFiles[stream]?.difference else { return }
    if difference.runs.chunkCount + chunks.count > Limits.segmentChunkCount {
      tellDifference(of: stream)
    }
    openFiles[stream]?.difference?.add(chunks, at: offset)
    if openFiles[stream]?.difference?.isDue == true { tellDifference(of: stream) }
  }

  /// Tells what of a difference is not told yet.
  private mutating func tellDifference(of stream: UInt64) {
    guard let file = openFiles[stream], let difference = file.difference else { return }
    guard !difference.runs.isEmpty else { return }
    openFiles[stream]?.difference?.runs = []
    openFiles[stream]?.difference?.byteCount = 0
    let part = RecipeDifference(
      key: .open(stream), place: file.place, base: difference.base, offset: difference.offset,
      runs: difference.runs)
    for number in sessions.indices where difference.links.contains(sessions[number].link) {
      tell(.difference(part), of: stream, in: number)
    }
  }

  private mutating func tell(_ part: Message, of stream: UInt64, in number: Int) {
    guard isTold(sessions[number]), !sessions[number].droppedStreams.contains(stream) else {
      return
    }
    guard !sessions[number].isCongested else {
      // The file is read faster than the network takes even its recipe: it is asked for later.
      sessions[number].droppedStreams.insert(stream)
      effects.append(.send(sessions[number].link, .gone(.open(stream), isForGood: false)))
      return
    }
    tell(part, in: number)
  }

  private mutating func tell(_ part: Message, in number: Int) {
    let link = sessions[number].link
    effects.append(.send(link, part))
    guard !sessions[number].isCongested else { return }
    sessions[number].toldByteCount += part.roughRecipeByteCount
    if sessions[number].isCongested { effects.append(.tellWhenDrained(link)) }
  }

  /// The reading of a large file is over: its recipe is sealed or void.
  mutating func closeStream(of job: JobID, item: Int, _ outcome: ReadOutcome) {
    guard
      let (stream, file) = openFiles.first(where: {
        $0.value.job == job && $0.value.item == item
      })
    else { return }
    guard case .always = file.telling else {
      openFiles[stream] = nil
      return
    }
    let message: Message
    switch outcome {
    case .content(let content, _, _), .snapshot(_, let content, _, _):
      tellDifference(of: stream)
      openFiles[stream]?.difference = nil
      message = .seal(.open(stream), content)
      closedStreams.append(stream)
      if closedStreams.count > Limits.closedStreamCount {
        openFiles[closedStreams.removeFirst()] = nil
      }
    case .changed, .failed:
      message = .gone(.open(stream), isForGood: false)
      openFiles[stream] = nil
    }
    for number in sessions.indices where isTold(sessions[number]) {
      guard sessions[number].droppedStreams.remove(stream) == nil else { continue }
      effects.append(.send(sessions[number].link, message))
    }
  }

  /// Takes the wish for the recipe of a content; the peer has that of `base`.
  mutating func takeWish(
    for content: ContentID, from base: ContentID?, on link: Link
  ) throws(IndexError) {
    guard let number = sessionIndex(link),
      !sessions[number].askedRecipes.contains(where: { $0.content == content })
    else { return }
    guard sessions[number].askedRecipes.count < Limits.askedRecipeCount else {
      return effects.append(.send(link, .gone(.sealed(content), isForGood: false)))
    }
    sessions[number].askedRecipes.append(Session.Wish(content: content, base: base))
    try tellRecipes(in: number)
  }

  /// The network has taken almost all that was sent to a peer.
  mutating func goOnTelling(on link: Link) throws(IndexError) {
    guard let number = sessionIndex(link), sessions[number].isReady else { return }
    sessions[number].toldByteCount = 0
    try tellRecipes(in: number)
  }

  /// Sends recipes that were asked for, as much of them as may be queued at once.
  private mutating func tellRecipes(in number: Int) throws(IndexError) {
    let link = sessions[number].link
    while !sessions[number].isCongested {
      if let part = sessions[number].recipe?.next() {
        tell(part, in: number)
        continue
      }
      if let content = sessions[number].recipe?.content {
        effects.append(.send(link, .seal(.sealed(content), content)))
        sessions[number].recipe = nil
      }
      guard !sessions[number].askedRecipes.isEmpty else { return }
      let wish = sessions[number].askedRecipes.removeFirst()
      guard try localFile(with: wish.content) != nil, let recipe = try index.recipe(wish.content)
      else {
        effects.append(.send(link, .gone(.sealed(wish.content), isForGood: true)))
        continue
      }
      var rest = Session.RecipeRest(content: wish.content, chunks: recipe.chunks[...], offset: 0)
      if let base = wish.base, let known = try index.recipe(base) {
        rest.difference = (base, RecipeDifferencer(base: known.chunks))
      }
      sessions[number].recipe = rest
    }
  }
}

extension Session.RecipeRest {
  /// Takes off what fits into one message; `nil` if nothing is left.
  fileprivate mutating func next() -> Message? {
    guard !chunks.isEmpty else { return nil }
    let part = Array(chunks.prefix(Limits.segmentChunkCount))
    let start = offset
    chunks = chunks.dropFirst(part.count)
    offset += part.reduce(0) { $0 + Int64($1.length) }
    guard let base = difference?.base, let runs = difference?.differencer.runs(of: part) else {
      return .segment(
        RecipeSegment(key: .sealed(content), place: nil, offset: start, chunks: part))
    }
    return .difference(
      RecipeDifference(
        key: .sealed(content), place: nil, base: base, offset: start, runs: runs))
  }
}

extension Message {
  /// About how many bytes a part of a recipe has on the wire.
  fileprivate var roughRecipeByteCount: Int {
    switch self {
    case .segment(let segment): 64 + 36 * segment.chunks.count { !$0.isZeros }
    case .difference(let difference): 96 + 36 * difference.runs.count
    case .hello, .announce, .directoryTimes, .linked, .unheld, .acknowledge, .notHeld, .openContent,
      .seal, .gone, .request, .fetch, .unavailable:
      0
    }
  }
}
