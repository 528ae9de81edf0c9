import SyncCore
import Testing

@testable import Watcher

@Suite struct WatchDriverTests {
  /// Directories by path, with their inodes; an inode's watch has the same number.
  private final class Tree: WatchedTree {
    var inodes: [String: Int32] = [".": 1]
    private(set) var watched: Set<Int32> = []

    func watch(_ path: RelativePath, isRoot: Bool, _ body: (Name) -> Void) -> Int32 {
      guard let inode = inodes["\(path)"] else { return -2 }
      watched.insert(inode)
      // All of these are in the root.
      for name in inodes.keys.sorted() where isRoot && name != "." { Name(name.utf8).map(body) }
      return inode
    }

    func unwatch(_ watch: Int32) { watched.remove(watch) }

    func probe(_ path: RelativePath) -> Settler.ProbeAnswer { .unknown }
  }

  private let tree = Tree()

  private func event(_ mask: RawEvent.Mask, _ name: String, _ cookie: UInt32 = 0) -> RawEvent {
    RawEvent(
      watch: 1, mask: mask.union(.isDirectory), cookie: cookie, name: Name(name.utf8))
  }

  private func settle(_ driver: inout WatchDriver, now: Int64) -> [Change] {
    driver.expire(now: now, drainedAt: now)
    driver.workOff(in: tree, now: now)
    driver.settle(in: tree, now: now)
    var changes: [Change] = []
    for case .settled(let set) in driver.takeReports() { changes += set.changes }
    return changes
  }

  @Test func aDirectoryThatWasMovedBeforeItWasWatchedIsWatched() {
    var driver = WatchDriver(policy: .default)
    #expect(settle(&driver, now: 0) == [.rescan(.root)])
    driver.take(event(.created, "a"), now: 1)
    // It is elsewhere by now, and another in its place.
    tree.inodes["c"] = 2
    tree.inodes["a"] = 3
    driver.workOff(in: tree, now: 1)
    driver.take(event(.movedFrom, "a", 1), now: 2)
    driver.take(event(.movedTo, "c", 1), now: 2)
    driver.take(event(.created, "a"), now: 2)
    driver.workOff(in: tree, now: 2)
    #expect(tree.watched == [1, 2, 3])
    #expect(driver.watchCount == 3)
    #expect(settle(&driver, now: 10_000_000).contains(.rescan(path("c"))))
  }

  @Test func oneDirectoryUnderTwoNamesComesToRest() {
    tree.inodes["a"] = 2
    tree.inodes["c"] = 2
    var driver = WatchDriver(policy: .default)
    #expect(settle(&driver, now: 0).contains(.rescan(.root)))
    #expect(driver.watchCount == 2)
  }
}
