import Simulation
import SyncCore
import Testing

@testable import SyncEngine

/// What the disk thread makes of `.leftignore` files.
@Suite struct IgnoringTests {
  private func look(
    _ world: DiskWorld, _ requests: [LookRequest], ignoring patterns: [String] = []
  ) throws -> [String] {
    let local = try IgnoreRules(lines: patterns.map { Array($0.utf8) })
    var lines: [String] = []
    SyncEngine.look(requests, in: world.fileSystem, ignoring: local) { listing in
      for (name, found) in listing.entries {
        lines.append("\(listing.directory.appending(name)): \(Self.label(found))")
      }
    }
    return lines
  }

  private static func label(_ found: Found) -> String {
    switch found {
    case .absent: "absent"
    case .entry(let stamp): "\(stamp.kind)"
    case .symlink: "symlink"
    case .special: "special"
    case .unreadable: "unreadable"
    case .ignored: "ignored"
    }
  }

  @Test(arguments: DiskKind.allCases)
  func `a look names what is ignored and does not look into it`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write(".leftignore", "*.o\n/out\n")
    try world.write("out/deep/x", "")
    try world.write("a/x.o", "")
    try world.write("a/.leftignore", "!x.o\nb/\n")
    try world.write("a/b/y", "")
    try world.write("c/z.o", "")
    let expected = [
      ".leftignore: file", "a: directory", "c: directory", "out: ignored",
      "a/.leftignore: file", "a/b: ignored", "a/x.o: file", "c/z.o: ignored",
    ]
    #expect(try look(world, [.subtree(.root)]) == expected)
    let below = [LookRequest.subtree(DiskWorld.path("a")), .subtree(DiskWorld.path("out/deep"))]
    #expect(try look(world, below) == Array(expected[4...6]))
    let names = [Name(literal: "b"), Name(literal: "x.o")]
    let single = [
      LookRequest.names(names, in: DiskWorld.path("a")),
      .names([Name(literal: "x")], in: DiskWorld.path("out/deep")),
    ]
    #expect(try look(world, single) == ["a/b: ignored", "a/x.o: file"])
    #expect(try look(world, single, ignoring: ["*.o"]) == ["a/b: ignored", "a/x.o: ignored"])
  }

  @Test(arguments: DiskKind.allCases)
  func `rules come with the listing, and say when they can't be taken`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    func rules(_ request: LookRequest) throws -> (IgnoreRules?, String?) {
      var found: [Listing] = []
      SyncEngine.look([request], in: world.fileSystem) { found.append($0) }
      let listing = try #require(found.first)
      return (listing.rules, listing.rulesProblem)
    }
    let name = IgnoreRules.fileName
    #expect(try rules(.subtree(.root)) == (IgnoreRules(), nil))
    #expect(try rules(.names([name], in: .root)) == (IgnoreRules(), nil))
    #expect(try rules(.names([Name(literal: "x")], in: .root)) == (nil, nil))
    try world.write(".leftignore", "*.o\n")
    let written = try IgnoreRules(file: Array("*.o\n".utf8))
    #expect(try rules(.names([name], in: .root)) == (written, nil))
    try world.write(".leftignore", String(repeating: "#", count: Limits.ignoreFileByteCount + 1))
    let (large, problem) = try rules(.subtree(.root))
    #expect(large == IgnoreRules())
    #expect(problem == "it has more than 65536 bytes")
  }

  /// Plans the deletion of a directory with all that `names` says is in it.
  private func deletion(_ world: DiskWorld, _ names: [String]) throws -> FlipPlan {
    let id = DirectoryID(high: 1, low: 1)
    let top = Place(parent: .root, name: Name(literal: "d"))
    var operations: [SyncCore.Operation] = [
      .removeDirectory(id, at: top, expected: try world.stamp("d"))
    ]
    for name in names {
      let place = Place(parent: id, name: try #require(Name(name.utf8)))
      operations.append(.removeFile(at: place, expected: try world.stamp("d/" + name)))
    }
    return FlipPlan(
      id: 1, directories: [id: DiskWorld.path("d"), .root: .root], operations: operations)
  }

  @Test(arguments: DiskKind.allCases)
  func `a deleted directory is left to what is ignored in it, with its rules`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    try world.write("d/.leftignore", "*.o\n")
    try world.write("d/x", "x")
    try world.write("d/y.o", "o")
    let plan = try deletion(world, [".leftignore", "x"])
    let results = world.applier.apply(plan).results
    #expect(results == [.done(nil), .done(nil), .done(nil)])
    #expect(
      try look(world, [.subtree(DiskWorld.path("d"))]) == [
        "d/.leftignore: file", "d/y.o: ignored",
      ])
  }

  @Test(arguments: DiskKind.allCases)
  func `one that holds something else stays as it is, and its rules`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/.leftignore", "*.o\n")
    try world.write("d/x", "x")
    try world.write("d/y.o", "o")
    let plan = try deletion(world, [".leftignore"])
    let results = world.applier.apply(plan).results
    #expect(results == [.refused, .refused])
    #expect(try look(world, [.subtree(DiskWorld.path("d"))]).count == 3)
  }

  @Test(arguments: DiskKind.allCases)
  func `so it is to a directory in it that nobody was told of`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/x", "x")
    try world.write("d/e/.leftignore", "*.o\n")
    try world.write("d/e/f/y.o", "o")
    let plan = try deletion(world, ["x"])
    #expect(world.applier.apply(plan).results == [.done(nil), .done(nil)])
    #expect(
      try look(world, [.subtree(DiskWorld.path("d"))]) == [
        "d/e: directory", "d/e/.leftignore: file", "d/e/f: directory", "d/e/f/y.o: ignored",
      ])
  }

  @Test(arguments: DiskKind.allCases, ["d/e/z", "d/e/g/z"])
  func `it is not if something else is in that`(_ kind: DiskKind, _ other: String) throws {
    let world = try DiskWorld(kind)
    try world.write("d/e/.leftignore", "*.o\n")
    try world.write("d/e/f/y.o", "o")
    try world.write(other, "z")
    #expect(world.applier.apply(try deletion(world, [])).results == [.refused])
  }

  @Test(arguments: DiskKind.allCases)
  func `without anything ignored the rules go with their directory`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/.leftignore", "*.o\n")
    let plan = try deletion(world, [".leftignore"])
    let results = world.applier.apply(plan).results
    #expect(results == [.done(nil), .done(nil)])
    #expect(try look(world, [.names([Name(literal: "d")], in: .root)]) == ["d: absent"])
  }
}
