import Glibc
import SyncCore
import Testing

@testable import Watcher

/// Directories that cannot be watched: looked at ever more rarely, and watched when that is
/// possible.
@Suite struct GapsTests {
  /// Ten directories in the root, and so many watches.
  private final class Tree: WatchedTree {
    var watchLimit = 4
    var refused: Int32?
    private var watches: [String: Int32] = [:]

    func watch(_ path: RelativePath, isRoot: Bool, _ body: (Name) -> Void) -> Int32 {
      if path == RelativePath(bytes: [0x35]), let refused { return -refused }
      guard watches["\(path)"] != nil || watches.count < watchLimit else { return -ENOSPC }
      watches["\(path)"] = watches["\(path)"] ?? Int32(watches.count + 1)
      if isRoot { for digit in "0123456789".utf8 { Name([digit]).map(body) } }
      return watches["\(path)"] ?? -ENOENT
    }

    func unwatch(_ watch: Int32) {}
    func probe(_ path: RelativePath) -> Settler.ProbeAnswer { .unknown }
  }

  private let tree = Tree()
  private let second: Int64 = 1_000_000_000

  private func reports(of driver: inout WatchDriver, at now: Int64) -> [Watcher.Report] {
    driver.workOff(in: tree, now: now)
    driver.expire(now: now, drainedAt: now)
    driver.workOff(in: tree, now: now)
    driver.settle(in: tree, now: now)
    // What is to be rescanned settles first.
    driver.settle(in: tree, now: now + second)
    return driver.takeReports()
  }

  private func gaps(_ count: Int, limit: Int, seconds: Int64) -> WatchGaps {
    var gaps = WatchGaps()
    (gaps.directoryCount, gaps.overLimitCount, gaps.rescanSeconds) = (count, limit, seconds)
    return gaps
  }

  private func sentences(_ reports: [Watcher.Report]) -> [String] {
    reports.compactMap { if case .degraded(let text) = $0 { text } else { nil } }
  }

  @Test func `what cannot be watched is scanned ever more rarely and said once`() {
    var driver = WatchDriver(policy: .default)
    let first = reports(of: &driver, at: 0)
    #expect(first.contains(.gaps(gaps(7, limit: 7, seconds: 60))))
    #expect(sentences(first).count == 1)
    #expect(sentences(first).first?.contains("fs.inotify.max_user_watches") == true)
    var waits: [Int64] = []
    for _ in 0..<5 {
      guard let time = driver.retryAt else { break }
      let later = reports(of: &driver, at: time)
      #expect(later.contains { $0.changes?.count == 7 })
      #expect(sentences(later).isEmpty)
      waits.append(((driver.retryAt ?? 0) - time) / second)
    }
    #expect(waits == [120, 240, 240, 240, 240])
  }

  @Test func `when the limit is raised everything is watched`() throws {
    var driver = WatchDriver(policy: .default)
    _ = reports(of: &driver, at: 0)
    tree.watchLimit = 8
    var time = try #require(driver.retryAt)
    #expect(reports(of: &driver, at: time).contains(.gaps(gaps(3, limit: 3, seconds: 120))))
    // It gets better: no reason to wait longer.
    time = try #require(driver.retryAt)
    #expect(reports(of: &driver, at: time).contains(.gaps(gaps(3, limit: 3, seconds: 60))))
    tree.watchLimit = 11
    time = try #require(driver.retryAt)
    #expect(reports(of: &driver, at: time).contains(.gaps(WatchGaps())))
    #expect(driver.retryAt == nil)
    #expect(driver.watchCount == 11)
  }

  @Test func `what may not be read is said with its path`() throws {
    tree.watchLimit = 20
    tree.refused = EACCES
    var driver = WatchDriver(policy: .default)
    let first = reports(of: &driver, at: 0)
    #expect(first.contains(.gaps(gaps(1, limit: 0, seconds: 60))))
    #expect(sentences(first).first?.hasPrefix("cannot watch 5 (errno 13)") == true)
    // It is gone.
    tree.refused = ENOENT
    #expect(reports(of: &driver, at: try #require(driver.retryAt)).contains(.gaps(WatchGaps())))
    #expect(driver.retryAt == nil)
  }

  @Test func `overflows are counted`() {
    var driver = WatchDriver(policy: .default)
    _ = reports(of: &driver, at: 0)
    driver.overflow(now: second)
    var expected = gaps(7, limit: 7, seconds: 60)
    expected.overflowCount = 1
    #expect(reports(of: &driver, at: 2 * second).contains(.gaps(expected)))
  }

  @Test func `who is modest is answered without a look where no marker can be made`() {
    tree.watchLimit = 20
    var driver = WatchDriver(policy: .default)
    _ = reports(of: &driver, at: 0)
    let modest = Watcher.modestToken(7)
    #expect(Watcher.number(ofModest: modest) == 7 && Watcher.number(ofModest: 7) == nil)
    driver.mark(modest, withoutMarker: ENOSPC, now: second)
    #expect(reports(of: &driver, at: second) == [.flushed(modest)])
    driver.mark(8, withoutMarker: ENOSPC, now: 4 * second)
    let others = reports(of: &driver, at: 4 * second)
    #expect(sentences(others).count == 1 && others.contains(.flushed(8)))
    #expect(others.contains { $0.changes == [.rescan(.root)] })
  }
}
