import Simulation
import Testing

/// Runs a world, in which nothing may be wrong; else what happened last is shown.
func expectGood(_ scenario: Scenario) throws {
  if try World(scenario, isTraced: false).run().isEmpty { return }
  let world = try World(scenario)
  let problems = try world.run()
  Issue.record(
    """
    \(scenario): \(problems.map(\.description).joined(separator: "\n  "))
    \(world.lines.suffix(40).joined(separator: "\n"))
    """)
}
