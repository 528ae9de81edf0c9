import Simulation
import Testing

/// Worlds in which what moved was lost sight of.
@Suite struct KeptMovingTests {
  @Test(arguments: kept) func `what failed once holds`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // A place in a directory that moves was emptied too early, so another could not come there.
    Scenario(
      .swarm, seed: 10601,
      [
        .user(0, .link("a", target: 99)),
        .user(1, .makeDirectory("b")),
        .rest,
        .user(0, .move("a", to: "b/a")),
        .user(1, .move("a", to: "b/b")),
        .user(0, .makeDirectory("a")),
        .rest,
        .user(0, .move("b/b", to: "a/a")),
        .user(0, .move("a", to: "b/b")),
        .user(0, .move("b", to: "a")),
      ]),
    // What was told of a directory that came and went was looked for nowhere.
    Scenario(
      .swarm, seed: 11170, schedule: 2,
      [
        .user(1, .makeDirectory("a")),
        .rest,
        .user(1, .link("a/b", target: 97)),
        .user(1, .move("a", to: "b")),
        .fail(1, atCall: 29, count: 1, .noSpace),
        .crash(0, .worst, atCall: 34),
        .user(1, .move("b", to: "a")),
      ]),
    // A node took what its single rename had put there for its user's.
    Scenario(
      .swarm, seed: 10543, schedule: 1,
      [
        .user(0, .makeDirectory("c")),
        .rest,
        .crash(1, .ext4, atCall: 25),
        .user(3, .makeDirectory("c/a")),
        .user(3, .remove("c")),
      ]),
    // A directory that was moved past a scan, of which the watcher had not told yet, was taken for
    // gone and made anew.
    Scenario(.swarm, seed: 10996),
    // A file that its node could not find for a while, since directories had been exchanged, lost
    // against one that had seen it and kept no copy.
    Scenario(.swarm, seed: 290),
    // A directory was told at the place of a file whose leaving was not recorded, since a second
    // look failed: elsewhere the file became a conflict copy.
    Scenario(.swarm, seed: 40654),
    // What was deleted just before a power cut came back, and may.
    Scenario(.swarm, seed: 40803),
    // What was told of a directory while it was away, and had come back before anybody looked, was
    // looked for nowhere.
    Scenario(.swarm, seed: 40671),
    // What could not be looked at went elsewhere with its directory, and was looked for nowhere.
    Scenario(
      .forgetful, seed: 998, schedule: 4,
      [
        .user(0, .makeDirectory("a")),
        .crash(1, .xfs, atCall: 48),
        .user(0, .makeDirectory("c")),
        .user(0, .write("d", .init(seed: 523, wordCount: 4))),
        .user(1, .makeDirectory("d")),
        .rest,
        .fail(1, atCall: 11, count: 5, .inputOutput),
        .user(1, .makeDirectory("c/a")),
        .user(1, .makeDirectory("d/a")),
        .user(1, .move("d", to: "a/c")),
      ]),
    // The same with what could not be read.
    Scenario(
      .forgetful, seed: 620, schedule: 12,
      [
        .user(0, .makeDirectory("a")),
        .part(0, 1),
        .user(0, .makeDirectory("a/a")),
        .user(0, .makeDirectory("b")),
        .user(0, .makeDirectory("b/b")),
        .user(0, .write("a/a/a", .init(seed: 182, wordCount: 4))),
        .fail(0, atCall: 3, count: 50, .inputOutput),
        .user(0, .move("a/a", to: "b/b/b")),
      ]),
  ]
}
