import SyncEngine
import Testing

@testable import SyncCore

/// Looks that overtake each other, and what the watcher tells.
@Suite struct EngineFollowingTests {
  private static let directory = EngineBench.stamp(5, kind: .directory)
  private static let symlink = Found.symlink(EngineBench.stamp(8, kind: .symlink), target: [1])

  /// An engine that knows one empty directory.
  private func knowing(_ name: String) throws -> EngineBench {
    var bench = try EngineBench()
    try bench.answerLooks(
      try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))),
      [(Name(name.utf8)!, .entry(Self.directory))])
    return bench
  }

  private func listing(
    _ path: String, _ entries: [(name: Name, found: Found)], isComplete: Bool
  ) -> Listing {
    Listing(
      directory: EngineBench.path(path), stamp: Self.directory, isComplete: isComplete,
      entries: entries)
  }

  @Test func whatAWholeDirectoryLacksWasFoundTooEarly() throws {
    var bench = try knowing("d")
    let (file, link) = (Name(literal: "f"), Name(literal: "s"))
    let made = ["d/f", "d/s"].map {
      Change.created(EngineBench.path($0), isDirectory: false)
    }
    let first = try bench.step(.changed(ChangeSet(changes: made))).looks[0]
    let both: [(name: Name, found: Found)] = [
      (file, .entry(EngineBench.stamp(7))), (link, Self.symlink),
    ]
    _ = try bench.step(.looked(first, listing("d", both, isComplete: false)))
    _ = try bench.step(.lookEnded(first))
    // The file is still being read when the symlink is gone, and the directory elsewhere.
    let whole = Change.created(EngineBench.path("e"), isDirectory: true)
    let second = try #require(try bench.step(.changed(ChangeSet(changes: [whole]))).looks.first)
    let found = EngineBench.listing([(Name(literal: "e"), .entry(Self.directory))])
    _ = try bench.step(.looked(second, found))
    _ = try bench.step(.looked(second, listing("e", [both[0]], isComplete: true)))
    let findings = bench.engine.jobs.filter { $0.id == first }.flatMap(\.items).map { item in
      if case .dropped = item.finding { "dropped \(item.place.name)" } else { "\(item.place.name)" }
    }
    #expect(findings == ["f", "dropped s"])
  }

  @Test func aModeThatIsAsKnownAgainIsNotTakenBack() throws {
    var bench = try knowing("d")
    let place = Change.modified(EngineBench.path("d"), isDirectory: true)
    let made = Change.created(EngineBench.path("f"), isDirectory: false)
    let first = try bench.step(.changed(ChangeSet(changes: [place, made]))).looks[0]
    var closed = Self.directory
    closed.mode = 0o700
    let file = Found.entry(EngineBench.stamp(7))
    _ = try bench.step(
      .looked(
        first,
        EngineBench.listing([(Name(literal: "d"), .entry(closed)), (Name(literal: "f"), file)])))
    _ = try bench.step(.lookEnded(first))
    // The file is still being read when the directory is as the index has it again.
    let second = try #require(try bench.step(.changed(ChangeSet(changes: [place]))).looks.first)
    _ = try bench.step(
      .looked(second, EngineBench.listing([(Name(literal: "d"), .entry(Self.directory))])))
    let findings = bench.engine.jobs.filter { $0.id == first }.flatMap(\.items).map { item in
      if case .dropped = item.finding { "dropped \(item.place.name)" } else { "\(item.place.name)" }
    }
    #expect(findings == ["dropped d", "f"])
  }

  @Test func whatIsToldOfADirectoryFoundElsewhereIsLookedForThere() throws {
    var bench = try knowing("b")
    let hint = ChangeSet(changes: [.modified(EngineBench.path("c"), isDirectory: false)])
    let look = try bench.step(.changed(hint)).looks[0]
    let found = EngineBench.listing([(Name(literal: "c"), .entry(Self.directory))])
    _ = try bench.step(.looked(look, found))
    _ = try bench.step(.lookEnded(look))
    // It happened before the move, of which the watcher hasn't told yet.
    let change = Change.created(EngineBench.path("b/x"), isDirectory: false)
    let wanted = try bench.step(.changed(ChangeSet(changes: [change]))).lookedAt
    #expect(wanted.contains("c/x"))
    // Now it has.
    let move = Change.moved(
      from: EngineBench.path("b"), to: EngineBench.path("c"), isDirectory: true)
    _ = try bench.step(.changed(ChangeSet(changes: [move])))
    #expect(bench.engine.vacated.isEmpty)
  }

  @Test func whatIsToldOfADirectoryThatCameAndWentIsLookedForWhereItIs() throws {
    var bench = try knowing("b")
    let away = Change.moved(
      from: EngineBench.path("b"), to: EngineBench.path("c"), isDirectory: true)
    let inside = Change.created(EngineBench.path("c/x"), isDirectory: false)
    let look = try bench.step(.changed(ChangeSet(changes: [away, inside]))).looks[0]
    // It is back already; the watcher hasn't told yet.
    let found = EngineBench.listing([
      (Name(literal: "b"), .entry(Self.directory)), (Name(literal: "c"), .absent),
    ])
    let gone = Listing(
      directory: EngineBench.path("c"), stamp: nil, isComplete: false, entries: [])
    _ = try bench.step(.looked(look, found))
    _ = try bench.step(.looked(look, gone))
    let wanted = try bench.step(.lookEnded(look)).lookedAt
    #expect(wanted.contains("b/x"))
    // And what is told there later, until it tells.
    let more = Change.created(EngineBench.path("c/y"), isDirectory: false)
    let later = try bench.step(.changed(ChangeSet(changes: [more]))).lookedAt
    #expect(later.contains("b/y"))
  }

  /// What was gone when it was to be read may have gone elsewhere: the watcher tells. A file that
  /// is written all the time doesn't let anybody wait for ever.
  @Test func whoWaitsLetsTheWatcherTellSoManyTimes() throws {
    var bench = try EngineBench()
    try bench.scan()
    bench.hasIdleWatcher = false
    let file = (Name(literal: "a"), Found.entry(EngineBench.stamp(7)))
    let change = ChangeSet(changes: [.modified(EngineBench.path("a"), isDirectory: false)])
    /// The file is told, and found.
    func find(_ bench: inout EngineBench) throws -> JobID {
      let job = try #require(try bench.step(.changed(change)).looks.first)
      _ = try bench.step(.looked(job, EngineBench.listing([file])))
      _ = try bench.step(.lookEnded(job))
      return job
    }
    var job = try find(&bench)
    #expect(try bench.step(.flushed(7)).barriers.isEmpty)
    var effects = try bench.step(.read(job, [(0, .changed)]))
    var inquiryCount = 0
    while case .awaitWatcher(let inquiry)? = effects.first(where: \.isInquiry) {
      inquiryCount += 1
      job = try find(&bench)
      _ = try bench.step(.caughtUp(inquiry))
      #expect(try bench.step(.lookEnded(inquiry)).barriers.isEmpty)
      effects = try bench.step(.read(job, [(0, .changed)]))
    }
    #expect(inquiryCount == Limits.inquiryCount && effects.barriers == [7])
  }
}

extension Effect {
  fileprivate var isInquiry: Bool { if case .awaitWatcher = self { true } else { false } }
}

extension [Effect] {
  /// The paths whose names are looked at.
  fileprivate var lookedAt: Set<String> {
    var paths: Set<String> = []
    for case .look(_, let requests) in self {
      for case .names(let names, in: let directory) in requests {
        for name in names { paths.insert("\(directory.appending(name))") }
      }
    }
    return paths
  }
}
