import Simulation
import Testing

@testable import SyncCore

/// A directory that was merged into another: what is known of it says nothing about that one.
@Suite struct AliasTests {
  private let node = PlannerNode(1)
  private let peer = PlannerNode.id(2)
  private let place = Place(parent: .root, name: Name(literal: "d"))
  private let alias = DirectoryID(high: 0, low: 6)
  private let heir = DirectoryID(high: 0, low: 5)

  private func told(
    _ body: Body, at name: String, _ counter: UInt64, by other: NodeID? = nil
  ) -> Entry {
    let actor = Actor(node: (other ?? peer).prefix, incarnation: 1)
    let dot = Dot(actor: actor, counter: counter)
    return Entry(
      place: Place(parent: .root, name: Name(name.utf8)!), body: body,
      mode: body.isDirectory ? 0o755 : 0, mtime: 0,
      version: Version(dot: dot, after: nil, time: 1_800_000_000_000_000_000))
  }

  @Test func whatIsDoneToItIsDoneToItsHeirAsByAnother() throws {
    try node.write(place, .directory(heir), mode: 0o755)
    let merger = told(.merged(alias, into: heir), at: "d", 3, by: PlannerNode.id(3))
    #expect(try node.take([merger], from: nil) == [])
    #expect(try node.take([told(.directory(alias), at: "e", 29)], from: peer) == [])
    let moved = try #require(try node.index.row(.directory(heir))?.entry)
    #expect(moved.place.name == Name(literal: "e"))
    #expect(moved.version.dot.actor.isTransplanted)
    // Who did it had merged the heir into a third one before: nothing here has seen that.
    let third = DirectoryID(high: 0, low: 4)
    let merged = told(.merged(heir, into: third), at: "d", 23)
    #expect(moved.version.order(to: merged.version) == .concurrent)
    #expect(Reconciler.merge(moved, merged).kept.body == merged.body)
  }

  /// Who hears of the merger after moving the alias has moved the heir, like who hears of the move
  /// after the merger.
  @Test(arguments: [false, true])
  func whatWasDoneToItBeforeIsDoneToItsHeir(_ isSeen: Bool) throws {
    let elsewhere = Place(parent: .root, name: Name(literal: "e"))
    try node.write(place, .directory(heir), mode: 0o755)
    try node.write(elsewhere, .directory(alias), mode: 0o755)
    let version = try #require(try node.index.row(.directory(alias))?.entry.version)
    var merger = told(.merged(alias, into: heir), at: "d", 3)
    if isSeen {
      merger.version = Version(dot: merger.version.dot, after: version, time: merger.version.time)
    }
    #expect(try node.take([merger], from: peer) == [])
    let moved = try #require(try node.index.row(.directory(heir))?.entry)
    #expect(moved.place == (isSeen ? place : elsewhere))
    #expect(isSeen || moved.version.dot == version.transplanted(from: alias).dot)
  }

  /// Who merged the two had not heard of either deletion: what is told of the heir has the dot that
  /// the alias gave it. It lives if somebody has changed the heir without knowing of its deletion.
  @Test(arguments: [false, true])
  func itWasDeletedWithAnHeirThatIsDeleted(_ isChanged: Bool) throws {
    let made = told(.directory(alias), at: "d", 3)
    #expect(try node.take([made], from: peer) == [])
    try node.write(place, .deletedDirectory(alias))
    try node.write(place, .directory(heir), mode: 0o755)
    var other = try #require(try node.index.row(.directory(heir))?.entry)
    try node.write(place, .deletedDirectory(heir))
    if isChanged { other = told(.directory(heir), at: "d", 7).absorbing(other) }
    #expect(try node.take(merge(made, with: other), from: PlannerNode.id(3)) == [])
    #expect(try node.index.row(.directory(heir))?.entry.isAlive == isChanged)
  }

  /// What a third does to an heir before it hears of the alias.
  enum Deed: CaseIterable { case changes, deletes, changesAndDeletes }

