import SyncEngine
import Testing

@testable import SyncCore

/// What is ignored here is known and not held; what is no longer is met for the first time.
@Suite struct EngineIgnoringTests {
  /// A look at everything that finds these symlinks, and rules.
  private func look(
    _ bench: inout EngineBench, finding links: [String: UInt8], ignoring pattern: String
  ) throws -> [Effect] {
    let entries = links.map { name, target in
      (
        name: Name(name.utf8)!,
        found: Found.symlink(EngineBench.stamp(30, kind: .symlink), target: [target])
      )
    }
    var effects = try bench.step(.changed(ChangeSet(changes: [.rescan(.root)])))
    for job in effects.looks {
      let listing = Listing(
        directory: .root, stamp: EngineBench.stamp(1, kind: .directory), isComplete: true,
        entries: entries, rules: try IgnoreRules(lines: [Array(pattern.utf8)]))
      effects += try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
    }
    return effects
  }

  /// A node that ignores what a peer has told of.
  private func told() throws -> (bench: EngineBench, entry: Entry) {
    var bench = try EngineBench()
    _ = try look(&bench, finding: [:], ignoring: "*.o")
    _ = try bench.connect(1)
    let entry = EngineBench.symlink("x.o", 1)
    let effects = try bench.receive(.announce(entries: [entry], upTo: 1, isLast: true))
    #expect(effects.flips.isEmpty, "nothing comes to the disk")
    #expect(effects.acknowledged == [1], "nobody waits for it")
    return (bench, entry)
  }

  private func row(_ bench: EngineBench) throws -> Row {
    try #require(try bench.index.row(.place(EngineBench.place("x.o"))))
  }

  @Test func whatPeersTellOfItIsKnownAndNotHeld() throws {
    let (bench, entry) = try told()
    let row = try row(bench)
    #expect(row.entry == entry && !row.isHeld)
  }

