import Glibc
import Simulation
import SyncCore
import Testing

@testable import SyncEngine

/// Programs that have a file open for writing when a flip takes it out of its place.
@Suite struct OutgoingTests {
  /// A world with a file that a program has open for writing.
  private final class Written {
    let world: DiskWorld
    let outgoing: OutgoingFiles
    private var file: OpenFile?

    init(_ kind: DiskKind, _ path: String = "d/a.txt") throws {
      world = try DiskWorld(kind)
      outgoing = OutgoingFiles(world.fileSystem, node: DiskWorld.node)
      try world.write(path, "old")
      let name = DiskWorld.path(path)
      file = try OpenFile(
        name.name!, in: Directory(name.parent!, of: world.fileSystem), for: .writing)
    }

    func write(_ text: String) throws { try file?.write(bytes: Array(text.utf8), at: 0) }

    func close() { file = nil }

    func apply(_ operations: [SyncCore.Operation], isPatient: Bool = false) -> FlipResult {
      var plan = world.plan(operations)
      plan.waitsForWriters = isPatient
      return Applier(
        world.fileSystem, staging: world.staging, node: DiskWorld.node, outgoing: outgoing
      ).apply(plan)
    }

    func replace(isPatient: Bool = false) throws -> FlipResult {
      apply(
        [try world.putFile("d/a.txt", "new", replacing: world.stamp("d/a.txt"))],
        isPatient: isPatient)
    }

    /// What stands in the share beside what was put there, and its name.
    var copies: [(path: String, content: String)] {
      world.files.filter { !["new"].contains($0.value) && !$0.key.hasPrefix(".leftd") }
        .map { ($0.key, $0.value) }
    }
  }

  @Test(arguments: DiskKind.allCases)
  func `a flip waits while a file has a writer, and does nothing meanwhile`(
    _ kind: DiskKind
  ) throws {
    let written = try Written(kind)
    let waiting = try written.replace(isPatient: true)
    #expect(waiting.ending == .awaitsWriter && waiting.results == [.refused])
    #expect(written.world.files == ["d/a.txt": "old"])
    #expect(written.world.flipLeftovers.isEmpty)
    written.close()
    #expect(try written.replace(isPatient: true).results.areDone)
    #expect(written.world.files == ["d/a.txt": "new"])
    #expect(written.outgoing.lookAt == nil, "nobody writes to it")
  }

  @Test(arguments: DiskKind.allCases)
  func `a deletion waits, too`(_ kind: DiskKind) throws {
    let written = try Written(kind)
    let operations = [try written.world.removeFile("d/a.txt")]
    #expect(written.apply(operations, isPatient: true).ending == .awaitsWriter)
    #expect(written.world.files == ["d/a.txt": "old"])
  }

  @Test(arguments: DiskKind.allCases)
  func `what is written to a replaced file comes back as a conflict copy`(_ kind: DiskKind) throws {
    let written = try Written(kind)
    #expect(try written.replace().results.areDone)
    #expect(written.outgoing.look().isEmpty, "nothing was written yet")
    #expect(written.world.trash() == ["d/a.txt": "old"])
    #expect(written.outgoing.lookAt != nil)
    try written.write("mine")
    let returned = written.outgoing.look()
    #expect(returned.map(\.path) == [DiskWorld.path("d/a.txt")])
    #expect(written.world.files["d/a.txt"] == "new")
    expectCopy(of: "mine", in: written)
    #expect(written.world.trash().isEmpty)
    // It is in the share now, where the program goes on writing.
    try written.write("mine, too")
    #expect(written.copies.map(\.content) == ["mine, too"])
    #expect(written.outgoing.look().isEmpty && written.outgoing.lookAt == nil)
  }

  private func expectCopy(of content: String, in written: Written) {
    #expect(written.copies.map(\.content) == [content])
    let copy = written.copies.first.flatMap {
      ConflictCopy(name: DiskWorld.path($0.path).name!)
    }
    #expect(copy?.original.bytes == Array("a.txt".utf8) && copy?.node == DiskWorld.node.short)
  }

