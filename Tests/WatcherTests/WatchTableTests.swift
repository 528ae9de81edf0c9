import SyncCore
import Testing

@testable import Watcher

@Suite struct WatchTableTests {
  private func slot(_ directory: DirectoryKey, _ name: String) -> Slot {
    Slot(directory: directory, name: Name(name.utf8)!)
  }

  @Test func aRenameChangesAllPathsBelow() {
    var table = WatchTable()
    let above = table.insert(slot(.root, "a"))
    let below = table.insert(slot(above, "b"))
    table.detach(above)
    #expect(table.path(of: below) == nil)
    table.attach(above, at: slot(.root, "c"))
    #expect(table.path(of: below) == path("c/b"))
    #expect(table.child(slot(.root, "a")) == nil)
  }

  @Test func oneWatchIsOnOneDirectory() {
    var table = WatchTable()
    let first = table.insert(slot(.root, "a"))
    let second = table.insert(slot(.root, "b"))
    table.bind(first, watch: 5)
    table.bind(second, watch: 5)
    #expect(table.key(watch: 5) == second)
    #expect(!table.isWatched(first))
    table.bind(second, watch: 6)
    #expect(table.key(watch: 5) == nil)
    #expect(table.watchCount == 1)
    table.unbind(watch: 6)
    #expect(table.watchCount == 0)
  }

  @Test func theBuriedKeepTheirPathsUntilNobodyNeedsThem() {
    var table = WatchTable()
    let above = table.insert(slot(.root, "a"))
    let below = table.insert(slot(above, "b"))
    table.bind(above, watch: 1)
    table.bind(below, watch: 2)
    let buried = table.bury(above)
    #expect(Set(buried.keys) == [above, below])
    #expect(Set(buried.watches) == [1, 2])
    #expect(!table.isAlive(below))
    table.purge(keeping: [below])
    #expect(table.path(of: below) == path("a/b"))
    table.purge(keeping: [])
    #expect(table.path(of: below) == nil)
    let again = table.insert(slot(.root, "a"))
    #expect(again != above)
  }
}
