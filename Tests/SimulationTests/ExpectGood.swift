import Simulation
import Testing

/// Runs a world, in which nothing may be wrong; else what happened last is shown.
func expectGood(_ scenario: Scenario) throws {
  let world = try World(scenario)
  let problems = try world.run()
  guard !problems.isEmpty else { return }
  Issue.record(
    """
    \(scenario): \(problems.map(\.description).joined(separator: "\n  "))
    \(world.lines.suffix(40).joined(separator: "\n"))
    """)
}
