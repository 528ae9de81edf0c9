import Simulation
import Testing

@testable import SyncCore

/// What is planned of a bundle of which several states are told.
@Suite struct PlannerBundleTests {
  let node = PlannerNode(1)
  let bundle = DirectoryID(high: 0, low: 5)

  func dot(_ peer: UInt8, _ counter: UInt64) -> Dot {
    Dot(actor: Actor(node: PlannerNode.id(peer).prefix, incarnation: 1), counter: counter)
  }

  func place(_ name: String) -> Place {
    Place(parent: bundle, name: Name(name.utf8)!)
  }

  func file(_ content: UInt64) -> Body {
    .file(ContentID(words: (content, 0, 0, 0)), size: 10)
  }

  /// A state that was made of the one that all have, by the peer of its number and at that time.
  func state(of peer: UInt8, over overruled: [Dot] = []) -> BundleVersion {
    let gone = overruled.reduce(into: VersionVector()) { $0.include($1) }
    let known = Version(dot: dot(9, 50), vector: gone, time: 0)
    return BundleVersion(
      version: Version(dot: dot(peer, 50), after: known, time: Int64(peer)), overruled: gone)
  }

  /// The state that its going made of the one that all have, by a peer.
  func gone(by peer: UInt8) -> BundleVersion {
    let known = Version(dot: dot(9, 50), after: nil, time: 0)
    return BundleVersion(
      version: Version(dot: dot(peer, 50), after: known, time: 0), isGone: true)
  }

  /// The bundle, as it is told with a state.
  func told(_ state: BundleVersion) -> Entry {
    Entry(
      place: Place(parent: .root, name: Name(".git".utf8)!), body: .directory(bundle), mode: 0o755,
      mtime: 0, version: Version(dot: dot(9, 1), after: nil, time: 0), bundle: state)
  }

  /// Something in it, as a peer tells it that had seen `past`.
  func told(
    _ name: String, _ body: Body, _ dot: Dot, after past: Entry? = nil
  ) -> Entry {
    let isFile = if case .file = body { true } else { false }
    return Entry(
      place: place(name), body: body, mode: isFile ? 0o644 : 0, mtime: isFile ? 1 : 0,
      version: Version(dot: dot, after: past?.version, time: 1))
  }

  /// The bundle is here, as all have it, or in the state of a peer.
  func have(_ state: BundleVersion? = nil) throws {
    let known = BundleVersion(version: Version(dot: dot(9, 50), after: nil, time: 0))
    try haveToo([told(state ?? known)])
  }

  /// Others are here, as they are told.
  func haveToo(_ entries: [Entry]) throws {
    try node.index.transaction { () throws(IndexError) in
      for entry in entries {
        let sequence = try node.index.nextSequence()
        let stamp = FileStamp(
          kind: entry.directory == nil ? .file : .directory, inode: sequence, size: 10,
          mtime: entry.mtime, ctime: 0, btime: 1, mode: entry.mode)
        try node.index.put(Row(entry: entry, observed: stamp, sequence: sequence, source: nil))
      }
    }
  }

  func plan(
    _ tellings: [[Entry]], role: ShareRules.Role = .twoWay, awaitsWord: Bool = true
  ) throws -> UnitPlan {
    try UnitPlanner.plan(
      Announcement.merged(tellings.flatMap { $0 }), index: node.index,
      rules: ShareRules(role: role), awaitsWord: awaitsWord,
      tellings: tellings.map { UnitPlanner.Telling(entries: $0) }
    ) { place in
      let stamp = FileStamp(
        kind: .file, inode: 999, size: 10, mtime: 1, ctime: 0, btime: 1, mode: 0o644)
      guard let content = tellings.joined().last(where: { $0.place == place })?.content
      else { return nil }
      return StagedContent(content: content.id, file: StagedFile(place: place, stamp: stamp))
    }
  }

