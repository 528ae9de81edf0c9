import Simulation
import SyncEngine
import Testing

@testable import SyncCore

/// Situations by name: what is here, what is announced, and what is to be done about it.
@Suite struct PlannerSituationTests {
  private let node = PlannerNode(1)
  private let peer = NodeID(bytes: [UInt8](repeating: 2, count: 32))!

  private func place(_ name: String, in parent: UInt64 = 0) -> Place {
    Place(parent: DirectoryID(high: 0, low: parent), name: Name(name.utf8)!)
  }

  private func file(_ content: UInt64) -> Body {
    .file(ContentID(words: (content, 0, 0, 0)), size: 10)
  }

  private func directory(_ number: UInt64) -> DirectoryID { DirectoryID(high: 0, low: number) }

  /// What the peer says, on top of what is here or of nothing; later than anything here if `later`.
  private func told(
    _ place: Place, _ body: Body, _ counter: UInt64 = 1, seen: Bool = false, later: Bool = true
  ) throws -> Entry {
    let time: Int64 = later ? 1_800_000_000_000_000_000 : 1
    var entry = Entry(
      place: place, body: body, mode: 0, mtime: 0,
      version: Version(
        dot: Dot(actor: Actor(node: 2, incarnation: 1), counter: counter), after: nil, time: time))
    if seen, let row = try node.index.row(entry.key) {
      entry.version = entry.version.absorbing(row.entry.version)
    }
    switch body {
    case .file: (entry.mode, entry.mtime) = (0o644, time)
    case .symlink: entry.mtime = time
    case .directory: entry.mode = 0o755
    case .deleted, .deletedDirectory, .merged: break
    }
    return entry
  }

  /// Plans, checks that the plan works, and returns it.
  private func take(_ entries: [Entry], sourceLocation: SourceLocation = #_sourceLocation)
    throws -> UnitPlan
  {
    var needs: [Need] = []
    let plan = try node.plan(entries, needs: &needs)
    #expect(try node.take(entries, from: peer) == [], sourceLocation: sourceLocation)
    return plan
  }

  private func kinds(_ plan: UnitPlan) -> [String] {
    plan.operations.map { operation in
      switch operation {
      case .makeDirectory: "make"
      case .moveDirectory: "moveDirectory"
      case .putFile(_, _, let replacing): replacing == nil ? "put" : "replace"
      case .putSymlink: "symlink"
      case .moveFile(_, _, _, let replacing, _, _): replacing == nil ? "move" : "moveOver"
      case .setAttributes: "attributes"
      case .removeFile: "remove"
      case .removeDirectory: "removeDirectory"
      }
    }.sorted()
  }

  private func body(_ place: Place) throws -> Body? {
    try node.index.directory(at: place)?.entry.body ?? node.index.row(.place(place))?.entry.body
  }

  // MARK: Files

  @Test func aNewFileIsPutAndToldAsItWasAnnounced() throws {
    let plan = try take([told(place("a"), file(1))])
    #expect(kinds(plan) == ["put"])
    #expect(plan.rows.map(\.isAsAnnounced) == [true] && plan.rows.map(\.isOurs) == [false])
  }

  @Test func whatIsNotStagedIsNeeded() throws {
    let entry = try told(place("a"), file(1))
    let plan = try UnitPlanner.plan([entry], index: node.index) { _ in nil }
    #expect(plan.operations.isEmpty)
    #expect(
      plan.needs == [
        Need(
          place: entry.place, content: ContentID(words: (1, 0, 0, 0)), size: 10, mode: 0o644,
          mtime: entry.mtime)
      ])
  }

  @Test func aKnownFileIsReplacedOnlyAsItWasSeen() throws {
    try node.write(place("a"), file(1))
    let stamp = try #require(try node.index.row(.place(place("a")))?.observed)
    let plan = try take([told(place("a"), file(2), seen: true)])
    guard case .putFile(_, _, let replacing) = plan.operations[0] else {
      Issue.record("\(plan.operations)")
      return
    }
    #expect(replacing == stamp && plan.operations.count == 1)
  }

  @Test func whatIsHereAlreadyNeedsNothing() throws {
    let entry = try told(place("a"), file(1))
    _ = try take([entry])
    let plan = try take([entry])
    #expect(plan.operations.isEmpty && plan.rows.isEmpty)
  }

  @Test func otherAttributesAloneAreSet() throws {
    try node.write(place("a"), file(1))
    var entry = try told(place("a"), file(1), seen: true)
    entry.mode = 0o600
    #expect(try kinds(take([entry])) == ["attributes"])
  }

  @Test func equalContentOfTwoNodesIsOneVersion() throws {
    try node.write(place("a"), file(1), mtime: 5)
    var entry = try told(place("a"), file(1))
    entry.mtime = 5
    let plan = try take([entry])
    #expect(plan.operations.isEmpty && plan.rows.count == 1)
    let vector = try node.index.row(.place(place("a")))?.entry.version.vector
    #expect(vector?.components.count == 2)
  }

