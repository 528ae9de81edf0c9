import Simulation
import Testing

@Suite struct WorldTests {
  @Test(arguments: WorldProfile.allCases) func `worlds hold`(_ profile: WorldProfile) throws {
    for seed in 0..<UInt64(12) { try expectGood(Scenario(profile, seed: seed)) }
  }

  @Test func `an equal seed makes an equal world`() throws {
    for seed in 0..<UInt64(5) {
      let worlds = try (0..<2).map { _ in try World(Scenario(.swarm, seed: seed)) }
      for world in worlds { _ = try world.run() }
      #expect(worlds[0].traceHash == worlds[1].traceHash)
      #expect(worlds[0].script == worlds[1].script)
    }
  }

  @Test func `a world is made again by what happened in it`() throws {
    let world = try World(Scenario(.swarm, seed: 1))
    _ = try world.run()
    let again = try World(Scenario(.swarm, seed: 1, world.script))
    _ = try again.run()
    #expect(world.traceHash == again.traceHash)
  }
}