  /// Which of the states of others stands, nobody hears from a replica: whether it has none of them
  /// or the one that will stand.
  @Test(arguments: [nil, 3]) func `a replica waits for the word of others`(own: UInt8?) throws {
    try have(own.map { state(of: $0) })
    let tellings = [
      [told(state(of: 2)), told("a", file(2), dot(2, 49))],
      [told(state(of: 3)), told("b", file(3), dot(3, 49))],
    ]
    #expect(try plan(tellings, role: .replica).awaitedBundle == bundle)
    let late = try plan(tellings, role: .replica, awaitsWord: false)
    let states = late.rows.filter { $0.entry.directory == bundle }.map(\.entry.bundle)
    #expect(late.awaitedBundle == nil && states.allSatisfy { $0 == state(of: 3) })
    #expect(try plan(tellings).awaitedBundle == nil)
    // Once it is told there is nothing to wait for.
    let word = state(of: 3, over: [dot(2, 50)])
    let gone = told("a", .deleted(was: nil), dot(3, 52), after: tellings[0][1])
    let last = try plan(tellings + [[told(word), gone]], role: .replica)
    #expect(last.awaitedBundle == nil && last.rows.allSatisfy { !$0.isOurs })
  }

  /// Who made a state put something back for it before hearing that it had given way.
  @Test func `what comes late with a state that gave way is put back by others, too`() throws {
    try have()
    let late = [
      told(state(of: 2)), told("a", file(2), dot(2, 60)), told("b", file(4), dot(4, 60)),
    ]
    let plan = try plan([[told(state(of: 3, over: [dot(2, 50)]))], late])
    let living = plan.rows.map(\.entry).filter { $0.isAlive && $0.directory == nil }
    #expect(living.map(\.place) == [place("b")], "what another has made may be of no state")
  }

  /// Told with an earlier state it would be a change of that: who made one that gives way would
  /// lose it without knowing why.
  @Test func `what is put back is told with the state that it is put back for`() throws {
    try have()
    let before = try node.index.row(.directory(bundle))
    let plan = try plan([
      [told(state(of: 2)), told("a", file(2), dot(2, 49))],
      [told(state(of: 3)), told("b", file(3), dot(3, 49))],
    ])
    #expect(plan.operations.count == 1)
    try node.index.transaction { () throws(IndexError) in
      try RowRecorder(index: node.index, wall: 1, bundles: BundleRules()).record(
        plan.rows, [.refused], source: nil)
    }
    #expect(try node.index.row(.place(place("a"))) == nil)
    #expect(try node.index.row(.directory(bundle)) == before)
    try node.index.transaction { () throws(IndexError) in
      try RowRecorder(index: node.index, wall: 1, bundles: BundleRules()).record(
        plan.rows, [.done(nil)], source: nil)
    }
    #expect(try node.index.row(.place(place("a")))?.entry.isAlive == false)
  }

  /// By no clock, nor if it was the preferred node's: else what that one had won against would win
  /// against this one. But of two that follow it, what is there wins against what is gone.
  @Test func `a state wins against what the one that it follows had won against`() {
    let (known, preferred) = (state(of: 3), PlannerNode.id(2))
    for first in [known, state(of: 2)] {
      let next = BundleVersion(after: first, in: node.index, counter: 60, time: 1)
      let gone = BundleVersion(goneAfter: first, in: node.index, counter: 60)
      let other = first == known ? state(of: 2) : known
      for state in [first, next, gone] {
        #expect(state.wins(over: other, preferring: first == known ? nil : preferred))
      }
      #expect(next.wins(over: gone, preferring: nil))
    }
  }

  /// A peer can tell any time.
  @Test func `what follows the last of all times has that`() {
    let last = BundleVersion(version: Version(dot: dot(3, 50), after: nil, time: .max))
    #expect(BundleVersion(after: last, in: node.index, counter: 60, time: 1).version.time == .max)
  }

  /// Nothing was recorded in it since it got its name.
  @Test func `that a bundle is gone is a state, also of one that had none`() throws {
    try have()
    var row = try #require(try node.index.row(.directory(bundle)))
    row.entry.bundle = nil
    try node.index.transaction { () throws(IndexError) in
      try node.index.put(row)
      try RowRecorder(index: node.index, wall: 1, bundles: BundleRules()).removeRest(of: .root)
    }
    let gone = try #require(try node.index.row(.directory(bundle))?.entry)
    #expect(!gone.isAlive && gone.bundle?.isGone == true)
  }

  /// Nobody had heard of it when the state gave way, and will put it back later.
  @Test func `what was put back for a state that gives way is kept beside`() throws {
    for putBack in [UInt64(40), 60] {
      var own = state(of: 2)
      own = BundleVersion(
        version: Version(
          dot: Dot(actor: node.index.actor, counter: 50), after: own.version, time: 4))
      try have(own)
      let entry = told("a", file(1), Dot(actor: node.index.actor, counter: putBack))
      try haveToo([entry])
      let plan = try plan([[told(state(of: 3, over: [own.version.dot]))]], awaitsWord: false)
      #expect(plan.rows.contains { $0.entry.body == file(1) } == (putBack == 60))
    }
  }