  @Test func peersHearHowMuchIsNotHeldBeforeItIsAcknowledged() throws {
    var bench = try EngineBench()
    _ = try look(&bench, finding: ["own.o": 1], ignoring: "*.o")
    #expect(try bench.connect(1).told.isEmpty, "what is this node's alone is nobody's business")
    var effects = try bench.receive(
      .announce(
        entries: [EngineBench.symlink("x.o", 1), EngineBench.symlink("y.o", 2)], upTo: 2,
        isLast: true))
    let messages = effects.compactMap {
      if case .send(_, let message) = $0 { message } else { nil }
    }
    #expect(
      messages == [.notHeld(count: 2), .acknowledge(member: EngineBench.node, sequence: 2)])
    effects = try bench.receive(
      .announce(entries: [EngineBench.symlink("z", 3)], upTo: 3, isLast: true))
    #expect(effects.told.isEmpty, "it is as many as before")
    #expect(try bench.connect(2, EngineBench.other).told == [2])
  }

  @Test func whatPeersDoNotHoldIsKnownWhileTheyAreAway() throws {
    var bench = try EngineBench.connected()
    let standing = { (bench: EngineBench) in try bench.engine.standing(of: EngineBench.peer) }
    #expect(try standing(bench).notHeld == 0)
    _ = try bench.receive(.notHeld(count: 7))
    #expect(try standing(bench) == PeerStanding(isReady: true, acknowledged: 0, notHeld: 7))
    _ = try bench.step(.disconnected(Link(number: 1)))
    #expect(try standing(bench) == PeerStanding(isReady: false, acknowledged: 0, notHeld: 7))
    _ = try bench.connect(2)
    #expect(try standing(bench).notHeld == 0, "it says so again if it is so")
  }

  @Test func whatIsEqualWhenItIsNoLongerIgnoredIsTheSame() throws {
    var (bench, entry) = try told()
    var stamp = EngineBench.stamp(30, kind: .symlink)
    stamp.mtime = entry.mtime
    let found = (name: Name(literal: "x.o"), found: Found.symlink(stamp, target: [1]))
    let job = try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))).looks[0]
    let listing = Listing(
      directory: .root, stamp: EngineBench.stamp(1, kind: .directory), isComplete: true,
      entries: [found], rules: IgnoreRules())
    _ = try bench.step(.looked(job, listing))
    _ = try bench.step(.lookEnded(job))
    let row = try row(bench)
    #expect(row.isHeld && row.entry.version == entry.version)
  }

  /// The watcher tells of a file with rules when it is written to the end; what these no longer
  /// ignore can be found before that.
  @Test func `what only the rules in force ignore is looked at once`() throws {
    var (bench, _) = try told()
    for rules in ["", "*.o"] { _ = try self.look(&bench, finding: [:], ignoring: rules) }
    let change = Change.created(EngineBench.path("x.o"), isDirectory: false)
    let stamp = EngineBench.stamp(30, kind: .symlink)
    func look(_ job: JobID, _ listing: Listing) throws -> [Effect] {
      try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
    }
    func listing(_ entries: [(name: Name, found: Found)], _ rules: String?) throws -> Listing {
      var listing = EngineBench.listing(entries)
      listing.rules = try rules.map { try IgnoreRules(lines: [Array($0.utf8)]) }
      return listing
    }
    let first = try bench.step(.changed(ChangeSet(changes: [change])))
    let second = try look(
      try #require(first.looks.first),
      try listing([(Name(literal: "x.o"), .symlink(stamp, target: [2]))], nil))
    #expect(second.lookRequests == [.names([IgnoreRules.fileName], in: .root)])
    let rulesFile = (name: IgnoreRules.fileName, found: Found.absent)
    let third = try look(try #require(second.looks.first), try listing([rulesFile], "*.o"))
    #expect(third.looks.isEmpty, "they are what they were")
    #expect(try !row(bench).isHeld)
  }

  /// The watcher may have read them before they were written as the first look found them.
  @Test func whatIsWatchedFollowsTheRulesOfTheFirstLook() throws {
    var (bench, _) = try told()
    let change = Change.modified(EngineBench.path(".leftignore"), isDirectory: false)
    for isWatchedAgain in [true, false] {
      let effects = try bench.step(.changed(ChangeSet(changes: [change])))
      var listing = EngineBench.listing([])
      listing.rules = try IgnoreRules(lines: [Array("*.o".utf8)])
      let job = try #require(effects.looks.first)
      let found = try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
      let isWatched = found.contains { if case .watchAgain(.root) = $0 { true } else { false } }
      #expect(isWatched == isWatchedAgain)
      for job in found.looks { _ = try bench.step(.lookEnded(job)) }
    }
  }

  /// A directory is asked for when it is ignored no more. If a peer then says that it is elsewhere,
  /// and it is ignored there, it is asked for again when that ends.
  @Test func `what is told anew may be asked for anew`() throws {
    var bench = try EngineBench()
    _ = try look(&bench, finding: [:], ignoring: "d")
    var asked: [Bool] = []
    var version: Version?
    for (number, (name, next)) in [("d", "e"), ("e", "")].enumerated() {
      let link = UInt64(number) + 1
      _ = try bench.connect(link)
      let counter = UInt64(number) + 1
      let told = Version(
        dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: counter), after: version, time: 7)
      let entry = Entry(
        place: EngineBench.place(name), body: .directory(DirectoryID(high: 1, low: 1)),
        mode: 0o755, mtime: 0, version: told)
      version = told
      let effects = try bench.receive(
        .announce(entries: [entry], upTo: counter, isLast: true), on: link)
      for job in effects.looks { _ = try bench.step(.lookEnded(job)) }
      asked.append(try !look(&bench, finding: [:], ignoring: next).closings.isEmpty)
      _ = try bench.step(.disconnected(Link(number: link)))
    }
    #expect(asked == [true, true])
  }

  /// Else who deleted it, and was told that this is known, would meet what hasn't seen that.
  @Test func whatIsOtherHasSeenWhatWasDeletedBefore() throws {
    var (bench, entry) = try told()
    let deletion = Dot(actor: Actor(node: 77, incarnation: 1), counter: 5)
    var known = try row(bench)
    known.entry.version = known.entry.version.absorbing(Version(dot: deletion, after: nil, time: 1))
    try bench.index.transaction { () throws(IndexError) in try bench.index.put(known) }
    _ = try look(&bench, finding: ["x.o": 2], ignoring: "")
    let row = try row(bench)
    #expect(row.entry.version.vector.includes(deletion))
    #expect(row.entry.version.order(to: entry.version) == .concurrent)
  }

  /// What nobody has would else be told of by everyone at each start.
  @Test func whatWasAskedForIsAskedForOnce() throws {
    var (bench, _) = try told()
    _ = try look(&bench, finding: [:], ignoring: "")
    #expect(try row(bench).isWanted)
    for (link, isAsked) in [(2, true), (3, true), (4, false)] as [(UInt64, Bool)] {
      bench.restart()
      #expect(try bench.connect(link).asksForAll == isAsked, "connection \(link)")
      #expect(try look(&bench, finding: [:], ignoring: "").closings.isEmpty)
      if link == 3 { _ = try bench.receive(.notHeld(count: 0), on: link) }
    }
    _ = try look(&bench, finding: [:], ignoring: "*.o")
    #expect(try !row(bench).isWanted)
    #expect(try !look(&bench, finding: [:], ignoring: "").closings.isEmpty, "once more")
  }

  @Test func whatIsOtherHasNotSeenWhatPeersHave() throws {
    var (bench, entry) = try told()
    _ = try look(&bench, finding: ["x.o": 2], ignoring: "")
    let row = try row(bench)
    #expect(row.isHeld && row.entry.body == .symlink(target: [2]))
    #expect(row.entry.version.order(to: entry.version) == .concurrent)
  }
}

extension [Effect] {
  /// How much peers are told not to be held.
  fileprivate var told: [UInt64] {
    compactMap { if case .send(_, .notHeld(let count)) = $0 { count } else { nil } }
  }
}
