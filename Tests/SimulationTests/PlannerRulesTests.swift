import Simulation
import Testing

@testable import SyncCore

/// What is planned where nodes aren't alike: at a source, at a replica, and where something is
/// ignored; and what is recorded where the disk refuses.
@Suite struct PlannerRulesTests {
  let node = PlannerNode(1)
  let peer = PlannerNode.id(2)

  func place(_ name: String, in parent: UInt64 = 0) -> Place {
    Place(parent: DirectoryID(high: 0, low: parent), name: Name(name.utf8)!)
  }

  func id(_ number: UInt64) -> DirectoryID { DirectoryID(high: 0, low: number) }

  func file(_ content: UInt64) -> Body {
    .file(ContentID(words: (content, 0, 0, 0)), size: 10)
  }

  /// What the peer says, later than anything here or earlier; having seen what is here if `seen`.
  func told(
    _ place: Place, _ body: Body, _ counter: UInt64 = 1, seen: Bool = false, isLater: Bool = true
  ) throws -> Entry {
    let time: Int64 = isLater ? 1_800_000_000_000_000_000 : 1
    let isFile = if case .file = body { true } else { false }
    let isDirectory = if case .directory = body { true } else { false }
    var entry = Entry(
      place: place, body: body, mode: isFile ? 0o644 : isDirectory ? 0o755 : 0,
      mtime: isFile ? time : 0,
      version: Version(
        dot: Dot(actor: Actor(node: peer.prefix, incarnation: 1), counter: counter), after: nil,
        time: time))
    if seen, let row = try node.index.row(entry.key) {
      entry.version = entry.version.absorbing(row.entry.version)
    }
    return entry
  }

  func plan(
    _ entries: [Entry], role: ShareRules.Role = .twoWay, ignoring: IgnoreTree = IgnoreTree(),
    heard: UInt64 = .max, lost: Set<ContentID> = []
  ) throws -> UnitPlan {
    try UnitPlanner.plan(
      entries, index: node.index, lost: lost, rules: ShareRules(role: role), ignoring: ignoring,
      heard: heard,
      staged: { place in
        let entry = entries.first { $0.place == place } ?? entries[0]
        guard let content = entry.content else { return nil }
        let stamp = stamp(999, size: content.size, mtime: entry.mtime)
        return StagedContent(content: content.id, file: StagedFile(place: place, stamp: stamp))
      })
  }

  func stamp(_ inode: UInt64, size: Int64 = 1, mtime: Int64 = 1) -> FileStamp {
    FileStamp(
      kind: .file, inode: inode, size: size, mtime: mtime, ctime: 0, btime: 1, mode: 0o644)
  }

  // MARK: Source and replica

  @Test func aSourcePutsBackWhatOthersChanged() throws {
    try node.write(place("a"), file(1))
    let plan = try plan([told(place("a"), file(2), seen: true)], role: .source)
    #expect(plan.operations.isEmpty && plan.rows.map(\.isOurs) == [true])
    #expect(plan.rows[0].entry.body == file(1))
    // Its answer has seen the change, or the two would be concurrent.
    #expect(plan.rows[0].entry.version.vector.components.count == 2)
  }

  @Test func aSourceDeletesWhatOthersMade() throws {
    let content = ContentID(words: (2, 0, 0, 0))
    let plan = try plan([told(place("a"), file(2))], role: .source)
    #expect(plan.operations.isEmpty && plan.rows.map(\.isOurs) == [true])
    #expect(plan.rows[0].entry.body == .deleted(was: content))
  }

  @Test func aSourcePutsBackWhatOthersDeleted() throws {
    try node.write(place("a"), file(1))
    let plan = try plan([told(place("a"), .deleted(was: nil), seen: true)], role: .source)
    #expect(plan.operations.isEmpty && plan.rows.map(\.entry.body) == [file(1)])
  }

  @Test func aSourceTakesWhatChangesNothing() throws {
    try node.write(place("a"), file(1))
    try node.write(place("d"), .directory(id(5)), mode: 0o755)
    let known = try #require(try node.index.row(.place(place("a")))?.entry)
    let entries = [
      known, try told(place("b"), .deleted(was: nil)),
      try told(place("d"), .merged(id(6), into: id(5))),
    ]
    let plan = try plan(entries, role: .source)
    #expect(plan.operations.isEmpty && plan.rows.allSatisfy { !$0.isOurs })
  }

