@testable import SyncCore

/// Makes values of every kind from a seed, extreme ones among them: the same ones for the same
/// seed.
struct Samples {
  var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  mutating func number() -> UInt64 {
    pick([0, 1, 127, 128, UInt64(Int64.max), .max - 1, .max, random.next()])
  }

  mutating func signed() -> Int64 {
    pick([0, 1, -1, 999_999_999, .max, .min, .min + 1, Int64(bitPattern: random.next())])
  }

  mutating func size() -> Int64 { pick([0, 1, 128 * 1024, 1 << 40, Int64.max]) }

  mutating func mode() -> UInt16 { UInt16(below(0o10000)) }

  mutating func content() -> ContentID {
    ContentID(words: (random.next(), random.next(), random.next(), random.next()))
  }

  mutating func name() -> Name {
    let count = pick([1, 2, 3, 8, 254, 255])
    let bytes = (0..<count).map { _ in UInt8(below(254) + 1) }.map { $0 == 0x2F ? 0x30 : $0 }
    return Name(bytes) ?? Name(literal: "dots")
  }

  mutating func directory() -> DirectoryID {
    DirectoryID(high: number() | 1, low: number())
  }

  mutating func place() -> Place { Place(parent: chance(3) ? .root : directory(), name: name()) }

  mutating func dot() -> Dot {
    Dot(
      actor: Actor(node: UInt64(below(3)), incarnation: UInt64(below(2))),
      counter: pick([1, 2, 128, UInt64.max / 2 - 1, (random.next() >> 2) + 1]))
  }

  mutating func version() -> Version {
    var vector = VersionVector()
    for _ in 0..<below(4) { vector.include(dot()) }
    return Version(dot: dot(), vector: vector, time: signed())
  }

  mutating func body() -> Body {
    switch below(6) {
    case 0: return .file(content(), size: size())
    case 1: return .symlink(target: pick([[0x2F], bytes(40).map { $0 | 1 }, long(4095)]))
    case 2: return .directory(directory())
    case 3: return .deleted(was: chance(2) ? nil : content())
    case 4: return .deletedDirectory(directory())
    default:
      return .merged(
        DirectoryID(high: .max, low: number()), into: DirectoryID(high: 1, low: number()))
    }
  }

