import SyncEngine
import Testing

@testable import SyncCore

/// That two names are one file is told with what changes at one of them, and carried out where both
/// are equal.
@Suite struct EngineLinkTests {
  private static let places = ["a", "b"].map(EngineBench.place)
  private static let inode: UInt64 = 5

  /// Looks at files that have changed, and reads those that are to be read as one content; what is
  /// told.
  private func record(
    _ names: [String], in bench: inout EngineBench, content: UInt64 = 1, inode: UInt64 = inode
  ) throws -> [Message] {
    let changes = names.map { Change.modified(EngineBench.path($0), isDirectory: false) }
    var stamp = EngineBench.stamp(inode)
    stamp.mtime = Int64(content)
    stamp.ctime = Int64(content)
    let entries = names.map { (Name($0.utf8)!, Found.entry(stamp)) }
    var effects = try bench.step(.changed(ChangeSet(changes: changes)))
    var told: [Message] = []
    while let effect = effects.popLast() {
      switch effect {
      case .look(let job, _):
        effects += try bench.step(.looked(job, EngineBench.listing(entries)))
        effects += try bench.step(.lookEnded(job))
      case .read(let job, let items, _):
        let outcome = ReadOutcome.content(EngineBench.content(content), nil, .empty)
        effects += try bench.step(.read(job, items.map { ($0.item, outcome) }))
      case .send(_, let message): told.append(message)
      case _: break
      }
    }
    return told
  }

  private func links(_ told: [Message]) -> [[Place]] {
    told.compactMap { if case .linked(let places) = $0 { places.sorted() } else { nil } }
  }

  @Test func theOtherNamesOfAFileAreToldWithIt() throws {
    var bench = try EngineBench.connected()
    #expect(links(try record(["a"], in: &bench)).isEmpty)
    #expect(links(try record(["b"], in: &bench)) == [Self.places])
    #expect(links(try record(["a", "b"], in: &bench, content: 2)) == [Self.places])
  }

  @Test func ofManyNamesEachIsToldWithTheFirst() throws {
    var bench = try EngineBench.connected()
    let names = (0..<40).map { "f\($0 + 10)" }
    let told = links(try record(names, in: &bench))
    #expect(told.allSatisfy { $0.count <= Limits.linkedPlaceCount })
    #expect(Set(told.joined()) == Set(names.map(EngineBench.place)))
    let first = try #require(told.first?.first)
    #expect(told.allSatisfy { $0.contains(first) })
  }

  @Test func aScanIsAskedForItsFindings() throws {
    var bench = try EngineBench.connected()
    let entries = ["a", "b"].map { (Name($0.utf8)!, Found.entry(EngineBench.stamp(Self.inode))) }
    var told: [Message] = []
    var effects = try bench.step(.changed(ChangeSet(changes: [.rescan(.root)])))
    while let effect = effects.popLast() {
      switch effect {
      case .look(let job, _):
        effects += try bench.step(.looked(job, EngineBench.listing(entries, isComplete: true)))
        effects += try bench.step(.lookEnded(job))
      case .read(let job, let items, _):
        let outcome = ReadOutcome.content(EngineBench.content(1), nil, .empty)
        effects += try bench.step(.read(job, items.map { ($0.item, outcome) }))
      case .send(_, let message): told.append(message)
      case _: break
      }
    }
    #expect(links(told) == [Self.places])
  }

  @Test func aNameThatGetsAFileOfItsOwnIsToldThoughNothingElseChanged() throws {
    var bench = try EngineBench.connected()
    _ = try record(["a"], in: &bench)
    _ = try record(["b"], in: &bench)
    let before = try #require(try bench.index.row(.place(Self.places[1])))
    _ = try record(["b"], in: &bench, inode: 6)
    let parted = try #require(try bench.index.row(.place(Self.places[1])))
    #expect(parted.entry.version.dot != before.entry.version.dot)
    #expect(parted.observed?.inode == 6)
    // Another file of its own is no news.
    _ = try record(["b"], in: &bench, inode: 7)
    let again = try #require(try bench.index.row(.place(Self.places[1])))
    #expect(again.entry == parted.entry && again.observed?.inode == 7)
    #expect(links(try record(["b"], in: &bench)) == [Self.places])
  }