  @Test func aDyingFileBecomesTheNewOneWithItsContent() throws {
    try node.write(place("a"), file(1))
    let deleted = Body.deleted(was: ContentID(words: (1, 0, 0, 0)))
    let plan = try take([
      told(place("a"), deleted, 1, seen: true), told(place("b"), file(1), 2),
    ])
    #expect(kinds(plan) == ["move"] && plan.needs.isEmpty)
  }

  @Test func aDyingFileBecomesOneOnly() throws {
    try node.write(place("a"), file(1))
    let deleted = Body.deleted(was: ContentID(words: (1, 0, 0, 0)))
    let plan = try take([
      told(place("a"), deleted, 1, seen: true), told(place("b"), file(1), 2),
      told(place("c"), file(1), 3),
    ])
    #expect(kinds(plan) == ["move", "put"])
  }

  @Test func aLocalLoserIsMovedAsideBeforeTheWinnerIsPut() throws {
    try node.write(place("a"), file(1))
    let plan = try take([told(place("a"), file(2))])
    #expect(kinds(plan) == ["move", "put"])
    #expect(try body(place("a")) == file(2))
    #expect(try node.living().values.contains { $0.body == file(1) })
  }

  /// It loses to one version, and another that wins over that has its content.
  @Test func aLocalLoserWithTheContentOfTheWinnerStays() throws {
    try node.write(place("a"), file(1))
    var latest = try told(place("a"), file(1))
    latest.mtime += 1
    latest.version = Version(
      dot: Dot(actor: Actor(node: 3, incarnation: 1), counter: 1), after: nil, time: latest.mtime)
    let plan = try take([told(place("a"), .symlink(target: [2])), latest])
    #expect(try body(place("a")) == file(1))
    #expect(!kinds(plan).contains("move"))
  }

  @Test func aLosingAnnouncementIsPutBeside() throws {
    try node.write(place("a"), file(1))
    let plan = try take([told(place("a"), file(2), later: false)])
    #expect(kinds(plan) == ["put"])
    #expect(try body(place("a")) == file(1))
    #expect(try node.living().values.contains { $0.body == file(2) })
  }

  @Test func symlinksAreMadeReplacedAndKept() throws {
    #expect(try kinds(take([told(place("a"), .symlink(target: [65]))])) == ["symlink"])
    try node.write(place("b"), .symlink(target: [66]))
    #expect(try kinds(take([told(place("b"), .symlink(target: [67]))])) == ["move", "symlink"])
    #expect(try kinds(take([told(place("a"), file(1), 9, seen: true)])) == ["replace"])
  }

  @Test func aDeletionOfWhatIsNotHereIsRemembered() throws {
    let plan = try take([told(place("a"), .deleted(was: nil))])
    #expect(plan.operations.isEmpty && plan.rows.count == 1)
  }

  @Test func aDeletionThatHadNotSeenTheFileLosesAgainstIt() throws {
    try node.write(place("a"), file(1))
    let plan = try take([told(place("a"), .deleted(was: nil))])
    #expect(plan.operations.isEmpty)
    #expect(try body(place("a")) == file(1))
  }

  // MARK: Directories

