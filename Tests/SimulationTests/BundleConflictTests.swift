import SyncCore
import Testing

@testable import Simulation

/// Two states of a bundle that had not seen each other: one stands whole, the other is kept beside.
@Suite struct BundleConflictTests {
  private static let base: [Happening] = [
    .user(0, .makeDirectory("b")),
    .user(0, .write("b/a", .init(seed: 1, wordCount: 4))),
    .user(0, .write("b/c", .init(seed: 2, wordCount: 30_000))),
    .user(0, .makeDirectory("b/e")),
    .user(0, .write("b/e/a", .init(seed: 3, wordCount: 4))),
    .rest,
  ]
  private static let here: [Happening] = [
    .user(0, .write("b/a", .init(seed: 4, wordCount: 4)))
  ]
  private static let there: [Happening] = [
    .user(1, .remove("b/c")),
    .user(1, .write("b/d", .init(seed: 5, wordCount: 4))),
    .user(1, .remove("b/e")),
  ]

  private func settings(_ nodes: Int, preferring node: Int? = nil) -> WorldSettings {
    var settings = WorldSettings.calm
    settings.nodeCount = nodes
    settings.hasBundles = true
    settings.preferredNode = node
    settings.watchFaultPercent = 0
    settings.refusalPercent = 0
    return settings
  }

  /// What is in each directory of the root in the end, by its name.
  private func outcome(
    _ script: [Happening], _ settings: WorldSettings, seed: UInt64 = 1
  ) throws -> [String: [String: [UInt8]]] {
    let world = try World(Scenario(.calm, seed: seed, script), settings: settings)
    let problems = try world.run()
    #expect(problems.isEmpty, "\(problems)\n\(world.lines.suffix(60).joined(separator: "\n"))")
    var found: [String: [String: [UInt8]]] = [:]
    for file in Tree(world.machines[0].disk).files where file.path.components.count > 1 {
      let rest = file.path.components.dropFirst().map(\.description).joined(separator: "/")
      let top = file.path.components[0].description
      // Each content begins with a number of its own. What comes first is moved in the end, to see
      // whether all follow.
      found[top == "moved" ? "b" : top, default: [:]][rest] = Array(file.content.dropFirst(8))
    }
    return found
  }

  /// What a script alone makes of the bundle.
  private func made(by script: [Happening]) throws -> [String: [UInt8]] {
    try outcome(Self.base + script + [.rest], settings(2))["b"] ?? [:]
  }

  @Test(arguments: 2...3) func `one of two states stands whole`(nodes: Int) throws {
    let states = [try made(by: Self.here), try made(by: Self.there)]
    for seed in UInt64(1)...20 {
      for preferred in 0...1 {
        let parted: [Happening] = [.part(0, 1)] + (nodes == 3 ? [.part(0, 2), .part(1, 2)] : [])
        let found = try outcome(
          Self.base + parted + Self.here + Self.there,
          settings(nodes, preferring: preferred), seed: seed)
        let beside = found.filter { $0.key.hasPrefix("b.conflict-") }.map(\.value)
        #expect(found.count == 2, "\(found.keys)")
        #expect((found["b"] == states[preferred]) == true)
        #expect((beside == [states[1 - preferred]]) == true)
      }
    }
  }

  @Test func `the same change on both sides is no conflict`() throws {
    let same = [0, 1].map { Happening.user($0, .remove("b/c")) }
    for seed in UInt64(1)...10 {
      let found = try outcome(Self.base + [.part(0, 1)] + same, settings(2), seed: seed)
      #expect(found.mapValues { $0.keys.sorted() } == ["b": ["a", "e/a"]])
    }
  }

  @Test func `a change stands against a deletion, and brings everything back`() throws {
    for seed in UInt64(1)...10 {
      let found = try outcome(
        Self.base + [.part(0, 1)] + Self.here + [.user(1, .remove("b"))], settings(2), seed: seed)
      let isAsHere = try found == ["b": made(by: Self.here)]
      #expect(isAsHere, "\(found.keys)")
    }
  }

  @Test func `of two bundles that nobody knew as two one stands`() throws {
    let mine: [Happening] = [
      .user(0, .makeDirectory("b")), .user(0, .write("b/a", .init(seed: 1, wordCount: 4))),
      .user(0, .write("b/c", .init(seed: 2, wordCount: 4))),
    ]
    let theirs: [Happening] = [
      .user(1, .makeDirectory("b")), .user(1, .write("b/a", .init(seed: 3, wordCount: 4))),
      .user(1, .write("b/d", .init(seed: 2, wordCount: 4))),
    ]
    for seed in UInt64(1)...20 {
      let found = try outcome([.part(0, 1)] + mine + theirs, settings(2, preferring: 0), seed: seed)
      #expect(found.count == 2 && found["b"]?.keys.sorted() == ["a", "c"], "\(found.keys)")
      #expect(found.first { $0.key != "b" }?.value.keys.sorted() == ["a", "d"])
    }
  }
}
