import SyncEngine
import Testing

@testable import SyncCore

/// Deletions are forgotten when everyone knows of them; what must be known for ever is not.
@Suite struct EngineTombstoneTests {
  private static let members = [EngineBench.peer]
  private static let directory = DirectoryID(high: 5, low: 5)

  /// Connected with a peer, with tombstones of these that the peer has if `isKnown`, and that
  /// `source` told.
  private func bench(
    _ bodies: [Body], in parent: DirectoryID = .root, rules: ShareRules = ShareRules(),
    isKnown: Bool = true, source: NodeID? = nil
  ) throws -> EngineBench {
    var bench = try EngineBench(rules: rules)
    try bench.scan()
    try bench.index.transaction { () throws(IndexError) in
      for (number, body) in bodies.enumerated() {
        let sequence = try bench.index.nextSequence()
        let isAlias = if case .merged = body { true } else { false }
        let place = Place(parent: isAlias ? .root : parent, name: Name("\(number)".utf8)!)
        let dot = Dot(actor: bench.index.actor, counter: sequence)
        let entry = Entry(
          place: place, body: body, mode: 0, mtime: 0,
          version: Version(dot: dot, after: nil, time: 10))
        try bench.index.put(Row(entry: entry, observed: nil, sequence: sequence, source: source))
        let progress = PeerProgress(incarnation: 1, received: 1, acknowledged: 0)
        if let source { try bench.index.put(progress, of: source) }
      }
      try bench.index.note(SecuredMark(sequence: bench.index.sequence, boot: 0))
    }
    _ = try bench.connect(
      1, heldIncarnation: 1, held: isKnown ? bench.index.sequence : 0)
    return bench
  }

  /// Forgets what was deleted before a time, from the first to the last; how many tombstones there
  /// are then.
  private func forget(
    _ bench: inout EngineBench, before time: Int64 = .max, members: [NodeID] = members
  ) throws -> Int {
    for _ in 0..<2 { _ = try bench.step(.tombstonesAged(before: time, members: members)) }
    return try bench.index.rows(after: 0, limit: 100).count
  }

  // MARK: What goes

  @Test func whatEveryoneKnowsGoes() throws {
    var bench = try bench([.deleted(was: nil), .deletedDirectory(Self.directory)])
    #expect(try forget(&bench) == 0)
    #expect(bench.index.forgotten == 2)
  }

  @Test func whatSomebodyMayNotKnowStays() throws {
    var bench = try bench([.deleted(was: nil)], isKnown: false)
    #expect(try forget(&bench) == 1)
    _ = try bench.receive(.acknowledge(member: EngineBench.peer, sequence: 1))
    #expect(try forget(&bench, members: Self.members + [EngineBench.other]) == 1, "never seen")
    #expect(try forget(&bench) == 0)
  }

