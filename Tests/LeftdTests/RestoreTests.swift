import Glibc
import SyncCore
import SyncEngine
import Testing

@testable import leftd

/// Times as people type them, and which version they mean.
@Suite struct RestoreTests {
  @Test(arguments: [
    "2026-11-21", "2026-11-21 10:15", "2026-11-21 10:15:07", "2026-11-21T10:15:07",
  ])
  func aTimeIsLocalTime(text: String) throws {
    let shown = LogLine.text(ofTime: try #require(LocalTime.seconds(text)))
    let full = text.replacing("T", with: " ") + " 00:00:00".suffix(max(0, 19 - text.utf8.count))
    #expect(shown == full)
  }

  @Test func secondsAreTakenAsTheyAre() {
    #expect(LocalTime.seconds("@1795256100") == 1_795_256_100)
  }

  @Test(arguments: [
    "", "noon", "@", "@-1", "2026-11", "2026-13-01", "2026-11-32", "26-11-21", "2026-11-21 10",
    "2026-11-21 24:00", "2026-11-21 10:60", "2026-11-21 10:15:99", "2026-11-21  10:15",
    "2026-11-21 10:15:07 ", "2026-1a-21", "1900-01-01",
  ])
  func anythingElseIsNone(text: String) { #expect(LocalTime.seconds(text) == nil) }

  @Test(arguments: [(true, "b"), (false, "d")])
  func aDirectoryIsTakenFromTheBeginningOfItsDeletion(isDirectory: Bool, folder: String) {
    let times: [Int64] = [120, 112, 102, 91]
    let versions = zip(["d", "c", "b", "a"], times).map { name, seconds in
      TrashVersion(
        folder: Name(name.utf8)!, time: seconds * 1_000_000_000, isDirectory: isDirectory, size: 0)
    }
    #expect(RestoreCommand.start(of: versions[0], among: versions).folder == Name(folder.utf8))
  }

  @Test(arguments: [(0, "a"), (100, "a"), (101, "b"), (200, "b"), (201, "c"), (300, "c")])
  func whatWasThereThenWentFirstAfterIt(time: Int, folder: String) throws {
    let versions = zip(["c", "b", "a"], [300, 200, 100] as [Int64]).map { name, seconds in
      TrashVersion(
        folder: Name(name.utf8)!, time: seconds * 1_000_000_000 + 999, isDirectory: false, size: 1)
    }
    let found = try RestoreCommand.version(at: time, among: versions, "x")
    #expect(found.folder == Name(folder.utf8))
    #expect(throws: EngineError.self) {
      try RestoreCommand.version(at: 301, among: versions, "x")
    }
  }
}