  @Test func aDirectoryMovesWithAllThatIsInIt() throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("a", in: 5), file(1))
    let plan = try take([told(place("e"), .directory(directory(5)), seen: true)])
    #expect(kinds(plan) == ["moveDirectory"] && plan.rows.count == 1)
  }

  @Test func aFileGivesWayToADirectory() throws {
    try node.write(place("a"), file(1))
    let plan = try take([told(place("a"), .directory(directory(5)))])
    #expect(kinds(plan) == ["make", "move"])
    #expect(try body(place("a")) == .directory(directory(5)))
    #expect(try node.living().values.contains { $0.body == file(1) })
  }

  @Test func anAnnouncedFileGivesWayToADirectoryThatIsHere() throws {
    try node.write(place("a"), .directory(directory(5)), mode: 0o755)
    #expect(try kinds(take([told(place("a"), file(1))])) == ["put"])
    #expect(try body(place("a")) == .directory(directory(5)))
  }

  @Test func aDeletedTreeIsRemoved() throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("a", in: 5), file(1))
    let plan = try take([
      told(place("a", in: 5), .deleted(was: nil), 1, seen: true),
      told(place("d"), .deletedDirectory(directory(5)), 2, seen: true),
    ])
    #expect(kinds(plan) == ["remove", "removeDirectory"])
  }

  @Test func aDirectoryInWhichSomethingLivesIsNotRemoved() throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("a", in: 5), file(1))
    let plan = try take([told(place("d"), .deletedDirectory(directory(5)), seen: true)])
    #expect(plan.operations.isEmpty)
    #expect(plan.rows.map(\.isOurs) == [true])
    let row = try #require(try node.index.row(.directory(directory(5))))
    #expect(row.entry.isAlive && row.observed != nil)
  }

  @Test func aDeletedDirectoryIsRevivedForWhatIsToLiveInIt() throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("d"), .deletedDirectory(directory(5)))
    let plan = try take([told(place("a", in: 5), file(1))])
    #expect(kinds(plan) == ["make", "put"])
    #expect(plan.rows.count(where: \.isOurs) == 1)
  }

  @Test func aRevivedDirectoryFindsAnotherPlaceIfItsOwnIsTaken() throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("d"), .deletedDirectory(directory(5)))
    try node.write(place("d"), file(1))
    #expect(try kinds(take([told(place("a", in: 5), file(2))])) == ["make", "move", "put"])
    #expect(try body(place("d")) == .directory(directory(5)))
  }

  @Test(arguments: [4, 6] as [UInt64])
  func theDirectoryWithTheSmallerIDKeepsThePlace(other: UInt64) throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("e"), .directory(directory(other)), mode: 0o755)
    _ = try take([told(place("d"), .directory(directory(other)), seen: true)])
    #expect(try body(place("d")) == .directory(directory(min(5, other))))
    #expect(try node.living().count == 2)
  }

  @Test(arguments: [4, 6] as [UInt64])
  func directoriesThatNobodyKnewAsTwoAreOne(other: UInt64) throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("a", in: 5), file(1))
    _ = try take([told(place("d"), .directory(directory(other)))])
    #expect(try body(place("d")) == .directory(directory(min(5, other))))
    #expect(try body(place("a", in: min(5, other))) == file(1))
    #expect(try node.living().count == 2)
  }

  @Test func twoMovesIntoEachOtherAreBroken() throws {
    for number in [5, 6] as [UInt64] {
      try node.write(place("d\(number)"), .directory(directory(number)), mode: 0o755)
    }
    let moved = try told(place("d5", in: 6), .directory(directory(5)), seen: true)
    try node.write(place("d6", in: 5), .directory(directory(6)), mode: 0o755)
    _ = try take([moved])
    #expect(try node.living().count == 2)
  }

  /// A step that was refused can leave that in the index, until it is taken.
  @Test func directoriesThatLieInEachOtherHaveNoPath() throws {
    try node.write(place("d5"), .directory(directory(5)), mode: 0o755)
    try node.write(place("d6", in: 5), .directory(directory(6)), mode: 0o755)
    try node.write(place("d5", in: 6), .directory(directory(5)), mode: 0o755)
    var needs: [Need] = []
    let plan = try node.plan([told(place("a", in: 5), file(1))], needs: &needs)
    #expect(plan.operations.count == 1 && plan.directories.isEmpty)
  }

  @Test func entriesOfAnUnknownDirectoryAreNotApplied() throws {
    var needs: [Need] = []
    let plan = try node.plan([told(place("a", in: 5), file(1))], needs: &needs)
    #expect(plan.unknownParent == directory(5) && plan.operations.isEmpty && plan.rows.isEmpty)
  }

  @Test func entriesInAnAliasBelongToTheDirectoryItWasMergedInto() throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("d"), .merged(directory(6), into: directory(5)))
    let plan = try take([told(place("a", in: 6), file(1))])
    #expect(kinds(plan) == ["put"] && plan.rows.map(\.isAsAnnounced) == [false])
    #expect(try body(place("a", in: 5)) == file(1))
  }

  /// Of one actor the greater number seems to have seen the smaller one.
  @Test func whatIsToldInAnAliasSaysNothingAboutTheDirectoryItWasMergedInto() throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("d"), .merged(directory(6), into: directory(5)))
    _ = try take([told(place("a", in: 5), file(1), 1)])
    _ = try take([told(place("a", in: 6), file(2), 2)])
    func isAlive(_ content: UInt64) throws -> Bool {
      try node.living().values.contains { $0.body == file(content) }
    }
    #expect(try isAlive(1) && isAlive(2))
    _ = try take([told(place("a", in: 6), .deleted(was: ContentID(words: (2, 0, 0, 0))), 3)])
    #expect(try isAlive(1) && !isAlive(2))
  }

  @Test func whatIsInADirectoryThatTurnsOutToBeAnAliasIsKept() throws {
    try node.write(place("d"), .directory(directory(5)), mode: 0o755)
    try node.write(place("e"), .directory(directory(6)), mode: 0o755)
    try node.write(place("a", in: 6), file(1))
    try node.write(place("b", in: 6), .directory(directory(7)), mode: 0o755)
    try node.write(place("a", in: 5), file(2))
    _ = try take([told(place("d"), .merged(directory(6), into: directory(5)))])
    let living = try node.living().values
    #expect(living.contains { $0.body == file(1) && $0.place.parent == directory(5) })
    #expect(living.contains { $0.body == file(2) && $0.place.parent == directory(5) })
    #expect(try body(place("b", in: 5)) == .directory(directory(7)))
    #expect(try body(place("d")) == nil && body(place("e")) == .directory(directory(5)))
  }
}
