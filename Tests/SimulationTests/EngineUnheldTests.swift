import SyncEngine
import Testing

@testable import SyncCore

/// A directory that was moved to where a node ignores it: nobody else may know where it is.
@Suite struct EngineUnheldTests {
  private static func id(_ number: UInt64) -> DirectoryID { DirectoryID(high: 1, low: number) }

  /// A directory at a place in the version that its mover has made so many times.
  private static func directory(
    _ number: UInt64, at name: String, in parent: DirectoryID = .root, moved count: UInt64 = 1
  ) -> Entry {
    var version: Version?
    for counter in 1...count {
      version = Version(
        dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: counter), after: version, time: 7)
    }
    return Entry(
      place: Place(parent: parent, name: Name(name.utf8)!), body: .directory(id(number)),
      mode: 0o755, mtime: 0, version: version!)
  }

  /// A node with these directories on its disk.
  private func holding(_ directories: [Entry]) throws -> EngineBench {
    let bench = try EngineBench.connected()
    try put(directories, into: bench)
    return bench
  }

  private func put(_ entries: [Entry], into bench: EngineBench) throws {
    try bench.index.transaction { () throws(IndexError) in
      for entry in entries {
        let kind: FileKind = entry.directory == nil ? .file : .directory
        try bench.index.put(
          Row(
            entry: entry, observed: EngineBench.stamp(50, kind: kind),
            sequence: try bench.index.nextSequence(), source: nil))
      }
    }
  }

  /// A node that ignores `b`, and was told of this.
  private func ignoring(_ told: [Entry]) throws -> EngineBench {
    var bench = try ignoring()
    _ = try bench.connect(1)
    let effects = try bench.receive(.announce(entries: told, upTo: 5, isLast: true))
    #expect(effects.flips.isEmpty)
    return bench
  }

  private func ignoring() throws -> EngineBench {
    var bench = try EngineBench()
    for job in try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))).looks {
      var listing = EngineBench.listing([], isComplete: true)
      listing.rules = try IgnoreRules(lines: [Array("b".utf8)])
      _ = try bench.step(.looked(job, listing))
      _ = try bench.step(.lookEnded(job))
    }
    return bench
  }

  @Test func othersAreToldWhereItIs() throws {
    let moved = Self.directory(1, at: "b", moved: 2)
    var bench = try ignoring([moved])
    let effects = try bench.connect(2, EngineBench.other)
    #expect(effects.told == [.unheld([moved]), .announce(entries: [], upTo: 1, isLast: true)])
  }

  @Test func whoToldOfItIsNotToldOfIt() throws {
    var bench = try ignoring([Self.directory(1, at: "b", moved: 2)])
    #expect(try bench.connect(2).told.isEmpty)
  }

  @Test func whatIsAboveItIsToldFirst() throws {
    let (above, moved) = (Self.directory(1, at: "b"), Self.directory(2, at: "c", in: Self.id(1)))
    var bench = try ignoring([above, moved])
    let effects = try bench.connect(2, EngineBench.other)
    #expect(effects.told.first == .unheld([above, moved]))
  }

  /// It comes with the state that its maker gave it, and with all of that.
  @Test func aBundleIsLeftToWhoHoldsIt() throws {
    var bundle = Self.directory(1, at: "b")
    bundle.bundle = BundleVersion(version: bundle.version)
    var bench = try ignoring([bundle, Self.directory(2, at: "c", in: Self.id(1))])
    #expect(try bench.connect(2, EngineBench.other).told.isEmpty)
  }

  @Test func whoHoldsItMovesIt() throws {
    var bench = try holding([Self.directory(1, at: "a")])
    var effects = try bench.receive(.unheld([Self.directory(1, at: "b", moved: 2)]))
    #expect(effects.flips.isEmpty, "the unit is not told to its end")
    effects += try bench.receive(.announce(entries: [], upTo: 5, isLast: true))
    let operations = effects.flips.flatMap(\.plan.operations)
    #expect(operations.count == 1)
    guard case .moveDirectory(Self.id(1), _, EngineBench.place("b"), _, _)? = operations.first
    else {
      Issue.record("\(operations)")
      return
    }
  }

  @Test func whatIsAboveItIsMade() throws {
    var bench = try holding([Self.directory(2, at: "a")])
    let moved = Self.directory(2, at: "c", in: Self.id(1), moved: 2)
    _ = try bench.receive(.unheld([Self.directory(1, at: "b"), moved]))
    let effects = try bench.receive(.announce(entries: [], upTo: 5, isLast: true))
    let made = effects.flips.flatMap(\.plan.operations).filter {
      if case .makeDirectory(Self.id(1), EngineBench.place("b"), _) = $0 { true } else { false }
    }
    #expect(made.count == 1)
  }

  /// It may be long gone, or never have been here: nobody would have anything in it.
  @Test func whoDoesNotHoldItMakesNone() throws {
    var bench = try EngineBench.connected()
    _ = try bench.receive(.unheld([Self.directory(1, at: "b")]))
    let effects = try bench.receive(.announce(entries: [], upTo: 5, isLast: true))
    #expect(effects.flips.isEmpty && effects.acknowledged == [5])
    #expect(try bench.index.row(.directory(Self.id(1))) == nil)
  }

  /// It may want it by then: of what it told it hears nothing otherwise.
  @Test(arguments: [true, false]) func whoDoesNotHoldItHearsWhoDoes(_ isUnheld: Bool) throws {
    let heir = Self.directory(1, at: "b")
    var alias = Self.directory(2, at: "b")
    alias.body = .merged(Self.id(2), into: Self.id(1))
    var bench = try EngineBench.connected()
    if isUnheld { _ = try bench.receive(.unheld([heir])) }
    let told = try bench.receive(.announce(entries: [heir, alias], upTo: 5, isLast: true))
    let flip = try #require(told.flips.first?.plan)
    let made = OperationResult.done(EngineBench.stamp(60, kind: .directory))
    let effects = try bench.step(.flipped(FlipResult(id: flip.id, results: [made])))
    #expect(effects.told.isEmpty != isUnheld)
  }

  /// What is in an alias has no place without its heir.
  @Test func anHeirThatNobodyHoldsIsToldAsSuch() throws {
    var alias = Self.directory(2, at: "b")
    alias.body = .merged(Self.id(2), into: Self.id(1))
    let heir = Self.directory(1, at: "b")
    var bench = try ignoring([heir])
    try bench.index.transaction { () throws(IndexError) in
      try bench.index.put(
        Row(
          entry: alias, observed: nil, sequence: try bench.index.nextSequence(), source: nil))
    }
    let own = bench.index.actor.incarnation
    let effects = try bench.connect(2, EngineBench.other, heldIncarnation: own, held: 1)
    #expect(effects.told.first == .unheld([heir]))
  }

  @Test func whoTellsWhereItWasIsToldWhereItIs() throws {
    let moved = Self.directory(1, at: "b", moved: 2)
    var bench = try ignoring([moved])
    let late = Self.directory(1, at: "a")
    let effects = try bench.receive(.announce(entries: [late], upTo: 6, isLast: true))
    #expect(effects.told.first == .unheld([moved]))
  }

  /// A peer has heard of what was made here, and then moves the directory that it is in to where it
  /// is ignored: what the peer doesn't hold is only here.
  @Test(arguments: [0, 1] as [UInt64]) func whatOnlyThisDiskMayHoldStays(_ notHeld: UInt64) throws {
    var bench = try ignoring()
    let file = EngineBench.file("x", 3, size: 10).moved(from: .root, into: Self.id(1))
    try put([Self.directory(1, at: "d"), file], into: bench)
    _ = try bench.connect(1)
    _ = try bench.receive(
      .acknowledge(member: EngineBench.peer, sequence: bench.index.sequence))
    _ = try bench.receive(.notHeld(count: notHeld))
    let effects = try bench.receive(
      .announce(
        entries: [
          Self.directory(2, at: "b"), Self.directory(1, at: "d", in: Self.id(2), moved: 2),
        ], upTo: 5, isLast: true))
    let operations = effects.flips.flatMap(\.plan.operations)
    #expect(operations.isEmpty == (notHeld > 0))
  }

  @Test func moreThanTwoUnitsOfThemAreRefused() throws {
    var bench = try EngineBench.connected()
    let part = [Entry](
      repeating: Self.directory(1, at: "b"), count: 2 * Limits.unitEntryCount / 4 + 1)
    var closings: [String] = []
    for _ in 0..<4 { closings += try bench.receive(.unheld(part)).closings }
    #expect(closings == ["told of too many directories that it doesn't hold"])
  }
}

extension [Effect] {
  /// What peers are told of directories, and the ends of units.
  fileprivate var told: [Message] {
    compactMap { effect in
      guard case .send(_, let message) = effect else { return nil }
      switch message {
      case .unheld, .announce: return message
      case .hello, .directoryTimes, .linked, .acknowledge, .notHeld, .openContent, .segment,
        .difference, .seal, .gone, .request, .fetch, .unavailable:
        return nil
      }
    }
  }
}
