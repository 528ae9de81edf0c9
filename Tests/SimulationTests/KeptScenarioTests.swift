import Simulation
import Testing

/// Worlds that failed once: whatever was wrong in them stays mended.
@Suite struct KeptScenarioTests {
  @Test(arguments: kept) func `what failed once holds`(_ scenario: Scenario) throws {
    let world = try World(scenario)
    let problems = try world.run()
    #expect(problems.isEmpty, "\(scenario)")
  }

  private static let kept: [Scenario] = [
    // A directory taken out of a removed one, whose target was gone, went to the trash.
    Scenario(
      .crashes, seed: 317, schedule: 31,
      [
        .crash(0, .ext4, atCall: 31),
        .user(1, .makeDirectory("b")),
        .crash(1, .worst, atCall: 29),
        .crash(1, .processOnly, atCall: 43),
        .crash(0, .processOnly, atCall: 12),
        .user(0, .write("a", .init(seed: 236, wordCount: 4))),
        .user(1, .move("b", to: "c")),
        .user(0, .remove("c")),
        .user(0, .remove("a")),
        .user(1, .link("b", target: 103)),
        .user(0, .makeDirectory("c")),
        .user(0, .makeDirectory("b/b")),
        .user(0, .remove("c")),
        .user(0, .write("b/b/b", .init(seed: 815, wordCount: 4))),
      ]),
    // A rename found at the start was recorded before it was durable.
    Scenario(
      .crashes, seed: 93, schedule: 74,
      [
        .user(1, .link("b", target: 103)),
        .crash(1, .btrfs, atCall: 56),
        .crash(1, .processOnly, atCall: 10),
        .crash(1, .btrfs, atCall: 15),
      ]),
    // A folder that could not be read once was never looked at again.
    Scenario(
      .swarm, seed: 187,
      [
        .fail(1, atCall: 1, count: 50, .inputOutput)
      ]),
    // Of two announcements of one version only the last one's past was kept.
    Scenario(
      .trio, seed: 87, schedule: 98,
      [
        .crash(2, .btrfs, atCall: 0),
        .user(0, .makeDirectory("c")),
        .crash(0, .xfs, atCall: 32),
        .user(1, .link("c", target: 100)),
        .user(2, .edit("c", isAtEnd: true)),
        .user(0, .makeDirectory("b/c")),
        .user(0, .makeDirectory("a/b")),
        .user(1, .remove("c")),
        .user(1, .write("c", .init(seed: 225, wordCount: 4))),
        .user(0, .write("a", .init(seed: 223, wordCount: 4))),
        .user(2, .write("a", .init(seed: 368, wordCount: 4))),
        .user(1, .setMode("a", 0o700)),
        .user(0, .makeDirectory("c")),
      ]),
    // The same, of three nodes.
    Scenario(
      .trio, seed: 178, schedule: 70,
      [
        .user(0, .remove("c")),
        .user(1, .remove("b")),
        .user(2, .setMode("c", 0o755)),
        .user(0, .edit("b", isAtEnd: false)),
        .user(2, .remove("a")),
        .user(2, .remove("b")),
        .user(0, .move("a", to: "b")),
        .user(0, .write("a", .init(seed: 689, wordCount: 4))),
        .user(2, .write("c", .init(seed: 942, wordCount: 4))),
        .user(1, .write("a", .init(seed: 382, wordCount: 4))),
        .user(0, .edit("b", isAtEnd: true)),
      ]),
    // A directory was waited for that only an absent peer knew.
    Scenario(
      .trio, seed: 595, schedule: 60,
      [
        .crash(1, .worst, atCall: 41),
        .user(0, .makeDirectory("b")),
        .user(2, .edit("b", isAtEnd: false)),
        .crash(2, .processOnly, atCall: 0),
        .user(0, .makeDirectory("c")),
        .user(1, .write("b/c", .init(seed: 675, wordCount: 4))),
        .part(0, 1),
        .user(2, .write("b", .init(seed: 70, wordCount: 4))),
        .crash(1, .worst, atCall: 0),
        .crash(2, .ext4, atCall: 48),
        .user(1, .link("c", target: 99)),
        .crash(1, .processOnly, atCall: 5),
        .user(0, .makeDirectory("b/a")),
        .user(0, .makeDirectory("c/a")),
      ]),
    // A file out of its place on a disk that then was full went to the trash.
    Scenario(
      .swarm, seed: 1554,
      [
        .user(3, .makeDirectory("b")),
        .fail(3, atCall: 56, count: 5, .inputOutput),
        .user(3, .makeDirectory("c")),
        .user(2, .write("b", .init(seed: 934, wordCount: 4))),
        .user(0, .write("c", .init(seed: 271, wordCount: 4))),
        .user(2, .write("d", .init(seed: 632, wordCount: 4))),
        .user(1, .makeDirectory("d")),
        .user(2, .write("d", .init(seed: 425, wordCount: 4))),
        .user(2, .write("d", .init(seed: 188, wordCount: 4))),
        .fail(1, atCall: 54, count: 5, .noSpace),
        .fail(2, atCall: 19, count: 50, .noSpace),
        .fail(3, atCall: 56, count: 1, .inputOutput),
        .user(0, .write("d/a", .init(seed: 825, wordCount: 4))),
      ]),
    // A peer that could not read a file for a moment was taken for one that has it no more.
    Scenario(
      .swarm, seed: 2059, schedule: 155,
      [
        .fail(1, atCall: 16, count: 50, .inputOutput),
        .user(1, .write("c", .init(seed: 564, wordCount: 4))),
        .user(1, .write("a/c", .init(seed: 897, wordCount: 4))),
        .user(0, .link("b", target: 99)),
        .user(1, .write("a/b", .init(seed: 815, wordCount: 4))),
        .user(0, .write("c", .init(seed: 927, wordCount: 4))),
        .user(1, .save("a/b", .init(seed: 762, wordCount: 4))),
      ]),
    // Each of two directories was recorded in the other.
    Scenario(
      .swarm, seed: 975, schedule: 83,
      [
        .user(1, .makeDirectory("b")),
        .user(1, .write("a", .init(seed: 474, wordCount: 4))),
        .rest,
        .fail(1, atCall: 3, count: 50, .noSpace),
        .user(0, .makeDirectory("b/a")),
        .user(0, .exchange("a", "b/a")),
        .rest,
        .user(1, .makeDirectory("b/b")),
        .fail(0, atCall: 1, count: 1, .inputOutput),
        .user(1, .exchange("a", "b/b")),
        .user(0, .exchange("b", "a/b")),
        .user(2, .exchange("b/a", "a")),
        .user(1, .exchange("b/b", "a")),
        .user(1, .makeDirectory("a/b")),
        .user(1, .exchange("b", "a/b")),
      ]),
    // A unit waited for what a peer had announced before it lost its index.
    Scenario(
      .swarm, seed: 202, schedule: 13,
      [
        .disconnect(0, 2),
        .crash(3, .xfs, atCall: 0),
        .user(0, .write("b", .init(seed: 233, wordCount: 4))),
        .user(0, .write("a/a", .init(seed: 818, wordCount: 25628))),
        .user(2, .makeDirectory("b")),
        .user(2, .setMode("b", 0o700)),
        .user(2, .write("b/a", .init(seed: 205, wordCount: 4))),
        .user(2, .edit("a/b", isAtEnd: false)),
        .user(3, .save("a/a", .init(seed: 498, wordCount: 4))),
        .user(3, .edit("a/b", isAtEnd: false)),
        .user(0, .setMode("a/a", 0o700)),
        .user(3, .move("a/b", to: "b")),
        .user(2, .edit("b/a", isAtEnd: false)),
        .user(2, .move("a", to: "b/b")),
        .crash(3, .btrfs, atCall: 54),
        .restoreIndex(3),
        .user(1, .setMode("a", 0o644)),
        .user(2, .remove("b/b")),
        .user(1, .move("b/a", to: "b/b")),
        .user(2, .move("b", to: "a")),
        .restoreIndex(2),
        .user(2, .remove("a")),
        .user(3, .save("b", .init(seed: 707, wordCount: 24514))),
        .user(3, .edit("b", isAtEnd: true)),
        .user(1, .write("b/a", .init(seed: 512, wordCount: 4))),
        .user(0, .setMode("a/a", 0o755)),
        .user(0, .setMode("a", 0o700)),
        .user(0, .edit("a/a", isAtEnd: false)),
        .user(1, .save("b/b", .init(seed: 271, wordCount: 4))),
        .user(0, .move("a/b", to: "a/a")),
        .user(3, .edit("b", isAtEnd: false)),
        .user(3, .setMode("b", 0o755)),
      ]),
    // A directory whose move a resumed flip refused was taken for the new one in its place.
    Scenario(
      .crashes, seed: 615, schedule: 61,
      [
        .disconnect(0, 1),
        .crash(0, .processOnly, atCall: 46),
        .user(0, .write("b", .init(seed: 875, wordCount: 4))),
        .user(1, .makeDirectory("a")),
        .user(1, .makeDirectory("b")),
        .part(0, 1),
        .crash(1, .worst, atCall: 0),
        .crash(0, .xfs, atCall: 30),
        .rejoin(0, 1),
        .user(0, .write("a", .init(seed: 914, wordCount: 4))),
        .user(0, .write("b", .init(seed: 602, wordCount: 4))),
        .user(0, .write("b", .init(seed: 989, wordCount: 4))),
        .user(1, .exchange("b", "a")),
        .user(0, .write("a", .init(seed: 330, wordCount: 4))),
        .crash(0, .worst, atCall: 1),
        .user(0, .save("a", .init(seed: 765, wordCount: 4))),
        .user(0, .setMode("b", 0o600)),
      ]),
    // A name was looked for in a directory that another had taken the place of.
    Scenario(
      .crashes, seed: 2860, schedule: 44,
      [
        .user(0, .link("b", target: 102)),
        .crash(0, .ext4, atCall: 29),
        .crash(0, .processOnly, atCall: 21),
        .crash(1, .worst, atCall: 0),
        .disconnect(0, 1),
        .user(1, .write("a", .init(seed: 945, wordCount: 4))),
        .disconnect(0, 1),
        .user(1, .edit("a", isAtEnd: true)),
        .user(0, .makeDirectory("c")),
        .crash(1, .worst, atCall: 0),
        .user(1, .move("b", to: "c")),
        .user(1, .setMode("c", 0o755)),
        .user(1, .write("a", .init(seed: 695, wordCount: 4))),
        .user(0, .remove("a")),
        .crash(0, .btrfs, atCall: 25),
        .user(1, .makeDirectory("c/b")),
        .user(1, .remove("c")),
        .disconnect(0, 1),
        .user(0, .write("a", .init(seed: 558, wordCount: 4))),
        .user(0, .link("c/b", target: 106)),
        .user(1, .write("a", .init(seed: 440, wordCount: 4))),
        .user(0, .write("c/a", .init(seed: 336, wordCount: 4))),
        .user(0, .remove("a")),
        .user(0, .write("a", .init(seed: 437, wordCount: 4))),
        .user(0, .move("b", to: "c/c")),
        .user(0, .write("a", .init(seed: 338, wordCount: 4))),
        .user(0, .edit("c/a", isAtEnd: false)),
        .user(1, .edit("a", isAtEnd: false)),
        .user(0, .remove("a")),
        .user(1, .move("b", to: "a")),
        .user(0, .move("c", to: "b")),
        .user(1, .write("c", .init(seed: 858, wordCount: 4))),
        .user(0, .makeDirectory("c")),
        .user(1, .remove("a")),
      ]),
  ]
}