  /// Two files come to one place, and what is told there of a state that gives way is no third.
  @Test(arguments: [1, 5]) func `of what comes home where something is put back a copy is kept`(
    content: UInt64
  ) throws {
    try have(state(of: 3))
    let alias = DirectoryID(high: 0, low: 6)
    var other = told(state(of: 3))
    (other.body, other.bundle, other.place.name) = (.directory(alias), nil, Name("a".utf8)!)
    let here = told("a", file(4), dot(4, 40))
    var coming = told("a", file(content), dot(5, 40))
    coming.place.parent = alias
    try haveToo([other, here, coming])
    var merged = other
    (merged.body, merged.mode) = (.merged(alias, into: bundle), 0)
    let plan = try plan([[told(state(of: 2)), merged, told("a", file(2), dot(2, 49))]])
    let living = plan.rows.map(\.entry).filter { $0.isAlive && $0.directory == nil }
    #expect(Set(living.map(\.body)) == [file(4), file(content)], "two contents, each with a place")
    #expect(living.count == 2 && plan.needs.isEmpty)
  }

  /// Who holds what stands changed it without having heard of what is here, and another one put
  /// that back.
  @Test func `what somebody who tells had seen loses to nobody, whoever tells first`() throws {
    let here = told("a", file(1), dot(4, 40))
    try have()
    try haveToo([here])
    let changed = [told("a", file(2), dot(2, 60))]
    let putBack = [told("a", .deleted(was: nil), dot(3, 61), after: here)]
    for tellings in [[changed, putBack], [putBack, changed]] {
      let living = try plan(tellings).rows.map(\.entry).filter(\.isAlive)
      #expect(living.map(\.body) == [file(2)], "no copy of what is here")
    }
  }

  /// It stands in the bundle that it is merged into: there its copy would be of no state.
  @Test func `what gave way is kept beside the whole of the bundle`() throws {
    try have()
    var own = told(
      BundleVersion(
        version: Version(dot: Dot(actor: node.index.actor, counter: 50), after: nil, time: 1)))
    let alias = DirectoryID(high: 0, low: 6)
    (own.body, own.place) = (.directory(alias), place("b"))
    var inIt = told("a", file(1), Dot(actor: node.index.actor, counter: 49))
    inIt.place.parent = alias
    try haveToo([own, inIt])
    var merged = own
    (merged.body, merged.mode, merged.bundle) = (.merged(alias, into: bundle), 0, nil)
    let over = Dot(actor: node.index.actor, counter: 50)
    let gone = told("a", .deleted(was: nil), dot(3, 49), after: inIt)
    let plan = try plan([[told(state(of: 3, over: [over])), merged, gone]])
    let kept = plan.rows.map(\.entry).filter { $0.isAlive && ConflictName.isOne($0.place.name) }
    #expect(kept.map(\.place.parent) == [.root])
  }

  /// Who made the state that gives way would else take the other for it, and keep nothing.
  @Test func `of bundles that are one since one is moved to the other one state stands`() throws {
    let own = BundleVersion(
      version: Version(dot: Dot(actor: node.index.actor, counter: 50), after: nil, time: 1))
    try have(own)
    let other = DirectoryID(high: 0, low: 6)
    var known = told(own)
    (known.body, known.bundle, known.place.name) = (.directory(other), nil, Name("x".utf8)!)
    known.version = Version(dot: dot(3, 1), after: nil, time: 0)
    try haveToo([known])
    var moved = told(state(of: 3))
    moved.body = .directory(other)
    moved.version = Version(dot: dot(3, 2), after: known.version, time: 0)
    #expect(try plan([[moved]]).awaitedBundle == bundle)
    #expect(try plan([[moved]], awaitsWord: false).awaitedBundle == nil)
  }

  /// What is told of the other is no state of it here, since that one had none before.
  @Test func `what stands can be what was merged into a directory that had no state`() throws {
    try have(state(of: 3))
    let heir = DirectoryID(high: 0, low: 4)
    var known = told(state(of: 3))
    (known.body, known.bundle, known.place.name) = (.directory(heir), nil, Name("x".utf8)!)
    try haveToo([known])
    known.bundle = state(of: 2)
    known.version = Version(dot: dot(2, 2), after: known.version, time: 1)
    var merged = told(state(of: 3))
    (merged.body, merged.mode, merged.bundle) = (.merged(bundle, into: heir), 0, nil)
    merged.version = Version(dot: dot(2, 3), after: nil, time: 1)
    let plan = try plan([[known, merged]])
    let whole = plan.rows.map(\.entry).first { $0.directory == heir }?.bundle
    #expect(whole == state(of: 3).overruling(state(of: 2)))
  }

