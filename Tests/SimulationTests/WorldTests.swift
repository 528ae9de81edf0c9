import Simulation
import Testing

@Suite struct WorldTests {
  @Test func `one file comes over`() throws {
    var settings = WorldSettings()
    settings.userStepCount = 1
    settings.breakCount = 0
    try expectGood(0..<20, settings)
  }

  @Test func `users work on both sides at once`() throws {
    try expectGood(0..<100, .calm)
  }

  @Test func `nodes crash while users work`() throws {
    try expectGood(0..<100, .crashes)
  }

  @Test func `three nodes`() throws {
    try expectGood(0..<40, .trio)
  }

  private func expectGood(_ seeds: Range<UInt64>, _ settings: WorldSettings) throws {
    for seed in seeds {
      let world = try World(seed: seed, settings: settings)
      let problems = try world.run()
      if !problems.isEmpty {
        Issue.record(
          """
          seed \(seed): \(problems.map(\.description).joined(separator: "\n  "))
          \(world.lines.suffix(40).joined(separator: "\n"))
          """)
        return
      }
    }
  }
}
