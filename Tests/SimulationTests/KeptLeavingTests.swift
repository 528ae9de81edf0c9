import Simulation
import Testing

/// Worlds in which something can't go where it is told to be, since that is ignored, and that never
/// came to rest once.
@Suite struct KeptLeavingTests {
  @Test(arguments: kept) func `what never ended comes to rest`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // What stayed was met as what it had been.
    Scenario(.ignoring, seed: 21072),
    // A directory was to go into one that is known elsewhere and not here, and comes to its place.
    Scenario(.ignoring, seed: 42813),
  ]
}
