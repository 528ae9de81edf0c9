extension Message {
  /// The type of the frame that carries it.
  public var frameType: FrameType {
    switch self {
    case .hello: .hello
    case .announce: .announce
    case .directoryTimes: .directoryTimes
    case .linked: .linked
    case .unheld: .unheld
    case .acknowledge: .acknowledge
    case .notHeld: .notHeld
    case .openContent(_, let base): base == nil ? .openContent : .openDifference
    case .segment: .segment
    case .difference: .difference
    case .seal: .seal
    case .gone: .gone
    case .request(let request): request.pieces.isEmpty ? .request : .requestPatch
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
    case .linked(let places):
      writer.number(places.count)
      for place in places { writer.place(place) }
    case .unheld(let entries): writer.entries(entries)
    case .acknowledge(let member, let sequence):
      writer.raw(member.bytes)
      writer.number(sequence)
    case .notHeld(let count): writer.number(count)
    case .openContent(let content, let base):
      writer.words(content.words)
      if let base { writer.words(base.words) }
    case .segment(let segment): writer.segment(segment)
    case .difference(let difference): writer.difference(difference)
    case .seal(let key, let content):
      writer.key(key)
      writer.words(content.words)
    case .gone(let key, let isForGood):
      writer.key(key)
      writer.byte(isForGood ? 1 : 0)
    case .request(let request): writer.rangeRequest(request)
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
    case .linked: self = .linked(try reader.linkedPlaces())
    case .unheld: self = .unheld(try reader.unheld())
    case .acknowledge:
      guard let member = NodeID(bytes: Array(try reader.raw(NodeID.byteCount))) else {
        preconditionFailure("raw gave another number of bytes")
      }
      self = .acknowledge(member: member, sequence: try reader.number())
    case .notHeld: self = .notHeld(count: try reader.number())
    case .openContent: self = .openContent(ContentID(words: try reader.words()))
    case .openDifference:
      let content = ContentID(words: try reader.words())
      self = .openContent(content, base: ContentID(words: try reader.words()))
    case .segment: self = .segment(try reader.segment())
    case .difference: self = .difference(try reader.difference())
    case .seal: self = .seal(try reader.key(), ContentID(words: try reader.words()))
    case .gone: self = .gone(try reader.key(), isForGood: try reader.flag())
    case .request: self = .request(try reader.rangeRequest())
    case .requestPatch: self = .request(try reader.patchRequest())
    case .fetch: self = .fetch(try reader.fetchRequest())
    case .unavailable:
      self = .unavailable(request: try reader.number(), isForGood: try reader.flag())
    case .open, .close, .data, .contents, .patch, nil: return nil
    }
    try reader.end()
  }

  /// Splits a unit into messages that each fit into a frame. A unit without entries is one message.
  public static func announcements(_ entries: [Entry], upTo: UInt64) -> [Message] {
    let parts = parts(of: entries)
    return parts.enumerated().map { number, part in
      .announce(entries: part, upTo: upTo, isLast: number == parts.count - 1)
    }
  }

  /// The same with directories that aren't held; no message if there are none.
  public static func unheld(_ entries: [Entry]) -> [Message] {
    entries.isEmpty ? [] : parts(of: entries).map { .unheld($0) }
  }

  /// Splits entries into what fits into a frame; at least one part.
  private static func parts(of entries: [Entry]) -> [[Entry]] {
    // An entry takes at most a few hundred bytes beside a long symlink: 32 KiB of slack is enough.
    let roomByteCount = Limits.frameByteCount - 32 * 1024
    var parts: [[Entry]] = []
    var part: [Entry] = []
    var partByteCount = 0
    for entry in entries {
      let byteCount = entry.roughByteCount
      if partByteCount + byteCount > roomByteCount {
        parts.append(part)
        part = []
        partByteCount = 0
      }
      part.append(entry)
      partByteCount += byteCount
    }
    return parts + [part]
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
    number(upTo)
    byte(isLast ? 1 : 0)
    self.entries(entries)
  }

  /// Entries, after the actors in them.
  fileprivate mutating func entries(_ entries: [Entry]) {
    var table = ActorTable()
    var body = WireWriter(capacity: 128 * entries.count)
    for entry in entries { body.entry(entry, actors: &table) }
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
    return .announce(entries: try entries(), upTo: upTo, isLast: isLast)
  }

  fileprivate mutating func unheld() throws(WireError) -> [Entry] {
    let entries = try entries()
    guard entries.allSatisfy({ $0.directory != nil && $0.isAlive && $0.bundle == nil }) else {
      throw WireError("unheld entry that is no living directory, or a bundle")
    }
    return entries
  }

  private mutating func entries() throws(WireError) -> [Entry] {
    let actors = try actors()
    let count = try count(upTo: Limits.frameByteCount / 32, of: "entries of a message")
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try entry(actors: actors)) }
    return entries
  }

  fileprivate mutating func directoryTimes() throws(WireError) -> [DirectoryTime] {
    var times: [DirectoryTime] = []
    for _ in 0..<(try count(upTo: Limits.directoryTimeCount, of: "times of directories")) {
      times.append(DirectoryTime(directory: try directory(), mtime: try signed()))
    }
    return times
  }

  fileprivate mutating func linkedPlaces() throws(WireError) -> [Place] {
    var places: [Place] = []
    for _ in 0..<(try count(upTo: Limits.linkedPlaceCount, of: "names of a file")) {
      places.append(try place())
    }
    return places
  }

  mutating func key() throws(WireError) -> ContentKey {
    switch try byte() {
    case 1: return .sealed(ContentID(words: try words()))
    case 2: return .open(try number())
    case let other: throw WireError("content key of unknown type \(other)")
    }
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
