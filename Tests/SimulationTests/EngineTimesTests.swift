import SyncEngine
import Testing

@testable import SyncCore

/// Times of directories travel with what changed in them, and alone are no change.
@Suite struct EngineTimesTests {
  private static let directory = DirectoryID(high: 5, low: 5)

  /// A node that is told of a directory with something in it, and of the times that it had.
  private func told(_ times: [Int64]) throws -> (bench: EngineBench, plan: FlipPlan) {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    var entries = [EngineBench.symlink("d", 1), EngineBench.symlink("s", 2)]
    (entries[0].body, entries[0].mode) = (.directory(Self.directory), 0o755)
    entries[1].place.parent = Self.directory
    for mtime in times {
      let time = DirectoryTime(directory: Self.directory, mtime: mtime)
      _ = try bench.receive(.directoryTimes([time]))
    }
    let flips = try bench.receive(.announce(entries: entries, upTo: 2, isLast: true)).flips
    return (bench, try #require(flips.first?.plan))
  }

  @Test func aFlipSetsTheTimeThatWasTold() throws {
    let plan = try told([77]).plan
    #expect(plan.times == [Self.directory: 77])
  }

  @Test func anotherTimeAloneIsNoChange() throws {
    var (bench, plan) = try told([77])
    var stamp = EngineBench.stamp(50, kind: .directory)
    stamp.mtime = 77
    let results = plan.operations.map { operation in
      let isDirectory = if case .makeDirectory = operation { true } else { false }
      return OperationResult.done(isDirectory ? stamp : EngineBench.stamp(51, kind: .symlink))
    }
    _ = try bench.step(.flipped(FlipResult(id: plan.id, results: results)))
    let sequence = bench.index.sequence
    stamp.mtime = 99
    let change = Change.modified(EngineBench.path("d"), isDirectory: true)
    let looks = try bench.step(.changed(ChangeSet(changes: [change]))).looks
    try #require(looks.count == 1)
    let listing = EngineBench.listing([(Name(literal: "d"), .entry(stamp))])
    let effects = try bench.step(.looked(looks[0], listing)) + bench.step(.lookEnded(looks[0]))
    #expect(bench.index.sequence == sequence)
    #expect(!effects.contains { if case .send = $0 { true } else { false } })
  }
}
