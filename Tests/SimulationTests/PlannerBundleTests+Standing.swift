import Simulation
import Testing

@testable import SyncCore

/// Which state of a bundle stands where one lies in another, is merged, or lost before.
extension PlannerBundleTests {
  /// The outer one's state says nothing of it.
  @Test func `what gave way within another bundle is kept beside that`() throws {
    try have()
    let dot = Dot(actor: node.index.actor, counter: 50)
    var inner = told(BundleVersion(version: Version(dot: dot, after: nil, time: 1)))
    (inner.body, inner.place) = (.directory(DirectoryID(high: 0, low: 6)), place("b"))
    var inIt = told("a", file(1), Dot(actor: node.index.actor, counter: 49))
    inIt.place.parent = DirectoryID(high: 0, low: 6)
    try haveToo([inner, inIt])
    inner.bundle = state(of: 3, over: [dot])
    var gone = told("a", .deleted(was: nil), self.dot(3, 49), after: inIt)
    gone.place.parent = inIt.place.parent
    let plan = try plan([[inner, gone]])
    let kept = plan.rows.map(\.entry).filter { $0.isAlive && ConflictName.isOne($0.place.name) }
    #expect(kept.map(\.place.parent) == [.root] && contents(of: plan) == [file(1)])
  }

  /// The states of the bundle that it is in at the one and of its own say nothing of each other.
  @Test func `a bundle that is moved to two places comes to the same one everywhere`() throws {
    let outer = state(of: 2)
    var known = VersionVector()
    known.include(outer.version.dot)
    var inside = told(
      BundleVersion(version: Version(dot: dot(3, 60), vector: known, time: 9)))
    inside.body = .directory(DirectoryID(high: 0, low: 6))
    var outside = inside
    (inside.place, outside.place.name) = (place("y"), Name("x".utf8)!)
    inside.version = Version(dot: dot(2, 61), after: nil, time: 5)
    outside.version = Version(dot: dot(3, 61), after: nil, time: 1)
    for (here, coming) in [(inside, outside), (outside, inside)] {
      try have(outer)
      try haveToo([here])
      let rows = try plan([[told(outer), coming]]).rows.map(\.entry)
      #expect(rows.contains { $0.directory == inside.directory && $0.place == inside.place })
    }
  }

  /// What that had put back for itself is put back to what stands, and who has this says what to.
  @Test func `what gave way to what gives way waits for the word of what stands`() throws {
    try have(state(of: 2))
    let here = told("a", file(2), dot(2, 49))
    try haveToo([here])
    let gone = told("a", .deleted(was: nil), dot(3, 51), after: here)
    let tellings = [
      [told(state(of: 3, over: [dot(2, 50)])), gone], [told(state(of: 4, over: [dot(3, 50)]))],
    ]
    #expect(try plan(tellings).awaitedBundle == bundle)
    let word = [told(state(of: 4, over: [dot(2, 50), dot(3, 50)]))]
    #expect(try plan(tellings + [word]).awaitedBundle == nil)
  }

  /// Who tells it had not heard of the state against which the one here had won.
  @Test func `what stands has seen what its teller says and no more`() {
    let here = state(of: 3, over: [dot(2, 50)])
    let coming = state(of: 4, over: [dot(3, 50)])
    #expect(BundleVersion.merged(here, coming) == coming)
    #expect(BundleVersion.merged(coming, here) == coming)
  }

  /// Nobody else says what becomes of that.
  @Test func `what was put back here waits until who tells what stands has heard of it`() throws {
    try have(state(of: 3))
    let putBack = told("a", file(1), Dot(actor: node.index.actor, counter: 60))
    try haveToo([putBack])
    let word = told(state(of: 4, over: [dot(3, 50)]))
    #expect(try plan([[word]]).awaitedBundle == bundle)
    #expect(try plan([[word]], awaitsWord: false).awaitedBundle == nil)
    let gone = told("a", .deleted(was: nil), dot(4, 61), after: putBack)
    #expect(try plan([[word, gone]]).awaitedBundle == nil)
  }

  /// Told with the state before, it would be a change of that.
  @Test func `what could be done of a state is told when all of it is`() throws {
    try have()
    let tellings = [
      [told(state(of: 4)), told("a", file(1), dot(4, 48)), told("b", file(2), dot(4, 49))]
    ]
    let first = try record(tellings) { $0 == place("a") ? .done(stamp) : .refused }
    #expect(try node.index.untoldRows().map(\.entry.place) == [place("a")])
    #expect(first.isEmpty)
    let second = try record(tellings) { _ in .done(stamp) }
    #expect(try node.index.untoldRows().isEmpty)
    #expect(second == [bundle, nil, nil])
  }