  @Test func aReplicasOwnChangeIsReplacedWithoutACopy() throws {
    try node.write(place("a"), file(1))
    let plan = try plan([told(place("a"), file(2))], role: .replica)
    #expect(plan.rows.map(\.entry.body) == [file(2)])
    guard case .putFile(_, _, let replacing)? = plan.operations.first else {
      Issue.record("\(plan.operations)")
      return
    }
    #expect(plan.operations.count == 1 && replacing != nil)
  }

  @Test func aReplicasOwnChangeStaysUntilSomethingNewComes() throws {
    let first = try told(place("a"), file(2))
    #expect(try node.take([first], from: peer) == [])
    try node.write(place("a"), file(1))
    #expect(try plan([first], role: .replica).operations.isEmpty)
  }

  func becomeReplica() throws {
    try node.index.transaction { () throws(IndexError) in
      try node.index.note(replicaSince: node.index.sequence)
    }
  }

  /// A source puts back that there was none, and what is found in one that is gone is gone with it.
  @Test func whoeverSaysThatADirectoryIsGoneSaysThatItWasDeleted() throws {
    try node.write(place("d"), .directory(id(6)), mode: 0o755)
    try node.write(place("e", in: 6), .directory(id(7)), mode: 0o755)
    let plan = try plan([told(place("f"), .directory(id(5)), 2)], role: .source)
    try node.index.transaction { () throws(IndexError) in
      let recorder = RowRecorder(index: node.index, wall: 1, bundles: BundleRules())
      try recorder.record(plan.rows, plan.operations.map { _ in .refused }, source: peer)
      try recorder.removeRest(of: id(6))
    }
    for number in [5, 7] as [UInt64] {
      let gone = try #require(try node.index.row(.directory(id(number)))?.entry)
      #expect(gone.body == .deletedDirectory(id(number)))
      #expect(gone.version.vector.changes.counter(of: node.index.actor) == 0)
    }
  }

  @Test func whatAReplicaMadeAndDeletedBeforeIsItsOwn() throws {
    try becomeReplica()
    try node.write(place("d"), .directory(id(6)), mode: 0o755)
    try node.write(place("d"), .deletedDirectory(id(6)))
    try node.write(place("d"), .directory(id(6)), mode: 0o755)
    let own = try #require(try node.index.row(.directory(id(6)))?.entry)
    #expect(node.index.isLocalDeviation(own))
  }

  /// What `entry` says, by a third node.
  func byAnother(_ entry: Entry) -> Entry {
    var other = entry
    let actor = Actor(node: PlannerNode.id(3).prefix, incarnation: 1)
    other.version = Version(
      dot: Dot(actor: actor, counter: 1), after: nil, time: entry.version.time)
    return other
  }

  /// A replica revives a directory for the sake of what only it has in it; then that is an alias.
  @Test func whatAReplicaDecidesIsNoPastOfWhatOthersHave() throws {
    try becomeReplica()
    try node.write(place("d"), .directory(id(6)), mode: 0o755)
    try node.write(place("a", in: 6), file(1))
    let entries = [
      byAnother(try told(place("d"), .directory(id(5)))),
      try told(place("d"), .deletedDirectory(id(6)), 2),
    ]
    let plan = try plan(entries, role: .replica)
    let theirs = try #require(plan.rows.first { $0.entry.key == .directory(id(5)) })
    #expect(theirs.entry.version.vector == entries[0].version.vector)
  }

  /// Nobody else would hear of it, and what is an alias once is one for ever.
  @Test(arguments: [4, 8] as [UInt64])
  func whatAReplicaMovedOntoAnothersPlaceIsNotMergedWithThat(_ other: UInt64) throws {
    #expect(try node.take([told(place("c"), .directory(id(6)))], from: peer) == [])
    try becomeReplica()
    try node.write(place("d"), .directory(id(6)), mode: 0o755)
    let entry = byAnother(try told(place("d"), .directory(id(other))))
    let merger = DirectoryMerger(index: node.index, wall: 1)
    #expect(try !merger.merge([entry], vacating: []).hasMerged)
    let plan = try plan([entry], role: .replica)
    let theirs = try #require(plan.rows.first { $0.entry.key == entry.key })
    let own = try #require(plan.rows.first { $0.entry.key == .directory(id(6)) })
    #expect(theirs.entry == entry && own.isOurs && own.entry.isAlive)
    #expect(own.entry.place != entry.place)
  }

