import Simulation
import SyncCore
import Synchronization
import Testing

@testable import SyncEngine

/// A directory goes to the trash by one rename, and is looked at again there.
@Suite struct FlipRemovalTests {
  private final class Flag: Sendable {
    let isSet = Mutex(false)
  }

  @Test func whatIsMadeInATreeWhileItGoesStaysInTheShare() throws {
    var madeCount = 0
    for call in 1..<200 {
      let world = try DiskWorld(.memory)
      try world.write("d/x", "x")
      _ = world.id("d")
      let operations = [try world.removeFile("d/x"), try world.removeDirectory("d")]
      let isMade = Flag()
      world.memory?.interfere(at: call) { memory in
        guard let parent = try? Directory(DiskWorld.path("d"), of: memory),
          let file = try? OpenFile(creating: Name(literal: "mine"), in: parent, mode: 0o644)
        else { return }
        try? file.write(bytes: Array("mine".utf8), at: 0)
        isMade.isSet.withLock { $0 = true }
      }
      world.apply(operations)
      guard isMade.isSet.withLock({ $0 }) else { continue }
      madeCount += 1
      #expect(world.files["d/mine"] == "mine", "made at call \(call)")
    }
    #expect(madeCount > 5)
  }
}
