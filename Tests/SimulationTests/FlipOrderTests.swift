import Simulation
import SyncCore
import Testing

@testable import SyncEngine

/// Whoever looks while a flip goes on finds what is new before what it leads away from is gone.
@Suite struct FlipOrderTests {
  /// Something of each kind, in an order that is not that of the flip.
  private func world() throws -> (world: DiskWorld, plan: FlipPlan) {
    let world = try DiskWorld(.memory)
    try world.write("gone", "gone")
    try world.write("changed", "old")
    let operations: [SyncCore.Operation] = [
      try world.removeFile("gone"),
      try world.putFile("changed", "new", replacing: world.stamp("changed")),
      try world.putFile("made", "made"),
      .makeDirectory(world.id("d"), at: world.place("d"), mode: 0o755),
      try world.putFile("d/inside", "inside"),
    ]
    return (world, world.plan(operations))
  }

  /// How far the flip has come: how much of each step can be seen.
  private func seen(_ world: DiskWorld) -> [Bool] {
    let files = world.memory?.sparing { world.files } ?? world.files
    return [
      files["d/inside"] != nil, files["made"] != nil, files["changed"] == "new",
      files["gone"] == nil,
    ]
  }

  @Test func directoriesThenNewFilesThenReplacementsThenDeletions() throws {
    var stages: Set<[Bool]> = []
    for call in 1..<1000 {
      let (world, plan) = try world()
      world.memory?.stop(at: call)
      _ = world.apply(plan)
      let isOver = world.memory?.isStopped == false
      world.memory?.heal()
      let seen = seen(world)
      #expect(seen == seen.sorted { $0 && !$1 }, "stopped at call \(call): \(seen)")
      stages.insert(seen)
      if isOver { break }
    }
    #expect(stages.count == 5)
  }
}