  // MARK: Where they are told

  /// A node with both files, each its own, that a peer tells of them once more; the flip.
  private func told(
    _ bench: inout EngineBench, change: (inout [Entry]) -> Void = { _ in }
  ) throws -> FlipPlan? {
    bench = try EngineBench.connected()
    var entries = ["a", "b"].map { EngineBench.file($0, 1, size: 10) }
    change(&entries)
    try bench.index.transaction { () throws(IndexError) in
      for (number, entry) in entries.enumerated() {
        try bench.index.put(
          Row(
            entry: entry, observed: EngineBench.stamp(20 + UInt64(number)),
            sequence: try bench.index.nextSequence(), source: nil))
      }
    }
    _ = try bench.receive(.linked(Self.places))
    let effects = try bench.receive(.announce(entries: entries, upTo: 10, isLast: true))
    return effects.flips.first?.plan
  }

  @Test func whatIsEqualBecomesOneFileBeforeItIsAcknowledged() throws {
    var bench = try EngineBench()
    let plan = try #require(try told(&bench))
    let stamps = [20, 21].map { EngineBench.stamp($0) }
    #expect(
      plan.links == [
        zip(Self.places, stamps).map { LinkedName(place: $0, expected: $1) }
      ])
    #expect(plan.operations.isEmpty)
    var result = FlipResult(id: plan.id, results: [])
    var stamp = stamps[0]
    stamp.ctime = 9
    result.linked = [Self.places[0]: stamp, Self.places[1]: stamp]
    let effects = try bench.step(.flipped(result))
    #expect(effects.contains { if case .send(_, .acknowledge) = $0 { true } else { false } })
    for place in Self.places { #expect(try bench.index.row(.place(place))?.observed == stamp) }
  }

  @Test func whatDiffersInAnythingStaysApart() throws {
    let changes: [(inout [Entry]) -> Void] = [
      { $0[1].body = .file(EngineBench.content(2), size: 10) }, { $0[1].mode = 0o600 },
      { $0[1].mtime += 1 },
    ]
    for change in changes {
      var bench = try EngineBench()
      #expect(try told(&bench, change: change)?.links.isEmpty ?? true)
    }
  }

  /// A node on which both are one file, which is told of changed permissions at `b`; the plan.
  private func changed(_ bench: inout EngineBench, isLinked: Bool) throws -> [Effect] {
    bench = try EngineBench.connected()
    let stamp = EngineBench.stamp(Self.inode)
    try bench.index.transaction { () throws(IndexError) in
      for name in ["a", "b"] {
        try bench.index.put(
          Row(
            entry: EngineBench.file(name, 1, size: 10), observed: stamp,
            sequence: try bench.index.nextSequence(), source: nil))
      }
    }
    var entry = EngineBench.file("b", 1, size: 10)
    entry.mode = 0o600
    entry.version = Version(
      dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: 2), after: entry.version, time: 8)
    if isLinked { _ = try bench.receive(.linked(Self.places)) }
    return try bench.receive(.announce(entries: [entry], upTo: 10, isLast: true))
  }

  @Test func whatChangesAtOneFileChangesInPlace() throws {
    var bench = try EngineBench()
    let plan = try #require(try changed(&bench, isLinked: true).flips.first?.plan)
    #expect(plan.operations.count == 1)
    #expect(plan.operations.allSatisfy { if case .setAttributes = $0 { true } else { false } })
  }

  @Test func whatChangesAtAFileOfItsOwnGetsOneHereFirst() throws {
    var bench = try EngineBench()
    let effects = try changed(&bench, isLinked: false)
    #expect(effects.flips.isEmpty)
    #expect(effects.contains { if case .copy = $0 { true } else { false } })
  }

  @Test func whoTellsOfNamesWithoutEndIsNotHeard() throws {
    var bench = try EngineBench.connected()
    var closings: [String] = []
    for _ in 0...2 * Limits.unitEntryCount where closings.isEmpty {
      closings = try bench.receive(.linked(Self.places)).closings
    }
    #expect(closings.count == 1)
  }
}
