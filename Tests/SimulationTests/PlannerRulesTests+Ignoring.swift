import Testing

@testable import Simulation
@testable import SyncCore

/// Where something is ignored.
extension PlannerRulesTests {
  private func ignoring(_ pattern: String, in directory: DirectoryID = .root) throws -> IgnoreTree {
    var tree = IgnoreTree()
    #expect(tree.set(try IgnoreRules(lines: [Array(pattern.utf8)]), in: directory))
    return tree
  }

  /// What lost stays where it is ignored, and nobody waits for its content.
  @Test func whatLosesAndIsIgnoredHereHasNoCopy() throws {
    try node.write(place("a"), file(1))
    let row = try #require(try node.index.row(.place(place("a"))))
    try node.index.transaction { () throws(IndexError) in
      var forgotten = row
      forgotten.observed = nil
      try node.index.put(forgotten)
    }
    let winner = try told(place("a"), file(2))
    let plan = try plan([winner], ignoring: ignoring("a"))
    #expect(plan.needs.isEmpty && plan.operations.isEmpty)
    #expect(plan.rows.map(\.entry) == [winner], "nobody may hear that it has seen the loser")
  }

  /// Two that were told and come to no disk here: who has the loser keeps it.
  @Test func aLoserThatIsIgnoredHereHasNotBeenSeen() throws {
    let winner = try told(place("a"), file(2))
    let loser = byAnother(try told(place("a"), file(1), isLater: false))
    let plan = try plan([loser, winner], ignoring: ignoring("a*"))
    #expect(plan.operations.isEmpty)
    #expect(plan.rows.first { $0.entry.body == file(2) }?.entry == winner)
  }

  /// What is known and not here would win, or has even seen what is told, and nobody has it any
  /// more.
  @Test(arguments: [false, true]) func whatNobodyHasWinsNothing(_ hasSeen: Bool) throws {
    try node.write(place("a"), file(1))
    let entry = try told(place("a"), file(2), isLater: false)
    var row = try #require(try node.index.row(.place(place("a"))))
    row.observed = nil
    if hasSeen { row.entry.version = row.entry.version.absorbing(entry.version) }
    try node.index.transaction { () throws(IndexError) in try node.index.put(row) }
    let plan = try plan([entry])
    #expect(plan.rows.map(\.entry) == [entry] && plan.operations.count == 1)
  }

  @Test func whatIsIgnoredHereIsKeptInMind() throws {
    let entries = [
      try told(place("d"), .directory(id(5))), try told(place("a", in: 5), file(1), 2),
      try told(place("b", in: 5), file(2), 3),
    ]
    let plan = try plan(entries, ignoring: ignoring("/d/b"))
    #expect(plan.rows.count == 3 && plan.operations.count == 2 && plan.needs.isEmpty)
    #expect(plan.rows.first { $0.entry.body == file(2) }?.operation == nil)
  }

  @Test func whatIsHereAndIgnoredByNowIsForgotten() throws {
    try node.write(place("d"), .directory(id(5)), mode: 0o755)
    try node.write(place("e", in: 5), .directory(id(6)), mode: 0o755)
    try node.write(place("a", in: 6), file(1))
    var entry = try told(place("e", in: 5), .directory(id(6)), seen: true)
    entry.mode = 0o700
    let plan = try plan([entry], ignoring: ignoring("e", in: id(5)))
    #expect(plan.operations.isEmpty)
    #expect(plan.ignored.map(\.entry.place.name) == [Name(literal: "e"), Name(literal: "a")])
  }

  /// A directory with two files, that a peer has moved, and one of the files deleted.
  private func moved(to place: Place) throws -> [Entry] {
    try node.write(self.place("d"), .directory(id(5)), mode: 0o755)
    try node.write(self.place("a", in: 5), file(1))
    try node.write(self.place("b", in: 5), file(2))
    return [
      try told(self.place("i"), .directory(id(7)), 3),
      try told(place, .directory(id(5)), seen: true),
      try told(self.place("b", in: 5), .deleted(was: nil), 2, seen: true),
    ]
  }

