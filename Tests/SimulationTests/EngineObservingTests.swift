import SyncEngine
import Testing

@testable import SyncCore

/// What a disk makes of what it is given is nobody's change: only what changes there afterwards is.
@Suite struct EngineObservingTests {
  private static let name = Name(literal: "a")
  private static let attributes = ExtendedAttributes([(Array("user.a".utf8), [1])])

  /// A node whose disk keeps whole seconds and no attributes, with a file from elsewhere; what it
  /// shows of that file.
  private func applied() throws -> (bench: EngineBench, shown: FileStamp) {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    var entry = EngineBench.file("a", 1, size: 10)
    entry.attributes = Self.attributes
    var staged = EngineBench.stamp(20)
    staged.mtime = entry.mtime
    let file = StagedFile(place: entry.place, stamp: staged)
    var effects = try bench.receive(.announce(entries: [entry], upTo: 1, isLast: true))
    let request = try #require(
      effects.compactMap { if case .fetch(_, let request, _) = $0 { request.id } else { nil } }
        .first)
    let content = StagedContent(content: EngineBench.content(1), file: file)
    effects = try bench.step(
      .fetched(Link(number: 1), request: request, staged: [content], missing: [], failed: []))
    let plan = try #require(effects.flips.first?.plan)
    var shown = staged
    shown.mtime = 0
    _ = try bench.step(
      .flipped(FlipResult(id: plan.id, results: [.done(shown)], attributes: [0: .empty])))
    return (bench, shown)
  }

  /// Looks at the file, which is in this state, and reads it if that is wanted; what is told of it.
  private func look(
    _ bench: inout EngineBench, finding stamp: FileStamp, content: UInt64 = 1
  ) throws -> [Entry] {
    let change = Change.modified(EngineBench.path("a"), isDirectory: false)
    let job = try #require(try bench.step(.changed(ChangeSet(changes: [change]))).looks.first)
    let listing = Listing(
      directory: .root, stamp: EngineBench.stamp(1, kind: .directory), isComplete: false,
      entries: [(Self.name, .entry(stamp))], attributes: [Self.name: .empty])
    var effects = try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
    for case .read(let job, let items, _) in effects {
      let outcome = ReadOutcome.content(EngineBench.content(content), nil, .empty)
      effects += try bench.step(.read(job, items.map { ($0.item, outcome) }))
    }
    return effects.flatMap { effect in
      if case .send(_, .announce(let entries, _, _)) = effect { entries } else { [Entry]() }
    }
  }

  @Test func whatTheDiskMadeOfItIsNoChange() throws {
    var (bench, shown) = try applied()
    let sequence = bench.index.sequence
    #expect(try look(&bench, finding: shown) == [])
    #expect(bench.index.sequence == sequence)
  }

  @Test func onlyWhatAUserChangedIsTold() throws {
    var (bench, shown) = try applied()
    shown.mode = 0o600
    shown.ctime += 1
    let told = try #require(try look(&bench, finding: shown).first)
    #expect(told.mode == 0o600)
    #expect(told.mtime == 5, "the disk's own time is nobody's")
    #expect(told.attributes == Self.attributes, "nobody took them away")
    (shown.mtime, shown.ctime) = (9_000_000_000, shown.ctime + 1)
    let later = try #require(try look(&bench, finding: shown, content: 2).first)
    #expect(later.mtime == 9_000_000_000 && later.mode == 0o600)
    #expect(later.attributes == Self.attributes)
  }
}
