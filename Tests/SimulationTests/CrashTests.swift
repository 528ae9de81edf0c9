import Glibc
import Simulation
import SyncCore
import Synchronization
import Testing

@testable import SyncEngine

/// A plan with the tree it finds and the tree it leaves.
struct FlipScenario: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let before: [String: String]
  let after: [String: String]
  let operations: @Sendable (DiskWorld) throws -> [SyncCore.Operation]

  static let all = [
    FlipScenario(
      testDescription: "create, replace, remove", before: ["b": "old b", "c": "old c"],
      after: ["a": "new a", "b": "new b"]
    ) { world in
      [
        try world.putFile("a", "new a"),
        try world.putFile("b", "new b", replacing: world.stamp("b")),
        try world.removeFile("c"),
      ]
    },
    FlipScenario(
      testDescription: "swap of directories and an edit",
      before: ["a/x": "old x", "b/y": "old y"], after: ["b/x": "new x", "a/y": "old y"]
    ) { world in
      [
        try world.moveDirectory("a", "b"), try world.moveDirectory("b", "a"),
        try world.putFile("a/x", "new x", replacing: world.stamp("a/x")),
      ]
    },
    FlipScenario(
      testDescription: "one directory moved, a file in it replaced", before: ["a/x": "old x"],
      after: ["b/x": "new x"]
    ) { world in
      [
        try world.moveDirectory("a", "b"),
        try world.putFile("a/x", "new x", replacing: world.stamp("a/x")),
      ]
    },
    FlipScenario(
      testDescription: "new nested tree", before: [:],
      after: ["t/a": "new a", "t/u/b": "new b", "t/u/l": "-> A"]
    ) { world in
      [
        .makeDirectory(world.id("t"), at: world.place("t"), mode: 0o755),
        .makeDirectory(world.id("t/u"), at: world.place("t/u"), mode: 0o755),
        try world.putFile("t/a", "new a"), try world.putFile("t/u/b", "new b"),
        .putSymlink(target: [65], at: world.place("t/u/l"), mtime: 1, replacing: nil),
      ]
    },
    FlipScenario(
      testDescription: "removed tree", before: ["t/a": "old a", "t/u/b": "old b", "k": "old k"],
      after: ["k": "old k"]
    ) { world in
      [
        try world.removeFile("t/a"), try world.removeFile("t/u/b"),
        try world.removeDirectory("t/u"), try world.removeDirectory("t"),
      ]
    },
    FlipScenario(
      testDescription: "files swapped and moved over another",
      before: ["a": "old a", "b": "old b", "m": "old m", "n": "old n"],
      after: ["a": "old b", "b": "old a", "n": "old m"]
    ) { world in
      [
        try world.moveFile("a", "b", replacing: world.stamp("b")),
        try world.moveFile("b", "a", replacing: world.stamp("a")),
        try world.moveFile("m", "n", replacing: world.stamp("n")),
      ]
    },
    FlipScenario(
      testDescription: "kinds change", before: ["a": "old a", "b/x": "old x"],
      after: ["a/y": "new y", "b": "new b"]
    ) { world in
      [
        try world.removeFile("a"),
        .makeDirectory(world.id("a/"), at: world.place("a"), mode: 0o755),
        .putFile(
          try world.stage(Place(parent: world.id("a/"), name: Name(literal: "y")), "new y"),
          at: Place(parent: world.id("a/"), name: Name(literal: "y")), replacing: nil),
        try world.removeFile("b/x"), try world.removeDirectory("b"),
        try world.putFile("b", "new b"),
      ]
    },
  ]

  /// The world before, durable; the staged contents are not.
  func world() throws -> (DiskWorld, MemoryFileSystem, FlipPlan) {
    let world = try DiskWorld(.memory)
    for path in before.keys.sorted() { try world.write(path, before[path]!) }
    try world.flush()
    return (world, world.memory!, world.plan(try operations(world)))
  }

  /// How many calls the plan takes when nothing happens.
  func callCount() throws -> Int {
    let (world, memory, plan) = try world()
    memory.fail(at: .max, errno: 0)
    _ = world.applier.apply(plan)
    return memory.callCount
  }
}

