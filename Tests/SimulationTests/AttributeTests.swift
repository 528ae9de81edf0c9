import Glibc
import Simulation
import SyncCore
import Testing

@testable import SyncEngine

/// Extended attributes on real and simulated disks.
@Suite struct AttributeTests {
  private static let one = attributes(["user.a": [1], "user.\u{FF} b": []])
  private static let other = attributes(["user.a": [2], "user.c": Array("see".utf8)])

  private static func attributes(_ values: [String: [UInt8]]) -> ExtendedAttributes {
    ExtendedAttributes(values.map { (Array($0.key.utf8), $0.value) })
  }

  private func set(
    _ attributes: ExtendedAttributes, at path: String, in world: DiskWorld
  ) throws {
    let path = DiskWorld.path(path)
    let parent = try Directory(path.parent!, of: world.fileSystem)
    try OpenFile(path.name!, in: parent, for: .reference).setAttributes(attributes)
  }

  private func attributes(_ path: String, in world: DiskWorld) throws -> ExtendedAttributes {
    let path = DiskWorld.path(path)
    let parent = try Directory(path.parent!, of: world.fileSystem)
    let found = try parent.attributes(of: path.name!)
    let file = try OpenFile(path.name!, in: parent, for: .reference)
    #expect(try file.attributes() == found)
    return found
  }

  private func apply(
    _ operations: [SyncCore.Operation], _ attributes: [Int: ExtendedAttributes],
    in world: DiskWorld
  ) -> FlipResult {
    var plan = world.plan(operations)
    plan.attributes = attributes
    for path in world.tree().keys {
      guard let found = try? self.attributes(path, in: world), !found.isEmpty,
        let stamp = try? world.stamp(path)
      else { continue }
      plan.present[stamp.inode] = found
    }
    return world.applier.apply(plan)
  }