  /// Only its version says that it was made here, and that was told under another directory.
  @Test func whatAReplicaMadeInAnAliasIsADeviation() throws {
    try becomeReplica()
    try node.write(place("a", in: 6), file(1))
    let made = try #require(try node.index.row(.place(place("a", in: 6)))?.entry)
    #expect(node.index.isDeviation(made.moved(from: id(6), into: id(5))))
    #expect(!node.index.isDeviation(try told(place("b"), file(2), 9)))
  }

  // MARK: Bundles

  /// One that has got a conflict's name, or was renamed, still has its state: what gives way in it
  /// is kept beside, whole.
  @Test func aBundleIsOneUnderAnyName() throws {
    let (unit, copy) = try overruledBundle()
    let copies = try plan(unit).rows.map(\.entry).filter { $0.place.parent == copy }
    #expect(copies.map(\.body) == [.symlink(target: [1]), .symlink(target: [3])])
  }

  /// What was kept beside when not all else could be done is there when that is tried again.
  @Test func aBundleIsKeptOnce() throws {
    let (unit, copy) = try overruledBundle()
    let isCopy = { (row: PlannedRow) in
      row.entry.place.parent == copy || row.entry.key == .directory(copy)
    }
    let first = try plan(unit)
    let made = first.rows.filter(isCopy).compactMap(\.operation)
    #expect(made.count == 3)
    let results = first.operations.indices.map { number in
      made.contains(number) ? OperationResult.done(stamp(UInt64(number))) : .refused
    }
    try node.index.transaction { () throws(IndexError) in
      try RowRecorder(index: node.index, wall: 1, bundles: BundleRules()).record(
        first.rows, results, source: peer)
    }
    #expect(try plan(unit).rows.filter(isCopy).isEmpty)
    // Nor does what stands in the bundle by now replace it.
    try node.write(place("a", in: 5), .symlink(target: [9]))
    #expect(try plan(unit).rows.filter(isCopy).isEmpty)
  }

  /// A bundle with two symlinks gives way to a peer's state; the unit, and what its copy is called.
  func overruledBundle() throws -> (unit: [Entry], copy: DirectoryID) {
    try node.write(place("d"), .directory(id(5)), mode: 0o755)
    try node.write(place("a", in: 5), .symlink(target: [1]))
    try node.write(place("b", in: 5), .symlink(target: [3]))
    var row = try #require(try node.index.row(.directory(id(5))))
    let own = Version(dot: Dot(actor: node.index.actor, counter: 50), after: nil, time: 1)
    row.entry.bundle = BundleVersion(version: own)
    try node.index.transaction { () throws(IndexError) in try node.index.put(row) }
    var entry = try told(place("d"), .directory(id(5)), seen: true)
    entry.bundle = BundleVersion(
      version: Version(
        dot: Dot(actor: entry.version.dot.actor, counter: 60), after: own, time: 2),
      overruled: own.vector)
    let unit = [entry, try told(place("a", in: 5), .symlink(target: [2]), 2, seen: true)]
    return (unit, id(5).renewed(by: own.dot))
  }

  // MARK: What the disk refuses

  /// The winner is here, the loser can't be put beside it: nobody may hear that it was seen.
  @Test func aLoserThatIsNotKeptHasNotBeenSeen() throws {
    try node.write(place("a"), file(1))
    let before = try #require(try node.index.row(.place(place("a"))))
    let plan = try plan([told(place("a"), file(2), isLater: false)])
    #expect(plan.operations.count == 1 && plan.rows.count == 2)
    let winner = try #require(plan.rows.first { $0.entry.key == before.entry.key })
    #expect(winner.entry.version.vector.components.count == 2 && winner.keeping == [0])
    try node.index.transaction { () throws(IndexError) in
      try RowRecorder(index: node.index, wall: 1, bundles: BundleRules()).record(
        plan.rows, [.refused], source: peer)
    }
    #expect(try node.index.row(.place(place("a"))) == before)
  }