  /// What lives in one that others say is gone brings it back, as the bundle that it was.
  @Test func `what gave way is kept beside, also if it was merged into what is gone`() throws {
    let own = BundleVersion(
      version: Version(dot: Dot(actor: node.index.actor, counter: 50), after: nil, time: 1))
    try have(own)
    let inIt = told("a", file(1), Dot(actor: node.index.actor, counter: 49))
    try haveToo([inIt])
    let heir = DirectoryID(high: 0, low: 4)
    var merged = told(own)
    (merged.body, merged.mode, merged.bundle) = (.merged(bundle, into: heir), 0, nil)
    merged.version = Version(dot: dot(3, 2), after: merged.version, time: 1)
    var gone = told(gone(by: 4))
    (gone.body, gone.mode) = (.deletedDirectory(heir), 0)
    gone.version = Version(dot: dot(4, 50), after: nil, time: 1)
    let putBack = told("a", .deleted(was: nil), dot(3, 49), after: inIt)
    let over = told(state(of: 3, over: [own.version.dot]))
    let plan = try plan([[over, putBack], [merged, gone]])
    let kept = plan.rows.map(\.entry).filter { $0.isAlive && ConflictName.isOne($0.place.name) }
    #expect(kept.count == 1 && plan.rows.contains { $0.entry.isAlive && $0.entry.body == file(1) })
  }

  /// For whoever made it that was a bundle by itself when the other one gave way.
  @Test func `what is of a bundle that stands is not put back with one that it is moved to`() throws
  {
    try have(state(of: 3))
    var inner = told(state(of: 4, over: [dot(2, 50)]))
    (inner.body, inner.place) = (.directory(DirectoryID(high: 0, low: 6)), place("b"))
    var inIt = told("a", file(4), dot(4, 49))
    inIt.place.parent = DirectoryID(high: 0, low: 6)
    var before = inner
    before.bundle = state(of: 2)
    let plan = try plan([[told(state(of: 2)), inner, inIt], [before]])
    #expect(contents(of: plan) == [file(4)])
  }

  /// For whoever told it that one was no bundle.
  @Test func `what was in a directory is of no state of what is merged into it`() throws {
    try have(state(of: 3))
    let alias = DirectoryID(high: 0, low: 6)
    var other = told(state(of: 2))
    (other.body, other.place.name) = (.directory(alias), Name("x".utf8)!)
    var merged = other
    (merged.body, merged.mode, merged.bundle) = (.merged(alias, into: bundle), 0, nil)
    merged.version = Version(dot: dot(3, 2), after: other.version, time: 1)
    var inAlias = told("b", file(1), dot(2, 48))
    inAlias.place.parent = alias
    // What is in a directory that came home from it was in it for whoever doesn't know that.
    let moved = DirectoryID(high: 0, low: 7)
    var known = told(state(of: 3))
    (known.body, known.bundle, known.place) = (.directory(moved), nil, place("d"))
    try haveToo([known])
    var inMoved = told("c", file(3), dot(2, 47))
    inMoved.place.parent = moved
    let telling = [other, inAlias, inMoved, told("a", file(2), dot(2, 49))]
    let plan = try plan([telling, [merged]])
    #expect(contents(of: plan) == [file(2)])
  }

  // MARK: The word about a bundle

  /// Who is to say a word about the one may wait for this node's word about the other.
  @Test func `what stands here is said while the unit waits for another bundle`() throws {
    try have(state(of: 3))
    let other = DirectoryID(high: 0, low: 6)
    var here = told(state(of: 2))
    (here.body, here.place.name) = (.directory(other), Name("x".utf8)!)
    try haveToo([here])
    var theirs = here
    theirs.bundle = state(of: 3)
    var inIt = told("a", file(3), dot(3, 49))
    inIt.place.parent = other
    let unit = [told(state(of: 2)), told("a", file(2), dot(2, 49)), theirs, inIt]
    let plan = try plan([unit])
    #expect(plan.awaitedBundle == other && plan.operations.isEmpty && plan.needs.isEmpty)
    let word = plan.rows.map(\.entry)
    #expect(word.map(\.key) == [.directory(bundle), .place(place("a"))])
    #expect(word.first?.bundle == state(of: 3).overruling(state(of: 2)))
    #expect(word.last?.isAlive == false && plan.rows.last?.isOurs == true)
    // Once it is said there is nothing to add.
    try node.index.transaction { () throws(IndexError) in
      try RowRecorder(index: node.index, wall: 1, bundles: BundleRules()).record(
        plan.rows, [], source: nil)
    }
    #expect(try self.plan([unit]).rows.isEmpty)
  }