  private func long(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xFF, count: count) }

  mutating func attributes() -> ExtendedAttributes {
    let names = [
      Array("user.a".utf8), Array("user.".utf8) + [0xFF, 0x0A], ExtendedAttributes.accessList,
      ExtendedAttributes.defaultList, Array("user.".utf8) + long(250),
    ]
    return ExtendedAttributes(
      names.filter { _ in chance(3) }.map { ($0, pick([[], [0], long(1000)])) })
  }

  mutating func bundle() -> BundleVersion? {
    if chance(2) { return nil }
    return BundleVersion(version: version(), isGone: chance(2), overruled: version().vector)
  }

  mutating func entry() -> Entry {
    let body = body()
    return switch body {
    case .file:
      Entry(
        place: place(), body: body, mode: mode(), mtime: signed(), attributes: attributes(),
        version: version())
    case .symlink: Entry(place: place(), body: body, mode: 0, mtime: signed(), version: version())
    case .directory:
      Entry(
        place: place(), body: body, mode: mode(), mtime: 0, attributes: attributes(),
        version: version(), bundle: bundle())
    case .deletedDirectory, .merged:
      Entry(place: place(), body: body, mode: 0, mtime: 0, version: version(), bundle: bundle())
    case .deleted: Entry(place: place(), body: body, mode: 0, mtime: 0, version: version())
    }
  }

  mutating func key() -> ContentKey { chance(2) ? .sealed(content()) : .open(number()) }

  mutating func chunk() -> ChunkReference {
    if chance(2) { return .zeros }
    let content = content()
    return ChunkReference(
      id: ChunkID(words: content.words), length: pick([1, 16 * 1024, Limits.chunkByteCount]))
  }

  mutating func text() -> String {
    pick(["", "host", "häß\u{1F600}", String(repeating: "x", count: Limits.textByteCount)])
  }

  mutating func nodeID() -> NodeID { NodeID(bytes: bytes(32))! }

  mutating func run() -> RecipeRun {
    switch below(3) {
    case 0: .chunk(chunk())
    case 1: .zeros(count: below(9) + 1)
    default:
      .base(first: pick([0, 7, Limits.recipeChunkCount]), count: pick([1, 300]))
    }
  }

  mutating func patchHeader() -> PatchHeader {
    let steps = (0..<below(6)).map { _ -> PatchStep in
      chance(2)
        ? .literal(byteCount: below(300) + 1)
        : .copy(first: below(Limits.patchPieceCount), count: below(Limits.patchPieceCount) + 1)
    }
    return PatchHeader(
      request: number(), patch: Patch(steps: steps), encoding: pick(Encoding.allCases))
  }

  /// A message of any kind; all occur.
  mutating func message() -> Message {
    switch below(17) {
    case 0:
      return .hello(
        Hello(
          name: text(), incarnation: number(), heldIncarnation: number(), heldSequence: number(),
          heldCounter: number(), time: signed(), features: (0..<below(4)).map { _ in text() }))
    case 1:
      let entries = (0..<below(6)).map { _ in entry() }
      return .announce(entries: entries, upTo: number(), isLast: chance(2))
    case 2: return .acknowledge(member: nodeID(), sequence: number())
    case 3: return .openContent(content())
    case 4:
      return .segment(
        RecipeSegment(
          key: key(), place: chance(2) ? nil : place(), offset: size(),
          chunks: (0..<below(5)).map { _ in chunk() }))
    case 5: return .seal(key(), content())
    case 6: return .gone(key(), isForGood: chance(2))
    case 7:
      let lengths = pick([[1], [Limits.chunkByteCount], Array(repeating: 4096, count: 256)])
      let last = Int64.max - Int64(lengths.reduce(0, +))
      return .request(
        RangeRequest(id: number(), key: key(), offset: pick([0, 1, last]), lengths: lengths))
    case 8:
      let items = (0..<below(5)).map { _ in
        FetchRequest.Item(place: place(), content: content())
      }
      return .fetch(FetchRequest(id: max(1, number()), items: items))
    case 9: return .openContent(content(), base: content())
    case 10:
      return .difference(
        RecipeDifference(
          key: key(), place: chance(2) ? nil : place(), base: content(), offset: size(),
          runs: (0..<below(5)).map { _ in run() }))
    case 11:
      var request = RangeRequest(
        id: number(), key: key(), offset: pick([0, 1]),
        lengths: pick([[1], [Limits.chunkByteCount, 70_000]]))
      request.pieces = (0...below(5)).map { _ in number() }
      return .request(request)
    case 12:
      return .directoryTimes(
        (0..<below(4)).map { _ in DirectoryTime(directory: directory(), mtime: signed()) })
    case 13: return .linked((0..<below(5)).map { _ in place() })
    case 14: return .notHeld(count: number())
    case 15:
      return .unheld(
        (0..<below(4)).map { _ in
          Entry(
            place: place(), body: .directory(directory()), mode: mode(), mtime: 0,
            attributes: attributes(), version: version())
        })
    default: return .unavailable(request: number(), isForGood: chance(2))
    }
  }

  mutating func contentsHeader() -> ContentsHeader {
    let items = (0..<below(5)).map { _ in
      chance(4)
        ? ContentsHeader.Item(lacking: place(), isForGood: chance(2))
        : ContentsHeader.Item(
          place: place(), content: content(), byteCount: below(300), mode: mode(), mtime: signed())
    }
    return ContentsHeader(request: number(), encoding: pick(Encoding.allCases), items: items)
  }

  mutating func dataHeader() -> DataHeader {
    let parts = (0..<below(5)).map { _ in
      DataHeader.Part(encoding: pick(Encoding.allCases), byteCount: below(300))
    }
    return DataHeader(request: number(), first: below(Limits.rangeChunkCount + 1), parts: parts)
  }
}

/// Reads a payload as the message of a frame of this type.
func decode(_ type: UInt8, _ payload: [UInt8]) throws(WireError) -> Message? {
  try Message(type: type, payload: payload)
}

/// Whether reading fails with an error; a trap would end the tests.
func isRefused(_ body: () throws(WireError) -> Void) -> Bool {
  do throws(WireError) {
    try body()
    return false
  } catch {
    return true
  }
}

extension DirectoryID {
  /// A directory for tests.
  init(testing number: UInt64) { self.init(high: 0, low: number) }
}

extension ContentID {
  /// A content for tests.
  init(testing number: UInt64) { self.init(words: (number, 0, 0, 0)) }
}

extension Name {
  /// A name for tests.
  init(testing text: String) { self = Name(text.utf8)! }
}
