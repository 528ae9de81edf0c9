// Recipes, whole or as differences, and requests for ranges of what they describe.

/// What begins a run that stands for chunks of the base: one more than the longest chunk.
private let baseRun = Limits.chunkByteCount + 1

extension WireWriter {
  private mutating func recipeHead(_ key: ContentKey, _ place: Place?) {
    self.key(key)
    byte(place == nil ? 0 : 1)
    if let place { self.place(place) }
  }

  mutating func segment(_ segment: RecipeSegment) {
    recipeHead(segment.key, segment.place)
    number(UInt64(segment.offset))
    let runs = ChunkReference.runs(of: segment.chunks)
    number(runs.count)
    for run in runs {
      switch run {
      case .one(let chunk): self.chunk(chunk)
      case .zeros(let count): zeros(count)
      }
    }
  }

  mutating func difference(_ difference: RecipeDifference) {
    recipeHead(difference.key, difference.place)
    words(difference.base.words)
    number(UInt64(difference.offset))
    number(difference.runs.count)
    for run in difference.runs {
      switch run {
      case .chunk(let chunk): self.chunk(chunk)
      case .zeros(let count): zeros(count)
      case .base(let first, let count):
        number(baseRun)
        number(first)
        number(count)
      }
    }
  }

  private mutating func chunk(_ chunk: ChunkReference) {
    number(chunk.length)
    words(chunk.id.words)
  }

  private mutating func zeros(_ count: Int) {
    number(0)
    number(count)
  }

  mutating func rangeRequest(_ request: RangeRequest) {
    number(request.id)
    key(request.key)
    number(UInt64(request.offset))
    number(request.lengths.count)
    for length in request.lengths { number(length) }
    guard !request.pieces.isEmpty else { return }
    number(request.pieces.count)
    for piece in request.pieces { fixed(piece) }
  }
}

extension WireReader {
  mutating func segment() throws(WireError) -> RecipeSegment {
    let key = try key()
    let place = try flag() ? try place() : nil
    let offset = try size()
    let count = try count(upTo: Limits.segmentChunkCount, of: "runs of a segment")
    var chunks: [ChunkReference] = []
    chunks.reserveCapacity(count)
    for _ in 0..<count {
      let length = try self.count(upTo: Limits.chunkByteCount, of: "a chunk")
      let room = Limits.segmentChunkCount - chunks.count
      if length == 0 {
        chunks.append(contentsOf: repeatElement(.zeros, count: try runCount(upTo: room)))
      } else {
        guard room > 0 else { throw WireError("too many chunks of a segment") }
        chunks.append(ChunkReference(id: ChunkID(words: try words()), length: length))
      }
    }
    return RecipeSegment(key: key, place: place, offset: offset, chunks: chunks)
  }

  mutating func difference() throws(WireError) -> RecipeDifference {
    let key = try key()
    let place = try flag() ? try place() : nil
    var difference = RecipeDifference(
      key: key, place: place, base: ContentID(words: try words()), offset: try size(), runs: [])
    var room = Limits.segmentChunkCount
    for _ in 0..<(try count(upTo: Limits.segmentChunkCount, of: "runs of a difference")) {
      let length = try self.count(upTo: baseRun, of: "a chunk")
      switch length {
      case 0:
        let count = try runCount(upTo: room)
        difference.runs.append(.zeros(count: count))
        room -= count
      case baseRun:
        let first = try self.count(upTo: Limits.recipeChunkCount, of: "chunks before a run")
        let count = try runCount(upTo: room)
        difference.runs.append(.base(first: first, count: count))
        room -= count
      case _:
        guard room > 0 else { throw WireError("too many chunks of a difference") }
        difference.runs.append(
          .chunk(ChunkReference(id: ChunkID(words: try words()), length: length)))
        room -= 1
      }
    }
    return difference
  }

  private mutating func runCount(upTo room: Int) throws(WireError) -> Int {
    let count = try count(upTo: room, of: "chunks of a run")
    guard count > 0 else { throw WireError("run without chunks") }
    return count
  }

  mutating func rangeRequest() throws(WireError) -> RangeRequest {
    var request = RangeRequest(id: try number(), key: try key(), offset: try size(), lengths: [])
    var byteCount = 0
    for _ in 0..<(try count(upTo: Limits.rangeChunkCount, of: "chunks of a range")) {
      let length = try count(upTo: Limits.chunkByteCount, of: "a chunk")
      guard length > 0 else { throw WireError("chunk without bytes") }
      byteCount += length
      request.lengths.append(length)
    }
    guard byteCount <= Limits.rangeByteCount, !request.lengths.isEmpty else {
      throw WireError("range of \(byteCount) bytes")
    }
    guard request.offset <= Int64.max - Int64(byteCount) else { throw WireError("range too far") }
    return request
  }

  mutating func patchRequest() throws(WireError) -> RangeRequest {
    var request = try rangeRequest()
    guard request.byteCount <= Limits.patchByteCount else {
      throw WireError("patch of \(request.byteCount) bytes")
    }
    let count = try count(upTo: Limits.patchPieceCount, of: "pieces of a request")
    guard count > 0 else { throw WireError("request of a patch of nothing") }
    for _ in 0..<count { request.pieces.append(try fixed()) }
    return request
  }
}
