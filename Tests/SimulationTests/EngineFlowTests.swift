import SyncEngine
import Testing

@testable import SyncCore

/// One unit that gets nowhere holds up nothing that doesn't need it.
@Suite struct EngineFlowTests {
  private static let count = 3 * Limits.unacknowledgedUnitCount

  @Test func aPeerThatCannotTakeOneUnitIsToldTheOthers() throws {
    var bench = try EngineBench.connected()
    for number in 0..<Self.count {
      let effects = try bench.link("s\(number)")
      let told = effects.announced
      try #require(told.count == 1)
      if number > 0 {
        let message = Message.acknowledge(member: EngineBench.peer, sequence: told[0])
        #expect(try bench.receive(message).closings == [])
      }
    }
    #expect(try bench.engine.standing(of: EngineBench.peer).acknowledged == 0)
    #expect(bench.engine.sessions[0].unacknowledged.count <= 2)
  }

  @Test func aUnitThatCannotBeTakenHereHoldsUpNoOther() throws {
    var bench = try EngineBench.connected()
    let stuck = EngineBench.file("stuck", 1, size: 10)
    _ = try bench.receive(.announce(entries: [stuck], upTo: 1, isLast: true))
    for number in 2..<UInt64(Self.count) {
      let link = EngineBench.symlink("s\(number)", number)
      let flips = try bench.receive(.announce(entries: [link], upTo: number, isLast: true)).flips
      try #require(flips.count == 1)
      let stamp = EngineBench.stamp(100 + number, kind: .symlink)
      let effects = try bench.step(
        .flipped(FlipResult(id: flips[0].plan.id, results: [.done(stamp)])))
      #expect(effects.acknowledged == [number] && effects.closings == [])
    }
    #expect(bench.engine.sessions[0].received == 0)
    #expect(bench.engine.sessions[0].undurable.count <= 2)
  }

  @Test func whatTwoPeersWroteAtOnceIsFetchedFromBoth() throws {
    var bench = try EngineBench.connected()
    _ = try bench.connect(2, EngineBench.other)
    let mine = EngineBench.file("a", 1, size: 10)
    var theirs = EngineBench.file("a", 2, size: 10)
    theirs.version = Version(
      dot: Dot(actor: Actor(node: 8, incarnation: 1), counter: 2), after: nil, time: 7)
    var effects = try bench.receive(.announce(entries: [mine], upTo: 1, isLast: true))
    effects += try bench.receive(.announce(entries: [theirs], upTo: 1, isLast: true), on: 2)
    let asked = effects.flatMap { effect -> [ContentID] in
      if case .fetch(_, let request, _) = effect { request.items.map(\.content) } else { [] }
    }
    #expect(Set(asked) == [EngineBench.content(1), EngineBench.content(2)])
    #expect(
      bench.engine.units.count == 1 && bench.engine.units[0].parts.map(\.entries.count) == [1, 1])
  }

  /// A loser's content is given up when nobody has it any more, and never because it could not be
  /// kept here.
  @Test(arguments: [true, false]) func onlyWhatIsGoneIsGivenUp(isGone: Bool) throws {
    var bench = try EngineBench.connected()
    _ = try bench.connect(2, EngineBench.other)
    var theirs = EngineBench.file("a", 2, size: 10)
    theirs.version = Version(
      dot: Dot(actor: Actor(node: 8, incarnation: 1), counter: 2), after: nil, time: 7)
    let mine = EngineBench.file("a", 1, size: 10)
    var effects = try bench.receive(.announce(entries: [mine], upTo: 1, isLast: true))
    effects += try bench.receive(.announce(entries: [theirs], upTo: 1, isLast: true), on: 2)
    for _ in 0..<30 {
      var next: [Effect] = []
      for effect in effects {
        guard case .fetch(let link, let request, _) = effect else { continue }
        let places = request.items.map(\.place)
        next += try bench.step(
          .fetched(
            link, request: request.id, staged: [], missing: isGone ? places : [],
            failed: isGone ? [] : places))
      }
      bench.now.monotonic += Limits.longestRetryNanoseconds
      effects = try next + bench.step(.woken)
    }
    #expect(bench.engine.units[0].lost.isEmpty != isGone)
  }

  /// A file that was written again and again while its changes were told: the peer waits with the
  /// next until these are acknowledged, so that only giving up leads on.
  @Test func whatAPeerToldOftenIsGivenUpAsSoonAsWhatItToldOnce() throws {
    var bench = try EngineBench.connected()
    var effects: [Effect] = []
    var version: Version?
    for number in 1...UInt64(40) {
      var entry = EngineBench.file("a", number, size: 10)
      entry.version = Version(dot: entry.version.dot, after: version, time: 7)
      version = entry.version
      effects = try bench.receive(.announce(entries: [entry], upTo: number, isLast: true))
    }
    for _ in 0..<Limits.missedContentCount {
      var next: [Effect] = []
      for case .fetch(let link, let request, _) in effects {
        let places = request.items.map(\.place)
        next += try bench.step(
          .fetched(link, request: request.id, staged: [], missing: places, failed: []))
      }
      bench.now.monotonic += Limits.longestRetryNanoseconds
      effects = try next + bench.step(.woken)
    }
    #expect(effects.acknowledged.last == 40 || bench.engine.units.first?.lost.isEmpty == false)
  }
}

extension EngineBench {
  /// A user makes a symlink.
  mutating func link(_ name: String) throws -> [Effect] {
    let change = Change.created(Self.path(name), isDirectory: false)
    let looks = try step(.changed(ChangeSet(changes: [change]))).looks
    let found = Found.symlink(Self.stamp(7, kind: .symlink), target: [1])
    let listing = Self.listing([(Name(name.utf8)!, found)])
    return try step(.looked(looks[0], listing)) + step(.lookEnded(looks[0]))
  }

  static func symlink(_ name: String, _ number: UInt64) -> Entry {
    var entry = file(name, number, size: 0)
    entry.body = .symlink(target: [1])
    entry.mode = 0
    return entry
  }
}

extension [Effect] {
  /// Up to where units are announced.
  fileprivate var announced: [UInt64] {
    compactMap { if case .send(_, .announce(_, let upTo, true)) = $0 { upTo } else { nil } }
  }

  var acknowledged: [UInt64] {
    compactMap {
      if case .send(_, .acknowledge(_, let sequence)) = $0 { sequence } else { nil }
    }
  }
}
