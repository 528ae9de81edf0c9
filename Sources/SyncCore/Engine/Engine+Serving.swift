// Contents for peers: from files that are as the index says, and from files that are being read.

extension Engine {
  /// Tells peers a part of the recipe of a file that is being read: they can begin to fetch.
  mutating func tellSegment(of stream: UInt64, at offset: Int64, _ chunks: [ChunkReference]) {
    guard let file = openFiles[stream] else { return }
    for session in sessions where session.isReady {
      effects.append(
        .send(
          session.link,
          .segment(
            RecipeSegment(
              key: .open(stream), place: file.place, offset: offset, chunks: chunks))))
    }
  }

  /// The reading of a large file is over: its recipe is sealed or void.
  mutating func closeStream(of job: JobID, item: Int, _ outcome: ReadOutcome) {
    guard let stream = openFiles.first(where: { $0.value.job == job && $0.value.item == item })?.key
    else { return }
    let message: Message =
      switch outcome {
      case .content(let content, _): .seal(.open(stream), content)
      case .changed, .failed: .gone(.open(stream))
      }
    if case .content = outcome {
      closedStreams.append(stream)
      if closedStreams.count > Limits.closedStreamCount {
        openFiles[closedStreams.removeFirst()] = nil
      }
    } else {
      openFiles[stream] = nil
    }
    for session in sessions where session.isReady { effects.append(.send(session.link, message)) }
  }

  /// Sends the recipe of a content.
  mutating func sendRecipe(of content: ContentID, on link: Link) throws(IndexError) {
    guard let recipe = try index.recipe(content) else {
      return effects.append(.send(link, .gone(.sealed(content))))
    }
    var offset: Int64 = 0
    var rest = recipe.chunks[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(Limits.segmentChunkCount))
      rest = rest.dropFirst(part.count)
      effects.append(
        .send(
          link,
          .segment(
            RecipeSegment(key: .sealed(content), place: nil, offset: offset, chunks: part))))
      offset += part.reduce(0) { $0 + Int64($1.length) }
    }
    effects.append(.send(link, .seal(.sealed(content), content)))
  }

  /// Sends a range of a large content.
  mutating func serve(_ request: RangeRequest, on link: Link) throws(IndexError) {
    let file: LocalFile? =
      switch request.key {
      case .open(let stream): openFiles[stream]?.file
      case .sealed(let content): try localFile(with: content)
      }
    guard let file else {
      return effects.append(.send(link, .unavailable(request: request.id)))
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
