import Glibc
import Simulation
import SyncCore
import Testing

@testable import SyncEngine

/// A repository that is changed by a flip: whoever reads it meanwhile, or after a step that failed,
/// finds what it is led to.
@Suite struct BundleFlipTests {
  private struct Case {
    let world: DiskWorld
    var plan: FlipPlan
  }

  /// A new commit, packed; the old one goes. A reference is the name of an object.
  private func repository() throws -> Case {
    let world = try DiskWorld(.memory)
    try world.write("r/.git/HEAD", "old")
    try world.write("r/.git/refs/main", "old")
    try world.write("r/.git/refs/gone", "old")
    try world.write("r/.git/objects/old", "1")
    for path in ["r", "r/.git", "r/.git/refs", "r/.git/objects"] { _ = world.id(path) }
    let team = world.id("r/.git/refs/team")
    let operations: [SyncCore.Operation] = [
      try world.removeFile("r/.git/objects/old"),
      try world.removeFile("r/.git/refs/gone"),
      try world.putFile("r/.git/HEAD", "new", replacing: world.stamp("r/.git/HEAD")),
      .makeDirectory(team, at: world.place("r/.git/refs/team"), mode: 0o755),
      try world.putFile("r/.git/refs/team/v1", "new"),
      try world.putFile("r/.git/refs/main", "new", replacing: world.stamp("r/.git/refs/main")),
      try world.putFile("r/.git/index", "new"),
      try world.putFile("r/.git/objects/pack.idx", "pack"),
      try world.putFile("r/.git/objects/pack", "2"),
      try world.putFile("r/.git/objects/new", "3"),
    ]
    return Case(world: world, plan: world.plan(operations))
  }

  /// What leads to nothing.
  private func dangling(_ world: DiskWorld) -> [String] {
    let all = world.memory?.sparing { world.files } ?? world.files
    let files = all.filter { !$0.key.hasPrefix(".leftd/") }
    let isLeading = { (path: String) in
      path.contains("/refs/") || path.hasSuffix("HEAD") || path.hasSuffix("index")
        || path.hasSuffix(".idx")
    }
    return files.filter { isLeading($0.key) && files["r/.git/objects/\($0.value)"] == nil }
      .map { "\($0.key) -> \($0.value)" }
  }

  @Test func atEveryStepWhatIsLedToIsThere() throws {
    var call = 1
    var isOver = false
    while !isOver {
      let test = try repository()
      test.world.memory?.stop(at: call)
      _ = test.world.apply(test.plan)
      isOver = test.world.memory?.isStopped == false
      test.world.memory?.heal()
      #expect(dangling(test.world) == [], "stopped at call \(call)")
      call += 1
    }
    #expect(call > 20)
  }

  @Test func whatFailsLetsNothingLeadThere() throws {
    for call in 1..<200 {
      let test = try repository()
      test.world.memory?.fail(at: call, errno: EIO)
      let results = test.world.apply(test.plan)
      #expect(dangling(test.world) == [], "call \(call) failed: \(results)")
    }
  }

  @Test func aNewRepositoryComesWholeOrNotAtAll() throws {
    for call in 1..<120 {
      let world = try DiskWorld(.memory)
      let top = world.id("r/.git")
      try world.makeDirectory("r")
      _ = world.id("r")
      let plan = world.plan([
        .makeDirectory(top, at: world.place("r/.git"), mode: 0o755),
        try world.putFile("r/.git/HEAD", "new"),
        .makeDirectory(
          world.id("r/.git/objects"), at: world.place("r/.git/objects"), mode: 0o755),
        try world.putFile("r/.git/objects/new", "3"),
      ])
      world.memory?.fail(at: call, errno: EIO)
      _ = world.apply(plan)
      #expect(dangling(world) == [], "call \(call) failed")
    }
  }

  @Test func aLockHoldsItUp() throws {
    for lock in ["r/.git/index.lock", "r/.git/refs/main.lock", "r/.git/gc.pid"] {
      let test = try repository()
      try test.world.write(lock, "")
      let before = test.world.tree()
      let result = test.world.applier.apply(test.plan)
      #expect(result.ending == .heldWhole && test.world.tree() == before)
      #expect(result.results == Array(repeating: .failed(EBUSY), count: result.results.count))
    }
  }

  @Test func whatIsNotStagedAnyMoreHoldsItUp() throws {
    let test = try repository()
    _ = try test.world.stage(test.world.place("r/.git/objects/pack"), "newer")
    let result = test.world.applier.apply(test.plan)
    #expect(result.ending == .heldWhole && result.results[8] == .failed(ENOENT))
  }
}
