import SyncCore
import Watcher

/// A tree with one directory, whose files nobody has open.
private struct FlatTree: WatchedTree {
  func watch(_ path: RelativePath, isRoot: Bool, _ body: (Name) -> Void) -> Int32 { 1 }
  func unwatch(_ watch: Int32) {}
  func probe(_ path: RelativePath) -> Settler.ProbeAnswer { .noWriter }
}

extension Benchmarks {
  /// Bursts of files that are made, written and closed, from event to set; beside putting their
  /// names into a dictionary.
  static func settling() {
    let names = (0..<200).compactMap { Name(Array("file\($0)".utf8)) }
    let tree = FlatTree()
    var driver = WatchDriver(policy: SettlePolicy())
    var now: Int64 = 0
    driver.workOff(in: tree, now: now)
    driver.settle(in: tree, now: now)
    _ = driver.takeReports()
    compare("settling to filling a dictionary") {
      for _ in 0..<10 {
        var found: [Name: Int] = [:]
        for name in names { for _ in 0..<3 { found[name, default: 0] += 1 } }
        keep(found.count)
      }
    } _: {
      for _ in 0..<10 {
        for name in names {
          for mask in [RawEvent.Mask.created, .modified, .closedAfterWriting] {
            driver.take(RawEvent(watch: 1, mask: mask, name: name), now: now)
          }
        }
        while let deadline = driver.deadline {
          now = max(now + 1, deadline)
          driver.expire(now: now, drainedAt: now)
          driver.workOff(in: tree, now: now)
          driver.settle(in: tree, now: now)
        }
        keep(driver.takeReports().count)
      }
    }
  }
}