  /// At a third the heir lives again for the alias's sake, and has seen what was done to it there.
  /// That is a reason to live only if it was a change which that one has not deleted itself.
  @Test(arguments: Deed.allCases)
  func ofAnHeirThatLivesAgainADeletionIsNoChange(_ deed: Deed) throws {
    let made = told(.directory(alias), at: "d", 3)
    #expect(try node.take([made], from: peer) == [])
    try node.write(place, .deletedDirectory(alias))
    try node.write(place, .directory(heir), mode: 0o755)
    let other = try #require(try node.index.row(.directory(heir))?.entry)
    try node.write(place, .deletedDirectory(heir))
    let third = PlannerNode(4)
    #expect(try third.take([other], from: node.id) == [])
    if deed != .deletes { try third.write(place, .directory(heir), mode: 0o700) }
    if deed != .changes { try third.write(place, .deletedDirectory(heir)) }
    #expect(try third.take(merge(made, with: other), from: PlannerNode.id(3)) == [])
    #expect(try third.index.row(.directory(heir))?.entry.isAlive == true)
    #expect(try node.take(third.rows().map(\.entry), from: third.id) == [])
    let isAlive = try node.index.row(.directory(heir))?.entry.isAlive
    #expect(isAlive == (deed == .changes))
    // And so they agree.
    #expect(try third.take(node.rows().map(\.entry), from: node.id) == [])
    #expect(try third.index.row(.directory(heir))?.entry.isAlive == isAlive)
  }

  /// It was merged into a third directory here, and deleted with that, as far as it was known; a
  /// third node has merged it into the one that had gone before.
  @Test(arguments: [false, true])
  func itWasDeletedAsPartOfAnother(_ isChanged: Bool) throws {
    try node.write(place, .directory(heir), mode: 0o755)
    let other = try #require(try node.index.row(.directory(heir))?.entry)
    try node.write(place, .deletedDirectory(heir))
    let second = DirectoryID(high: 0, low: 4)
    try node.write(place, .directory(second), mode: 0o755)
    var made = told(.directory(alias), at: "d", 3)
    #expect(try node.take([made], from: peer) == [])
    #expect(try node.index.row(.directory(alias))?.entry.isAlias == true)
    try node.write(place, .deletedDirectory(second))
    if isChanged { made = told(.directory(alias), at: "d", 9).absorbing(made) }
    #expect(try node.take(merge(made, with: other), from: PlannerNode.id(3)) == [])
    #expect(try node.index.row(.directory(heir))?.entry.isAlive == isChanged)
  }

  @Test func itsDeletionIsNotThatOfAnHeirThatLives() throws {
    let made = told(.directory(alias), at: "d", 3)
    try node.write(place, .directory(heir), mode: 0o755)
    let here = try #require(try node.index.row(.directory(heir))?.entry)
    #expect(try node.take(merge(made, with: here), from: PlannerNode.id(3)) == [])
    let deletion = told(.deletedDirectory(alias), at: "d", 4).absorbing(made)
    #expect(try node.take([deletion], from: peer) == [])
    #expect(try node.index.row(.directory(heir))?.entry.isAlive == true)
  }

  /// What a third tells who has merged the alias into the heir, and found it the later one.
  private func merge(_ made: Entry, with other: Entry) -> [Entry] {
    var merged = made
    merged.body = .directory(heir)
    merged.version = made.version.transplanted(from: alias)
    let merger = told(.merged(alias, into: heir), at: "d", 4, by: PlannerNode.id(3))
    return [merged.absorbing(other), merger.absorbing(made)]
  }

  @Test func itsHeirHasItsPastAsThatOfAnother() throws {
    try node.write(place, .directory(alias), mode: 0o755)
    let version = try #require(try node.index.row(.directory(alias))?.entry.version)
    let merger = DirectoryMerger(index: node.index, wall: 1)
    #expect(try merger.merge([told(.directory(heir), at: "d", 1)], vacating: []).hasMerged)
    let row = try node.index.row(.directory(heir))
    #expect(row?.entry.version == version.transplanted(from: alias))
  }