  @Test(arguments: [DiskKind.memory, .temporary])
  func `they are set, changed and taken away`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/a", "x", mode: 0o400)
    for path in ["d/a", "d"] {
      #expect(try attributes(path, in: world).isEmpty)
      for wanted in [Self.one, Self.other, .empty] {
        try set(wanted, at: path, in: world)
        #expect(try attributes(path, in: world) == wanted)
      }
    }
  }

  @Test(arguments: [DiskKind.memory, .temporary])
  func `every operation gives them, and tells what came of it`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    for path in ["moved", "changed", "d/x", "old"] { try world.write(path, path) }
    try set(Self.one, at: "old", in: world)
    try set(Self.one, at: "moved", in: world)
    let operations: [SyncCore.Operation] = [
      try world.putFile("new", "new", mode: 0o444),
      try world.putFile("old", "now", replacing: world.stamp("old")),
      .setAttributes(
        at: world.place("changed"), expected: try world.stamp("changed"), mode: 0o600, mtime: 5),
      .makeDirectory(world.id("t"), at: world.place("t"), mode: 0o500),
      .makeDirectory(world.id("t/u"), at: world.place("t/u"), mode: 0o755),
      try world.putFile("t/u/f", "inside"),
      try world.moveFile("moved", "there"),
      try world.moveDirectory("d", "e"),
    ]
    let wanted = [
      0: Self.one, 1: Self.other, 2: Self.one, 3: Self.other, 4: Self.one, 5: Self.other,
      6: Self.other, 7: Self.one,
    ]
    let result = apply(operations, wanted, in: world)
    #expect(result.results.areDone)
    #expect(result.attributes == wanted)
    let paths = ["new", "old", "changed", "t", "t/u", "t/u/f", "there", "e"]
    for (number, path) in paths.enumerated() {
      #expect(try attributes(path, in: world) == wanted[number], "\(path)")
      // What is told of the state is the state with them: else it would be found changed.
      let (found, told) = (try world.stamp(path), result.results[number].stamp)
      if found.kind == .file { #expect(found == told, "\(path)") }
      #expect(found.mode == told?.mode)
    }
    #expect(try world.stamp("new").mode == 0o444)
    #expect(try world.stamp("t").mode == 0o500)
  }

  @Test(arguments: [DiskKind.memory, .temporary])
  func `a content that was staged since doesn't get those of the one before`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    let first = try world.putFile("a", "first")
    let second = try world.putFile("a", "other", mtime: 9)
    #expect(!apply([first], [0: Self.one], in: world).results.areDone)
    #expect(apply([second], [:], in: world).results.areDone)
    #expect(try attributes("a", in: world).isEmpty)
    #expect(world.files == ["a": "other"])
  }

  @Test(arguments: [DiskKind.memory, .temporary])
  func `a content that got no place has none of them when it gets one`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let put = try world.putFile("a", "content")
    try world.write("a", "in the way")
    #expect(!apply([put], [0: Self.one], in: world).results.areDone)
    try world.move("a", "b")
    #expect(apply([put], [:], in: world).results.areDone)
    #expect(try attributes("a", in: world).isEmpty)
  }

  @Test func `what the disk refuses is told as it is`() throws {
    let world = try DiskWorld(.memory)
    world.memory?.refuseAttributes()
    let put = try world.putFile("a", "a")
    let result = apply([put], [0: Self.one], in: world)
    #expect(result.results.areDone)
    #expect(result.attributes == [0: .empty])
  }

  @Test(arguments: [DiskKind.memory, .temporary])
  func `a scan looks at those of directories, a look at names at all`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/a", "x")
    try world.makeSymlink("d/l", "a")
    try set(Self.one, at: "d/a", in: world)
    try set(Self.other, at: "d", in: world)
    var listings: [Listing] = []
    look([.subtree(.root)], in: world.fileSystem) { listings.append($0) }
    #expect(listings.map(\.attributes) == [[Name(literal: "d"): Self.other], [:]])
    listings = []
    let names = ["a", "l", "gone"].map { Name(literal: $0) }
    look([.names(names, in: DiskWorld.path("d"))], in: world.fileSystem) { listings.append($0) }
    #expect(listings.map(\.attributes) == [[Name(literal: "a"): Self.one]])
  }

  /// A rename sets the times of two directories; what users see is when a user changed them.
  @Test(arguments: [DiskKind.memory, .temporary], [false, true])
  func `directories get the times that were told, or keep later ones`(
    _ kind: DiskKind, isResumed: Bool
  ) throws {
    let world = try DiskWorld(kind)
    for path in ["told/x", "later/x", "untold/x", "gone/x"] { try world.write(path, path) }
    let before = try world.stamp("later").mtime
    let untold = try world.stamp("untold").mtime
    var plan = world.plan([
      try world.putFile("told/new", "new"), try world.putFile("later/new", "new"),
      try world.putFile("untold/new", "new"), try world.removeFile("told/x"),
      .makeDirectory(world.id("t"), at: world.place("told/t"), mode: 0o755),
      .putFile(
        try world.stage(Place(parent: world.id("t"), name: Name(literal: "f")), "inside"),
        at: Place(parent: world.id("t"), name: Name(literal: "f")), replacing: nil),
      try world.removeFile("gone/x"), try world.removeDirectory("gone"),
    ])
    plan.times = [
      world.id("told"): before + 1_000_000_000_000, world.id("later"): 5, world.id("t"): 7,
      world.id("gone"): 9,
    ]
    if isResumed { _ = world.applier.apply(plan) }
    let result = world.applier.apply(plan, resuming: isResumed)
    #expect(result.results.areDone)
    #expect(try world.stamp("told").mtime == before + 1_000_000_000_000)
    #expect(try world.stamp("later").mtime == (isResumed ? 5 : before))
    #expect(try world.stamp("told/t").mtime == 7)
    #expect(result.results[4].stamp?.mtime == 7)
    #expect(try world.stamp("untold").mtime != untold)
  }

  /// Wherever the power goes, what is seen has its attributes.
  @Test func `no new thing is seen without them`() throws {
    for call in 1...200 {
      let world = try DiskWorld(.memory)
      let memory = try #require(world.memory)
      try world.makeDirectory("d")
      let operations: [SyncCore.Operation] = [
        try world.putFile("d/new", "new"),
        .makeDirectory(world.id("t"), at: world.place("t"), mode: 0o755),
        try world.putFile("t/f", "inside"),
      ]
      try world.flush()
      memory.stop(at: call)
      let result = apply(operations, [0: Self.one, 1: Self.other, 2: Self.one], in: world)
      var random = SplitMix(state: UInt64(call))
      memory.crash(.ext4, using: &random)
      for (path, wanted) in [("d/new", Self.one), ("t", Self.other), ("t/f", Self.one)] {
        let path = DiskWorld.path(path)
        guard let parent = try? Directory(path.parent!, of: world.fileSystem),
          let found = try? parent.attributes(of: path.name!)
        else { continue }
        #expect(found == wanted, "\(path) after \(call) calls")
      }
      if result.results.areDone { return }
    }
    Issue.record("200 calls are not enough")
  }

  /// Only ctime tells of such a change, and a rename changes ctime, too.
  @Test func `what a user changes between a crash and the restart is found, and kept`() throws {
    for call in 1...400 {
      let world = try DiskWorld(.memory)
      let memory = try #require(world.memory)
      let old = ["old", "moved", "named", "changed", "touched", "gone", "over", "dying/f"]
      for path in old { try world.write(path, path) }
      try world.makeDirectory("d")
      for path in ["old", "moved", "changed", "gone", "dying", "d"] {
        try set(Self.one, at: path, in: world)
      }
      let operations: [SyncCore.Operation] = [
        try world.putFile("new", "new"),
        try world.putFile("plain", "plain"),
        try world.putFile("old", "now", replacing: world.stamp("old")),
        try world.putFile("over", "now", replacing: world.stamp("over")),
        try world.moveFile("moved", "there"),
        try world.moveFile("named", "again"),
        .setAttributes(
          at: world.place("changed"), expected: try world.stamp("changed"), mode: 0o600, mtime: 5),
        .setAttributes(
          at: world.place("touched"), expected: try world.stamp("touched"), mode: 0o600, mtime: 5),
        .makeDirectory(world.id("t"), at: world.place("t"), mode: 0o755),
        try world.putFile("t/f", "inside"),
        try world.moveDirectory("d", "e"),
        try world.removeFile("gone"),
        try world.removeFile("dying/f"), try world.removeDirectory("dying"),
      ]
      var plan = world.plan(operations)
      plan.attributes = [
        0: Self.one, 2: Self.other, 4: Self.other, 6: .empty, 8: Self.one, 9: Self.other,
        10: Self.other,
      ]
      for path in ["old", "moved", "changed", "gone", "dying", "d"] {
        plan.present[try world.stamp(path).inode] = Self.one
      }
      try world.flush()
      memory.stop(at: call)
      let isOver = world.applier.apply(plan).results.areDone
      var random = SplitMix(state: UInt64(call))
      memory.crash(.processOnly, using: &random)
      try world.restart()
      // The user marks everything that can be seen, in two ways.
      let marked = Array((call.isMultiple(of: 2) ? "user.a" : "user.mine").utf8)
      var touched: [UInt64: String] = [:]
      for path in world.tree().keys.sorted() {
        guard !isOver else { continue }
        try change(path, marked, [7], in: world)
        touched[try world.stamp(path).inode] = path
      }
      let result = world.applier.apply(plan, resuming: true)
      try checkFound(world, plan, result, "after \(call) calls")
      for path in world.tree().keys {
        let isKept = try attributes(path, in: world)[marked] == [7]
        if touched.removeValue(forKey: try world.stamp(path).inode) != nil {
          #expect(isKept, "\(path) after \(call) calls")
        }
      }
      #expect(touched.isEmpty, "after \(call) calls")
      if isOver { return }
    }
    Issue.record("400 calls are not enough")
  }

  /// What is on disk and not told must be found by a scan: by ctime, or where it is a directory by
  /// the attributes themselves.
  private func checkFound(
    _ world: DiskWorld, _ plan: FlipPlan, _ result: FlipResult, _ comment: Comment
  ) throws {
    let names = ["new", "plain", "old", "over", "there", "again", "changed", "touched", "t", "t/f"]
    for (number, path) in names.enumerated() {
      guard case .done(let told?) = result.results[number] else { continue }
      let shown = try attributes(path, in: world)
      let found = try world.stamp(path)
      if found.kind == .file, shown != result.attributes[number] ?? .empty {
        #expect(told != found, "\(path) \(comment)")
      }
      // A user alone has not taken away what a disk doesn't refuse.
      #expect(result.attributes[number] == plan.attributes[number], "\(path) \(comment)")
    }
  }

  private func change(
    _ path: String, _ name: [UInt8], _ value: [UInt8], in world: DiskWorld
  ) throws {
    let path = DiskWorld.path(path)
    let parent = try Directory(path.parent!, of: world.fileSystem)
    let handle = try world.fileSystem.open(path.name!, in: parent.handle, for: .reference)
    defer { world.fileSystem.close(handle) }
    try world.fileSystem.setAttribute(handle, name, value, isNew: false)
  }

  /// What is somebody else's is neither overwritten nor taken for what was set.
  @Test(arguments: [DiskKind.memory, .temporary])
  func `only what differs is changed, and only where it is as it was`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("a", "x")
    let user = Self.attributes(["user.a": [9], "user.mine": [8]])
    try set(user, at: "a", in: world)
    let file = try OpenFile(
      Name(literal: "a"), in: Directory(.root, of: world.fileSystem), for: .reference)
    try file.changeAttributes(from: Self.one, to: Self.other)
    let found = try file.attributes()
    #expect(
      found == Self.attributes(["user.a": [9], "user.mine": [8], "user.c": Array("see".utf8)]))
    #expect(Flip.shown(found, from: Self.one, to: Self.other) == Self.other)
    // Refused is as before, and a list may have another form.
    let list = ExtendedAttributes.accessList
    let before = ExtendedAttributes([(Array("user.a".utf8), [1]), (list, [1])])
    let shown = ExtendedAttributes([(Array("user.a".utf8), [1]), (list, [3])])
    let wanted = ExtendedAttributes([(Array("user.a".utf8), [2]), (list, [2])])
    #expect(Flip.shown(shown, from: before, to: wanted) == shown)
  }
}