  private func names(removedBy plan: UnitPlan) -> [Name] {
    plan.operations.compactMap { operation in
      switch operation {
      case .removeFile(let place, _), .removeDirectory(_, let place, _): place.name
      case .makeDirectory, .moveDirectory, .putFile, .putSymlink, .moveFile, .setAttributes: nil
      }
    }.sorted()
  }

  /// A look finds it ignored there, with what is in it.
  @Test func whatMovesToWhereItIsIgnoredMovesHereToo() throws {
    let plan = try plan(moved(to: place("x")), ignoring: ignoring("x"))
    #expect(names(removedBy: plan) == [Name(literal: "b")])
    let isMoved = plan.operations.contains { operation in
      if case .moveDirectory(id(5), _, place("x"), _, _) = operation { true } else { false }
    }
    #expect(isMoved && plan.ignored.isEmpty)
  }

  /// So is what is ignored in it from now on, whether or not who moved it has that.
  @Test func whatIsInWhatMovesStaysInIt() throws {
    var entries = try moved(to: place("x"))
    entries[2] = try told(place("a", in: 5), file(3), 2)
    let plan = try plan(entries, ignoring: ignoring("/x/a"))
    #expect(names(removedBy: plan).isEmpty)
    #expect(plan.ignored.map(\.entry.body) == [file(1)])
  }

  /// What stands there and is not ignored gives way to it.
  @Test func whatMovesToWhereItIsIgnoredNeedsThePlace() throws {
    try node.write(place("x"), file(9))
    let plan = try plan(moved(to: place("x")), ignoring: ignoring("x/"))
    let isMoved = plan.operations.contains { operation in
      if case .moveFile(place("x"), _, _, _, _, _) = operation { true } else { false }
    }
    #expect(isMoved)
  }

  @Test func whatMovesIntoWhatIsIgnoredGoes() throws {
    let plan = try plan(moved(to: place("d", in: 7)), ignoring: ignoring("i"))
    #expect(
      names(removedBy: plan) == [Name(literal: "a"), Name(literal: "b"), Name(literal: "d")])
    #expect(plan.operations.count == 3 && plan.left.isEmpty)
  }

  /// What was made in it here, and who moved it can't have known, was deleted by nobody.
  @Test func whatNobodyHasHeardOfStays() throws {
    let plan = try plan(moved(to: place("d", in: 7)), ignoring: ignoring("i"), heard: 1)
    #expect(plan.left == [place("d")])
    #expect(plan.ignored.map(\.entry.place.name).contains(Name(literal: "a")))
  }

  /// Something that is told to nobody stands in a file's place.
  @Test func whatCannotComeIsKeptInMind() throws {
    var tree = try ignoring("*.o")
    tree.block(place("a"), for: .others)
    let plan = try plan(
      [told(place("a"), file(1)), told(place("b"), file(2), 2)], ignoring: tree)
    #expect(plan.rows.count == 2 && plan.operations.count == 1 && plan.needs.isEmpty)
  }

  /// A directory that was ignored until now is made for what comes to it.
  @Test func whatComesNeedsItsDirectory() throws {
    try node.write(place("d"), .directory(id(5)), mode: 0o755)
    var row = try #require(try node.index.row(.directory(id(5))))
    row.observed = nil
    try node.index.transaction { () throws(IndexError) in try node.index.put(row) }
    let plan = try plan([told(place("a", in: 5), file(1))])
    let isMade = plan.operations.contains { operation in
      if case .makeDirectory(id(5), _, _) = operation { true } else { false }
    }
    #expect(isMade && plan.operations.count == 2)
  }

  /// A directory that is known and not here is nowhere, also if something goes into it.
  @Test func whatGoesIntoWhatIsMadeWaitsForThat() throws {
    try node.write(place("b"), .directory(id(5)), mode: 0o755)
    try node.write(place("c"), .directory(id(7)), mode: 0o755)
    var row = try #require(try node.index.row(.directory(id(7))))
    row.letGo()
    try node.index.transaction { () throws(IndexError) in try node.index.put(row) }
    let plan = try plan([
      told(place("b"), .directory(id(7)), 1, seen: true),
      told(place("b", in: 7), .directory(id(5)), 2, seen: true),
    ])
    #expect(plan.operations.count == 2 && plan.directories[id(7)] == nil)
  }
}
