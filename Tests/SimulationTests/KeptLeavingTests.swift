import Simulation
import Testing

/// Worlds in which something can't go where it is told to be, since that is ignored, and that never
/// came to rest once.
@Suite struct KeptLeavingTests {
  @Test(arguments: kept) func `what never ended comes to rest`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // What stayed was met as what it had been.
    Scenario(.ignoring, seed: 21072),
    // A directory stayed in an alias that stood, was told there anew, and sent away again by those
    // for whom the alias was none.
    Scenario(
      .ignoring, seed: 42208, schedule: 77,
      [
        .user(2, .ignore(nil, ["c/*", "b/"])),
        .user(3, .makeDirectory("a")),
        .user(1, .ignore(nil, ["/a", "*/a"])),
        .user(3, .makeDirectory("b")),
        .user(3, .ignore(nil, ["b/", "/c"])),
        .rest,
        .user(1, .ignore(nil, ["c/*", "!a"])),
        .user(1, .ignore(nil, [])),
        .user(3, .makeDirectory("a/a")),
        .rest,
        .user(0, .move("a", to: "b/b")),
        .user(3, .ignore("c", ["*/a", "*/a"])),
        .user(1, .ignore(nil, ["/a"])),
        .user(1, .makeDirectory("b/b")),
        .user(2, .setMode("b/b/b", 0o700)),
        .user(1, .ignore("b", ["b", "/a/b"])),
        .user(1, .ignore(nil, ["!b/"])),
      ]),
    // A directory was to go into one that is known elsewhere and not here, and comes to its place.
    Scenario(.ignoring, seed: 42813),
  ]
}
