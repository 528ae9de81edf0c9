import SyncEngine
import Testing

@testable import SyncCore

/// What happens in a bundle is recorded as it was when nobody was at work in it.
@Suite struct EngineBundleTests {
  private static let root = EngineBench.path(".git")

  private static func names(_ entries: [String: UInt64], directory stamp: UInt64 = 0) -> [Listing] {
    var top = EngineBench.stamp(50, kind: .directory)
    let above = EngineBench.listing([(Name(".git".utf8)!, .entry(top))])
    top.mtime = Int64(stamp)
    let found = entries.map { name, inode in
      (
        name: Name(name.utf8)!,
        found: Found.symlink(EngineBench.stamp(inode, kind: .symlink), target: [1])
      )
    }
    return [above, Listing(directory: root, stamp: top, isComplete: true, entries: found)]
  }

  /// A bench in which something happened in a bundle, and it is looked at.
  private func begun() throws -> (bench: EngineBench, job: JobID) {
    var bench = try EngineBench()
    try bench.scan()
    let change = Change.created(Self.root, isDirectory: true)
    #expect(try bench.step(.changed(ChangeSet(changes: [change]))).looks == [])
    let job = try wait(&bench)
    return (bench, job)
  }

  private func wait(_ bench: inout EngineBench) throws -> JobID {
    for _ in 0..<100 {
      bench.now.monotonic += Limits.bundleQuietNanoseconds
      if let job = try bench.step(.woken).looks.first { return job }
    }
    Issue.record("it is never looked at")
    return JobID(number: 0)
  }

  /// Answers a look; the looks that follow at once.
  private func answer(
    _ job: JobID, _ listings: [Listing], in bench: inout EngineBench
  ) throws -> [JobID] {
    var effects: [Effect] = []
    for listing in listings { effects += try bench.step(.looked(job, listing)) }
    return try (effects + bench.step(.lookEnded(job))).looks
  }

  @Test func twoEqualLooksAreNeeded() throws {
    var (bench, job) = try begun()
    for stamp in UInt64(1)...3 {
      let first = try answer(job, Self.names(["HEAD": 60], directory: stamp), in: &bench)
      #expect(first == [job], "it is looked at once more")
      let second = try answer(job, Self.names(["HEAD": 60], directory: stamp + 1), in: &bench)
      #expect(second == [])
      #expect(try bench.index.totals().files == 0, "it changed meanwhile")
      job = try wait(&bench)
    }
    _ = try answer(job, Self.names(["HEAD": 60]), in: &bench)
    _ = try answer(job, Self.names(["HEAD": 60]), in: &bench)
    #expect(try bench.index.totals() == Totals(files: 1, directories: 1, bytes: 0))
    #expect(bench.engine.busyBundles.isEmpty)
  }

  @Test func aLockKeepsItFromBeingTaken() throws {
    var (bench, job) = try begun()
    #expect(try bench.step(.flushed(3)).barriers == [])
    for _ in 0..<50 {
      #expect(try answer(job, Self.names(["HEAD": 60, "index.lock": 61]), in: &bench) == [])
      job = try wait(&bench)
    }
    #expect(try bench.index.totals().files == 0)
    #expect(bench.engine.standingLocks == [Self.root.appending(Name("index.lock".utf8)!)])
    _ = try answer(job, Self.names(["HEAD": 60]), in: &bench)
    for listing in Self.names(["HEAD": 60]) { _ = try bench.step(.looked(job, listing)) }
    #expect(try bench.step(.lookEnded(job)).barriers == [3], "nobody waits in vain")
    #expect(try bench.index.totals().files == 1 && bench.engine.standingLocks == [])
  }

