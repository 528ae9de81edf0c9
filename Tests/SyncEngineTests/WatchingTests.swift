import Glibc
import SyncCore
import Synchronization
import Testing
import Watcher

@testable import SyncEngine

/// A share whose system gives no watcher, for a time.
@Suite struct WatchingTests {
  private final class Reports: Sendable {
    let all = Mutex<[Watcher.Report]>([])

    func take() -> [Watcher.Report] {
      all.withLock { all in
        defer { all = [] }
        return all
      }
    }
  }

  private let reports = Reports()
  private let second: Int64 = 1_000_000_000
  private static let rescan = Watcher.Report.settled(ChangeSet(changes: [.rescan(.root)]))

  private func watching(
    _ make: @escaping () throws(WatcherError) -> Watcher
  ) -> Watching {
    let reports = reports
    return Watching { report in
      reports.all.withLock { $0.append(report) }
    } make: { _ throws(WatcherError) in
      try make()
    }
  }

  private func error(_ errno: Int32) -> WatcherError {
    WatcherError(
      problem: "cannot create an inotify instance", remedy: "Raise it.", errno: errno)
  }

  @Test func `without an instance everything is scanned at intervals`() throws {
    let error = error(EMFILE)
    var watching = watching { () throws(WatcherError) in throw error }
    let sentence = try watching.start(now: 0)
    #expect(sentence?.contains("nothing is watched") == true)
    #expect(sentence?.hasSuffix("Raise it.") == true)
    #expect(reports.take() == [Self.rescan])
    var waits: [Int64] = []
    for _ in 0..<4 {
      let time = try #require(watching.retryAt)
      #expect(watching.retry(now: time - 1) == nil && reports.take().isEmpty)
      #expect(watching.retry(now: time) == nil)
      #expect(reports.take() == [Self.rescan])
      waits.append((try #require(watching.retryAt) - time) / second)
    }
    #expect(waits == [120, 240, 240, 240])
    #expect(!watching.status.isWatched && watching.status.rescanSeconds == 240)
    #expect(watching.status.remedy == "Raise it.")
    watching.flush(token: 7)
    #expect(reports.take() == [Self.rescan, .flushed(7)])
  }

  @Test func `when there is an instance again the watcher takes over`() throws {
    let directory = IndexDirectory()
    let error = error(EMFILE)
    let isPossible = Mutex(false)
    var watching = watching { () throws(WatcherError) in
      guard isPossible.withLock(\.self) else { throw error }
      return try Watcher(root: Array(directory.path.utf8)) { _ in }
    }
    _ = try watching.start(now: 0)
    isPossible.withLock { $0 = true }
    #expect(watching.retry(now: try #require(watching.retryAt)) != nil)
    #expect(watching.retryAt == nil && watching.status == StatusReport.Watching())
    // What is asked of it is answered by it, and by a look at what it doesn't see.
    _ = reports.take()
    watching.flush(token: 8)
    #expect(reports.take().isEmpty)
    var gaps = WatchGaps()
    (gaps.directoryCount, gaps.rescanSeconds) = (3, 60)
    #expect(watching.note(gaps) == nil)
    watching.flush(token: 9)
    #expect(reports.take() == [Self.rescan])
    #expect(watching.status.unwatchedDirectories == 3)
    #expect(watching.note(WatchGaps()) == "Every directory is watched again.")
    watching.stop()
    unsafe rmdir(directory.path + "/.leftd/cookies")
    unsafe rmdir(directory.path + "/.leftd")
  }

  @Test func `what does not end by itself is an error`() {
    let error = error(ENOENT)
    var watching = watching { () throws(WatcherError) in throw error }
    #expect(throws: error) { try watching.start(now: 0) }
  }
}
