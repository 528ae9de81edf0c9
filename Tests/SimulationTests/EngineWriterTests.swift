import SyncEngine
import Testing

@testable import SyncCore

/// A unit whose files somebody writes to waits, and holds up nobody.
@Suite struct EngineWriterTests {
  private static func awaits(_ plan: FlipPlan) -> Input {
    var result = FlipResult(id: plan.id, results: plan.operations.map { _ in .refused })
    result.ending = .awaitsWriter
    return .flipped(result)
  }

  private func announced(_ names: [String]) throws -> (EngineBench, FlipPlan) {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    let links = names.enumerated().map { EngineBench.symlink($1, UInt64($0) + 1) }
    let flips = try bench.receive(.announce(entries: links, upTo: 10, isLast: true)).flips
    try #require(flips.count == 1)
    return (bench, flips[0].plan)
  }

  @Test(arguments: [["a"], ["a", "b"]]) func itWaitsForAWhileAndNoLonger(names: [String]) throws {
    var (bench, plan) = try announced(names)
    let began = bench.now.monotonic
    var tries = 0
    while plan.waitsForWriters, tries < 100 {
      let effects = try bench.step(Self.awaits(plan))
      #expect(effects.looks.isEmpty && effects.flips.isEmpty && effects.acknowledged.isEmpty)
      #expect(try bench.index.journal() == nil)
      let time = try #require(bench.engine.nextWake)
      #expect(time - bench.now.monotonic <= Limits.longestWriterRetryNanoseconds)
      bench.now.monotonic = time
      let flips = try bench.step(.woken).flips
      try #require(flips.count == 1)
      plan = flips[0].plan
      tries += 1
    }
    #expect(bench.now.monotonic - began >= Limits.writerPatienceNanoseconds)
    #expect(
      bench.now.monotonic - began
        <= Limits.writerPatienceNanoseconds + Limits.longestWriterRetryNanoseconds)
    #expect(tries < 100)
    let stamps = names.indices.map { EngineBench.stamp(100 + UInt64($0), kind: .symlink) }
    let effects = try bench.step(
      .flipped(FlipResult(id: plan.id, results: stamps.map { .done($0) })))
    #expect(effects.acknowledged == [10])
  }

  @Test func othersGoOnMeanwhileAndWhatIsJoinedBeginsNoNewWait() throws {
    var (bench, plan) = try announced(["a"])
    _ = try bench.step(Self.awaits(plan))
    let other = EngineBench.symlink("z", 20)
    let flips = try bench.receive(.announce(entries: [other], upTo: 20, isLast: true)).flips
    #expect(flips.count == 1 && flips[0].plan.operations.count == 1)
    let done = OperationResult.done(EngineBench.stamp(200, kind: .symlink))
    _ = try bench.step(.flipped(FlipResult(id: flips[0].plan.id, results: [done])))
    // What is new for the same file is joined with what waits.
    bench.now.monotonic += Limits.writerPatienceNanoseconds
    let again = EngineBench.symlink("a", 30)
    plan = try #require(
      try bench.receive(.announce(entries: [again], upTo: 30, isLast: true)).flips.first?.plan)
    #expect(!plan.waitsForWriters)
  }
}
