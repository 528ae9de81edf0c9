import Testing

@testable import SyncCore

/// Who wins, by name: two entries of one place, and what comes of them in either order.
@Suite struct ReconcilerCaseTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var left: Entry
    var right: Entry
    var keepsLeft: Bool
    var hasCopy: Bool

    init(_ name: String, _ left: Entry, _ right: Entry, keepsLeft: Bool = true, copy: Bool = false)
    {
      testDescription = name
      self.left = left
      self.right = right
      self.keepsLeft = keepsLeft
      hasCopy = copy
    }
  }

  /// An entry by a node, on top of nothing or of another one; settled at time 100.
  private static func entry(
    _ body: Body, by node: UInt64 = 1, _ counter: UInt64 = 1, after: Entry? = nil,
    mtime: Int64 = 10, mode: UInt16 = 0o644, time: Int64 = 100
  ) -> Entry {
    let isAlive = if case .deleted = body { false } else { true }
    return Entry(
      place: Place(parent: .root, name: Name(testing: "a.txt")), body: body,
      mode: isAlive ? mode : 0, mtime: isAlive ? mtime : 0,
      version: Version(
        dot: Dot(actor: Actor(node: node, incarnation: 0), counter: counter),
        after: after?.version, time: time))
  }

  private static func file(_ content: UInt64) -> Body {
    .file(ContentID(testing: content), size: 1)
  }
  private static let link = Body.symlink(target: [65])
  private static func gone(_ content: UInt64) -> Body { .deleted(was: ContentID(testing: content)) }
  private static let base = entry(file(1), by: 3)

  static let cases: [Case] = [
    Case("a change replaces what it had seen", entry(file(2), after: base), base),
    Case("even if it is older by the clock", entry(file(2), after: base, mtime: 0), base),
    Case("a deletion replaces what it had seen", entry(gone(1), after: base), base),
    Case(
      "a new file replaces the deletion it had seen", entry(file(1), after: entry(gone(2))),
      entry(gone(2))),
    Case(
      "two creations, same content, the later mtime", entry(file(1), mtime: 20),
      entry(file(1), by: 2)),
    Case(
      "two creations, other content, the later mtime", entry(file(1), mtime: 20),
      entry(file(2), by: 2), copy: true),
    Case(
      "same mtime, the greater content", entry(file(1)), entry(file(2), by: 2),
      keepsLeft: false, copy: true),
    Case(
      "a file before a symlink of the same time", entry(file(1)), entry(link, by: 2),
      copy: true),
    Case(
      "a later symlink before a file", entry(link, mtime: 20), entry(file(1), by: 2),
      copy: true),
    Case("two equal symlinks", entry(link, mtime: 20), entry(link, by: 2)),
    Case(
      "two other symlinks", entry(link, mtime: 20), entry(.symlink(target: [66]), by: 2),
      copy: true),
    Case(
      "a modification before a deletion", entry(file(2), after: base),
      entry(gone(1), by: 2, after: base, time: 1000)),
    Case(
      "chmod before a deletion", entry(file(1), after: base, mode: 0o600),
      entry(gone(1), by: 2, after: base)),
    Case(
      "chmod against chmod, the later", entry(file(1), after: base, mode: 0o600, time: 101),
      entry(file(1), by: 2, after: base), keepsLeft: false),
    Case(
      "touch against a modification, no matter which is later",
      entry(file(1), after: base, mtime: 20), entry(file(2), by: 2, after: base), copy: true),
    Case(
      "two deletions, the later", entry(gone(1), after: base, time: 101),
      entry(gone(1), by: 2, after: base)),
    Case(
      "a forgotten file goes with its deletion", entry(gone(1), after: base),
      entry(file(1), by: 2, mtime: 99)),
    Case(
      "another file at the place of a deletion comes back", entry(file(2), by: 2),
      entry(gone(1), after: base)),
    Case(
      "a file with a past comes back",
      entry(file(1), by: 2, after: entry(file(1), by: 4)), entry(gone(1), after: base)),
    Case(
      "a future mtime counts as the time it was seen", entry(file(1), mtime: .max, time: 100),
      entry(file(2), by: 2, mtime: 101, time: 102), keepsLeft: false, copy: true),
    Case(
      "a future mtime does not win for ever", entry(file(2), by: 2, mtime: 101, time: 102),
      entry(file(1), mtime: .max, time: 100), copy: true),
    Case("two contents under one dot", entry(file(1), mtime: 20), entry(file(2)), copy: true),
    Case("two symlinks under one dot", entry(.symlink(target: [66])), entry(link), copy: true),
    Case("two modes under one dot", entry(file(1), mode: 0o755), entry(file(1), mode: 0o644)),
  ]

  @Test(arguments: cases) func theWinnerIsTheOneThatTheRulesName(_ example: Case) {
    let (winner, loser) =
      example.keepsLeft ? (example.left, example.right) : (example.right, example.left)
    for merge in [
      Reconciler.merge(example.left, example.right), Reconciler.merge(example.right, example.left),
    ] {
      var expected = winner
      expected.version = winner.version.absorbing(loser.version)
      #expect(merge.kept == expected)
      #expect((merge.copy != nil) == example.hasCopy)
      guard let copy = merge.copy else { continue }
      #expect(copy.version == loser.version && copy.body == loser.body)
      #expect(copy.mode == loser.mode && copy.mtime == loser.mtime)
      #expect(copy.place == Place(parent: .root, name: ConflictName.name(for: loser)))
    }
  }

  @Test func ofTwoModificationsThatOfThePreferredNodeWins() {
    let node = NodeID(bytes: [UInt8](repeating: 7, count: 32))!
    let preferred = Self.entry(Self.file(1), by: node.prefix, after: Self.base)
    let later = Self.entry(Self.file(2), by: 2, after: Self.base, mtime: 20)
    for (left, right) in [(preferred, later), (later, preferred)] {
      let merge = Reconciler.merge(left, right, preferring: node)
      #expect(merge.kept.body == preferred.body && merge.copy?.body == later.body)
      #expect(Reconciler.merge(left, right).kept.body == later.body)
    }
    // What it deleted is not worth more than what another wrote.
    let gone = Self.entry(Self.gone(1), by: node.prefix, after: Self.base, time: 1000)
    #expect(Reconciler.merge(gone, later, preferring: node).kept.body == later.body)
  }

  @Test func aConflictOnAConflictCopyKeepsBothUnderNamesThatDoNotGrow() throws {
    let copy = try #require(
      Reconciler.merge(Self.entry(Self.file(1)), Self.entry(Self.file(2), by: 2, mtime: 20)).copy)
    var mine = Self.entry(Self.file(3), by: 4, after: copy)
    var yours = Self.entry(Self.file(4), by: 5, after: copy, mtime: 20)
    (mine.place, yours.place) = (copy.place, copy.place)
    let second = Reconciler.merge(mine, yours)
    #expect(second.kept.body == yours.body)
    let loser = try #require(second.copy)
    #expect(loser.body == mine.body && loser.place != copy.place)
    #expect(loser.place.name.bytes.count == copy.place.name.bytes.count)
  }

  @Test func anAliasIsForEverAndLeadsToTheSmallest() {
    func directory(_ body: Body, by node: UInt64, time: Int64 = 100) -> Entry {
      var entry = Self.entry(body, by: node, time: time)
      (entry.mode, entry.mtime) = (0, 0)
      return entry
    }
    let id = DirectoryID(testing: 9)
    let alias = directory(.merged(id, into: DirectoryID(testing: 2)), by: 1, time: 0)
    let other = directory(.merged(id, into: DirectoryID(testing: 3)), by: 2)
    for loser in [other, directory(.directory(id), by: 2), directory(.deletedDirectory(id), by: 2)]
    {
      for merge in [Reconciler.merge(alias, loser), Reconciler.merge(loser, alias)] {
        #expect(merge.kept.body == alias.body && merge.copy == nil)
      }
    }
  }
}