  /// It is whole only if it is there.
  @Test func `that a bundle stands that others have deleted is said, too`() throws {
    try have(state(of: 3))
    let other = DirectoryID(high: 0, low: 6)
    var here = told(state(of: 2))
    (here.body, here.place.name) = (.directory(other), Name("x".utf8)!)
    let inIt = told("a", file(1), dot(9, 40))
    try haveToo([here, inIt])
    var theirs = here
    theirs.bundle = state(of: 3)
    var gone = told(gone(by: 4))
    gone.body = .deletedDirectory(bundle)
    gone.version = Version(dot: dot(4, 50), after: gone.version, time: 1)
    let plan = try plan([
      [gone, told("a", .deleted(was: nil), dot(4, 49), after: inIt), theirs]
    ])
    #expect(plan.awaitedBundle == other)
    #expect(plan.rows.map(\.entry.isAlive) == [true, true] && plan.rows.allSatisfy(\.isOurs))
  }

  /// Who holds what gives way puts back for it what others had changed, until it hears of that; so
  /// does who holds what another has changed since.
  @Test func `what is told of what stands replaces what was put back for what gave way`() throws {
    let next = BundleVersion(
      version: Version(dot: dot(3, 60), after: state(of: 2).version, time: 9))
    let earlier = state(of: 2).overruling(state(of: 4))
    for later in [state(of: 3, over: [dot(2, 50)]), next] {
      let put = told("a", file(2), dot(2, 60))
      let made = told("a", file(3), dot(3, 61))
      try have(earlier)
      try haveToo([put])
      #expect(try contents(of: plan([[told(later), made]])) == [file(3)], "no copy")
      // Who holds what stands hears of it late.
      try have(later)
      try haveToo([made])
      #expect(try contents(of: plan([[told(earlier), put]])) == [file(3)], "no copy")
    }
  }

  func contents(of plan: UnitPlan) -> [Body] {
    plan.rows.map(\.entry).filter { $0.isAlive && $0.directory == nil }.map(\.body)
  }

  /// It was merged, and what it was merged into is gone.
  @Test func `an alias in what gives way brings back nothing`() throws {
    try have(state(of: 3))
    let (alias, heir) = (DirectoryID(high: 0, low: 7), DirectoryID(high: 0, low: 6))
    var (merged, gone, again) = (told(state(of: 3)), told(state(of: 3)), told(state(of: 3)))
    (merged.body, gone.body) = (.merged(alias, into: heir), .deletedDirectory(heir))
    again.body = .directory(alias)
    for number in 0..<3 {
      (merged.bundle, gone.bundle, again.bundle) = (nil, nil, nil)
      let at = place(["d", "e", "f"][number])
      (merged.place, gone.place, again.place) = (at, at, at)
    }
    merged.version = Version(dot: dot(3, 40), after: again.version, time: 1)
    gone.version = Version(dot: dot(3, 41), after: nil, time: 1)
    again.version = Version(dot: dot(2, 49), after: nil, time: 1)
    try haveToo([merged, gone])
    let plan = try plan([[told(state(of: 2)), again]])
    #expect(plan.operations.isEmpty)
  }

  /// What was in it when others told of it follows it out of the bundle.
  @Test func `what was moved out of a bundle since is not judged with it`() throws {
    try have(state(of: 3))
    let directory = DirectoryID(high: 0, low: 6)
    var moved = told(state(of: 3))
    (moved.body, moved.bundle, moved.place.name) = (.directory(directory), nil, Name("x".utf8)!)
    var before = moved
    before.place = place("x")
    moved.version = Version(dot: dot(3, 49), after: before.version, time: 1)
    try haveToo([moved])
    var inIt = told("a", file(2), dot(2, 49))
    inIt.place.parent = directory
    let plan = try plan([[told(state(of: 2)), before, inIt]])
    #expect(plan.rows.contains { $0.entry.body == file(2) })
  }
}
