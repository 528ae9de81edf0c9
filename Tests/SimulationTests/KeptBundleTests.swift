import Simulation
import Testing

/// Worlds with bundles that failed once.
@Suite struct KeptBundleTests {
  @Test(arguments: kept) func `what failed once holds`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // A bundle was made in a directory that a flip moved before anybody had looked at it.
    Scenario(
      .bundles, seed: 990, schedule: 7,
      [
        .user(0, .makeDirectory("c")),
        .user(0, .setMode("a/b", 0o755)),
        .user(2, .setMode("c", 0o700)),
        .user(0, .makeDirectory("b")),
        .disconnect(0, 2),
        .user(1, .write("a/c", .init(seed: 475, wordCount: 4))),
        .user(2, .setMode("a", 0o755)),
        .user(1, .makeDirectory("b")),
        .user(1, .setMode("b", 0o644)),
        .user(2, .link("b", target: 100)),
        .user(0, .move("a/b", to: "b/a")),
        .user(1, .setMode("c", 0o700)),
        .user(0, .makeDirectory("a/c")),
        .user(2, .exchange("a/a", "a/c")),
        .user(2, .makeDirectory("c/b")),
        .user(2, .makeDirectory("c/a")),
        .user(1, .link("c/b", target: 106)),
        .user(1, .makeDirectory("b/b")),
        .user(0, .move("a", to: "c/a")),
        .rest,
        .user(2, .write("a", .init(seed: 769, wordCount: 4))),
        .user(2, .exchange("c", "a")),
        .user(0, .setMode("c", 0o644)),
        .user(0, .setMode("c", 0o755)),
        .user(1, .setMode("c", 0o644)),
        .user(0, .makeDirectory("a/b")),
        .user(0, .setMode("b/b", 0o755)),
        .user(0, .setAttribute("c/c", 66)),
        .user(0, .setMode("c", 0o755)),
        .user(2, .setAttribute("b/a", 65)),
        .user(0, .makeDirectory("c/b")),
        .user(1, .move("b/a", to: "a/b")),
        .user(1, .setMode("b", 0o755)),
      ]),
  ]
}