  /// Nobody hears that its user took it away, and who made it has it yet.
  @Test func aLoserThatAReplicasUserTookAwayHasNotBeenSeen() throws {
    let stamp = stamp(7, size: 10)
    var loser = try told(place("a"), file(1), isLater: false)
    loser.version = Version(
      dot: Dot(actor: Actor(node: PlannerNode.id(3).prefix, incarnation: 1), counter: 1),
      after: nil, time: 1)
    try node.index.transaction { () throws(IndexError) in
      let sequence = try node.index.nextSequence()
      try node.index.put(Row(entry: loser, observed: stamp, sequence: sequence, source: nil))
    }
    let plan = try plan([told(place("a"), file(2))], role: .replica)
    let results = plan.operations.map { operation -> OperationResult in
      if case .moveFile = operation { .refused } else { .done(stamp) }
    }
    #expect(results.count == 2 && results.contains(.refused))
    try node.index.transaction { () throws(IndexError) in
      try RowRecorder(index: node.index, wall: 1, bundles: BundleRules()).record(
        plan.rows, results, source: peer)
    }
    let winner = try #require(try node.index.row(.place(place("a")))?.entry)
    #expect(winner.body == file(2) && !winner.version.vector.includes(loser.version.dot))
  }

  /// The loser can't be had from who told of it, so there is no copy: it may be there all the same,
  /// and who has it would take the winner for what has seen it.
  @Test func aLoserThatCannotBeHadHasNotBeenSeen() throws {
    try node.write(place("a"), file(1))
    let loser = try told(place("a"), file(2), isLater: false)
    let plan = try plan([loser], lost: [ContentID(words: (2, 0, 0, 0))])
    #expect(plan.operations.isEmpty && plan.rows.isEmpty)
  }

  /// Nor is it said to have been seen where it would have to give way to a directory.
  @Test func whatCannotBeHadDoesNotGiveWay() throws {
    let loser = try told(place("a"), file(2))
    let plan = try plan(
      [loser, told(place("a"), .directory(id(5)))], lost: [ContentID(words: (2, 0, 0, 0))])
    #expect(plan.rows.compactMap { $0.entry.directory == nil ? $0.entry : nil } == [loser])
  }

  /// A directory lives on after a deletion that had not seen all of it: for those who hold it, or
  /// if it is held here.
  @Test(arguments: [true, false]) func whatIsToldGoneIsNotMade(_ isHeld: Bool) throws {
    try node.write(place("d"), .directory(id(5)), mode: 0o755)
    if !isHeld {
      var row = try #require(try node.index.row(.directory(id(5))))
      row.observed = nil
      try node.index.transaction { () throws(IndexError) in try node.index.put(row) }
    }
    let gone = try told(place("d"), .deletedDirectory(id(5)))
    let plan = try plan([gone])
    #expect(plan.operations.isEmpty)
    #expect(plan.rows.map(\.entry.isAlive) == [isHeld])
  }

  /// A file that came from a directory that did not become an alias has left it like any other, and
  /// is told where it is now as something that its leaving has not seen.
  @Test func whatLeftWhatIsNoAliasIsGoneThere() throws {
    try mergeInVain()
    let left = try #require(try node.index.row(.place(place("a", in: 6)))?.entry)
    let home = try #require(try node.index.row(.place(place("a", in: 5)))?.entry)
    #expect(left.body == .deleted(was: home.content?.id))
    let later = left.moved(from: id(6), into: id(5))
    #expect(home.version.order(to: later.version) == .concurrent)
    #expect(try node.index.row(.directory(id(6)))?.entry.isAlive == true)
  }

  /// What a replica itself had made there is nowhere else: as something that is only not here, it
  /// would come home later in place of what others have there.
  @Test func whatAReplicaMadeInWhatIsNoAliasIsForgotten() throws {
    try becomeReplica()
    try mergeInVain()
    #expect(try node.index.row(.place(place("a", in: 6))) == nil)
  }

  /// A directory that holds a file is to be merged into one that is told, and the disk refuses.
  func mergeInVain() throws {
    try node.write(place("d"), .directory(id(6)), mode: 0o755)
    try node.write(place("a", in: 6), file(1))
    let plan = try plan([told(place("d"), .directory(id(5)))])
    let merged = try #require(plan.rows.first { $0.entry.isAlias })
    let results = plan.operations.indices.map { number in
      number == merged.operation ? OperationResult.refused : .done(nil)
    }
    try node.index.transaction { () throws(IndexError) in
      try RowRecorder(index: node.index, wall: 1, bundles: BundleRules()).record(
        plan.rows, results, source: peer)
    }
  }
}