  @Test func whatAScanFindsIsTakenInOnePiece() throws {
    var bench = try EngineBench()
    let scan = try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))).looks[0]
    var listings = Self.names(["HEAD": 60, "config": 61])
    listings[0].isComplete = true
    #expect(try answer(scan, listings, in: &bench) == [])
    #expect(bench.engine.hasScanned)
    #expect(try bench.index.totals().directories == 0, "the bundle's directory comes with it")
    let job = try wait(&bench)
    let sequence = bench.index.sequence
    _ = try answer(job, listings, in: &bench)
    #expect(bench.index.sequence == sequence)
    _ = try answer(job, listings, in: &bench)
    #expect(try bench.index.totals() == Totals(files: 2, directories: 1, bytes: 0))
    // Found again as it is, it is left alone.
    let again = try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))).looks[0]
    _ = try answer(again, listings, in: &bench)
    #expect(bench.engine.busyBundles.isEmpty)
  }

  @Test func nothingIsAppliedWhereSomebodyIsAtWork() throws {
    var (bench, job) = try begun()
    _ = try answer(job, Self.names(["HEAD": 60]), in: &bench)
    _ = try answer(job, Self.names(["HEAD": 60]), in: &bench)
    _ = try bench.connect(1)
    let directory = try #require(try bench.index.directory(at: EngineBench.place(".git")))
    var entry = EngineBench.file("new", 1, size: 0)
    entry.place.parent = try #require(directory.entry.directory)
    entry.body = .symlink(target: [7])
    let change = Change.modified(Self.root.appending(Name("HEAD".utf8)!), isDirectory: false)
    _ = try bench.step(.changed(ChangeSet(changes: [change])))
    let early = try bench.receive(.announce(entries: [entry], upTo: 1, isLast: true))
    #expect(early.flips.isEmpty)
    job = try wait(&bench)
    for listing in Self.names(["HEAD": 60]) { _ = try bench.step(.looked(job, listing)) }
    // Nothing was different: it goes on at once.
    #expect(try bench.step(.lookEnded(job)).flips.count == 1)
  }

  /// A state from elsewhere stands, and who has it tells what is to be put back: until a later one
  /// is recorded here, which stands itself.
  @Test func aLaterStateHereEndsTheWaitForAWord() throws {
    var (bench, job) = try begun()
    for _ in 0..<2 { _ = try answer(job, Self.names(["HEAD": 60]), in: &bench) }
    _ = try bench.connect(1)
    let directory = try #require(try bench.index.directory(at: EngineBench.place(".git")))
    let theirs = Dot(actor: Actor(node: 9, incarnation: 1), counter: 5)
    var entry = directory.entry
    entry.bundle = BundleVersion(version: Version(dot: theirs, after: nil, time: 100))
    let early = try bench.receive(.announce(entries: [entry], upTo: 1, isLast: true))
    #expect(
      acknowledged(early) == [] && bench.engine.units.map { $0.awaitsWordSince != nil } == [true])
    let change = Change.modified(Self.root.appending(Name("HEAD".utf8)!), isDirectory: false)
    _ = try bench.step(.changed(ChangeSet(changes: [change])))
    job = try wait(&bench)
    _ = try answer(job, Self.names(["HEAD": 200]), in: &bench)
    for listing in Self.names(["HEAD": 200]) { _ = try bench.step(.looked(job, listing)) }
    #expect(acknowledged(try bench.step(.lookEnded(job))) == [1])
    let state = try bench.index.row(.directory(#require(directory.entry.directory)))?.entry.bundle
    #expect(state?.overruled.includes(theirs) == true)
  }

  /// Who is to say a word about the one may wait for that about the other.
  @Test func whatStandsIsToldWhileAWordAboutAnotherIsAwaited() throws {
    var (bench, job) = try begun()
    for _ in 0..<2 { _ = try answer(job, Self.names(["HEAD": 60]), in: &bench) }
    _ = try bench.connect(1)
    let directory = try #require(try bench.index.directory(at: EngineBench.place(".git")))
    let theirs = Dot(actor: Actor(node: 9, incarnation: 1), counter: 5)
    let state = { (counter: UInt64, time: Int64) in
      let dot = Dot(actor: Actor(node: counter, incarnation: 1), counter: 5)
      return BundleVersion(version: Version(dot: dot, after: nil, time: time))
    }
    var (entry, other) = (directory.entry, directory.entry)
    entry.bundle = state(9, -1)
    other.body = .directory(DirectoryID(high: 0, low: 77))
    other.place.name = Name("x".utf8)!
    other.bundle = state(8, 1)
    try bench.index.transaction { () throws(IndexError) in
      let sequence = try bench.index.nextSequence()
      try bench.index.put(
        Row(entry: other, observed: directory.observed, sequence: sequence, source: nil))
    }
    other.bundle = state(9, 100)
    let effects = try bench.receive(.announce(entries: [entry, other], upTo: 1, isLast: true))
    #expect(
      acknowledged(effects) == [] && bench.engine.units.map { $0.awaitsWordSince != nil } == [true])
    let told = effects.flatMap { effect -> [Entry] in
      if case .send(_, .announce(let entries, _, _)) = effect { entries } else { [] }
    }
    #expect(told.contains { $0.bundle?.overruled.includes(theirs) == true })
  }

  private func acknowledged(_ effects: [Effect]) -> [UInt64] {
    effects.compactMap {
      if case .send(_, .acknowledge(_, let sequence)) = $0 { sequence } else { nil }
    }
  }
}