  /// What others merged may stand at two places there, or only one of it; its tree stays as it is.
  @Test(arguments: [true, false])
  func atASourceWhatOthersTakeForAnotherGetsANewId(_ isHeirAlive: Bool) throws {
    let inside = Place(parent: alias, name: Name(literal: "x"))
    try node.write(place, .directory(alias), mode: 0o755)
    try node.write(inside, .symlink(target: [1]))
    let below = DirectoryID(high: 0, low: 7)
    let other = Place(parent: alias, name: Name(literal: "y"))
    try node.write(other, .directory(below), mode: 0o755)
    let elsewhere = Place(parent: .root, name: Name(literal: "e"))
    try node.write(elsewhere, .directory(heir), mode: 0o755)
    if !isHeirAlive { try node.write(elsewhere, .deletedDirectory(heir)) }
    let merger = DirectoryMerger(index: node.index, wall: 1, isSource: true)
    let told = told(.merged(alias, into: heir), at: "d", 3)
    #expect(try merger.merge([told], vacating: []).hasMerged)
    let standing = try #require(try node.index.directory(at: place))
    let new = try #require(standing.entry.directory)
    #expect(new != alias && new != heir && standing.observed != nil)
    let children = try node.index.children(of: new).filter(\.entry.isAlive)
    #expect(children.map(\.entry.place.name) == [Name(literal: "x"), Name(literal: "y")])
    #expect(children.map(\.entry.directory) == [nil, below])
    #expect(try node.index.row(.directory(alias))?.entry.body == told.body)
    // Told again it changes nothing.
    #expect(try !merger.merge([told], vacating: []).hasMerged)
  }

  /// The heir is ignored by this node: known, and on no disk here.
  private func knowHeir(at place: Place) throws {
    try node.write(place, .directory(heir), mode: 0o755)
    var row = try #require(try node.index.row(.directory(heir)))
    row.observed = nil
    try node.index.transaction { () throws(IndexError) in try node.index.put(row) }
  }

  /// Nothing else tells of it, and what is in the alias is in it.
  @Test func whoToldOfItTellsAnIgnoredHeirToo() throws {
    try knowHeir(at: place)
    try node.write(place, .merged(alias, into: heir))
    let merger = try #require(try node.index.row(.directory(alias)))
    let entries = try Announcement.entries(
      telling: [merger], to: peer, beyond: merger.sequence - 1, withholding: nil,
      index: node.index)
    #expect(entries.map(\.directory) == [heir, alias])
    try node.write(place, .deletedDirectory(heir))
    let later = try Announcement.entries(
      telling: [merger], to: peer, beyond: merger.sequence - 1, withholding: nil,
      index: node.index)
    #expect(later.map(\.directory) == [alias])
  }

  /// That something in it is gone is no reason for a peer to make it.
  @Test func whatIsGoneInAnIgnoredDirectoryDoesNotTellOfIt() throws {
    let inside = Place(parent: heir, name: Name(literal: "x"))
    try knowHeir(at: place)
    try node.write(inside, .deleted(was: nil))
    let gone = try #require(try node.index.row(.place(inside)))
    let entries = try Announcement.entries(
      telling: [gone], to: peer, beyond: 0, withholding: nil, index: node.index)
    #expect(entries == [gone.entry])
  }

