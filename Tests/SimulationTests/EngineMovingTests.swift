import SyncEngine
import Testing

@testable import SyncCore

/// A renamed file has another ctime and the same content: whoever saw the rename needn't read it.
@Suite struct EngineMovingTests {
  private static let (old, new) = (Name(literal: "a"), Name(literal: "b"))

  /// A node that has recorded a file.
  private func recorded() throws -> EngineBench {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    let change = Change.created(EngineBench.path("a"), isDirectory: false)
    let entries = [(name: Self.old, found: Found.entry(EngineBench.stamp(20)))]
    let (reads, _) = try look(&bench, [change], entries)
    #expect(reads == 1)
    return bench
  }

  /// Looks at what these changes concern; how many files are read, and what is told.
  private func look(
    _ bench: inout EngineBench, _ changes: [Change], _ entries: [(name: Name, found: Found)]
  ) throws -> (reads: Int, told: [Entry]) {
    let job = try #require(try bench.step(.changed(ChangeSet(changes: changes))).looks.first)
    let listing = Listing(
      directory: .root, stamp: EngineBench.stamp(1, kind: .directory), isComplete: false,
      entries: entries, attributes: [Self.old: .empty, Self.new: .empty])
    var effects = try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
    var reads = 0
    for case .read(let job, let items, _) in effects {
      reads += items.count
      let outcome = ReadOutcome.content(EngineBench.content(1), nil, .empty)
      effects += try bench.step(.read(job, items.map { ($0.item, outcome) }))
    }
    let told = effects.flatMap { effect in
      if case .send(_, .announce(let entries, _, _)) = effect { entries } else { [Entry]() }
    }
    return (reads, told)
  }

  private var renamed: [(name: Name, found: Found)] {
    var stamp = EngineBench.stamp(20)
    stamp.ctime = 1
    return [(Self.old, .absent), (Self.new, .entry(stamp))]
  }

  @Test func whatWasSeenToBeRenamedIsNotRead() throws {
    var bench = try recorded()
    let move = Change.moved(
      from: EngineBench.path("a"), to: EngineBench.path("b"), isDirectory: false)
    let (reads, told) = try look(&bench, [move], renamed)
    #expect(reads == 0)
    let alive = told.filter(\.isAlive)
    #expect(told.count == 2 && alive.map(\.place.name) == [Self.new])
    #expect(alive.first?.content?.id == EngineBench.content(1))
  }

  @Test func whatNobodySawIsRead() throws {
    var bench = try recorded()
    let changes = ["a", "b"].map { Change.modified(EngineBench.path($0), isDirectory: false) }
    #expect(try look(&bench, changes, renamed).reads == 1)
  }
}
