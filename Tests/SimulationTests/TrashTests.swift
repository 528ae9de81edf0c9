import SyncCore
import Testing

@testable import SyncEngine

/// What leaves the trash, and in which order.
@Suite struct TrashTests {
  /// A file in a folder of the trash.
  private func put(
    _ world: DiskWorld, _ folder: UInt64, _ path: String, _ content: String, mtime: Int64
  ) throws {
    let name = "staged-\(folder)"
    try world.write(name, content)
    let root = try Directory(.root, of: world.fileSystem)
    let file = RelativePath(bytes: Array(name.utf8))!
    try OpenFile(file.name!, in: root, for: .reference).setMtime(mtime)
    var trash = Trash(plan: folder, of: world.fileSystem)
    _ = try trash.take(file.name!, in: root, from: DiskWorld.path(path)) { _ in }
  }

  private func paths(_ world: DiskWorld) -> Set<String> {
    var paths: Set<String> = []
    lookBelow(ReservedFolder.trash, in: world.fileSystem) { listing in
      for (name, found) in listing.entries {
        guard case .entry(let stamp) = found, stamp.kind == .file else { continue }
        let path = listing.directory.appending(name).bytes.dropFirst(".leftd/trash/".utf8.count)
        paths.insert(String(decoding: path.drop { $0 == UInt8(ascii: "0") }, as: UTF8.self))
      }
    }
    return paths
  }

  /// Two versions of one file, two files with one content, and one that is nowhere else; 10 bytes
  /// each.
  private func world() throws -> DiskWorld {
    let world = try DiskWorld(.memory)
    try put(world, 1, "f", "f, older..", mtime: 1)
    try put(world, 2, "only", "only here.", mtime: 2)
    try put(world, 3, "f", "f, newer..", mtime: 3)
    try put(world, 4, "c", "copied....", mtime: 4)
    try put(world, 5, "d/c", "copied....", mtime: 4)
    return world
  }

  @Test(
    arguments: [
      (50, ["1/f", "2/only", "3/f", "4/c", "5/d/c"]), (49, ["2/only", "3/f", "4/c", "5/d/c"]),
      (39, ["2/only", "3/f", "5/d/c"]), (20, ["3/f", "5/d/c"]), (10, ["5/d/c"]), (0, []),
    ] as [(Int64, [String])])
  func whatIsSupersededGoesFirstAndTheOnlyCopyLast(size: Int64, left: [String]) throws {
    let world = try world()
    let freed = try Trash.thin(.size(size), before: .max, of: world.fileSystem)
    #expect(paths(world) == Set(left))
    #expect(freed == Int64(50 - 10 * left.count))
  }

  @Test func whatTheShareHasGoesBeforeTheOnlyCopy() throws {
    let world = try world()
    try world.write("only", "only here.")
    let root = try Directory(.root, of: world.fileSystem)
    try OpenFile(Name(literal: "only"), in: root, for: .reference).setMtime(2)
    _ = try Trash.thin(.size(30), before: .max, of: world.fileSystem)
    #expect(paths(world) == ["3/f", "4/c", "5/d/c"])
  }

  @Test func nothingYoungGoesWhateverTheSize() throws {
    let world = try world()
    #expect(try Trash.thin(.size(0), before: .min, of: world.fileSystem) == 0)
    #expect(try Trash.thin(.room, before: .min, of: world.fileSystem) == 0)
    #expect(paths(world).count == 5)
  }

  @Test func aFullDiskTakesWhatIsSuperseded() throws {
    let world = try world()
    #expect(try Trash.thin(.room, before: .max, of: world.fileSystem) == 10)
    #expect(paths(world) == ["2/only", "3/f", "4/c", "5/d/c"])
    #expect(try Trash.thin(.room, before: .max, of: world.fileSystem) == 0)
  }

  @Test func emptyFoldersGoAndOthersStay() throws {
    let world = try world()
    _ = try Trash.thin(.size(0), before: .max, of: world.fileSystem)
    let trash = try Directory(ReservedFolder.trash, of: world.fileSystem)
    #expect(try trash.names() == [])
  }
}
