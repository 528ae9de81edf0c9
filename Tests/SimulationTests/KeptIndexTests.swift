import Simulation
import Testing

/// Worlds that failed once after an old index was put back.
@Suite struct KeptIndexTests {
  @Test(arguments: kept) func `what failed once holds`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // As much was recorded again as was lost before a peer was met: numbers meant two things, and
    // nobody noticed. A version was told differently, a directory waited for without end, and a
    // content lost.
    Scenario(.swarm, seed: 20211),
    Scenario(.swarm, seed: 42777),
    Scenario(.swarm, seed: 42928),
    // An index was lost before the first exchange with it was over: what came over the newer
    // connection was never counted, and told again each time.
    Scenario(
      .swarm, seed: 100077, schedule: 171,
      [
        .fail(0, atCall: 51, count: 1, .flush),
        .restoreIndex(2),
      ]),
  ]
}