  /// Nobody has what an alias held: it is no rival of what is told in its heir.
  @Test func whatNobodyHasDoesNotComeHome() throws {
    let there = Place(parent: alias, name: Name(literal: "x"))
    try node.write(place, .directory(alias), mode: 0o755)
    try node.write(there, .file(ContentID(words: (1, 0, 0, 0)), size: 10))
    var known = try #require(try node.index.row(.place(there)))
    known.observed = nil
    try node.index.transaction { () throws(IndexError) in try node.index.put(known) }
    var file = told(.file(ContentID(words: (2, 0, 0, 0)), size: 10), at: "x", 4)
    file.place.parent = heir
    let merger = told(.merged(alias, into: heir), at: "d", 3)
    let plan = try UnitPlanner.plan(
      [told(.directory(heir), at: "d", 3), merger, file], index: node.index
    ) { _ in nil }
    #expect(plan.rows.first { $0.entry.key == file.key }?.entry == file)
  }

  /// What was deleted in one that is its alias in the same unit comes to where it ends, too.
  @Test func anHeirThatBecomesAnAliasKeepsNothing() throws {
    let (last, name) = (DirectoryID(high: 0, low: 99), Name(literal: "x"))
    let (inAlias, inLast) = (Place(parent: alias, name: name), Place(parent: last, name: name))
    let elsewhere = Place(parent: .root, name: Name(literal: "e"))
    try node.write(place, .directory(alias), mode: 0o755)
    try node.write(inAlias, .symlink(target: [1]))
    try node.write(elsewhere, .directory(last), mode: 0o755)
    try node.write(inLast, .symlink(target: [2]))
    try node.write(inLast, .deleted(was: nil))
    try node.write(elsewhere, .deletedDirectory(last))
    let entries = [
      told(.directory(heir), at: "d", 3), told(.merged(alias, into: heir), at: "d", 4),
      told(.merged(last, into: alias), at: "e", 5),
    ]
    let plan = try UnitPlanner.plan(entries, index: node.index) { _ in nil }
    let living = plan.rows.map(\.entry).filter { $0.isAlive && $0.directory == nil }
    #expect(living.map(\.place) == [Place(parent: heir, name: name)])
  }

  /// On disk nothing happens: what is ignored in the one stays in the other. Only if that one is
  /// told to come here, by who had seen all that is known of it, and nothing in it is known.
  @Test(arguments: [true, false], [true, false])
  func whereAnIgnoredHeirComesItGetsThatOnesDirectory(_ comes: Bool, _ isEmpty: Bool) throws {
    try knowHeir(at: Place(parent: .root, name: Name(literal: "e")))
    let known = try #require(try node.index.row(.directory(heir))).entry
    try node.write(place, .directory(alias), mode: 0o755)
    let inside = Place(parent: alias, name: Name(literal: "x"))
    try node.write(inside, .symlink(target: [1]))
    if !isEmpty {
      let same = Place(parent: heir, name: Name(literal: "x"))
      try node.write(same, .symlink(target: [2]))
    }
    let merger = DirectoryMerger(index: node.index, wall: 1)
    let moved = told(.directory(heir), at: comes ? "d" : "f", 3).absorbing(known)
    let isMerged = try merger.merge(
      [moved, told(.merged(alias, into: heir), at: "d", 3)], vacating: []
    ).hasMerged
    #expect(isMerged == (comes && isEmpty))
    guard isMerged else { return }
    let row = try #require(try node.index.row(.directory(heir)))
    #expect(row.entry.place == place && row.observed != nil)
    #expect(try node.index.children(of: heir).map(\.entry.place.name) == [Name(literal: "x")])
    #expect(try node.index.row(.directory(alias))?.entry.isAlias == true)
  }