  @Test(arguments: DiskKind.allCases)
  func `what is written before an interrupted flip is finished is a conflict copy, too`(
    _ kind: DiskKind
  ) throws {
    let written = try Written(kind)
    let world = written.world
    let plan = world.plan([
      try world.putFile("d/a.txt", "new", replacing: world.stamp("d/a.txt"))
    ])
    // Interrupted before anything was recorded.
    #expect(world.apply(plan).areDone)
    try written.write("mine")
    #expect(world.applier.apply(plan, resuming: true).results.areDone)
    #expect(world.files["d/a.txt"] == "new" && world.trash().isEmpty)
    expectCopy(of: "mine", in: written)
  }

  @Test(arguments: DiskKind.allCases)
  func `what is closed without a change stays in the trash`(_ kind: DiskKind) throws {
    let written = try Written(kind)
    _ = try written.replace()
    written.close()
    #expect(written.outgoing.look().isEmpty && written.outgoing.lookAt == nil)
    #expect(written.world.trash() == ["d/a.txt": "old"])
    #expect(written.world.tree(ReservedFolder.open).isEmpty)
  }

  @Test(arguments: DiskKind.allCases)
  func `what was written before anybody looked comes back`(_ kind: DiskKind) throws {
    let written = try Written(kind)
    _ = try written.replace()
    try written.write("mine")
    written.close()
    #expect(written.outgoing.look().count == 1)
    #expect(written.copies.map(\.content) == ["mine"])
  }

  @Test(arguments: DiskKind.allCases)
  func `what is written to a deleted file comes back under its name`(_ kind: DiskKind) throws {
    let written = try Written(kind)
    let operations = [
      try written.world.removeFile("d/a.txt"), try written.world.removeDirectory("d"),
    ]
    #expect(written.apply(operations).results.areDone)
    try written.write("mine")
    #expect(written.outgoing.look().map(\.now) == [DiskWorld.path("d/a.txt")])
    #expect(written.world.files == ["d/a.txt": "mine"])
  }

  @Test(arguments: DiskKind.allCases)
  func `another run of the daemon looks, too`(_ kind: DiskKind) throws {
    let written = try Written(kind)
    _ = try written.replace()
    let next = OutgoingFiles(written.world.fileSystem, node: DiskWorld.node)
    next.load()
    #expect(next.lookAt != nil)
    #expect(next.folders(isLookedAt: false) == [ReservedFolder.name(ofPlan: 1)])
    try written.write("mine")
    written.close()
    #expect(next.look().count == 1)
    #expect(written.copies.map(\.content) == ["mine"])
    #expect(written.world.tree(ReservedFolder.open).isEmpty)
  }

  @Test func `the trash keeps what has a writer, and what was written`() throws {
    let written = try Written(.memory)
    _ = try written.replace()
    _ = written.outgoing.look()
    let kept = written.outgoing.folders(isLookedAt: true)
    try Trash.collect(before: .max, keeping: kept, of: written.world.fileSystem)
    #expect(written.world.trash() == ["d/a.txt": "old"])
    #expect(
      try Trash.thin(.size(0), before: .max, keeping: kept, of: written.world.fileSystem) == 0)
    written.close()
    _ = written.outgoing.look()
    #expect(written.outgoing.folders(isLookedAt: true).isEmpty)
  }

  @Test func `without leases the trash looks once more before it lets go`() throws {
    let written = try Written(.memory)
    written.world.memory?.refuseLeases()
    #expect(try written.replace(isPatient: true).ending != .awaitsWriter)
    #expect(written.outgoing.look().isEmpty)
    #expect(!written.outgoing.folders(isLookedAt: false).isEmpty)
    #expect(written.outgoing.folders(isLookedAt: true).isEmpty, "as it was: it may go")
    try written.write("mine")
    #expect(written.outgoing.look().count == 1)
    #expect(written.copies.map(\.content) == ["mine"])
  }

  @Test func `what can't be read of an earlier run is nothing`() {
    #expect(OutgoingFile.decode([9, 1, 2]).isEmpty)
    let file = OutgoingFile(
      trashed: DiskWorld.path(".leftd/trash/0/a"), path: DiskWorld.path("a"), inode: 7, size: -1,
      mtime: .min)
    #expect(OutgoingFile.decode(OutgoingFile.encode([file, file])) == [file, file])
  }
}
