extension Message {
  /// The type of the frame that carries it.
  public var frameType: FrameType {
    switch self {
    case .hello: .hello
    case .announce: .announce
    case .directoryTimes: .directoryTimes
    case .acknowledge: .acknowledge
    case .openContent: .openContent
    case .segment: .segment
    case .seal: .seal
    case .gone: .gone
    case .request: .request
    case .fetch: .fetch
    case .unavailable: .unavailable
    }
  }

  /// The payload of the frame.
  public func encoded() -> [UInt8] {
    var writer = WireWriter()
    switch self {
    case .hello(let hello): writer.hello(hello)
    case .announce(let entries, let upTo, let isLast):
      writer.announcement(entries, upTo: upTo, isLast: isLast)
    case .directoryTimes(let times):
      writer.number(times.count)
      for time in times {
        writer.directory(time.directory)
        writer.signed(time.mtime)
      }
    case .acknowledge(let member, let sequence):
      writer.raw(member.bytes)
      writer.number(sequence)
    case .openContent(let content): writer.words(content.words)
    case .segment(let segment): writer.segment(segment)
    case .seal(let key, let content):
      writer.key(key)
      writer.words(content.words)
    case .gone(let key, let isForGood):
      writer.key(key)
      writer.byte(isForGood ? 1 : 0)
    case .request(let request):
      writer.number(request.id)
      writer.key(request.key)
      writer.number(UInt64(request.offset))
      writer.number(request.lengths.count)
      for length in request.lengths { writer.number(length) }
    case .fetch(let request):
      writer.number(request.id)
      writer.number(request.items.count)
      for item in request.items {
        writer.place(item.place)
        writer.words(item.content.words)
      }
    case .unavailable(let request, let isForGood):
      writer.number(request)
      writer.byte(isForGood ? 1 : 0)
    }
    return writer.bytes
  }

  /// Reads a payload. `nil` for the types that aren't messages (`open`, `close`, `data`,
  /// `contents`) and for unknown ones, which a newer minor version may send.
  public init?(type: UInt8, payload: [UInt8]) throws(WireError) {
    var reader = WireReader(payload)
    switch FrameType(rawValue: type) {
    case .hello: self = .hello(try reader.hello())
    case .announce: self = try reader.announcement()
    case .directoryTimes: self = .directoryTimes(try reader.directoryTimes())
    case .acknowledge:
      guard let member = NodeID(bytes: Array(try reader.raw(NodeID.byteCount))) else {
        preconditionFailure("raw gave another number of bytes")
      }
      self = .acknowledge(member: member, sequence: try reader.number())
    case .openContent: self = .openContent(ContentID(words: try reader.words()))
    case .segment: self = .segment(try reader.segment())
    case .seal: self = .seal(try reader.key(), ContentID(words: try reader.words()))
    case .gone: self = .gone(try reader.key(), isForGood: try reader.flag())
    case .request: self = .request(try reader.rangeRequest())
    case .fetch: self = .fetch(try reader.fetchRequest())
    case .unavailable:
      self = .unavailable(request: try reader.number(), isForGood: try reader.flag())
    case .open, .close, .data, .contents, nil: return nil
    }
    try reader.end()
  }

  /// Splits a unit into messages that each fit into a frame. A unit without entries is one message.
  public static func announcements(_ entries: [Entry], upTo: UInt64) -> [Message] {
    // An entry takes at most a few hundred bytes beside a long symlink: 32 KiB of slack is enough.
    let roomByteCount = Limits.frameByteCount - 32 * 1024
    var messages: [Message] = []
    var part: [Entry] = []
    var partByteCount = 0
    for entry in entries {
      let byteCount = entry.roughByteCount
      if partByteCount + byteCount > roomByteCount {
        messages.append(.announce(entries: part, upTo: upTo, isLast: false))
        part = []
        partByteCount = 0
      }
      part.append(entry)
      partByteCount += byteCount
    }
    messages.append(.announce(entries: part, upTo: upTo, isLast: true))
    return messages
  }
}

extension Entry {
  /// An upper bound of its bytes on the wire, without its actors.
  fileprivate var roughByteCount: Int {
    let bodyByteCount =
      if case .symlink(let target) = body { target.count + 16 } else { 64 }
    return 36 + place.name.bytes.count + bodyByteCount + attributes.bytes.count + 13
      * (version.vector.components.count + 3)
  }
}

extension WireWriter {
  fileprivate mutating func hello(_ hello: Hello) {
    text(hello.name)
    fixed(hello.incarnation)
    fixed(hello.heldIncarnation)
    number(hello.heldSequence)
    number(hello.heldCounter)
    signed(hello.time)
    number(hello.features.count)
    for feature in hello.features { text(feature) }
  }

