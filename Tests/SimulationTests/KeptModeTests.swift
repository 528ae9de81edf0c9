import Simulation
import Testing

/// Worlds whose nodes are not all alike, and that failed once.
@Suite struct KeptModeTests {
  @Test(arguments: kept) func `what failed once holds`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // A replica keeps nothing of what its announcer lost with the power and told otherwise since.
    Scenario(
      .bundles, seed: 2948, schedule: 46,
      [
        .user(1, .write("b", .init(seed: 669, wordCount: 4))),
        .crash(1, .ext4, atCall: 42),
        .user(1, .write("a", .init(seed: 49, wordCount: 4))),
        .user(1, .save("a", .init(seed: 79, wordCount: 4))),
        .user(0, .write("a", .init(seed: 557, wordCount: 4))),
      ]),
    // A source took a directory that was told under a former id.
    Scenario(.modes, seed: 86),
    // A replica's own directory pushed a file of others aside, and they heard of it.
    Scenario(
      .modes, seed: 446,
      [
        .user(1, .makeDirectory("c")),
        .user(2, .write("c", .init(seed: 677, wordCount: 4))),
        .rest,
        .user(0, .edit("c", isAtEnd: false)),
      ]),
    // A directory that holds nothing but what it ignores itself was looked at without end.
    Scenario(
      .ignoring, seed: 1,
      [
        .user(1, .write("c", .init(seed: 162, wordCount: 4))),
        .user(1, .makeDirectory("d")),
        .user(1, .ignore("d", ["c/*", "/c"])),
        .user(1, .exchange("c", "d")),
        .user(1, .write("c/c", .init(seed: 199, wordCount: 4))),
      ]),
    // A directory that a replica had made and that turned out to be another node's passed its past
    // on to that one.
    Scenario(
      .modes, seed: 182, schedule: 1,
      [
        .user(2, .link("b", target: 99)),
        .user(2, .move("b", to: "a")),
        .user(2, .makeDirectory("b")),
        .user(0, .makeDirectory("a")),
        .user(2, .exchange("a", "b")),
      ]),
    // A replica's own directory took in that of another node, since its id was smaller, and went
    // to the other with what was in it.
    Scenario(
      .modes, seed: 4, schedule: 244,
      [
        .user(1, .makeDirectory("b")),
        .user(1, .makeDirectory("a")),
        .user(1, .edit("a", isAtEnd: false)),
        .user(0, .makeDirectory("a")),
        .user(0, .makeDirectory("a/b")),
        .user(1, .exchange("a", "b")),
      ]),
    // Two nodes' directory, told under an id that it no longer had, pushed a file of the source
    // aside.
    Scenario(
      .modes, seed: 72, schedule: 19,
      [
        .user(3, .makeDirectory("b")),
        .user(0, .makeDirectory("a")),
        .user(0, .makeDirectory("a/c")),
        .user(1, .write("a", .init(seed: 244, wordCount: 4))),
        .user(1, .makeDirectory("c")),
        .user(1, .makeDirectory("c/d")),
        .user(1, .makeDirectory("c/a")),
        .user(3, .makeDirectory("b/a")),
        .user(1, .write("c/a/d", .init(seed: 715, wordCount: 4))),
        .user(1, .write("b", .init(seed: 562, wordCount: 4))),
        .user(1, .write("b", .init(seed: 655, wordCount: 4))),
        .user(0, .write("a/c/c", .init(seed: 991, wordCount: 39725))),
        .user(2, .write("c", .init(seed: 380, wordCount: 4))),
        .user(0, .write("a/d", .init(seed: 970, wordCount: 4))),
        .user(3, .makeDirectory("b/b")),
        .user(3, .makeDirectory("d")),
        .user(2, .makeDirectory("a/a")),
        .user(3, .remove("b/b")),
        .user(2, .makeDirectory("b")),
        .user(0, .write("b", .init(seed: 50, wordCount: 4))),
      ]),
    // A directory of the source that others had merged into one which is gone there was gone
    // everywhere.
    Scenario(.modes, seed: 970),
    Scenario(.modes, seed: 980),
    Scenario(.modes, seed: 384),
    // So was one that they had merged into another one of its directories.
    Scenario(.modes, seed: 2071),
    // What stood on a replica where its user had moved it was merged with what came there.
    Scenario(.modes, seed: 83),
    Scenario(
      .modes, seed: 83, schedule: 28,
      [
        .user(3, .makeDirectory("c")),
        .user(0, .remove("c")),
        .crash(0, .processOnly, atCall: 35),
        .user(0, .makeDirectory("a")),
        .user(1, .makeDirectory("a")),
        .user(0, .setMode("a", 0o700)),
        .user(0, .setMode("a", 0o600)),
        .user(3, .write("a", .init(seed: 353, wordCount: 4))),
        .user(1, .makeDirectory("a/c")),
        .user(1, .makeDirectory("c")),
        .crash(3, .ext4, atCall: 51),
        .user(0, .remove("a")),
        .user(1, .makeDirectory("b")),
        .crash(2, .xfs, atCall: 36),
        .user(2, .makeDirectory("a")),
      ]),
    // What a replica had deleted in a directory of its own, which turned out to be another's,
    // became a past that everybody heard of.
    Scenario(.modes, seed: 399),
    // A directory that holds nothing but what is ignored stood in the way of a peer's for ever.
    Scenario(
      .ignoring, seed: 59,
      [
        .user(0, .write("a", .init(seed: 987, wordCount: 4))),
        .user(0, .ignore(nil, ["c/*"])),
        .user(1, .makeDirectory("c")),
        .user(0, .makeDirectory("c")),
        .user(0, .exchange("a", "c")),
        .user(0, .ignore("a", ["b/"])),
        .user(0, .exchange("c", "a")),
      ]),
    // The content of a loser that is ignored where it is was waited for without end.
    Scenario(
      .ignoring, seed: 64, schedule: 3,
      [
        .crash(1, .btrfs, atCall: 3),
        .user(0, .write("b", .init(seed: 444, wordCount: 4))),
        .user(1, .write("a", .init(seed: 559, wordCount: 4))),
        .part(0, 2),
        .user(0, .ignore(nil, ["b"])),
        .user(1, .save("a", .init(seed: 771, wordCount: 4))),
        .user(0, .save("a", .init(seed: 410, wordCount: 4))),
        .part(1, 2),
        .user(1, .write("b", .init(seed: 988, wordCount: 4))),
      ]),
    Scenario(.ignoring, seed: 27),
    // At a source a file was recorded at the place that a directory had left, and its leaving was
    // not, since others had told of the directory meanwhile: the file gave way to it.
    Scenario(.modes, seed: 20203),
    // What a replica had put beside as a conflict and its user deleted was waited for without end.
    Scenario(
      .modes, seed: 41005,
      [
        .user(1, .makeDirectory("a")),
        .user(1, .makeDirectory("b")),
        .user(1, .remove("b")),
        .user(1, .write("a/a", .init(seed: 747, wordCount: 4))),
        .user(2, .makeDirectory("b")),
        .user(1, .write("b", .init(seed: 165, wordCount: 4))),
        .user(2, .makeDirectory("b/b")),
        .user(1, .write("a/b", .init(seed: 27, wordCount: 4))),
        .user(0, .exchange("a", "b")),
        .user(2, .makeDirectory("a/b")),
        .user(1, .write("b", .init(seed: 537, wordCount: 4))),
        .user(2, .makeDirectory("b/b/a")),
        .user(0, .write("b/a", .init(seed: 790, wordCount: 4))),
        .user(2, .makeDirectory("b/a")),
        .user(2, .remove("b")),
        .user(1, .remove("a")),
        .user(2, .makeDirectory("b")),
        .user(1, .makeDirectory("a")),
        .user(2, .remove("a/a")),
        .user(1, .write("b", .init(seed: 259, wordCount: 4))),
        .user(1, .setMode("b", 0o755)),
        .user(2, .makeDirectory("a/a")),
        .user(2, .remove("a")),
        .user(0, .write("a/b/a", .init(seed: 495, wordCount: 4))),
        .user(1, .makeDirectory("a/b")),
        .user(1, .write("a/a", .init(seed: 593, wordCount: 4))),
        .user(2, .makeDirectory("b/b")),
        .user(0, .makeDirectory("b/b")),
        .user(1, .setMode("a", 0o700)),
        .user(1, .remove("a")),
        .user(0, .makeDirectory("b/b/a")),
        .user(1, .link("a", target: 102)),
        .user(1, .remove("a")),
        .user(0, .remove("a")),
        .user(0, .link("a", target: 104)),
        .user(2, .makeDirectory("b/b/b")),
        .user(2, .link("b/b/b/b", target: 100)),
        .user(0, .setMode("b/b", 0o700)),
        .user(2, .remove("b")),
        .user(0, .makeDirectory("b/b/b")),
      ]),
    // A replica alone had told of a copy and deleted it, while another node had told that content
    // elsewhere: it was asked for without end.
    Scenario(
      .bundles, seed: 21164, schedule: 64,
      [
        .user(1, .makeDirectory("a")),
        .user(1, .makeDirectory("a/b")),
        .user(0, .makeDirectory("b/a")),
        .user(0, .makeDirectory("b/b")),
        .user(1, .setAttribute("a", 65)),
        .user(1, .makeDirectory("a/a")),
        .user(2, .write("a/a", .init(seed: 145, wordCount: 4))),
        .user(2, .setAttribute("b", 0)),
        .disconnect(1, 2),
        .user(2, .write("a/a", .init(seed: 623, wordCount: 4))),
        .user(1, .setAttribute("b/b", 65)),
        .user(0, .remove("a")),
      ]),
    // A replica took two directories for one; when others told it that they are two it had nothing
    // of what is in the second.
    Scenario(
      .bundles, seed: 14860, schedule: 75,
      [
        .disconnect(0, 1),
        .user(1, .makeDirectory("b")),
        .user(0, .write("b", .init(seed: 743, wordCount: 32388))),
        .setClock(2, seconds: 7200),
        .disconnect(0, 2),
        .user(0, .setMode("a", 0o600)),
        .user(2, .setMode("a", 0o700)),
        .user(2, .makeDirectory("c")),
        .user(1, .makeDirectory("b/c")),
        .user(1, .makeDirectory("c")),
        .user(1, .move("b/c", to: "b/a")),
        .user(1, .write("c/b", .init(seed: 997, wordCount: 4))),
        .user(1, .setMode("a", 0o700)),
        .user(1, .write("c/b", .init(seed: 648, wordCount: 4))),
        .user(1, .setMode("c", 0o600)),
        .user(1, .setMode("b", 0o700)),
        .user(1, .setMode("b", 0o644)),
      ]),
  ]
}
