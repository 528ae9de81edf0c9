import SyncEngine
import Testing

@testable import SyncCore

/// Two contents of one size within one step of the clock have one stamp.
@Suite struct EngineRacyStampTests {
  private static let name = Name("a".utf8)!

  /// An engine that recorded a file so long after its last change; what it reads when the watcher
  /// tells of it again.
  private func readAgain(after nanoseconds: Int64, isScan: Bool = false) throws -> [ReadItem] {
    var bench = try EngineBench()
    try bench.scan()
    var stamp = EngineBench.stamp(5)
    stamp.ctime = bench.now.wall - nanoseconds
    let read = try look(&bench, finding: stamp, isScan: false)
    try #require(read.items.count == 1)
    let content = ReadOutcome.content(EngineBench.content(1), nil, .empty)
    _ = try bench.step(.read(read.job, [(item: read.items[0].item, outcome: content)]))
    bench.now.monotonic += 1_000_000_000
    bench.now.wall += 1_000_000_000
    return try look(&bench, finding: stamp, isScan: isScan).items
  }

  private func look(
    _ bench: inout EngineBench, finding stamp: FileStamp, isScan: Bool
  ) throws -> (job: JobID, items: [ReadItem]) {
    let path = EngineBench.path("a")
    let change: Change = isScan ? .rescan(.root) : .modified(path, isDirectory: false)
    let job = try #require(try bench.step(.changed(ChangeSet(changes: [change]))).looks.first)
    let entries = [(name: Self.name, found: Found.entry(stamp))]
    let listing = EngineBench.listing(entries, isComplete: isScan)
    let effects = try bench.step(.looked(job, listing)) + bench.step(.lookEnded(job))
    let items = effects.flatMap { effect in
      if case .read(_, let items, _) = effect { items } else { [ReadItem]() }
    }
    return (job, items)
  }

  @Test func aFileThatWasRecordedAtOnceIsReadWhenItIsToldAgain() throws {
    #expect(try readAgain(after: 3_000_000).count == 1)
  }

  @Test func aFileThatWasRecordedLaterIsBelieved() throws {
    #expect(try readAgain(after: Limits.racyNanoseconds).isEmpty)
  }

  @Test func aScanBelievesStamps() throws {
    #expect(try readAgain(after: 3_000_000, isScan: true).isEmpty)
  }
}