  /// Nor does it where the heir was deleted, and is told again by who knows that. What was deleted
  /// in it has its place in it yet.
  @Test(arguments: [true, false], [true, false])
  func whereADeletedHeirComesItGetsThatOnesDirectory(_ isKnown: Bool, _ isEmpty: Bool) throws {
    try node.write(place, .directory(heir), mode: 0o755)
    let made = try #require(try node.index.row(.directory(heir))).entry
    let (file, directory) = (Name(literal: "x"), Name(literal: "y"))
    if !isEmpty {
      try node.write(Place(parent: heir, name: file), .symlink(target: [2]))
      try node.write(Place(parent: heir, name: file), .deleted(was: nil))
    }
    let below = DirectoryID(high: 0, low: 7)
    try node.write(Place(parent: heir, name: directory), .directory(below), mode: 0o755)
    try node.write(Place(parent: heir, name: directory), .deletedDirectory(below))
    try node.write(place, .deletedDirectory(heir))
    let deleted = try #require(try node.index.row(.directory(heir))).entry
    try node.write(place, .directory(alias), mode: 0o755)
    try node.write(Place(parent: alias, name: file), .symlink(target: [1]))
    let other = DirectoryID(high: 0, low: 8)
    try node.write(Place(parent: alias, name: directory), .directory(other), mode: 0o755)
    let merger = DirectoryMerger(index: node.index, wall: 1)
    let revived = told(.directory(heir), at: "d", 3).absorbing(isKnown ? deleted : made)
    let isMerged = try merger.merge(
      [revived, told(.merged(alias, into: heir), at: "d", 3)], vacating: []
    ).hasMerged
    #expect(isMerged == (isKnown && isEmpty))
    guard isMerged else { return }
    let row = try #require(try node.index.row(.directory(heir)))
    #expect(row.entry.isAlive && row.observed != nil)
    let living = try node.index.children(of: heir).filter(\.entry.isAlive)
    #expect(living.map(\.entry.place.name) == [file, directory])
  }

  /// Nor does it where the two are known to be one and something in both has one name: what is
  /// deleted in the heir has been seen by what is here; what somebody may have in it has not.
  @Test func whatIsKnownInAHeirMeetsWhatIsInItsAlias() throws {
    try knowHeir(at: place)
    let (known, gone) = (Name(literal: "x"), Name(literal: "y"))
    for name in [known, gone] {
      try node.write(Place(parent: heir, name: name), .symlink(target: [2]))
    }
    try node.write(Place(parent: heir, name: gone), .deleted(was: nil))
    let there = try [known, gone].map { name in
      try #require(try node.index.row(.place(Place(parent: heir, name: name)))).entry.version
    }
    try node.write(place, .directory(alias), mode: 0o755)
    for name in [known, gone] {
      try node.write(Place(parent: alias, name: name), .symlink(target: [1]))
    }
    try DirectoryMerger(index: node.index, wall: 1).takeOver([alias: heir])
    #expect(try node.index.row(.directory(alias))?.entry.isAlias == true)
    let rows = try node.index.children(of: heir)
    #expect(rows.map(\.entry.body) == [.symlink(target: [1]), .symlink(target: [1])])
    let orders = zip(rows, there).map { row, version in row.entry.version.order(to: version) }
    #expect(orders == [.concurrent, .newer])
  }

  /// Its disk has the alias's mode: where the heir's wins, the other is told as a change of it.
  @Test(arguments: [0o755, 0o700] as [UInt16])
  func aHeirThatIsTakenOverHasTheModeOfItsAlias(_ mode: UInt16) throws {
    try node.write(place, .directory(alias), mode: mode)
    let standing = try #require(try node.index.row(.directory(alias))).entry.version
    try knowHeir(at: place)
    var ours = try #require(try node.index.row(.directory(heir)))
    let version = ours.entry.version
    ours.entry.version = Version(
      dot: version.dot, vector: version.vector, time: version.time + 1_000_000_000)
    try node.index.transaction { () throws(IndexError) in try node.index.put(ours) }
    let known = ours.entry
    try DirectoryMerger(index: node.index, wall: 1).takeOver([alias: heir])
    let row = try #require(try node.index.row(.directory(heir)))
    #expect(row.observed != nil && row.entry.mode == mode)
    #expect(row.entry.version.vector.includes(known.version.vector))
    let dots = [known.version.dot, standing.transplanted(from: alias).dot]
    #expect(dots.contains(row.entry.version.dot) == (mode == 0o755))
  }
}

extension Body {
  fileprivate var isDirectory: Bool { if case .directory = self { true } else { false } }
}
