import Glibc
import Simulation
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct LookTests {
  private func look(_ world: DiskWorld, _ requests: [LookRequest]) -> [Listing] {
    var listings: [Listing] = []
    SyncEngine.look(requests, in: world.fileSystem) { listings.append($0) }
    return listings
  }

  @Test(arguments: DiskKind.allCases)
  func `a subtree is listed top-down, completely, without leftd's own part`(
    _ kind: DiskKind
  ) throws {
    let world = try DiskWorld(kind)
    try world.write("b/c/x", "x")
    try world.write("a", "a")
    try world.makeSymlink("b/l", "/nowhere")
    let listings = look(world, [.subtree(.root)])
    #expect(listings.map(\.directory) == ["", "b", "b/c"].map(DiskWorld.path))
    let areComplete = listings.allSatisfy { $0.isComplete && $0.stamp != nil }
    #expect(areComplete)
    #expect(listings[0].entries.map(\.name) == [Name(literal: "a"), Name(literal: "b")])
    #expect(try listings[1].stamp == world.stamp("b"))
    #expect(
      try listings[1].entries.last!.found
        == .symlink(world.stamp("b/l"), target: Array("/nowhere".utf8)))
    #expect(try listings[2].entries[0].found == .entry(world.stamp("b/c/x")))
  }

  @Test(arguments: DiskKind.allCases)
  func `names are looked at and nothing below them`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    try world.write("d/e/x", "x")
    let names = [Name(literal: "e"), Name(literal: "gone"), .reserved]
    let listings = look(
      world,
      [
        .names(names, in: DiskWorld.path("d")), .names([.reserved], in: .root),
        .names(names, in: DiskWorld.path("vanished")),
      ])
    #expect(listings.count == 3)
    #expect(!listings[0].isComplete)
    #expect(try listings[0].entries.map(\.found) == [.absent, .entry(world.stamp("d/e")), .absent])
    #expect(listings[1].entries.isEmpty)
    #expect(listings[2].stamp == nil)
  }

  @Test func `special files are told apart and links on the way are not followed`() throws {
    let world = try DiskWorld(.temporary)
    try world.write("d/x", "x")
    try world.makeSymlink("l", "d")
    _ = unsafe mkfifo("\(try #require(world.realPath))/fifo", 0o600)
    let listings = look(
      world,
      [
        .names([Name(literal: "x")], in: DiskWorld.path("l")),
        .names([Name(literal: "fifo")], in: .root),
      ])
    #expect(listings[0].stamp == nil)
    #expect(listings[1].entries[0].found == .special)
    #expect(look(world, [.subtree(DiskWorld.path("l"))])[0].stamp == nil)
  }

  @Test(arguments: [DiskKind.temporary])
  func `paths longer than the kernel takes at once are reached`(_ kind: DiskKind) throws {
    let world = try DiskWorld(kind)
    let name = Name(Array(repeating: 0x61, count: 200))!
    var directory = try Directory(.root, of: world.fileSystem)
    for _ in 0..<50 { directory = try directory.making(name).directory }
    let listings = look(world, [.subtree(.root)])
    #expect(listings.count == 51)
    #expect(listings.last?.stamp != nil)
  }

  @Test(.enabled(if: geteuid() == 0))
  func `what is mounted below the root is unreadable and not entered`() throws {
    let world = try DiskWorld(.temporary)
    try world.makeDirectory("m")
    try world.write("d/x", "x")
    let path = try #require(world.realPath)
    // A directory of the same file system: only its mount tells it apart.
    guard unsafe mount("\(path)/d", "\(path)/m", nil, UInt(MS_BIND), nil) == 0 else {
      return
    }
    defer { unsafe umount("\(path)/m") }
    let listings = look(world, [.subtree(.root)])
    #expect(listings.map(\.directory) == ["", "d"].map(DiskWorld.path))
    #expect(listings[0].entries.last!.found == .unreadable(EXDEV))
  }
}
