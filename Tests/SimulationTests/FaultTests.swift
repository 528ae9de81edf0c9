import SyncCore
import Testing

@testable import Simulation

/// The faults of worlds come about: one that never does shows nothing.
@Suite struct FaultTests {
  private func counts(_ seeds: Range<UInt64>, _ set: (inout WorldSettings) -> Void) throws
    -> FaultCounts
  {
    var sum = FaultCounts()
    for seed in seeds {
      var settings = WorldSettings.calm
      settings.usesSQLite = false
      settings.breakCount = 10
      set(&settings)
      let world = try World(Scenario(.calm, seed: seed), settings: settings)
      #expect(try world.run() == [])
      sum.cutFrames += world.counts.cutFrames
      sum.fullWindows += world.counts.fullWindows
      sum.withheldPushes += world.counts.withheldPushes
      sum.flushes += world.counts.flushes
      sum.flushedThings += world.counts.flushedThings
    }
    return sum
  }

  @Test func `a world without them has none`() throws {
    #expect(try counts(0..<4) { _ in } == FaultCounts())
  }

  @Test func `connections break within frames`() throws {
    #expect(try counts(0..<8) { $0.splitsFrames = true }.cutFrames > 0)
  }

  @Test func `what nobody takes is not sent, and contents aren't pushed`() throws {
    let counts = try counts(0..<8) { settings in
      settings.stallCount = 10
      settings.windowByteCount = 300
      settings.queueWeight = 100_000
    }
    #expect(counts.fullWindows > 0)
    #expect(counts.withheldPushes > 0)
  }

  @Test func `users are told that all is recorded`() throws {
    let counts = try counts(0..<8) { settings in
      settings.flushCount = 10
      settings.watchFaultPercent = 60
    }
    #expect(counts.flushes > 30)
    #expect(counts.flushedThings > counts.flushes)
  }

  @Test func `clocks run at their own pace, and never backwards`() throws {
    var settings = WorldSettings.calm
    settings.driftPermille = 100
    let world = try World(Scenario(.calm, seed: 3), settings: settings)
    let start = world.machines.indices.map { world.moment(of: $0) }
    #expect(try world.run() == [])
    let passed = world.machines.indices.map {
      world.moment(of: $0).monotonic - start[$0].monotonic
    }
    #expect(passed.allSatisfy { $0 > 0 })
    #expect(abs(passed[0] - passed[1]) > passed[0] / 1000)
  }

  @Test(arguments: [1, 2, 3, 7, 1000])
  func `frames are whole, in whatever pieces they come`(pieceByteCount: Int) {
    let frames = [
      FrameHeader.frame(type: 1, []), FrameHeader.frame(type: 2, [1, 2, 3]),
      FrameHeader.frame(type: 3, Array(repeating: 9, count: 300)),
    ]
    var rest = frames.flatMap(\.self)
    var intake = FrameIntake()
    var taken: [[UInt8]] = []
    #expect(!intake.isWithinFrame)
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceByteCount))
      rest.removeFirst(piece.count)
      intake.take(piece)
      while let type = intake.nextType {
        let frame = intake.next()
        #expect(frame?[4] == type)
        if let frame { taken.append(frame) }
      }
      let missing = frames.reduce(0) { $0 + $1.count } - taken.reduce(0) { $0 + $1.count }
      #expect(intake.isWithinFrame == (missing > rest.count))
    }
    #expect(taken == frames)
    #expect(!intake.isWithinFrame)
  }
}