  /// Its own state is complete, but not that of what it is in.
  @Test func `what is done of a bundle within another waits for that`() throws {
    try have()
    var inner = told(state(of: 4))
    (inner.body, inner.place) = (.directory(DirectoryID(high: 0, low: 6)), place("i"))
    var inIt = told("x", file(1), dot(4, 48))
    inIt.place.parent = DirectoryID(high: 0, low: 6)
    let tellings = [[told(state(of: 4)), inner, inIt, told("b", file(2), dot(4, 49))]]
    #expect(try record(tellings) { $0 == place("b") ? .refused : .done(stamp) }.isEmpty)
    #expect(try node.index.untoldRows().count == 2)
  }

  /// It would be told without the state that it is of.
  @Test func `nothing is recorded in a bundle that could not be made`() throws {
    let gone = told("a", .deleted(was: nil), dot(4, 48))
    #expect(try record([[told(state(of: 4)), gone]]) { _ in .refused }.isEmpty)
    #expect(try record([[told(state(of: 4)), gone]]) { _ in .done(stamp) }.count == 2)
  }

  /// Nobody waits for the rest of it.
  @Test func `what has left a bundle of which not all is done is told`() throws {
    let tellings = [
      [told(state(of: 4)), told("a", file(1), dot(4, 48)), told("b", file(2), dot(4, 49))]
    ]
    try have()
    _ = try record(tellings) { $0 == place("a") ? .done(stamp) : .refused }
    var plain = told(state(of: 9))
    plain.bundle = nil
    try haveToo([plain])
    #expect(try record([]) { _ in .refused } == [nil])
  }

  private var stamp: FileStamp {
    FileStamp(kind: .file, inode: 999, size: 10, mtime: 1, ctime: 0, btime: 1, mode: 0o644)
  }

  /// Plans and records a unit of which a flip did what `result` says at each place; the directories
  /// of what is told of it, `nil` for files.
  private func record(
    _ tellings: [[Entry]], _ result: (Place) -> OperationResult
  ) throws -> [DirectoryID?] {
    let plan = try plan(tellings)
    let results = plan.operations.map { result($0.places[0]) }
    let before = node.index.sequence
    try node.index.transaction { () throws(IndexError) in
      let recorder = RowRecorder(index: node.index, wall: 1, bundles: BundleRules())
      try recorder.record(plan.rows, results, source: nil)
    }
    return try node.index.rows(after: before, limit: .max).map(\.entry.directory)
  }

  /// Its number is the later one, but for the other it has seen nothing of this.
  @Test func `of two bundles of this node that are merged what gives way is kept`() throws {
    let states = [60, 50].map { counter in
      BundleVersion(
        version: Version(dot: Dot(actor: node.index.actor, counter: counter), after: nil, time: 1))
    }
    try have(states[0])
    let alias = DirectoryID(high: 0, low: 6)
    var other = told(states[1])
    (other.body, other.place.name) = (.directory(alias), Name("x".utf8)!)
    var inIt = told("a", file(1), Dot(actor: node.index.actor, counter: 49))
    inIt.place.parent = alias
    try haveToo([other, inIt])
    var gone = told("a", .deleted(was: nil), dot(3, 49), after: inIt)
    gone.place.parent = alias
    (other.body, other.mode, other.bundle) = (.merged(alias, into: bundle), 0, nil)
    other.version = Version(dot: dot(3, 48), after: other.version, time: 1)
    #expect(try contents(of: plan([[told(states[0]), other, gone]])) == [file(1)])
  }

  /// A replica tells nobody what it did to the directory, so nobody could judge what is in it.
  @Test func `nothing is told of a bundle that is withheld, but what lies beside it`() throws {
    var (outer, inner) = (told(state(of: 3)), told(state(of: 3)))
    (outer.body, outer.bundle) = (.directory(DirectoryID(high: 0, low: 6)), nil)
    outer.place.name = Name("x".utf8)!
    inner.place.parent = DirectoryID(high: 0, low: 6)
    inner.version = Version(
      dot: Dot(actor: node.index.actor, counter: 60), after: inner.version, time: 1)
    let inIt = told("a", file(1), dot(3, 49))
    var beside = told("b", file(2), dot(3, 48))
    beside.place.parent = DirectoryID(high: 0, low: 6)
    try haveToo([outer, inner, inIt, beside])
    let rows = try [inIt, beside].compactMap { try node.index.row($0.key) }
    let entries = try Announcement.entries(
      telling: rows, to: PlannerNode.id(2), beyond: 0, withholding: PlannerNode.id(1),
      index: node.index)
    #expect(entries == [outer, beside])
  }
}