  fileprivate mutating func announcement(_ entries: [Entry], upTo: UInt64, isLast: Bool) {
    var table = ActorTable()
    var body = WireWriter(capacity: 128 * entries.count)
    for entry in entries { body.entry(entry, actors: &table) }
    number(upTo)
    byte(isLast ? 1 : 0)
    actors(table.actors)
    number(entries.count)
    raw(body.bytes)
  }

  mutating func key(_ key: ContentKey) {
    switch key {
    case .sealed(let content):
      byte(1)
      words(content.words)
    case .open(let stream):
      byte(2)
      number(stream)
    }
  }

  fileprivate mutating func segment(_ segment: RecipeSegment) {
    key(segment.key)
    byte(segment.place == nil ? 0 : 1)
    if let place = segment.place { self.place(place) }
    number(UInt64(segment.offset))
    let runs = ChunkReference.runs(of: segment.chunks)
    number(runs.count)
    for run in runs {
      switch run {
      case .one(let chunk):
        number(chunk.length)
        words(chunk.id.words)
      case .zeros(let count):
        number(0)
        number(count)
      }
    }
  }
}

extension WireReader {
  fileprivate mutating func hello() throws(WireError) -> Hello {
    var hello = Hello(
      name: try text(), incarnation: try fixed(), heldIncarnation: try fixed(),
      heldSequence: try number(), heldCounter: try number(), time: try signed(), features: [])
    for _ in 0..<(try count(upTo: Limits.featureCount, of: "features")) {
      hello.features.append(try text())
    }
    return hello
  }

  fileprivate mutating func announcement() throws(WireError) -> Message {
    let upTo = try number()
    let isLast = try flag()
    let actors = try actors()
    let count = try count(upTo: Limits.frameByteCount / 32, of: "entries of a message")
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try entry(actors: actors)) }
    return .announce(entries: entries, upTo: upTo, isLast: isLast)
  }

  fileprivate mutating func directoryTimes() throws(WireError) -> [DirectoryTime] {
    var times: [DirectoryTime] = []
    for _ in 0..<(try count(upTo: Limits.directoryTimeCount, of: "times of directories")) {
      times.append(DirectoryTime(directory: try directory(), mtime: try signed()))
    }
    return times
  }

  mutating func key() throws(WireError) -> ContentKey {
    switch try byte() {
    case 1: return .sealed(ContentID(words: try words()))
    case 2: return .open(try number())
    case let other: throw WireError("content key of unknown type \(other)")
    }
  }

  fileprivate mutating func segment() throws(WireError) -> RecipeSegment {
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
        let zeroCount = try self.count(upTo: room, of: "chunks of a segment")
        guard zeroCount > 0 else { throw WireError("run without chunks") }
        chunks.append(contentsOf: repeatElement(.zeros, count: zeroCount))
      } else {
        guard room > 0 else { throw WireError("too many chunks of a segment") }
        chunks.append(ChunkReference(id: ChunkID(words: try words()), length: length))
      }
    }
    return RecipeSegment(key: key, place: place, offset: offset, chunks: chunks)
  }

  private mutating func chunkLength() throws(WireError) -> Int {
    let length = try count(upTo: Limits.chunkByteCount, of: "a chunk")
    guard length > 0 else { throw WireError("chunk without bytes") }
    return length
  }

  fileprivate mutating func rangeRequest() throws(WireError) -> RangeRequest {
    var request = RangeRequest(
      id: try number(), key: try key(), offset: try size(), lengths: [])
    var byteCount = 0
    for _ in 0..<(try count(upTo: Limits.rangeChunkCount, of: "chunks of a range")) {
      let length = try chunkLength()
      byteCount += length
      request.lengths.append(length)
    }
    guard byteCount <= Limits.rangeByteCount, !request.lengths.isEmpty else {
      throw WireError("range of \(byteCount) bytes")
    }
    guard request.offset <= Int64.max - Int64(byteCount) else { throw WireError("range too far") }
    return request
  }

  fileprivate mutating func fetchRequest() throws(WireError) -> FetchRequest {
    var request = FetchRequest(id: try number(), items: [])
    guard request.id > 0 else { throw WireError("request number 0 is for pushed contents") }
    for _ in 0..<(try count(upTo: Limits.packFileCount, of: "contents of a request")) {
      let place = try place()
      request.items.append(FetchRequest.Item(place: place, content: ContentID(words: try words())))
    }
    return request
  }
}
