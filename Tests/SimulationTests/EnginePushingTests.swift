import SyncEngine
import Testing

@testable import SyncCore

/// Small contents go to peers as they are read, before they are asked for.
@Suite struct EnginePushingTests {
  private static let name = Name("a".utf8)!
  private let link = Link(number: 1)

  /// Records a file that was found to have changed; to whom its content went.
  private func record(_ bench: inout EngineBench, _ stamp: FileStamp) throws -> [Link] {
    let change = Change.modified(EngineBench.path("a"), isDirectory: false)
    let job = try #require(try bench.step(.changed(ChangeSet(changes: [change]))).looks.first)
    let listing = EngineBench.listing([(Self.name, .entry(stamp))])
    let effects = try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
    for case .read(let job, let items, let push) in effects {
      let content = ReadOutcome.content(EngineBench.content(1), nil, .empty)
      _ = try bench.step(.read(job, [(item: items[0].item, outcome: content)]))
      return push
    }
    Issue.record("it is not read")
    return []
  }

  @Test func ofAnotherModeNobodyHasToGetTheContent() throws {
    var bench = try EngineBench.connected()
    var stamp = EngineBench.stamp(5)
    #expect(try record(&bench, stamp) == [link])
    (stamp.mode, stamp.ctime) = (0o600, 1)
    #expect(try record(&bench, stamp) == [])
    #expect(try bench.index.row(.place(EngineBench.place("a")))?.observed == stamp)
    (stamp.mtime, stamp.ctime) = (6, 2)
    #expect(try record(&bench, stamp) == [link])
  }

  private func push(
    _ content: UInt64, to bench: inout EngineBench
  ) throws -> [Effect] {
    var stamp = EngineBench.stamp(content)
    stamp.mtime = 5
    let file = StagedFile(place: EngineBench.place("a"), stamp: stamp)
    let staged = StagedContent(content: EngineBench.content(content), file: file)
    return try bench.step(.fetched(link, request: 0, staged: [staged], missing: [], failed: []))
  }

  @Test func whatIsHereAlreadyLeavesTheStagingArea() throws {
    var bench = try EngineBench.connected()
    _ = try record(&bench, EngineBench.stamp(5))
    #expect(try push(1, to: &bench).discarded == [EngineBench.place("a")])
    #expect(bench.engine.fetching.staged.isEmpty && bench.engine.fetching.pushed.isEmpty)
    #expect(try push(2, to: &bench).discarded == [])
  }

  @Test func whatAUnitDidNotNeedLeavesTheStagingAreaWithIt() throws {
    var bench = try EngineBench.connected()
    _ = try record(&bench, EngineBench.stamp(5))
    let row = try #require(try bench.index.row(.place(EngineBench.place("a"))))
    // A version that the own one had seen.
    var told = EngineBench.file("a", 2, size: 10)
    var merged = row
    merged.entry.version = row.entry.version.absorbing(told.version)
    try bench.index.transaction { () throws(IndexError) in try bench.index.put(merged) }
    told.mtime = 4
    #expect(try push(2, to: &bench).discarded == [])
    let effects = try bench.receive(.announce(entries: [told], upTo: 1, isLast: true))
    #expect(effects.discarded == [EngineBench.place("a")])
    #expect(bench.engine.fetching.pushed.isEmpty)
  }
}

extension [Effect] {
  /// What leaves the staging area.
  fileprivate var discarded: [Place] {
    flatMap { effect in
      if case .discard(let places) = effect { places } else { [Place]() }
    }
  }
}
