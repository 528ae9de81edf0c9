import SyncEngine
import Testing

@testable import SyncCore

/// What a look has found is recorded as a whole: what came to a place isn't before what left it is.
@Suite struct EngineOutdatedTests {
  private static let (old, new) = (Name(literal: "a"), Name(literal: "d"))
  private static let directory = EngineBench.stamp(20, kind: .directory)

  /// A directory has moved and a file come to its place; then a peer tells of the directory.
  @Test func `a file waits until the directory has left its place`() throws {
    var bench = try EngineBench()
    try bench.answerLooks(
      try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))),
      [(Self.old, .entry(Self.directory))])
    _ = try bench.connect(1)
    let row = try #require(try bench.index.directory(at: EngineBench.place("a")))
    let changes = [
      Change.created(EngineBench.path("a"), isDirectory: false),
      Change.created(EngineBench.path("d"), isDirectory: true),
    ]
    let job = try #require(try bench.step(.changed(ChangeSet(changes: changes))).looks.first)
    let read = try look(&bench, job)
    #expect(read.reads == [job])

    var told = row.entry
    told.version = Version(
      dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: 1), after: nil, time: 7)
    _ = try bench.receive(.announce(entries: [told], upTo: 1, isLast: true))
    #expect(try bench.index.row(row.entry.key) != row)

    let outcome = ReadOutcome.content(EngineBench.content(1), nil, .empty)
    let item = try #require(read.items.first)
    let effects = try bench.step(.read(job, [(item, outcome)]))
    #expect(try standing(bench) == ["a directory"])
    let again = try #require(effects.looks.first)
    let second = try look(&bench, again)
    let secondItem = try #require(second.items.first)
    _ = try bench.step(.read(again, [(secondItem, outcome)]))
    #expect(try standing(bench) == ["a file", "d directory"])
  }

  /// Shows the file and the directory to a job; what is to be read then.
  private func look(
    _ bench: inout EngineBench, _ job: JobID
  ) throws -> (reads: [JobID], items: [Int]) {
    let listing = Listing(
      directory: .root, stamp: EngineBench.stamp(1, kind: .directory), isComplete: false,
      entries: [
        (Self.old, .entry(EngineBench.stamp(30))), (Self.new, .entry(Self.directory)),
      ], attributes: [Self.old: .empty, Self.new: .empty])
    let effects = try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
    var reads: [JobID] = []
    var items: [Int] = []
    for case .read(let job, let read, _) in effects {
      reads.append(job)
      items += read.map(\.item)
    }
    return (reads, items)
  }

  private func standing(_ bench: EngineBench) throws -> [String] {
    var standing: [String] = []
    for name in ["a", "d"] {
      let place = EngineBench.place(name)
      if try bench.index.row(.place(place))?.entry.isAlive == true {
        standing.append("\(name) file")
      }
      if try bench.index.directory(at: place) != nil { standing.append("\(name) directory") }
    }
    return standing
  }
}
