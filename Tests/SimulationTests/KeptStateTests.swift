import Simulation
import Testing

/// Worlds in which the state of a bundle was lost, or stood where it should not.
@Suite struct KeptStateTests {
  @Test(arguments: kept) func `what failed once holds`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // What gave way lay within another bundle, and nobody kept it.
    Scenario(
      .bundles, seed: 40597, schedule: 97,
      [
        .user(2, .makeDirectory("b")),
        .user(1, .makeDirectory("c")),
        .user(1, .write("a", .init(seed: 899, wordCount: 4))),
        .rest,
        .user(3, .makeDirectory("c/b")),
        .rest,
        .user(0, .move("a", to: "c/c")),
        .user(2, .move("b", to: "c/b/c")),
        .part(1, 3),
        .user(3, .move("c", to: "b/b")),
        .user(1, .write("b/a", .init(seed: 944, wordCount: 4))),
      ]),
    // Two had deleted the bundle, and what a third made of it was lost between them.
    Scenario(
      .bundles, seed: 19902, schedule: 61,
      [
        .user(0, .makeDirectory("b")),
        .rest,
        .user(3, .write("b/b", .init(seed: 635, wordCount: 4))),
        .user(0, .remove("b")),
        .user(2, .remove("b")),
      ]),
    // A replica that had deleted the bundle passed on what was told in it, and not its state.
    Scenario(
      .bundles, seed: 39761, schedule: 24,
      [
        .user(0, .makeDirectory("b")),
        .user(0, .makeDirectory("c")),
        .user(0, .makeDirectory("c/b")),
        .rest,
        .user(3, .write("c/b/a", .init(seed: 660, wordCount: 4))),
        .user(0, .makeDirectory("c/b/d")),
        .user(1, .remove("c")),
      ]),
    // A file came back to where it had been before a power cut, and was taken for what the cut
    // had brought back.
    Scenario(
      .bundles, seed: 36163, schedule: 22,
      [
        .user(0, .write("b", .init(seed: 355, wordCount: 4))),
        .user(0, .makeDirectory("a")),
        .rejoin(0, 1),
        .user(0, .exchange("b", "a")),
        .user(1, .move("a", to: "c")),
        .user(0, .setMode("c", 0o600)),
        .user(0, .exchange("b", "c")),
        .crash(0, .xfs, atCall: 3),
      ]),
    // A file in a bundle's place was told before the bundle had left that.
    Scenario(
      .bundles, seed: 29007, schedule: 29,
      [
        .rest,
        .user(1, .write("b", .init(seed: 717, wordCount: 4))),
        .user(1, .makeDirectory("a")),
        .user(2, .makeDirectory("a/b")),
        .rest,
        .user(1, .exchange("b", "a/b")),
      ]),
    // Of what a directory brought back that is gone by now a copy has a conflict's name.
    Scenario(
      .bundles, seed: 40308, schedule: 198,
      [
        .user(2, .makeDirectory("c")),
        .user(2, .remove("a")),
        .user(1, .remove("c")),
        .user(2, .makeDirectory("c/b")),
        .user(2, .makeDirectory("c/c")),
        .user(0, .makeDirectory("b")),
        .user(0, .exchange("b", "c")),
        .user(0, .write("b/c", .init(seed: 391, wordCount: 4))),
        .user(1, .remove("c")),
      ]),
    // Who had given way told what had lost to that before as if it had lost to what stands.
    Scenario(
      .bundles, seed: 4199, schedule: 199,
      [
        .user(0, .makeDirectory("b")),
        .user(3, .write("b", .init(seed: 584, wordCount: 4))),
        .user(1, .write("a", .init(seed: 204, wordCount: 4))),
        .rest,
        .user(3, .write("b/b", .init(seed: 968, wordCount: 4))),
        .user(2, .move("a", to: "b/a")),
        .user(1, .write("b/a", .init(seed: 94, wordCount: 4))),
      ]),
    // What had been put back for a state was left when that gave way: nobody else had heard of it.
    Scenario(
      .bundles, seed: 2724, schedule: 9,
      [
        .user(1, .makeDirectory("b")),
        .user(1, .makeDirectory("c")),
        .rest,
        .user(3, .link("b/a", target: 103)),
        .user(0, .move("c", to: "b/a")),
        .user(1, .makeDirectory("c/c")),
        .user(1, .move("c/c", to: "b/a")),
        .user(3, .makeDirectory("b/b")),
      ]),
    // A part of a state was told with the one before, as a change of that.
    Scenario(
      .bundles, seed: 26737, schedule: 6,
      [
        .user(2, .makeDirectory("b")),
        .rest,
        .user(2, .write("b/a", .init(seed: 840, wordCount: 4))),
        .user(2, .move("b", to: "a")),
        .user(2, .write("a/b", .init(seed: 718, wordCount: 4))),
        .user(0, .makeDirectory("b/b")),
        .user(1, .makeDirectory("b/a")),
      ]),
    // What had come to a directory in a bundle left that with it before all of the state was done.
    Scenario(
      .bundles, seed: 31541, schedule: 27,
      [
        .user(1, .makeDirectory("a")),
        .user(1, .makeDirectory("b")),
        .user(1, .makeDirectory("b/a")),
        .rest,
        .user(1, .makeDirectory("b/a/a")),
        .user(0, .exchange("b", "a")),
        .user(1, .exchange("b/a", "a")),
      ]),
    // What was changed in a bundle that lives, though its state says that it is gone, was no state.
    Scenario(
      .bundles, seed: 25403, schedule: 24,
      [
        .user(0, .write("a", .init(seed: 124, wordCount: 4))),
        .user(2, .makeDirectory("b")),
        .rest,
        .user(1, .exchange("a", "b")),
        .user(0, .makeDirectory("b/b")),
        .rest,
        .user(2, .exchange("b", "a/b")),
        .user(1, .remove("a")),
        .rest,
        .user(2, .makeDirectory("a")),
        .user(0, .setMode("b", 0o644)),
        .user(1, .makeDirectory("a")),
        .user(1, .write("b/a", .init(seed: 642, wordCount: 4))),
        .user(1, .exchange("b", "a")),
      ]),
    // Nothing had told what is in a directory that was to go, and nobody looked into that.
    Scenario(
      .bundles, seed: 9162, schedule: 21,
      [
        .user(1, .makeDirectory("c")),
        .user(2, .makeDirectory("b")),
        .rest,
        .user(2, .makeDirectory("c/c")),
        .user(1, .makeDirectory("b/a")),
        .rest,
        .user(2, .makeDirectory("b/c")),
        .user(2, .makeDirectory("c/c/a")),
        .user(1, .exchange("c", "b/a")),
      ]),
    // That was looked into once more before it had been, ever again.
    Scenario(
      .bundles, seed: 31083, schedule: 112,
      [
        .user(0, .makeDirectory("c/a")),
        .user(0, .makeDirectory("b")),
        .user(0, .write("b/b", .init(seed: 919, wordCount: 4))),
        .user(0, .write("c/c", .init(seed: 332, wordCount: 4))),
        .user(0, .makeDirectory("b/c")),
        .user(1, .write("a/b", .init(seed: 82, wordCount: 4))),
        .user(0, .write("c", .init(seed: 937, wordCount: 4))),
        .user(0, .exchange("c", "b")),
        .rest,
        .user(2, .write("c/c/b", .init(seed: 608, wordCount: 22639))),
        .user(0, .remove("c")),
        .user(1, .setMode("c/b", 0o755)),
        .user(0, .move("a", to: "b")),
        .user(1, .move("c/b", to: "b")),
        .user(1, .makeDirectory("c/b")),
      ]),
    // What a replica had withheld with a bundle was not told when that was told again.
    Scenario(
      .bundles, seed: 26335, schedule: 72,
      [
        .user(0, .makeDirectory("b")),
        .user(0, .makeDirectory("b/d")),
        .user(0, .setAttribute("b", 65)),
        .part(0, 1),
        .user(1, .setMode("b", 0o600)),
      ]),
    // Where a directory had moved away in a bundle, and another been put, nobody knew what stood.
    Scenario(
      .bundles, seed: 23349, schedule: 17,
      [
        .user(1, .makeDirectory("c")),
        .user(2, .makeDirectory("b")),
        .user(2, .makeDirectory("b/a")),
        .rest,
        .user(2, .setAttribute("b", 65)),
        .user(1, .makeDirectory("c/b")),
        .user(0, .move("b", to: "c/b")),
        .user(0, .write("b", .init(seed: 16, wordCount: 4))),
        .user(1, .exchange("c/b", "b")),
        .user(1, .makeDirectory("b/a")),
      ]),
  ]
}
