import Simulation
import Testing

/// Worlds with slow networks, clocks and users that failed once.
@Suite struct KeptWideTests {
  @Test(arguments: kept) func `what failed once holds`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // Before its first look after a power cut was over, a node said of what it had recorded last
    // that it had it no more: others gave it up, and what they told replaced it.
    Scenario(
      .wide, seed: 2002,
      [
        .flush(1),
        .user(2, .write("b", .init(seed: 495, wordCount: 4))),
        .rest,
        .user(1, .write("a", .init(seed: 715, wordCount: 4))),
        .user(0, .makeDirectory("c")),
        .flush(2),
        .user(0, .edit("a", isAtEnd: true)),
        .crash(0, .btrfs, atCall: 57),
        .user(1, .save("b", .init(seed: 798, wordCount: 4))),
        .user(2, .write("b", .init(seed: 821, wordCount: 4))),
        .rest,
        .crash(2, .ext4, atCall: 46),
        .user(2, .makeDirectory("c/b")),
        .fail(1, atCall: 56, count: 5, .noSpace),
        .flush(2),
        .user(1, .write("c/a", .init(seed: 507, wordCount: 24287))),
        .user(1, .write("c/c", .init(seed: 629, wordCount: 4))),
        .user(0, .write("c/c", .init(seed: 308, wordCount: 4))),
        .user(1, .setAttribute("b", 65)),
        .user(2, .write("b", .init(seed: 724, wordCount: 4))),
        .user(1, .write("b", .init(seed: 109, wordCount: 4))),
        .user(0, .makeDirectory("c/b/b")),
        .stall(2, from: 1, milliseconds: 10),
        .user(1, .write("a", .init(seed: 189, wordCount: 4))),
        .user(1, .makeDirectory("c/b/b")),
        .user(1, .write("a", .init(seed: 469, wordCount: 4))),
        .user(2, .write("a", .init(seed: 501, wordCount: 4))),
        .user(0, .edit("b", isAtEnd: false)),
        .flush(0),
        .stall(1, from: 0, milliseconds: 40000),
        .user(1, .setAttribute("a", 65)),
        .user(0, .makeDirectory("c/b/b/c")),
        .user(0, .save("b", .init(seed: 699, wordCount: 4))),
        .user(1, .write("b", .init(seed: 200, wordCount: 4))),
        .copyIndex(2),
        .stall(1, from: 0, milliseconds: 10),
        .user(1, .write("c/a", .init(seed: 198, wordCount: 4))),
        .user(1, .write("a", .init(seed: 20, wordCount: 4))),
        .user(2, .write("b", .init(seed: 81, wordCount: 4))),
        .user(2, .edit("a", isAtEnd: false)),
        .user(2, .write("a", .init(seed: 306, wordCount: 4))),
        .user(0, .write("c/a", .init(seed: 636, wordCount: 4))),
        .user(2, .write("c/c", .init(seed: 631, wordCount: 4))),
        .user(2, .write("b", .init(seed: 727, wordCount: 4))),
        .crash(1, .worst, atCall: 20),
        .user(0, .makeDirectory("c/b/b/a")),
        .user(2, .write("a", .init(seed: 950, wordCount: 4))),
        .fail(1, atCall: 18, count: 5, .inputOutput),
        .user(2, .edit("b", isAtEnd: true)),
        .fail(2, atCall: 13, count: 1, .noSpace),
        .user(0, .save("a", .init(seed: 748, wordCount: 4))),
        .user(1, .write("a", .init(seed: 480, wordCount: 4))),
      ]),
    // After a power cut what was found was taken for something that had not seen what was flushed.
    Scenario(
      .wide, seed: 1054, schedule: 36,
      [
        .user(0, .write("c", .init(seed: 720, wordCount: 4))),
        .rest,
        .user(0, .write("c", .init(seed: 688, wordCount: 4))),
        .crash(0, .worst, atCall: 0),
        .user(0, .save("c", .init(seed: 495, wordCount: 4))),
      ]),
    // What was written over a version that was told and not flushed yet may leave a copy of that.
    Scenario(
      .wide, seed: 2059, schedule: 7,
      [
        .rest,
        .user(1, .write("b", .init(seed: 784, wordCount: 4))),
        .user(1, .write("b", .init(seed: 460, wordCount: 4))),
        .crash(1, .worst, atCall: 9),
      ]),
    // Attributes of a directory that could not be read once were never read again.
    Scenario(
      .wide, seed: 1874, schedule: 7,
      [
        .user(0, .makeDirectory("a")),
        .user(0, .setAttribute("a", 66)),
        .fail(0, atCall: 6, count: 1, .inputOutput),
      ]),
    // What its writer wrote over it, told and lost before it was fetched, was acknowledged.
    Scenario(.wide, seed: 1149),
    // A file that was to come from a directory to the one of which that would be an alias stayed
    // recorded there, as the disk had not made it one.
    Scenario(.wide, seed: 40286),
    // What was written into a directory that its user and a peer moved was said to be recorded
    // before anybody had looked for it where it is.
    Scenario(
      .wide, seed: 710027, schedule: 2,
      [
        .user(1, .makeDirectory("a")),
        .rest,
        .user(1, .write("a/b", .init(seed: 301, wordCount: 4))),
        .user(1, .move("a", to: "b")),
        .user(2, .write("a/b", .init(seed: 811, wordCount: 4))),
        .user(2, .move("a", to: "b")),
        .flush(2),
      ]),
  ]
}
