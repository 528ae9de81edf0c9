import Testing

@testable import SyncCore

/// What peers send each other, as bytes and back.
@Suite struct MessageTests {
  @Test func everyMessageIsReadAsItWasWritten() throws {
    var samples = Samples(seed: 1)
    var seen: Set<UInt8> = []
    for _ in 0..<2000 {
      let message = samples.message()
      seen.insert(message.frameType.rawValue)
      #expect(try decode(message.frameType.rawValue, message.encoded()) == message)
    }
    #expect(seen.count == 17)
  }

  @Test func everyTruncationOfAMessageIsRefused() {
    var samples = Samples(seed: 2)
    for _ in 0..<60 {
      let message = samples.message()
      let bytes = message.encoded()
      for count in 0..<min(bytes.count, 1500) {
        let isRefused = isRefused { () throws(WireError) in
          _ = try decode(message.frameType.rawValue, Array(bytes.prefix(count)))
        }
        #expect(isRefused, "\(message.frameType) cut to \(count) of \(bytes.count) bytes")
      }
    }
  }

  @Test func aMessageWithMoreBytesThanItNeedsIsRefused() {
    var samples = Samples(seed: 3)
    for _ in 0..<200 {
      let message = samples.message()
      #expect(
        isRefused { () throws(WireError) in
          _ = try decode(message.frameType.rawValue, message.encoded() + [0])
        })
    }
  }

  @Test(arguments: [0, 2, 16, 17, 18, 22, 255] as [UInt8])
  func framesOfOtherTypesAreNoMessages(type: UInt8) throws {
    #expect(try decode(type, [1, 2, 3]) == nil)
  }

  @Test func contentsHeadersAreReadAsTheyWereWritten() throws {
    var samples = Samples(seed: 4)
    for _ in 0..<500 {
      let header = samples.contentsHeader()
      let head = header.encoded()
      let body = [UInt8](repeating: 7, count: header.encoding != .plain ? 5 : header.byteCount)
      var offset = 0
      #expect(try ContentsHeader(payload: head + body, bodyOffset: &offset) == header)
      #expect(offset == head.count)
      for count in 0..<head.count {
        #expect(
          isRefused { () throws(WireError) in
            _ = try ContentsHeader(payload: Array(head.prefix(count)), bodyOffset: &offset)
          })
      }
    }
  }

  @Test func dataHeadersAreReadAsTheyWereWritten() throws {
    var samples = Samples(seed: 5)
    for _ in 0..<500 {
      let header = samples.dataHeader()
      let head = header.encoded()
      let byteCount = header.parts.reduce(0) { $0 + $1.byteCount }
      var offset = 0
      let payload = head + [UInt8](repeating: 7, count: byteCount)
      #expect(try DataHeader(payload: payload, bodyOffset: &offset) == header)
      #expect(offset == head.count)
      for other in [payload + [0], Array(payload.dropLast())] {
        #expect(
          isRefused { () throws(WireError) in
            _ = try DataHeader(payload: other, bodyOffset: &offset)
          })
      }
    }
  }

  // MARK: Splitting

  @Test func aUnitWithoutEntriesIsOneMessage() {
    #expect(
      Message.announcements([], upTo: 9) == [.announce(entries: [], upTo: 9, isLast: true)])
  }

  @Test(arguments: [1, 60, Limits.actorCount])
  func announcementsAreSplitIntoFramesThatAreWithinTheBound(actorCount: Int) throws {
    var samples = Samples(seed: 6)
    var vector = VersionVector()
    for node in 0..<UInt64(actorCount) {
      vector.include(Dot(actor: Actor(node: node, incarnation: 1), counter: UInt64.max / 2 - 1))
    }
    let longest = [UInt8](repeating: 0xFE, count: 255)
    let entries = (0..<(actorCount < 100 ? 4000 : 120)).map { number in
      let dot = Dot(actor: Actor(node: 0, incarnation: 1), counter: UInt64.max / 2 - 1)
      let place = Place(
        parent: DirectoryID(high: .max, low: .max),
        name: Name(longest.dropLast(3) + digits(number))!)
      let bodies: [Body] = [
        .symlink(target: [UInt8](repeating: 1, count: 4095)),
        .file(samples.content(), size: .max), .symlink(target: [1]), .deleted(was: nil),
      ]
      return Entry(
        place: place, body: bodies[number % 4], mode: number % 4 == 1 ? 0o7777 : 0,
        mtime: number % 4 == 3 ? 0 : .min,
        version: Version(dot: dot, vector: vector, time: .min))
    }
    let messages = Message.announcements(entries, upTo: .max)
    #expect(messages.count > 1)
    var read: [Entry] = []
    for (index, message) in messages.enumerated() {
      let bytes = message.encoded()
      #expect(bytes.count <= Limits.framePayloadByteCount)
      guard
        case .announce(let part, let upTo, let isLast)? =
          try decode(FrameType.announce.rawValue, bytes)
      else {
        Issue.record("not an announcement")
        return
      }
      #expect(upTo == .max)
      #expect(isLast == (index == messages.count - 1))
      #expect(!part.isEmpty)
      read += part
    }
    #expect(read == entries)
  }

  private func digits(_ number: Int) -> [UInt8] {
    [UInt8(1 + number % 40), UInt8(1 + number / 40 % 40), UInt8(1 + number / 1600)]
  }
}