  @Test func whoIsAwayCountsWithWhatItHad() throws {
    var bench = try bench([.deleted(was: nil), .deleted(was: nil)], isKnown: false)
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.put(
        PeerProgress(incarnation: 1, received: 0, acknowledged: 1), of: EngineBench.other)
    }
    _ = try bench.receive(.acknowledge(member: EngineBench.peer, sequence: 2))
    #expect(try forget(&bench, members: Self.members + [EngineBench.other]) == 1)
  }

  @Test func whatIsYoungStays() throws {
    var bench = try bench([.deleted(was: nil)])
    #expect(try forget(&bench, before: 10) == 1)
    #expect(try forget(&bench, before: 11) == 0)
  }

  @Test func whatIsNotOnTheDiskYetStays() throws {
    var bench = try bench([.deleted(was: nil)])
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.note(SecuredMark(sequence: 0, boot: 0))
    }
    #expect(try forget(&bench) == 1)
  }

  @Test func nothingGoesWhileSomethingIsUnderWay() throws {
    var bench = try bench([.deleted(was: nil)])
    _ = try bench.announceLarge(["a"])
    #expect(try forget(&bench) == 1)
  }

  // MARK: What others lean on

  @Test func aDirectoryStaysWhileAnythingInItDoes() throws {
    var bench = try bench([.deletedDirectory(Self.directory)])
    try bench.index.transaction { () throws(IndexError) in
      guard var row = try bench.index.rows(after: 0, limit: 1).first else { return }
      row.entry.place = Place(parent: Self.directory, name: Name("in".utf8)!)
      row.entry.body = .deleted(was: nil)
      row.entry.version = Version(dot: row.entry.version.dot, after: nil, time: 99)
      row.sequence = try bench.index.nextSequence()
      try bench.index.put(row)
    }
    #expect(try forget(&bench, before: 11) == 2)
  }

  @Test func whatWasMergedIntoIsKnownForEver() throws {
    let alias = DirectoryID(high: 6, low: 6)
    var bench = try bench([
      .deletedDirectory(Self.directory), .merged(alias, into: Self.directory),
    ])
    #expect(try forget(&bench) == 2)
  }

  @Test func whatAReplicaDeletedStaysADeviation() throws {
    var bench = try bench([.deleted(was: nil)], rules: ShareRules(role: .replica))
    #expect(try forget(&bench) == 1)
  }

  // MARK: Afterwards

  @Test func whatIsTheLastOfAllIsKnownToAllThoughForgotten() throws {
    var bench = try bench([.deleted(was: nil)])
    #expect(try forget(&bench) == 0)
    _ = try bench.step(.disconnected(Link(number: 1)))
    // It was told in an earlier life of the peer.
    _ = try bench.connect(2, heldIncarnation: 7, held: 9)
    #expect(try bench.engine.standing(of: EngineBench.peer).acknowledged == 1)
  }

  @Test func whatIsMadeAnewIsNotTakenForFoundAnew() throws {
    var bench = try bench([.deleted(was: EngineBench.content(1))])
    #expect(try forget(&bench) == 0)
    let change = Change.created(EngineBench.path("0"), isDirectory: false)
    let looks = try bench.step(.changed(ChangeSet(changes: [change]))).looks
    let found = Found.entry(EngineBench.stamp(7))
    _ = try bench.step(.looked(looks[0], EngineBench.listing([(Name("0".utf8)!, found)])))
    _ = try bench.step(.lookEnded(looks[0]))
    let content = ReadOutcome.content(EngineBench.content(1), nil, .empty)
    _ = try bench.step(.read(looks[0], [(item: 0, outcome: content)]))
    let made = try #require(try bench.index.row(.place(EngineBench.place("0")))?.entry)
    let gone = Entry(
      place: made.place, body: .deleted(was: EngineBench.content(1)), mode: 0, mtime: 0,
      version: Version(
        dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: 4), after: nil, time: 10))
    #expect(Reconciler.merge(made, gone).kept.isAlive)
    #expect(Reconciler.merge(gone, made).kept.isAlive)
  }

  @Test func whoseIndexWasPutBackTellsEverythingAgain() throws {
    var bench = try bench([.deleted(was: nil), .deleted(was: nil)], isKnown: false)
    _ = try bench.receive(.acknowledge(member: EngineBench.peer, sequence: 2))
    #expect(try forget(&bench) == 0)
    _ = try bench.step(.disconnected(Link(number: 1)))
    let back = try bench.connect(2, heldIncarnation: 1, held: 1)
    #expect(back.closings == ["has an older index than it had; dial again"])
    _ = try bench.step(.disconnected(Link(number: 2)))
    let again = try bench.connect(3, heldIncarnation: 1, held: 1)
    #expect(again.asksForAll)
    #expect(again.closings == [], "once")
    _ = try bench.step(.disconnected(Link(number: 3)))
    #expect(try bench.connect(4, heldIncarnation: 1, held: 1).closings == [])
  }

  /// A connection may break before the peer has heard what it is asked for.
  @Test func whoIsToTellEverythingIsAskedUntilItSpeaks() throws {
    var bench = try bench([.deleted(was: nil), .deleted(was: nil)], isKnown: false)
    _ = try bench.receive(.acknowledge(member: EngineBench.peer, sequence: 2))
    #expect(try forget(&bench) == 0)
    _ = try bench.connect(2, heldIncarnation: 1, held: 1)
    for (link, isAsked) in [(3, true), (4, true), (5, false)] as [(UInt64, Bool)] {
      _ = try bench.step(.disconnected(Link(number: link - 1)))
      let effects = try bench.connect(link, heldIncarnation: 1, held: 1)
      #expect(effects.asksForAll == isAsked)
      if link == 4 { _ = try bench.receive(.notHeld(count: 1), on: link) }
    }
  }

  @Test func whoWasToldNothingNeedsToRememberNothing() throws {
    // What came from the peer itself it was never told.
    var bench = try bench([.deleted(was: nil)], isKnown: false, source: EngineBench.peer)
    #expect(try forget(&bench) == 0)
    _ = try bench.step(.disconnected(Link(number: 1)))
    #expect(try bench.connect(2, heldIncarnation: 1, held: 0).closings == [])
  }

  @Test func whoIsNoMemberAnyMoreIsMetForTheFirstTime() throws {
    var bench = try bench([.deleted(was: nil)])
    _ = try bench.step(.disconnected(Link(number: 1)))
    #expect(try bench.index.knownPeers() == Self.members)
    #expect(try forget(&bench, members: []) == 0)
    #expect(try bench.index.knownPeers() == [])
    let effects = try bench.connect(2, heldIncarnation: 1, held: 1)
    #expect(effects.asksForAll)
  }
}
