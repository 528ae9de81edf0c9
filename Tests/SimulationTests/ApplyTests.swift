import Glibc
import Simulation
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct ApplyTests {
  @Test(arguments: DiskKind.allCases)
  func `a new file appears with its content, mode and time`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let results = world.apply([try world.putFile("a.txt", "hello", mode: 0o640, mtime: 5)])
    #expect(results[0].isDone)
    #expect(try results[0].stamp == world.stamp("a.txt"))
    #expect(try world.stamp("a.txt").mode == 0o640)
    #expect(try world.stamp("a.txt").mtime == 5)
    #expect(world.tree() == ["a.txt": "hello"])
    #expect(world.flipLeftovers.isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `a replaced file is in the trash under its path`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/a", "old")
    let results = world.apply([
      try world.putFile("d/a", "new", replacing: world.stamp("d/a"))
    ])
    #expect(try results == [.done(world.stamp("d/a"))])
    #expect(world.files == ["d/a": "new"])
    #expect(world.trash() == ["d/a": "old"])
  }

  @Test(arguments: DiskKind.allCases)
  func `what a user changed meanwhile is never replaced, moved or removed`(_ kind: DiskKind) throws
  {
    let world = try DiskWorld(kind)
    for name in ["a", "b", "c", "d"] { try world.write(name, "old") }
    let operations: [SyncCore.Operation] = [
      try world.putFile("a", "new", replacing: world.stamp("a")),
      try world.removeFile("b"),
      try world.moveFile("c", "c2"),
      .setAttributes(at: world.place("d"), expected: try world.stamp("d"), mode: 0o600, mtime: 1),
      try world.putFile("e", "new"),
    ]
    for name in ["a", "b", "c", "d", "e"] { try world.write(name, "edit") }
    let results = world.apply(operations)
    #expect(results == Array(repeating: .refused, count: 5))
    #expect(world.files == ["a": "edit", "b": "edit", "c": "edit", "d": "edit", "e": "edit"])
    #expect(world.trash().isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `a directory that a user put in the place of another is not taken for it`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    try world.write("d/a", "old")
    try world.makeDirectory("e")
    let parent = try world.putFile("d/b", "new")
    var plan = world.plan([parent, try world.removeFile("d/a")])
    plan.identities[world.id("d")] = try world.stamp("d").identity
    try world.move("d", "f")
    try world.move("e", "d")
    try world.write("d/a", "other")
    #expect(world.apply(plan) == [.refused, .refused])
    #expect(world.files == ["d/a": "other", "f/a": "old"])
  }

  @Test(arguments: DiskKind.allCases)
  func `a content that was replaced since it was staged holds its unit whole`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    var plan = world.plan([try world.putFile("a", "first"), try world.putFile("b", "first")])
    plan.isHeldWhole = true
    _ = try world.putFile("b", "second", mtime: 9)
    let result = world.applier.apply(plan)
    #expect(result.ending == .heldWhole)
    #expect(result.results == [.refused, .failed(ENOENT)])
    #expect(world.files.isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `nothing newer is staged for a place that is being filled`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let first = try world.putFile("a", "first")
    world.staging.hold([world.place("a")])
    #expect(throws: FileError.self) { try world.putFile("a", "second") }
    #expect(throws: FileError.self) { try world.staging.open(world.place("a"), size: 6) }
    _ = try world.putFile("b", "other")
    world.staging.release()
    #expect(world.apply([first]).areDone)
    #expect(world.files == ["a": "first"])
    _ = try world.putFile("a", "second", replacing: world.stamp("a"))
  }

  @Test(arguments: DiskKind.allCases)
  func `of two directories that are known at one path only the one on disk is there`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    try world.makeDirectory("x")
    let gone = world.id("x")
    try world.write("a/b/kept", "text")
    try world.makeDirectory("z")
    let name = Name(literal: "a")
    var plan = world.plan([
      .moveDirectory(
        gone, from: Place(parent: .root, name: name),
        to: Place(parent: .root, name: Name(literal: "y")), expected: try world.stamp("x"),
        mode: 0o755),
      .moveDirectory(
        world.id("a/b"), from: world.place("a/b"),
        to: Place(parent: gone, name: Name(literal: "c")), expected: try world.stamp("a/b"),
        mode: 0o755),
    ])
    plan.directories[gone] = DiskWorld.path("a")
    plan.identities[gone] = try world.stamp("x").identity
    plan.identities[world.id("a")] = try world.stamp("a").identity
    let result = world.applier.apply(plan)
    #expect(result.results == [.refused, .refused])
    #expect(result.ending != .stranded)
    #expect(world.files == ["a/b/kept": "text"])
    #expect(world.flipLeftovers.isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `what was to move out of a removed directory, and cannot, stays in the share`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    try world.write("b/sub/kept", "text")
    try world.write("b/file", "other")
    try world.makeDirectory("c")
    let plan = world.plan([
      try world.moveDirectory("b/sub", "c/sub"), try world.moveFile("b/file", "c/file"),
      .putSymlink(target: [97], at: world.place("b"), mtime: 7, replacing: nil),
      try world.removeDirectory("b"),
    ])
    try world.fileSystem.removeDirectory(Name(literal: "c"), in: world.fileSystem.root)
    _ = world.apply(plan)
    #expect(Set(world.files.values).isSuperset(of: ["text", "other"]))
  }

  @Test(arguments: DiskKind.allCases)
  func `symbolic links are made, replaced, and removed as data`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("b", "file")
    let target = Array("/etc/passwd".utf8)
    let results = world.apply([
      .putSymlink(target: target, at: world.place("a"), mtime: 7, replacing: nil),
      .putSymlink(target: target, at: world.place("b"), mtime: 8, replacing: try world.stamp("b")),
    ])
    #expect(try results == [.done(world.stamp("a")), .done(world.stamp("b"))])
    #expect(world.files == ["a": "-> /etc/passwd", "b": "-> /etc/passwd"])
    #expect(try world.stamp("a").mtime == 7)
    #expect(world.trash() == ["b": "file"])
    #expect(world.apply([try world.removeFile("a")], id: 2) == [.done(nil)])
    #expect(world.files == ["b": "-> /etc/passwd"])
    #expect(world.trash(id: 2) == ["a": "-> /etc/passwd"])
  }

  @Test(arguments: DiskKind.allCases)
  func `a parent that became a symbolic link leads nowhere`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/a", "old")
    try world.write("outside/a", "old")
    let operations: [SyncCore.Operation] = [
      try world.putFile("d/a", "new", replacing: world.stamp("d/a")),
      try world.putFile("d/b", "new"),
      .removeFile(at: world.place("d/a"), expected: try world.stamp("d/a")),
      .makeDirectory(world.id("d/n"), at: world.place("d/n"), mode: 0o755),
    ]
    try world.move("d", "d.real")
    try world.makeSymlink("d", "outside")
    #expect(world.apply(operations) == [.refused, .refused, .refused, .refused])
    #expect(world.files == ["d": "-> outside", "d.real/a": "old", "outside/a": "old"])
  }

  @Test(arguments: DiskKind.allCases)
  func `a new tree appears by one rename of its top`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    var operations: [SyncCore.Operation] = [
      .makeDirectory(world.id("t"), at: world.place("t"), mode: 0o755),
      .makeDirectory(world.id("t/u"), at: world.place("t/u"), mode: 0o555),
      .makeDirectory(world.id("t/e"), at: world.place("t/e"), mode: 0o700),
      .putSymlink(target: [65], at: world.place("t/u/v/l"), mtime: 3, replacing: nil),
      .makeDirectory(world.id("t/u/v"), at: world.place("t/u/v"), mode: 0o755),
    ]
    for number in 0..<40 { operations.append(try world.putFile("t/f\(number)", "\(number)")) }
    operations.append(try world.putFile("t/u/g", "g"))
    let before = world.memory?.renameCount ?? 0
    let results = world.apply(operations)
    #expect(results.areDone)
    #expect(try results[1] == .done(world.stamp("t/u")))
    #expect(try world.stamp("t/u").mode == 0o555)
    #expect(try results[5] == .done(world.stamp("t/f0")))
    #expect(world.files.count == 42)
    #expect(world.files["t/u/v/l"] == "-> A")
    #expect(world.flipLeftovers.isEmpty)
    // Two staged directories are taken over whole, then the top goes in place.
    if let memory = world.memory { #expect(memory.renameCount - before == 3) }
  }

  @Test(arguments: DiskKind.allCases)
  func `a staged directory with something more in it is taken apart`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let operations: [SyncCore.Operation] = [
      .makeDirectory(world.id("t"), at: world.place("t"), mode: 0o755),
      try world.putFile("t/a", "a"),
    ]
    _ = try world.stage(world.place("t/later"), "later")
    let results = world.apply(operations)
    #expect(try results == [.done(world.stamp("t")), .done(world.stamp("t/a"))])
    #expect(world.files == ["t/a": "a"])
    // The other content still waits.
    let later = try world.putFile("t/later", "later")
    #expect(world.apply([later], id: 2)[0].isDone)
  }

  @Test(arguments: DiskKind.allCases)
  func `staging again for a directory that was put in place doesn't touch it`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    world.apply([
      .makeDirectory(world.id("t"), at: world.place("t"), mode: 0o755),
      try world.putFile("t/a", "a"),
    ])
    _ = try world.stage(world.place("t/a"), "newer")
    _ = try world.stage(world.place("t/b"), "b")
    #expect(world.files == ["t/a": "a"])
  }

  @Test(arguments: DiskKind.allCases)
  func `a new tree is refused where something stands, and stays staged`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let operations: [SyncCore.Operation] = [
      .makeDirectory(world.id("t"), at: world.place("t"), mode: 0o755),
      try world.putFile("t/a", "a"),
    ]
    try world.write("t", "file of the user")
    #expect(world.apply(operations) == [.refused, .refused])
    #expect(world.files == ["t": "file of the user"])
    try world.move("t", "other")
    #expect(world.apply(operations, id: 2).areDone)
    #expect(world.files == ["t/a": "a", "other": "file of the user"])
  }

  @Test(arguments: DiskKind.allCases)
  func `directories swap, and edits inside follow`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("a/x", "1")
    try world.write("b/y", "2")
    let results = world.apply([
      try world.moveDirectory("a", "b"), try world.moveDirectory("b", "a"),
      try world.putFile("a/x", "new", replacing: world.stamp("a/x")),
      try world.putFile("b/z", "3"),
    ])
    #expect(try results[0] == .done(world.stamp("b")))
    #expect(results.areDone)
    #expect(world.files == ["b/x": "new", "a/y": "2", "a/z": "3"])
    #expect(world.trash() == ["a/x": "1"])
    #expect(world.flipLeftovers.isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `parent and child change places, chains and new parents work`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("p/c/x", "x")
    try world.write("p/y", "y")
    try world.write("q/z", "z")
    let (p, c) = (world.id("p"), world.id("p/c"))
    let results = world.apply([
      .moveDirectory(
        p, from: world.place("p"), to: Place(parent: c, name: Name(literal: "p")),
        expected: try world.stamp("p"), mode: 0o700),
      .moveDirectory(
        c, from: world.place("p/c"), to: world.place("c"), expected: try world.stamp("p/c"),
        mode: 0o700),
      .makeDirectory(world.id("n"), at: world.place("n"), mode: 0o755),
      try world.moveDirectory("q", "n/q"),
    ])
    #expect(results.areDone)
    #expect(world.files == ["c/x": "x", "c/p/y": "y", "n/q/z": "z"])
  }

  @Test(arguments: DiskKind.allCases)
  func `a place in a moving directory is emptied for another that comes there`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    try world.write("a/x", "1")
    try world.write("b/b", "2")
    let b = world.id("b")
    let results = world.apply([
      try world.moveDirectory("a", "b/b"), try world.removeFile("b/b"),
      .moveDirectory(
        b, from: world.place("b"), to: world.place("a"), expected: try world.stamp("b"),
        mode: 0o755),
    ])
    #expect(results.areDone)
    #expect(world.files == ["a/b/x": "1"])
  }

  @Test(arguments: DiskKind.allCases)
  func `a moved directory whose new place is taken stays`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("a/x", "1")
    try world.write("b/y", "2")
    let operations = [
      try world.moveDirectory("a", "c"), try world.moveDirectory("b", "d"),
      try world.putFile("a/w", "w"),
    ]
    try world.write("c", "user")
    let results = world.apply(operations)
    #expect(results[0] == .refused)
    #expect(results[1].isDone)
    #expect(results[2].isDone)
    #expect(world.files == ["a/x": "1", "a/w": "w", "d/y": "2", "c": "user"])
    #expect(world.flipLeftovers.isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `files swap, move along a chain, and over another`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    for name in ["a", "b", "c", "m", "n"] { try world.write(name, name) }
    let results = world.apply([
      try world.moveFile("a", "b", replacing: world.stamp("b")),
      try world.moveFile("b", "a", replacing: world.stamp("a")),
      try world.moveFile("c", "d"),
      try world.moveFile("m", "n", replacing: world.stamp("n")),
    ])
    #expect(results.areDone)
    #expect(try results[0] == .done(world.stamp("b")))
    #expect(world.files == ["a": "b", "b": "a", "d": "c", "n": "m"])
    #expect(world.trash() == ["n": "n"])
  }

  @Test(arguments: DiskKind.allCases)
  func `a file gives way to a directory and a directory to a file`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("a", "file")
    try world.write("b/x", "x")
    let results = world.apply([
      try world.removeFile("a"), .makeDirectory(world.id("a/"), at: world.place("a"), mode: 0o755),
      try world.removeFile("b/x"), try world.removeDirectory("b"), try world.putFile("b", "now"),
    ])
    #expect(results.areDone)
    #expect(world.tree() == ["a": "/", "b": "now"])
    #expect(world.trash() == ["a": "file", "b/x": "x"])
  }

  @Test(arguments: DiskKind.allCases)
  func `a whole tree is removed by one rename`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    var operations: [SyncCore.Operation] = []
    for number in 0..<1000 {
      let path = "t/\(number % 10)/\(number)"
      try world.write(path, "x")
      operations.append(try world.removeFile(path))
    }
    for number in 0..<10 { operations.append(try world.removeDirectory("t/\(number)")) }
    operations.append(try world.removeDirectory("t"))
    let before = world.memory?.renameCount ?? 0
    #expect(world.apply(operations).allSatisfy { $0 == .done(nil) })
    #expect(world.tree().isEmpty)
    #expect(world.trash().count == 1000)
    if let memory = world.memory { #expect(memory.renameCount - before == 1) }
  }

  @Test(arguments: DiskKind.allCases)
  func `what is new or changed in a removed tree stays, the rest goes`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    for path in ["t/a", "t/b", "t/u/c", "t/v/d"] { try world.write(path, "old") }
    let operations = [
      try world.removeFile("t/a"), try world.removeFile("t/b"), try world.removeFile("t/u/c"),
      try world.removeFile("t/v/d"), try world.removeDirectory("t/u"),
      try world.removeDirectory("t/v"), try world.removeDirectory("t"),
    ]
    try world.write("t/b", "edit")
    try world.write("t/u/new", "new")
    let results = world.apply(operations)
    #expect(
      results == [
        .done(nil), .refused, .done(nil), .done(nil), .refused, .done(nil), .refused,
      ])
    #expect(world.files == ["t/b": "edit", "t/u/new": "new"])
    #expect(world.trash() == ["t/a": "old", "t/u/c": "old", "t/v/d": "old"])
  }

  @Test(arguments: DiskKind.allCases)
  func `attributes of files and directories are set`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/a", "x")
    let results = world.apply([
      .setAttributes(
        at: world.place("d/a"), expected: try world.stamp("d/a"), mode: 0o400, mtime: -5),
      .setAttributes(at: world.place("d"), expected: try world.stamp("d"), mode: 0o711, mtime: nil),
    ])
    #expect(try results == [.done(world.stamp("d/a")), .done(world.stamp("d"))])
    #expect(try world.stamp("d/a").mtime == -5)
    #expect(try world.stamp("d/a").mode == 0o400)
    #expect(try world.stamp("d").mode == 0o711)
  }

  @Test(arguments: DiskKind.allCases)
  func `applying a finished plan again says the same`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    for path in ["a", "b", "c", "d/x", "e/y"] { try world.write(path, path) }
    let plan = world.plan([
      try world.putFile("a", "new", replacing: world.stamp("a")),
      try world.removeFile("b"), try world.moveFile("c", "c2"),
      try world.moveDirectory("d", "d2"), try world.removeFile("e/y"),
      try world.removeDirectory("e"),
      .makeDirectory(world.id("n"), at: world.place("n"), mode: 0o755),
      try world.putFile("n/f", "f"),
      .putSymlink(target: [66], at: world.place("l"), mtime: 9, replacing: nil),
    ])
    let first = world.applier.apply(plan)
    #expect(first.results.areDone)
    let tree = world.tree()
    let again = world.applier.apply(plan, resuming: true)
    #expect(again == first)
    #expect(world.tree() == tree)
  }

  @Test(arguments: DiskKind.allCases)
  func `directories that forbid writing are moved and removed whole`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("a/x", "x")
    try world.write("b/c/y", "y")
    try world.makeDirectory("n")
    for path in ["a", "b/c", "b"] {
      try Directory(DiskWorld.path(path), of: world.fileSystem).setMode(0o555)
    }
    let results = world.apply([
      try world.moveDirectory("a", "n/a"), try world.removeFile("b/c/y"),
      try world.removeDirectory("b/c"), try world.removeDirectory("b"),
    ])
    #expect(results.areDone)
    #expect(world.files == ["n/a/x": "x"])
    #expect(try world.stamp("n/a").mode == 0o555)
    #expect(world.trash() == ["b/c/y": "y"])
  }

  @Test(arguments: DiskKind.allCases)
  func `what a flip without a journal left behind goes to the trash at start`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    try world.write(".leftd/flip/0000000000000007/file-0", "moved out")
    try world.write("old", "old")
    world.apply([try world.removeFile("old")], id: 3)
    let applier = world.applier
    try applier.collect(trashBefore: .min)
    #expect(world.flipLeftovers.isEmpty)
    #expect(world.trash(id: 7) == ["file-0": "moved out"])
    #expect(world.trash(id: 3) == ["old": "old"])
    try applier.collect(trashBefore: .max)
    #expect(world.trash(id: 7).isEmpty)
    #expect(world.tree(ReservedFolder.trash).isEmpty)
  }

  @Test func `a plan that is held whole does nothing where one step is bound to fail`() throws {
    let world = try DiskWorld(.memory)
    for name in ["a", "b", "d/c"] { try world.write(name, "old") }
    let operations: [SyncCore.Operation] = [
      try world.putFile("a", "new", replacing: world.stamp("a")), try world.removeFile("b"),
      try world.putFile("e", "new"), try world.putFile("d/f", "new"),
    ]
    let before = world.tree()
    var plan = world.plan(operations)
    plan.isHeldWhole = true
    for (path, failing) in [("b", [1]), ("a", [0]), ("d", [3])] {
      try world.memory?.fix(DiskWorld.path(path), true)
      let result = world.applier.apply(plan)
      #expect(result.ending == .heldWhole)
      for (number, outcome) in result.results.enumerated() {
        #expect(outcome == (failing.contains(number) ? .failed(EPERM) : .refused))
      }
      #expect(world.tree() == before)
      try world.memory?.fix(DiskWorld.path(path), false)
    }
    let result = world.applier.apply(plan)
    #expect(result.ending != .heldWhole && result.results.allSatisfy(\.isDone))
  }
}
