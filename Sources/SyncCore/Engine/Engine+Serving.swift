// Contents for peers: from files that are as the index says, and from files that are being read.

extension Engine {
  /// Tells peers a part of the recipe of a file that is being read: they can begin to fetch.
  mutating func tellSegment(of stream: UInt64, at offset: Int64, _ chunks: [ChunkReference]) {
    guard let file = openFiles[stream] else { return }
    let segment = RecipeSegment(
      key: .open(stream), place: file.place, offset: offset, chunks: chunks)
    for number in sessions.indices where sessions[number].isReady {
      guard !sessions[number].droppedStreams.contains(stream) else { continue }
      guard !sessions[number].isCongested else {
        // The file is read faster than the network takes even its recipe: it is asked for later.
        sessions[number].droppedStreams.insert(stream)
        effects.append(.send(sessions[number].link, .gone(.open(stream), isForGood: false)))
        continue
      }
      tell(segment, in: number)
    }
  }

  private mutating func tell(_ segment: RecipeSegment, in number: Int) {
    let link = sessions[number].link
    effects.append(.send(link, .segment(segment)))
    guard !sessions[number].isCongested else { return }
    sessions[number].toldByteCount += Self.byteCount(of: segment)
    if sessions[number].isCongested { effects.append(.tellWhenDrained(link)) }
  }

  private static func byteCount(of segment: RecipeSegment) -> Int {
    64 + 36 * segment.chunks.count { !$0.isZeros }
  }

  /// The reading of a large file is over: its recipe is sealed or void.
  mutating func closeStream(of job: JobID, item: Int, _ outcome: ReadOutcome) {
    guard let stream = openFiles.first(where: { $0.value.job == job && $0.value.item == item })?.key
    else { return }
    let message: Message =
      switch outcome {
      case .content(let content, _, _): .seal(.open(stream), content)
      case .changed, .failed: .gone(.open(stream), isForGood: false)
      }
    if case .content = outcome {
      closedStreams.append(stream)
      if closedStreams.count > Limits.closedStreamCount {
        openFiles[closedStreams.removeFirst()] = nil
      }
    } else {
      openFiles[stream] = nil
    }
    for number in sessions.indices where sessions[number].isReady {
      guard sessions[number].droppedStreams.remove(stream) == nil else { continue }
      effects.append(.send(sessions[number].link, message))
    }
  }

  /// Takes the wish for the recipe of a content.
  mutating func takeWish(for content: ContentID, on link: Link) throws(IndexError) {
    guard let number = sessionIndex(link), !sessions[number].askedRecipes.contains(content) else {
      return
    }
    guard sessions[number].askedRecipes.count < Limits.askedRecipeCount else {
      return effects.append(.send(link, .gone(.sealed(content), isForGood: false)))
    }
    sessions[number].askedRecipes.append(content)
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
      if var rest = sessions[number].recipe, !rest.chunks.isEmpty {
        let part = Array(rest.chunks.prefix(Limits.segmentChunkCount))
        tell(
          RecipeSegment(key: .sealed(rest.content), place: nil, offset: rest.offset, chunks: part),
          in: number)
        rest.chunks = rest.chunks.dropFirst(part.count)
        rest.offset += part.reduce(0) { $0 + Int64($1.length) }
        sessions[number].recipe = rest
        continue
      }
      if let content = sessions[number].recipe?.content {
        effects.append(.send(link, .seal(.sealed(content), content)))
        sessions[number].recipe = nil
      }
      guard !sessions[number].askedRecipes.isEmpty else { return }
      let content = sessions[number].askedRecipes.removeFirst()
      guard try localFile(with: content) != nil, let recipe = try index.recipe(content) else {
        effects.append(.send(link, .gone(.sealed(content), isForGood: true)))
        continue
      }
      sessions[number].recipe = Session.RecipeRest(
        content: content, chunks: recipe.chunks[...], offset: 0)
    }
  }

  /// Sends a range of a large content.
  mutating func serve(_ request: RangeRequest, on link: Link) throws(IndexError) {
    let file: LocalFile? =
      switch request.key {
      case .open(let stream): openFiles[stream]?.file
      case .sealed(let content): try localFile(with: content)
      }
    guard let file else {
      return effects.append(.send(link, .unavailable(request: request.id, isForGood: true)))
    }
    effects.append(.serve(link, request, file))
  }

  /// Sends small contents: from the place at which the peer knows them, or from any other.
  mutating func serve(_ request: FetchRequest, on link: Link) throws(IndexError) {
    var items: [(item: FetchRequest.Item, file: LocalFile?)] = []
    for item in request.items {
      items.append((item, try file(for: item)))
    }
    effects.append(.serveSmall(link, request: request.id, items))
  }

  private func file(for item: FetchRequest.Item) throws(IndexError) -> LocalFile? {
    if let row = try index.row(.place(item.place)), row.entry.content?.id == item.content,
      let stamp = row.observed, let path = try path(of: item.place)
    {
      return LocalFile(path: path, stamp: stamp)
    }
    return try localFile(with: item.content)
  }
}
