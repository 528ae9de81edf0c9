import Simulation
import Testing

/// Worlds in which things are ignored and aren't any more, and that failed once.
@Suite struct KeptIgnoringTests {
  @Test(arguments: kept) func `what failed once holds`(_ scenario: Scenario) throws {
    try expectGood(scenario)
  }

  private static let kept: [Scenario] = [
    // What everybody ignores in a directory that was deleted stays known, and is in no directory.
    Scenario(
      .ignoring, seed: 122, schedule: 46,
      [
        .user(1, .makeDirectory("a")),
        .user(0, .makeDirectory("a/b")),
        .user(1, .ignore(nil, ["b/", "/c"])),
        .user(0, .remove("a")),
      ]),
    Scenario(
      .ignoring, seed: 149, schedule: 72,
      [
        .user(2, .makeDirectory("a")),
        .user(2, .makeDirectory("a/b")),
        .user(2, .ignore(nil, ["/a/b"])),
        .user(0, .save("c", .init(seed: 243, wordCount: 4))),
        .user(2, .remove("a")),
      ]),
    // A file came to where a directory stands that holds nothing but what is ignored, and was tried
    // for ever.
    Scenario(
      .ignoring, seed: 264,
      [
        .user(0, .write("d", .init(seed: 544, wordCount: 4))),
        .user(1, .makeDirectory("d")),
        .user(1, .write("d/b", .init(seed: 751, wordCount: 4))),
      ]),
    Scenario(.ignoring, seed: 379),
    Scenario(.ignoring, seed: 1001),
    // It came to where a directory stands that is ignored.
    Scenario(
      .ignoring, seed: 476,
      [
        .user(1, .makeDirectory("b")),
        .user(0, .write("b", .init(seed: 204, wordCount: 4))),
      ]),
    // What was announced and ignored since was asked for without end.
    Scenario(.ignoring, seed: 70),
    Scenario(.ignoring, seed: 513),
    // What is known and not here collided with what came, and its content was waited for.
    Scenario(.ignoring, seed: 1405),
    Scenario(
      .ignoring, seed: 400, schedule: 216,
      [
        .user(1, .ignore(nil, ["b", "!b/"])),
        .setClock(0, seconds: 7200),
        .user(2, .write("b", .init(seed: 288, wordCount: 4))),
        .disconnect(0, 2),
        .user(1, .ignore(nil, ["a", "/c"])),
        .user(0, .makeDirectory("b")),
      ]),
    Scenario(
      .ignoring, seed: 1609, schedule: 143,
      [
        .user(0, .makeDirectory("d")),
        .user(0, .makeDirectory("b")),
        .rest,
        .user(1, .write("b/c", .init(seed: 429, wordCount: 4))),
        .user(1, .ignore(nil, ["/c", "b"])),
        .user(0, .makeDirectory("b/a")),
        .user(0, .makeDirectory("b/c")),
        .user(1, .ignore(nil, ["c/*", "a"])),
        .user(1, .makeDirectory("d/a")),
        .user(1, .move("b", to: "d/a/c")),
      ]),
    // Of what is known and not here a peer told an older version, and nobody had the newer one.
    Scenario(.ignoring, seed: 676),
    Scenario(.ignoring, seed: 404),
    // A directory that is known and not here kept another one from being recorded in its place.
    Scenario(.ignoring, seed: 1242),
    Scenario(.ignoring, seed: 588),
    // What peers have in a directory that was ignored until then came to no directory.
    Scenario(.ignoring, seed: 330),
    // What was recorded in a directory while that was found to be ignored stayed.
    Scenario(.ignoring, seed: 535),
    // A flip moved a directory to where other rules are in force.
    Scenario(.ignoring, seed: 359),
    // What nobody has was asked for again by every look after the rules had changed.
    Scenario(.ignoring, seed: 163),
    // A directory that a peer had moved to where it is ignored went to the trash, with what only
    // this node had in it.
    Scenario(.ignoring, seed: 843),
    Scenario(.ignoring, seed: 988),
    // It could not be moved there, and held what the peer can't have known.
    Scenario(.ignoring, seed: 990),
    Scenario(.ignoring, seed: 1061),
    // A flip put something into a directory that had been found to be ignored.
    Scenario(.ignoring, seed: 147),
    // A deleted directory held rules that are ignored themselves, and could not go.
    Scenario(.ignoring, seed: 761),
    // A conflict was decided where its file was ignored, and the winner told on as if the loser
    // were kept.
    Scenario(.ignoring, seed: 1241),
    // What nobody had any more won against what was made after the rules had gone.
    Scenario(
      .ignoring, seed: 1767,
      [
        .user(2, .write("c", .init(seed: 9, wordCount: 4))),
        .user(1, .ignore(nil, ["/c", "!b/"])),
        .rest,
        .setClock(0, seconds: -3600),
        .user(0, .write("c", .init(seed: 41, wordCount: 4))),
        .user(2, .remove("c")),
        .user(1, .ignore(nil, [])),
      ]),
    // What a directory was merged into was ignored by all who told of that.
    Scenario(.ignoring, seed: 83),
    // What nobody has any more came home from a directory that was merged, and was waited for.
    Scenario(
      .ignoring, seed: 1291, schedule: 40,
      [
        .user(0, .makeDirectory("a")),
        .crash(1, .xfs, atCall: 55),
        .user(0, .setMode("a", 0o644)),
        .rest,
        .user(0, .write("a/b", .init(seed: 114, wordCount: 4))),
        .user(0, .write("a/a", .init(seed: 326, wordCount: 4))),
        .rest,
        .user(1, .makeDirectory("b")),
        .user(0, .save("a/b", .init(seed: 635, wordCount: 34331))),
        .user(0, .save("a/a", .init(seed: 109, wordCount: 4))),
        .user(0, .ignore(nil, ["a", "*/a"])),
        .user(1, .write("a/a", .init(seed: 819, wordCount: 34087))),
        .rest,
        .user(1, .remove("a")),
        .user(0, .remove("a")),
        .user(0, .ignore(nil, ["*/a"])),
        .user(1, .makeDirectory("a")),
        .user(1, .link("b/a", target: 99)),
        .user(1, .setMode("a", 0o600)),
        .user(1, .ignore("b", ["b/", "!a"])),
        .user(0, .write("a", .init(seed: 929, wordCount: 4))),
        .user(0, .makeDirectory("b/b")),
        .user(1, .exchange("a", "b")),
        .user(0, .write("a", .init(seed: 5, wordCount: 4))),
        .user(0, .ignore("b", ["a"])),
      ]),
    Scenario(.ignoring, seed: 1291),
    // A directory that holds what is ignored could not give way to one that was ignored until then.
    Scenario(
      .ignoring, seed: 1318, schedule: 12,
      [
        .user(2, .makeDirectory("a")),
        .rest,
        .disconnect(0, 2),
        .part(0, 1),
        .user(0, .makeDirectory("b")),
        .user(0, .link("b/a", target: 105)),
        .user(2, .makeDirectory("b/a")),
        .user(0, .write("a", .init(seed: 886, wordCount: 4))),
        .crash(2, .btrfs, atCall: 0),
        .crash(0, .xfs, atCall: 41),
        .user(0, .setAttribute("a", 65)),
        .user(1, .makeDirectory("a/b")),
        .rest,
        .user(0, .link("b/b", target: 101)),
        .user(0, .setAttribute("b", 0)),
        .user(0, .ignore(nil, ["!a"])),
        .user(0, .exchange("a", "b/a")),
        .user(1, .setMode("b", 0o755)),
        .rest,
        .user(0, .save("b/a", .init(seed: 997, wordCount: 4))),
        .user(1, .setAttribute("a/b", 65)),
        .user(1, .exchange("b/b", "a")),
        .crash(1, .xfs, atCall: 0),
        .user(0, .edit("b/a", isAtEnd: true)),
        .user(1, .setAttribute("b", 0)),
        .user(1, .exchange("b", "a")),
        .user(2, .ignore("a", ["b/"])),
        .user(2, .ignore(nil, ["a"])),
        .user(1, .setAttribute("a", 0)),
        .user(1, .setAttribute("a", 65)),
        .user(1, .exchange("b", "a/a")),
      ]),
    Scenario(.ignoring, seed: 1318),
    // What the rules in force ignore, and those on disk didn't any more, was looked at without end.
    Scenario(
      .ignoring, seed: 1449, schedule: 17,
      [
        .part(1, 2),
        .user(0, .makeDirectory("b")),
        .rest,
        .disconnect(0, 2),
        .user(0, .edit("a", isAtEnd: true)),
        .user(2, .write("a", .init(seed: 697, wordCount: 38309))),
        .disconnect(0, 1),
        .user(2, .save("a", .init(seed: 353, wordCount: 4))),
        .user(0, .ignore(nil, ["b", "/c"])),
        .rest,
        .disconnect(0, 2),
        .user(0, .save("c", .init(seed: 959, wordCount: 4))),
        .user(0, .write("c", .init(seed: 865, wordCount: 4))),
        .rest,
        .user(1, .write("a", .init(seed: 702, wordCount: 4))),
        .user(1, .setAttribute("a", 0)),
        .user(1, .edit("c", isAtEnd: true)),
        .user(2, .ignore(nil, ["b/", "!a"])),
        .user(2, .write("b/a", .init(seed: 807, wordCount: 4))),
        .user(1, .write("b/c/b", .init(seed: 413, wordCount: 4))),
        .user(1, .setAttribute("a", 65)),
        .user(2, .setAttribute("a", 65)),
        .user(1, .write("a", .init(seed: 248, wordCount: 4))),
        .disconnect(1, 2),
        .user(0, .setAttribute("a", 65)),
        .user(2, .ignore(nil, ["/a/b"])),
      ]),
    Scenario(.ignoring, seed: 1449),
    // What was asked for had been moved to where it is ignored, and was not asked for again.
    Scenario(.ignoring, seed: 1951),
    // A deleted directory held one that holds only what is ignored, and was tried for ever.
    Scenario(
      .ignoring, seed: 3921, schedule: 28,
      [
        .user(0, .makeDirectory("c")),
        .disconnect(0, 1),
        .disconnect(0, 1),
        .user(1, .remove("d")),
        .rejoin(0, 1),
        .user(1, .makeDirectory("b")),
        .user(0, .remove("c/d")),
        .user(1, .makeDirectory("b/c")),
        .user(0, .ignore(nil, ["c/*", "b/"])),
        .user(1, .makeDirectory("b/c/a")),
        .user(1, .ignore(nil, ["*/a", "/a/b"])),
        .user(1, .setMode("b", 0o700)),
        .user(0, .exchange("c", "b")),
      ]),
    Scenario(.ignoring, seed: 3489),
    // What was in a directory that was merged into another, and is ignored there, was in the trash.
    Scenario(
      .ignoring, seed: 3550, schedule: 16,
      [
        .disconnect(0, 1),
        .user(0, .makeDirectory("b")),
        .user(0, .makeDirectory("c")),
        .rest,
        .part(1, 2),
        .user(3, .ignore(nil, [])),
        .user(2, .makeDirectory("b/b")),
        .part(2, 3),
        .rest,
        .user(2, .write("a", .init(seed: 568, wordCount: 4))),
        .user(3, .ignore(nil, ["*/a", "*/a"])),
        .user(2, .makeDirectory("b/c")),
        .user(2, .exchange("c", "b/b")),
        .user(1, .ignore("b", ["/a", "/a"])),
        .user(1, .write("b/b/a", .init(seed: 723, wordCount: 4))),
        .user(2, .makeDirectory("c/b")),
        .user(0, .remove("c")),
        .user(1, .setAttribute("b", 65)),
      ]),
    Scenario(.ignoring, seed: 3550),
    // What came over a connection that was broken was not told to who asked for everything.
    Scenario(
      .ignoring, seed: 11050, schedule: 59,
      [
        .user(0, .makeDirectory("b")),
        .user(0, .link("a", target: 100)),
        .user(0, .makeDirectory("b/b")),
        .setClock(1, seconds: -3),
        .setClock(0, seconds: -3600),
        .user(0, .remove("b/b")),
        .user(0, .setMode("a", 0o700)),
        .user(0, .link("b/a", target: 106)),
        .user(0, .ignore(nil, ["b/"])),
        .user(1, .move("b", to: "a")),
        .user(0, .ignore(nil, ["/a", "/a"])),
      ]),
    // A directory was to move to where another holds what is ignored: that was told, merged into
    // it, could not give way and was told again, for ever.
    Scenario(.ignoring, seed: 6211),
    // The same with one that had been deleted there.
    Scenario(.ignoring, seed: 6472),
    // Files stayed on one node alone, since others knew of later versions that nobody had any more.
    Scenario(.ignoring, seed: 3192),
    Scenario(.ignoring, seed: 7390),
    // A directory that only had been there was told for the sake of what was deleted in it.
    Scenario(.ignoring, seed: 11050),
    // A directory was moved to where it was ignored before all had heard of it: they never did.
    Scenario(
      .ignoring, seed: 4231, schedule: 82,
      [
        .user(0, .makeDirectory("a")),
        .rest,
        .user(2, .write("b", .init(seed: 234, wordCount: 4))),
        .user(1, .move("a", to: "b")),
        .user(2, .ignore(nil, ["b"])),
      ]),
    Scenario(.ignoring, seed: 4231),
    Scenario(.ignoring, seed: 38),
    Scenario(.ignoring, seed: 3178),
    // A directory that could not be made, and was one later, was told again when nothing but what
    // is ignored was left of it.
    Scenario(
      .ignoring, seed: 3286, schedule: 1,
      [
        .user(2, .makeDirectory("c")),
        .rest,
        .user(1, .write("c/b", .init(seed: 838, wordCount: 4))),
        .user(2, .makeDirectory("c/c")),
        .user(0, .remove("c")),
        .rest,
        .user(2, .remove("c")),
      ]),
    Scenario(.ignoring, seed: 3286),
    // What nobody else had yet could not come home to where it is ignored, and was in the trash.
    Scenario(
      .ignoring, seed: 477, schedule: 44,
      [
        .user(2, .makeDirectory("b")),
        .user(2, .makeDirectory("a")),
        .user(0, .ignore(nil, ["b", "/a/b"])),
        .user(0, .makeDirectory("b")),
        .disconnect(0, 1),
        .user(1, .ignore(nil, ["/a"])),
        .part(0, 1),
        .rest,
        .user(2, .setMode("b", 0o755)),
        .user(2, .link("c", target: 102)),
        .user(1, .makeDirectory("c")),
        .rest,
        .rest,
        .user(0, .setMode("b", 0o755)),
        .user(0, .ignore(nil, [])),
        .user(1, .makeDirectory("a")),
        .user(2, .ignore("c", ["!a", "a"])),
        .user(1, .exchange("c", "a")),
      ]),
    Scenario(.ignoring, seed: 477),
    // Who was to tell everything again had not heard that, since the connection broke.
    Scenario(
      .ignoring, seed: 20193, schedule: 70,
      [
        .user(0, .link("b", target: 97)),
        .user(1, .ignore(nil, ["/a", "b"])),
        .user(0, .makeDirectory("a")),
        .user(0, .remove("b")),
        .user(0, .ignore(nil, ["*/a", "/a/b"])),
      ]),
    // The rules in a directory were those of the id that it had before it was merged.
    Scenario(
      .ignoring, seed: 21388, schedule: 192,
      [
        .rest,
        .user(0, .ignore(nil, ["a", "/a/b"])),
        .user(2, .makeDirectory("a")),
        .user(0, .makeDirectory("a")),
        .user(2, .makeDirectory("a/b")),
        .user(0, .ignore("a", ["c/*", "!b/"])),
        .user(2, .ignore(nil, ["b/"])),
      ]),
    // A directory that was told by who didn't hold it was never told to that one, who wanted it.
    Scenario(.ignoring, seed: 20256),
    // A directory that holds what is ignored was to give way to one of which a file is known.
    Scenario(
      .ignoring, seed: 20168, schedule: 49,
      [
        .user(0, .write("a", .init(seed: 998, wordCount: 4))),
        .user(1, .makeDirectory("b")),
        .rest,
        .user(0, .makeDirectory("b/a")),
        .user(0, .makeDirectory("b/b")),
        .rest,
        .setClock(0, seconds: 7200),
        .user(1, .move("b/a", to: "a")),
        .user(0, .ignore(nil, ["*/a"])),
        .user(1, .makeDirectory("a/a")),
        .rest,
        .rest,
        .user(0, .makeDirectory("b/a")),
        .user(1, .makeDirectory("b/a")),
        .rest,
        .user(1, .ignore("b/a", ["/a"])),
        .user(0, .ignore(nil, [])),
        .rest,
        .rest,
        .user(0, .ignore(nil, ["*/a"])),
        .user(1, .ignore("b/a", [])),
        .user(1, .ignore(nil, ["c/*", "!a"])),
        .user(0, .setAttribute("b", 65)),
        .setClock(0, seconds: 7200),
        .user(0, .edit("a", isAtEnd: false)),
        .user(0, .exchange("b/b", "b/a")),
        .user(1, .ignore(nil, ["/a"])),
        .user(0, .exchange("b/b", "a")),
        .part(0, 1),
        .user(0, .setMode("a", 0o644)),
        .user(0, .ignore(nil, [])),
        .user(0, .makeDirectory("a/a")),
        .user(0, .exchange("a", "b/a")),
      ]),
    Scenario(
      .ignoring, seed: 20163, schedule: 129,
      [
        .user(0, .makeDirectory("a")),
        .user(0, .write("a/d", .init(seed: 762, wordCount: 4))),
        .user(0, .makeDirectory("c")),
        .user(0, .makeDirectory("c/c")),
        .user(1, .makeDirectory("a/a")),
        .user(2, .write("a", .init(seed: 678, wordCount: 4))),
        .user(1, .makeDirectory("b/d")),
        .user(2, .ignore("c", ["/c"])),
        .user(1, .exchange("c", "a")),
        .user(2, .makeDirectory("c/d")),
      ]),
    // What is ignored here won, and what was told was not known.
    Scenario(
      .ignoring, seed: 20448, schedule: 101,
      [
        .user(0, .makeDirectory("b")),
        .user(0, .write("d", .init(seed: 744, wordCount: 4))),
        .user(0, .makeDirectory("c")),
        .user(1, .move("d", to: "c/c")),
        .user(0, .makeDirectory("b/d")),
        .user(0, .write("b/d/c", .init(seed: 970, wordCount: 4))),
        .user(1, .ignore(nil, ["b"])),
        .user(1, .exchange("c", "b/d")),
        .user(1, .ignore(nil, [])),
      ]),
    // It was to give way to one that somebody tells is gone, or that was made anew.
    Scenario(.ignoring, seed: 20168),
    Scenario(.ignoring, seed: 20290),
    Scenario(.ignoring, seed: 6304),
    // A directory was merged into one that was merged itself in the same unit: no plan came of it.
    Scenario(.ignoring, seed: 539),
    // What was ignored in a directory was not in the one that this was merged into, and nobody had
    // it.
    Scenario(.ignoring, seed: 3412),
    Scenario(
      .ignoring, seed: 3412, schedule: 229,
      [
        .user(0, .makeDirectory("a")),
        .disconnect(1, 2),
        .user(2, .ignore(nil, ["*/a", "!a"])),
        .user(2, .write("a/b", .init(seed: 4, wordCount: 4))),
        .user(0, .move("a", to: "b")),
        .user(1, .ignore(nil, ["/a"])),
        .user(2, .makeDirectory("b")),
      ]),
    // What nobody has was asked for again after each start.
    Scenario(.ignoring, seed: 30624),
    // The watcher had read the rules before they were changed, and the first look after that.
    Scenario(
      .ignoring, seed: 41043, schedule: 14,
      [
        .user(1, .makeDirectory("a")),
        .user(1, .ignore(nil, ["a", "/c"])),
        .user(1, .ignore(nil, ["b/"])),
        .user(1, .makeDirectory("a/d")),
      ]),
    // A directory was to go to where it is ignored and a symlink is not.
    Scenario(
      .ignoring, seed: 40438, schedule: 11,
      [
        .user(0, .link("b", target: 98)),
        .user(3, .makeDirectory("a")),
        .rest,
        .user(1, .ignore(nil, ["b", "/c"])),
        .user(0, .ignore(nil, ["!a", "b/"])),
        .user(3, .exchange("b", "a")),
      ]),
    // A directory was moved by who didn't have a file in it, to where this file is ignored: all who
    // had it put it into the trash.
    Scenario(
      .ignoring, seed: 40068, schedule: 161,
      [
        .user(1, .makeDirectory("a")),
        .user(0, .write("b", .init(seed: 919, wordCount: 4))),
        .part(0, 1),
        .rest,
        .user(0, .setAttribute("a", 65)),
        .user(0, .exchange("a", "b")),
        .user(0, .write("b/b", .init(seed: 493, wordCount: 4))),
        .user(1, .exchange("b", "a")),
        .user(1, .ignore(nil, ["c/*", "/a/b"])),
        .user(1, .write("b/b", .init(seed: 266, wordCount: 4))),
        .user(0, .exchange("a", "b")),
      ]),
    // What was ignored, and is found to be another file, forgot that somebody had deleted it.
    Scenario(.ignoring, seed: 185),
  ]
}
