import Testing

@testable import SyncCore

/// What the format forbids, each by itself.
@Suite struct WireRefusalTests {
  @Test(
    arguments: [
      [0x80, 0x00], [0x81, 0x80, 0x00],
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00],
      [0x80], [],
    ] as [[UInt8]])
  func numbersNotInTheirShortestFormOrTooLargeAreRefused(bytes: [UInt8]) {
    #expect(
      isRefused { () throws(WireError) in
        var reader = WireReader(bytes)
        _ = try reader.number()
      })
  }

  @Test func numbersAreLEB128AndSignedOnesZigzag() {
    func unsigned(_ value: UInt64) -> [UInt8] {
      var writer = WireWriter()
      writer.number(value)
      return writer.bytes
    }
    func signed(_ value: Int64) -> [UInt8] {
      var writer = WireWriter()
      writer.signed(value)
      return writer.bytes
    }
    #expect(unsigned(0) == [0])
    #expect(unsigned(300) == [0xAC, 0x02])
    #expect(unsigned(.max) == [UInt8](repeating: 0xFF, count: 9) + [1])
    #expect(signed(0) == [0])
    #expect(signed(-1) == [1])
    #expect(signed(1) == [2])
    #expect(signed(.min) == [UInt8](repeating: 0xFF, count: 9) + [1])
  }

  @Test(arguments: ["", ".", "..", "a/b", "/", "a\0", String(repeating: "x", count: 256)])
  func impossibleNamesAreRefused(name: String) {
    expectRefusal(.announce) { writer in
      writer.announcementHead()
      writer.directory(.root)
      writer.blob(Array(name.utf8))
      writer.deletedBodyAndVersion()
    }
    expectRefusal(.fetch) { writer in
      writer.number(UInt64(1))
      writer.number(UInt64(1))
      writer.directory(.root)
      writer.blob(Array(name.utf8))
      writer.words((1, 2, 3, 4))
    }
  }

  @Test func theReservedNameIsRefusedAtTheRootOnly() throws {
    expectRefusal(.announce) { writer in
      writer.announcementHead()
      writer.place(Place(parent: .root, name: .reserved))
      writer.deletedBodyAndVersion()
    }
    let message = try read(.announce) { writer in
      writer.announcementHead()
      writer.place(Place(parent: DirectoryID(testing: 1), name: .reserved))
      writer.deletedBodyAndVersion()
    }
    #expect(message != nil)
  }

  @Test func theRootIsNoEntry() {
    for type in [3, 5] as [UInt8] {
      expectRefusal(.announce) { writer in
        writer.announcementHead()
        writer.place(Place(parent: .root, name: Name(literal: "a")))
        writer.byte(type)
        writer.directory(.root)
        if type == 3 { writer.number(UInt64(0)) }
        writer.plainVersion()
      }
    }
  }

  @Test(arguments: [(2, 2), (2, 3), (2, 0), (0, 1)] as [(UInt64, UInt64)])
  func aDirectoryIsMergedIntoASmallerOneOnly(ids: (UInt64, UInt64)) {
    expectRefusal(.announce) { writer in
      writer.announcementHead()
      writer.place(Place(parent: .root, name: Name(literal: "a")))
      writer.byte(6)
      writer.directory(DirectoryID(testing: ids.0))
      writer.directory(DirectoryID(testing: ids.1))
      writer.plainVersion()
    }
  }

  @Test(
    arguments: [
      [], [0], Array("a\0b".utf8), [UInt8](repeating: 1, count: Limits.symlinkTargetByteCount + 1),
    ] as [[UInt8]])
  func impossibleSymlinkTargetsAreRefused(target: [UInt8]) {
    expectRefusal(.announce) { writer in
      writer.announcementHead()
      writer.place(Place(parent: .root, name: Name(literal: "a")))
      writer.byte(2)
      writer.blob(target)
      writer.signed(0)
      writer.plainVersion()
    }
  }

  @Test(arguments: [(0o10000, 1), (0, 1 << 63), (.max, 1)] as [(UInt64, UInt64)])
  func permissionBitsAndSizesOutOfBoundsAreRefused(mode: UInt64, size: UInt64) {
    expectRefusal(.announce) { writer in
      writer.announcementHead()
      writer.place(Place(parent: .root, name: Name(literal: "a")))
      writer.byte(1)
      writer.words((1, 2, 3, 4))
      writer.number(size)
      writer.number(mode)
      writer.signed(0)
      writer.plainVersion()
    }
  }

  @Test(arguments: [(0, 0), (0, .max / 2), (0, .max), (1, 1), (.max, 1)] as [(UInt64, UInt64)])
  func impossibleChangesAreRefused(actor: UInt64, counter: UInt64) {
    expectRefusal(.announce) { writer in
      writer.announcementHead()
      writer.place(Place(parent: .root, name: Name(literal: "a")))
      writer.byte(4)
      writer.byte(0)
      writer.number(actor)
      writer.number(counter)
      writer.signed(0)
      writer.number(UInt64(0))
    }
  }

  @Test func componentsOutOfOrderAreRefused() {
    expectRefusal(.announce) { writer in
      writer.number(UInt64(1))
      writer.byte(1)
      writer.actors([Actor(node: 2, incarnation: 0), Actor(node: 1, incarnation: 0)])
      writer.number(UInt64(1))
      writer.place(Place(parent: .root, name: Name(literal: "a")))
      writer.byte(4)
      writer.byte(0)
      writer.number(UInt64(0))
      writer.number(UInt64(1))
      writer.signed(0)
      writer.number(UInt64(2))
      for actor in [0, 1] as [UInt64] {
        writer.number(actor)
        writer.number(UInt64(1))
      }
    }
  }

  @Test(arguments: [UInt64(Limits.actorCount) + 1, UInt64(1) << 62, .max])
  func countsAboveTheirBoundsAreRefusedBeforeMemoryIsSpent(count: UInt64) {
    expectRefusal(.announce) { writer in
      writer.number(UInt64(1))
      writer.byte(1)
      writer.number(count)
    }
    expectRefusal(.announce) { writer in
      writer.number(UInt64(1))
      writer.byte(1)
      writer.number(UInt64(0))
      writer.number(count << 4 | count)
    }
    expectRefusal(.segment) { writer in
      writer.key(.open(1))
      writer.byte(0)
      writer.number(UInt64(0))
      writer.number(count << 4 | count)
    }
    expectRefusal(.request) { writer in
      writer.number(UInt64(1))
      writer.key(.open(1))
      writer.number(UInt64(0))
      writer.number(count)
    }
    expectRefusal(.fetch) { writer in
      writer.number(UInt64(1))
      writer.number(count)
    }
    expectRefusal(.hello) { writer in
      writer.text("")
      for _ in 0..<2 { writer.fixed(0) }
      for _ in 0..<3 { writer.number(UInt64(0)) }
      writer.number(count)
    }
  }

  @Test(arguments: [
    [], [0], [Limits.chunkByteCount + 1], Array(repeating: Limits.chunkByteCount, count: 6),
    Array(repeating: 1, count: 257),
  ])
  func impossibleRangesAreRefused(lengths: [Int]) {
    expectRefusal(.request) { writer in
      writer.number(UInt64(1))
      writer.key(.open(1))
      writer.number(UInt64(0))
      writer.number(lengths.count)
      for length in lengths { writer.number(length) }
    }
  }

  @Test(arguments: [UInt64(1) << 63, UInt64(Int64.max), UInt64(Int64.max) - 3])
  func rangesBeyondTheLargestOffsetAreRefused(offset: UInt64) {
    expectRefusal(.request) { writer in
      writer.number(UInt64(1))
      writer.key(.open(1))
      writer.number(offset)
      writer.number(UInt64(1))
      writer.number(UInt64(4))
    }
  }

  @Test(arguments: [[], [6, 0x75, 0x73, 0x65, 0x72, 0x2E], [1, 0x61, 0], Array("user.a".utf8)])
  func impossibleAttributesAreRefused(attributes: [UInt8]) {
    expectRefusal(.announce) { writer in
      writer.number(UInt64(1))
      writer.byte(1)
      writer.actors([Actor(node: 1, incarnation: 1)])
      writer.number(UInt64(1))
      writer.place(Place(parent: .root, name: Name(literal: "a")))
      writer.byte(7)
      writer.words((1, 2, 3, 4))
      for number in [UInt64(5), 0o644, 0] { writer.number(number) }
      writer.blob(attributes)
      for number in [UInt64(0), 1, 0, 0] { writer.number(number) }
    }
  }

  @Test func chunksOfImpossibleLengthsAreRefused() {
    expectRefusal(.segment) { writer in
      writer.key(.open(1))
      writer.byte(0)
      writer.number(UInt64(0))
      writer.number(UInt64(1))
      writer.number(Limits.chunkByteCount + 1)
      writer.words((1, 2, 3, 4))
    }
  }

  @Test(arguments: [[0], [Limits.segmentChunkCount + 1], [Limits.segmentChunkCount, 1]])
  func runsOfImpossibleLengthsAreRefused(counts: [Int]) {
    expectRefusal(.segment) { writer in
      writer.key(.open(1))
      writer.byte(0)
      writer.number(UInt64(0))
      writer.number(counts.count)
      for count in counts {
        writer.number(0)
        writer.number(count)
      }
    }
  }

  @Test(
    arguments: [
      [[0, 0]], [[0, Limits.segmentChunkCount + 1]], [[0, Limits.segmentChunkCount], [0, 1]],
      [[Self.base, 0, 0]], [[Self.base, 0, Limits.segmentChunkCount + 1]],
      [[Self.base, 0, Limits.segmentChunkCount], [Self.base, 0, 1]],
      [[Self.base, Limits.recipeChunkCount + 1, 1]], [[Self.base + 1, 0, 1]],
      Array(repeating: [Self.base, 0, 1], count: Limits.segmentChunkCount + 1),
    ] as [[[Int]]])
  func runsOfImpossibleLengthsAreRefusedInDifferences(runs: [[Int]]) {
    expectRefusal(.difference) { writer in
      writer.key(.open(1))
      writer.byte(0)
      writer.words((1, 2, 3, 4))
      writer.number(UInt64(0))
      writer.number(runs.count)
      for number in runs.joined() { writer.number(number) }
    }
  }

  private static let base = Limits.chunkByteCount + 1

  @Test func patchesAreAskedForOfAFewChunksAndForSomePieces() {
    func expectPatchRefusal(_ lengths: [Int], pieceCount: Int) {
      expectRefusal(.requestPatch) { writer in
        var request = RangeRequest(id: 1, key: .open(1), offset: 0, lengths: lengths)
        request.pieces = Array(repeating: 5, count: pieceCount)
        writer.rangeRequest(request)
        if pieceCount == 0 { writer.number(0) }
      }
    }
    expectPatchRefusal([1000], pieceCount: 0)
    expectPatchRefusal([1000], pieceCount: Limits.patchPieceCount + 1)
    expectPatchRefusal(
      [Limits.chunkByteCount, Limits.chunkByteCount, Limits.chunkByteCount], pieceCount: 1)
  }

  @Test func requestNumberZeroIsForPushedContents() {
    expectRefusal(.fetch) { writer in
      writer.number(UInt64(0))
      writer.number(UInt64(0))
    }
  }

  @Test func truthValuesAreZeroOrOne() {
    expectRefusal(.announce) { writer in
      writer.number(UInt64(1))
      writer.byte(2)
      writer.number(UInt64(0))
      writer.number(UInt64(0))
    }
  }

  // MARK: Headers of contents

  @Test(arguments: [Limits.smallContentByteCount + 1, Limits.packByteCount + 1])
  func packsOfTooLargeContentsAreRefused(byteCount: Int) {
    let place = Place(parent: .root, name: Name(literal: "a"))
    let item = ContentsHeader.Item(
      place: place, content: ContentID(testing: 1), byteCount: byteCount, mode: 0, mtime: 0)
    let payload = ContentsHeader(request: 1, encoding: .deflate, items: [item]).encoded()
    var offset = 0
    #expect(
      isRefused { () throws(WireError) in
        _ = try ContentsHeader(payload: payload, bodyOffset: &offset)
      })
  }

  @Test func packsOfTooManyBytesTogetherAreRefused() {
    let place = Place(parent: .root, name: Name(literal: "a"))
    let item = ContentsHeader.Item(
      place: place, content: ContentID(testing: 1), byteCount: Limits.smallContentByteCount,
      mode: 0, mtime: 0)
    let payload = ContentsHeader(request: 1, encoding: .deflate, items: [item, item]).encoded()
    var offset = 0
    #expect(
      isRefused { () throws(WireError) in
        _ = try ContentsHeader(payload: payload, bodyOffset: &offset)
      })
  }

  @Test(arguments: [3, 4, 255] as [UInt8])
  func bytesPackedInAnUnknownWayAreRefused(number: UInt8) {
    var offset = 0
    let part = DataHeader.Part(encoding: .zstd, byteCount: 0)
    var data = DataHeader(request: 1, first: 0, parts: [part]).encoded()
    data[3] = number
    var contents = ContentsHeader(request: 1, encoding: .zstd, items: []).encoded()
    contents[1] = number
    #expect(
      isRefused { () throws(WireError) in
        _ = try DataHeader(payload: data, bodyOffset: &offset)
      })
    #expect(
      isRefused { () throws(WireError) in
        _ = try ContentsHeader(payload: contents, bodyOffset: &offset)
      })
  }

  @Test func dataOfTooManyOrTooLargeChunksIsRefused() {
    let part = DataHeader.Part(encoding: .deflate, byteCount: 0)
    let large = DataHeader.Part(encoding: .deflate, byteCount: Limits.chunkByteCount + 1)
    let headers = [
      DataHeader(request: 1, first: 0, parts: Array(repeating: part, count: 257)),
      DataHeader(request: 1, first: 257, parts: []),
      DataHeader(request: 1, first: 0, parts: [large]),
    ]
    for header in headers {
      let body = [UInt8](repeating: 0, count: header.parts.reduce(0) { $0 + $1.byteCount })
      var offset = 0
      #expect(
        isRefused { () throws(WireError) in
          _ = try DataHeader(payload: header.encoded() + body, bodyOffset: &offset)
        })
    }
  }
}

private func read(_ type: FrameType, _ write: (inout WireWriter) -> Void) throws(WireError)
  -> Message?
{
  var writer = WireWriter()
  write(&writer)
  return try Message(type: type.rawValue, payload: writer.bytes)
}

private func expectRefusal(
  _ type: FrameType, sourceLocation: SourceLocation = #_sourceLocation,
  _ write: (inout WireWriter) -> Void
) {
  #expect(
    isRefused { () throws(WireError) in _ = try read(type, write) }, sourceLocation: sourceLocation)
}

extension WireWriter {
  /// Up to the one entry of an announcement, with one actor.
  fileprivate mutating func announcementHead() {
    number(UInt64(1))
    byte(1)
    actors([Actor(node: 1, incarnation: 1)])
    number(UInt64(1))
  }

  fileprivate mutating func deletedBodyAndVersion() {
    byte(4)
    byte(0)
    plainVersion()
  }

  fileprivate mutating func plainVersion() {
    number(UInt64(0))
    number(UInt64(1))
    signed(0)
    number(UInt64(0))
  }
}
