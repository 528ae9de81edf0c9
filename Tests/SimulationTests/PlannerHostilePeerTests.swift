import Simulation
import SyncEngine
import Testing

@testable import SyncCore

/// What a paired peer that means harm can say within the written format: it must not stop the
/// program.
@Suite struct PlannerHostilePeerTests {
  private let peer = NodeID(bytes: [UInt8](repeating: 9, count: 32))!
  private let link = Link(number: 1)
  private let now = Moment(monotonic: 1_000_000_000, wall: 1_700_000_000_000_000_000)

  /// An engine whose first look at an empty folder is over, with the peer connected.
  private func engine(_ hello: Hello) throws -> Engine {
    let node = NodeID(bytes: [UInt8](repeating: 1, count: 32))!
    var engine = Engine(
      node: node, name: "here",
      index: try SQLiteIndex(path: nil, node: node, randomIncarnation: 1), randomSeed: 1,
      contentID: { _ in ContentID(words: (0, 0, 0, 0)) })
    _ = try engine.step(.start, now: now)
    for effect in try engine.step(.changed(ChangeSet(changes: [.rescan(.root)])), now: now) {
      guard case .look(let job, _) = effect else { continue }
      let stamp = FileStamp(
        kind: .directory, inode: 1, size: 0, mtime: 0, ctime: 0, btime: 1, mode: 0o755)
      let listing = Listing(directory: .root, stamp: stamp, isComplete: true, entries: [])
      _ = try engine.step(.looked(job, listing), now: now)
      _ = try engine.step(.lookEnded(job), now: now)
    }
    #expect(engine.hasScanned)
    _ = try engine.step(.connected(link, peer), now: now)
    _ = try engine.step(.received(link, .hello(hello)), now: now)
    return engine
  }

  private func hello(time: Int64 = 1_700_000_000_000_000_000, held: UInt64 = 0) -> Hello {
    Hello(
      name: "peer", incarnation: 1, heldIncarnation: held == 0 ? 0 : 1, heldSequence: held,
      heldCounter: held, time: time, features: [])
  }

  private func version(_ counter: UInt64, time: Int64 = 0) -> Version {
    Version(
      dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: counter), after: nil, time: time)
  }

  private func file(_ name: String, size: Int64, counter: UInt64) -> Entry {
    Entry(
      place: Place(parent: .root, name: Name(name.utf8)!),
      body: .file(ContentID(words: (counter, 0, 0, 0)), size: size), mode: 0o644, mtime: .min,
      version: version(counter, time: .max))
  }

  @Test(arguments: [Int64.min, .min + 1, -1, 0, .max])
  func anyClockIsShownAsASkew(time: Int64) throws {
    _ = try engine(hello(time: time))
  }

  @Test(arguments: [1, UInt64(1) << 63, .max])
  func aPeerThatClaimsToKnowMoreOfUsMakesANewLife(held: UInt64) throws {
    _ = try engine(hello(held: held))
  }

  @Test func theLargestSizesAndSequencesAreTaken() throws {
    var engine = try engine(hello())
    let entries = (1...4).map { file("f\($0)", size: .max, counter: $0) }
    _ = try engine.step(
      .received(link, .announce(entries: entries, upTo: .max, isLast: true)), now: now)
    #expect(engine.summary.incomingBytes == .max)
    #expect(engine.summary.incomingDoneBytes == 0)
    // Nothing can come after the last sequence.
    let effects = try engine.step(
      .received(link, .announce(entries: [], upTo: .max, isLast: true)), now: now)
    #expect(effects.contains { if case .close = $0 { true } else { false } })
  }

  @Test func sizesOfSeveralUnitsAreTaken() throws {
    var engine = try engine(hello())
    for number in 1...4 as ClosedRange<UInt64> {
      let entry = file("f\(number)", size: .max - 1, counter: number)
      _ = try engine.step(
        .received(link, .announce(entries: [entry], upTo: number, isLast: true)), now: now)
    }
    #expect(engine.summary.incomingBytes == .max)
  }

  @Test(arguments: [2, 1025, 3000] as [UInt64])
  func aCycleOfAnyLengthIsBroken(count: UInt64) throws {
    let entries = (1...count).map { number in
      Entry(
        place: Place(
          parent: DirectoryID(high: 0, low: number % count + 1), name: Name(literal: "d")),
        body: .directory(DirectoryID(high: 0, low: number)), mode: 0o755, mtime: 0,
        version: version(number))
    }
    let node = PlannerNode(1)
    var needs: [Need] = []
    let plan = try node.plan(entries, needs: &needs)
    #expect(plan.unknownParent == nil)
    #expect(plan.rows.filter { $0.entry.place.parent == .root }.map(\.entry.directory?.low) == [1])
    #expect(plan.rows.filter(\.isOurs).count == 1)
  }

  @Test func messagesOfAnyKindAndOrderAreTakenOrRefused() throws {
    for seed in 0..<60 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var engine = try engine(hello())
      for _ in 0..<30 {
        let message = message(&random)
        guard
          let read = try? Message(
            type: message.frameType.rawValue, payload: message.encoded())
        else { continue }
        _ = try engine.step(.received(link, read), now: now)
      }
      _ = engine.summary
      _ = try engine.step(.disconnected(link), now: now)
    }
  }

  /// Messages that fit together by chance: few places, contents and numbers.
  private func message(_ random: inout SplitMix64) -> Message {
    func below(_ bound: UInt64) -> UInt64 { random.next() % bound }
    func number() -> UInt64 { [0, 1, 2, 3, .max - 1, .max][Int(below(6))] }
    let content = ContentID(words: (below(3), 0, 0, 0))
    let place = Place(parent: .root, name: Name("f\(below(3))".utf8)!)
    let key: ContentKey = below(2) == 0 ? .sealed(content) : .open(number())
    switch below(9) {
    case 0, 1:
      let size: Int64 = [0, 1, 128 * 1024 + 1, .max][Int(below(4))]
      let entry = Entry(
        place: place, body: .file(content, size: size), mode: 0, mtime: .max,
        version: version(below(3) + 1, time: .min))
      return .announce(entries: [entry], upTo: number(), isLast: below(4) > 0)
    case 2: return .acknowledge(member: peer, sequence: number())
    case 3: return .openContent(content)
    case 4:
      let chunk = ChunkReference(id: ChunkID(words: content.words), length: Limits.chunkByteCount)
      let chunks = Array(repeating: chunk, count: Int(below(9)))
      let offset = Int64.max >> Int64(below(2) * 63)
      return .segment(
        RecipeSegment(key: key, place: place, offset: offset, chunks: chunks))
    case 5: return .seal(key, ContentID(words: (0, 0, 0, 0)))
    case 6: return .gone(key, isForGood: below(2) == 0)
    case 7:
      return .request(
        RangeRequest(id: number(), key: key, offset: .max - 1, lengths: [1]))
    default: return .unavailable(request: number(), isForGood: below(2) == 0)
    }
  }
}