/// What the user wrote over.
private final class Overwritten: Sendable {
  let content = Mutex<String?>(nil)
}

@Suite struct CrashTests {
  @Test(arguments: FlipScenario.all, CrashProfile.allCases)
  func `a crash at any call leaves old or new, and the flip is finished at restart`(
    _ scenario: FlipScenario, _ profile: CrashProfile
  ) throws {
    let count = try scenario.callCount()
    for call in 1...count + 1 {
      for seed in 0..<(profile == .processOnly ? 1 : 8) {
        let (world, memory, plan) = try scenario.world()
        memory.stop(at: call)
        _ = world.applier.apply(plan)
        var generator = SplitMix(state: UInt64(call * 100 + seed))
        memory.crash(profile, using: &generator)
        try world.restart()
        let results = world.applier.apply(plan, resuming: true).results
        check(scenario, world, results, "call \(call) of \(count), seed \(seed)")
        // Whatever it says now, it says again.
        let again = world.applier.apply(plan, resuming: true).results
        if results.areDone {
          #expect(again == results, "call \(call), seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: FlipScenario.all, [1, 9, 17])
  func `what a user writes between a crash and the restart is not taken for what was put`(
    _ scenario: FlipScenario, _ length: Int
  ) throws {
    // Among them as many bytes as were put.
    let edit = String("EDITED BY THE USER".prefix(length == 9 ? 5 : length))
    let count = try scenario.callCount()
    for call in 1...count + 1 {
      let (world, memory, plan) = try scenario.world()
      memory.stop(at: call)
      _ = world.applier.apply(plan)
      var generator = SplitMix(state: UInt64(call))
      memory.crash(.processOnly, using: &generator)
      for path in world.files.keys.sorted() where world.files[path]?.hasPrefix("->") == false {
        try world.write(path, edit)
      }
      try world.restart()
      let edited = world.files.filter { $0.value == edit }
      let results = world.applier.apply(plan, resuming: true).results
      #expect(
        edited.allSatisfy { _ in world.files.values.contains(edit) }
          && world.files.values.count { $0 == edit } == edited.count, "call \(call)")
      for (operation, result) in zip(plan.operations, results) {
        guard case .done(let stamp?) = result, stamp.kind == .file else { continue }
        for (path, content) in world.files where content == edit {
          #expect(try world.stamp(path) != stamp, "call \(call): \(operation) adopts \(path)")
        }
      }
    }
  }

  @Test(arguments: FlipScenario.all)
  func `permissions given between a crash and the restart are not taken for what was put`(
    _ scenario: FlipScenario
  ) throws {
    for call in 1...(try scenario.callCount()) + 1 {
      let (world, memory, plan) = try scenario.world()
      memory.stop(at: call)
      _ = world.applier.apply(plan)
      var generator = SplitMix(state: UInt64(call))
      memory.crash(.processOnly, using: &generator)
      let directories = world.tree().filter { $0.value == "/" }.keys.sorted()
      for path in directories {
        try Directory(DiskWorld.path(path), of: memory).setMode(0o711)
      }
      try world.restart()
      let results = world.applier.apply(plan, resuming: true).results
      for (path, kind) in world.tree() where kind == "/" {
        let stamp = try world.stamp(path)
        let isAdopted = stamp.mode == 0o711 && results.contains(.done(stamp))
        #expect(!isAdopted, "call \(call): \(path)")
      }
    }
  }

  @Test(arguments: FlipScenario.all, CrashProfile.allCases.dropFirst())
  func `what was said to be done survives a power cut`(
    _ scenario: FlipScenario, _ profile: CrashProfile
  ) throws {
    for seed in 0..<32 {
      let (world, memory, plan) = try scenario.world()
      #expect(world.applier.apply(plan).results.areDone)
      let trash = world.trash()
      var generator = SplitMix(state: UInt64(seed))
      memory.crash(profile, using: &generator)
      #expect(world.files == scenario.after)
      #expect(world.trash() == trash)
    }
  }

  @Test(arguments: CrashProfile.allCases)
  func `a single replacement needs no journal`(_ profile: CrashProfile) throws {
    let scenario = FlipScenario(
      testDescription: "replace", before: ["a": "old a"], after: ["a": "new a"]
    ) { world in [try world.putFile("a", "new a", replacing: world.stamp("a"))] }
    for call in 1...(try scenario.callCount()) + 1 {
      for seed in 0..<8 {
        let (world, memory, plan) = try scenario.world()
        memory.stop(at: call)
        _ = world.applier.apply(plan)
        var generator = SplitMix(state: UInt64(call * 100 + seed))
        memory.crash(profile, using: &generator)
        try world.restart()
        try world.applier.collect(trashBefore: .min)
        try world.staging.collect(keeping: [], partialsSince: .min)
        checkNothingLost(scenario, world, "call \(call), seed \(seed)")
        #expect(world.files.keys.contains("a"))
      }
    }
  }

  @Test(arguments: FlipScenario.all)
  func `a user who writes at any call loses nothing`(_ scenario: FlipScenario) throws {
    let count = try scenario.callCount()
    for path in scenario.before.keys.sorted() {
      for call in 1...count {
        let (world, memory, plan) = try scenario.world()
        let overwritten = Overwritten()
        memory.interfere(at: call) { memory in
          guard let parent = try? Directory(DiskWorld.path(path).parent!, of: memory),
            let file = try? OpenFile(DiskWorld.path(path).name!, in: parent, for: .writing)
          else { return }
          let content = try? file.bytes(count: 5)
          overwritten.content.withLock { $0 = content.map { String(decoding: $0, as: UTF8.self) } }
          try? file.write(bytes: Array("edit by the user".utf8), at: 0)
        }
        let results = world.applier.apply(plan).results
        for (path, content) in world.files where content == "edit by the user" {
          let stamp = try world.stamp(path)
          #expect(!results.contains(.done(stamp)), "call \(call): the edit of \(path) is adopted")
        }
        let content = overwritten.content.withLock { $0 }
        checkNothingLost(scenario, world, "call \(call), \(path)", overwritten: content)
        // Not only in the trash: nobody but the user knows of it.
        let isThere = content == nil || world.files.values.contains("edit by the user")
        #expect(isThere, "call \(call), \(path)")
      }
    }
  }

  @Test(arguments: FlipScenario.all, [EIO, ENOSPC])
  func `a failure at any call loses nothing and is said`(
    _ scenario: FlipScenario, _ errno: Int32
  ) throws {
    let count = try scenario.callCount()
    for call in 1...count {
      let (world, memory, plan) = try scenario.world()
      memory.fail(at: call, errno: errno)
      let results = world.applier.apply(plan).results
      memory.fail(at: .max, errno: 0)
      if results.areDone {
        #expect(world.files == scenario.after, "call \(call) of \(count)")
      }
      checkNothingLost(scenario, world, "call \(call) of \(count)")
    }
  }

  private func check(
    _ scenario: FlipScenario, _ world: DiskWorld, _ results: [OperationResult], _ context: String
  ) {
    checkNothingLost(scenario, world, context)
    #expect(world.flipLeftovers.isEmpty, "\(context)")
    if results.areDone {
      #expect(world.files == scenario.after, "\(context)")
      return
    }
    // Only what was never known to be durable may be missing, and then it is asked for again.
    let shown = results.map { result in
      switch result {
      case .done: "done"
      case .refused: "refused"
      case .failed(let errno): "failed \(errno)"
      }
    }
    let asksAgain = results.contains(.failed(ENODATA))
    #expect(asksAgain, "\(context): \(shown)")
  }

  private func checkNothingLost(
    _ scenario: FlipScenario, _ world: DiskWorld, _ context: String, overwritten: String? = nil
  ) {
    let files = world.files
    let known = Set(scenario.before.values).union(scenario.after.values)
      .union(overwritten == nil ? [] : ["edit by the user"])
    #expect(files.values.allSatisfy(known.contains), "\(context): torn: \(files)")
    let kept = Set(files.values).union(world.trash().values).union(world.flipLeftovers.values)
    for content in scenario.before.values.sorted() where content != overwritten {
      #expect(kept.contains(content), "\(context): \(content) is lost; \(files)")
    }
  }
}
