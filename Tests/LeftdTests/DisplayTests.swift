import SyncCore
import SyncEngine
import Testing

@testable import leftd

@Suite struct DisplayTests {
  @Test func textInJSONIsEscaped() {
    let text = "a\"b\\c\nd\re\tf\u{0}g\u{1B}[31m\u{7F}\u{9B}ä€😀\u{2028}"
    #expect(
      JSON.string(text).text
        == #""a\"b\\c\nd\re\tf\u0000g\u001b[31m\u007f\u009bä€😀"# + "\u{2028}\"")
  }

  @Test func valuesInJSONAreNested() {
    let value = JSON.object([
      ("a", .array([.number(1), .bool(true)])), ("b", .object([])),
      ("c", .number(UInt64.max)),
    ])
    #expect(value.text == #"{"a":[1,true],"b":{},"c":9223372036854775807}"#)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (9_994, "9.99 kB"),
    (9_995, "10.0 kB"),
    (12_345, "12.3 kB"), (99_949, "99.9 kB"), (99_950, "100 kB"), (123_456, "123 kB"),
    (999_499, "999 kB"),
    (999_500, "1.00 MB"), (1_073_741_824, "1.07 GB"), (Int64.max, "9.22 EB"), (-1, "0 B"),
  ])
  func bytesAreShownWithThreeDigits(count: Int64, expected: String) {
    #expect(Amount.bytes(count) == expected)
  }

  @Test func durationsAndCountsAreShown() {
    #expect(Amount.duration(seconds: 59) == "59 s")
    #expect(Amount.duration(seconds: 185) == "3 min 5 s")
    #expect(Amount.duration(seconds: 7800) == "2 h 10 min")
    #expect(Amount.duration(seconds: 273_600) == "3 d 4 h")
    #expect(Amount.count(1, "file", "files") == "1 file")
    #expect(Amount.count(1_234_567, "file", "files") == "1,234,567 files")
  }

  @Test func aBarShowsShareRateAndTimeLeft() {
    let bar = ProgressBar(done: 250_000_000, total: 1_000_000_000, rate: 50_000_000)
    #expect(
      bar.text(width: 8)
        == "[##······]  25 %  250 MB of 1.00 GB  50.0 MB/s  15 s left")
  }

  @Test func aBarNeverLeavesItsFrame() {
    #expect(ProgressBar(done: 5, total: 0).text(width: 2) == "[##] 100 %  1 B of 1 B")
    #expect(ProgressBar(done: -5, total: 9).text(width: 2) == "[··]   0 %  0 B of 9 B")
    let changes = ProgressBar(done: 1, total: 2, unit: .changes, rate: 1)
    #expect(changes.text(width: 2) == "[#·]  50 %  1 of 2 changes  1 s left")
  }

  @Test func aRateFollowsTheSamplesAndBeginsAnewAfterARestart() {
    var meter = RateMeter()
    meter.take(0, milliseconds: 0)
    #expect(meter.rate == 0)
    meter.take(500, milliseconds: 500)
    #expect(meter.rate == 1000)
    meter.take(2500, milliseconds: 1500)
    #expect(meter.rate == 1250)
    meter.take(0, milliseconds: 2000)
    #expect(meter.rate == 0)
  }

  @Test func aLogLineHasNoControlCharacters() {
    let path = RelativePath(bytes: Array("a\nb".utf8))!
    let entry = LogEntry(.warning, "x\u{1B}[2J\ny\\n", path: path, set: 7)
    #expect(
      LogLine.text(entry, time: "T") == #"T warning: x\x1b[2J\ny\n path=a\nb set=7"#)
  }

  @Test func aJournalEntryKeepsTheBytesOfThePath() {
    let path = RelativePath(bytes: [0x61, 0xFF, 0x0A])!
    let peer = NodeID(bytes: [UInt8](repeating: 0, count: 32))!
    let entry = LogEntry(.error, "m", peer: peer, path: path, set: 3)
    let fields = Journal.fields(of: entry)
    #expect(fields.contains(Array("LEFT_PATH=".utf8) + [0x61, 0xFF, 0x0A]))
    #expect(fields.contains(Array("LEFT_PEER=\(peer)".utf8)))
    #expect(fields.contains(Array("LEFT_SET=3".utf8)))
    #expect(fields.contains(Array("PRIORITY=3".utf8)))
    #expect(fields.contains(Array("MESSAGE=m".utf8)))
  }

  @Test func theStatusForPeopleTellsWhoLacksWhat() {
    var share = StatusReport(share: "share", root: "/home/a/share")
    share.activity = .syncing
    share.files = 1234
    share.directories = 1
    share.bytes = 5_000_000
    share.sequence = 10
    share.incomingEntries = 2
    share.incomingBytes = 1000
    share.incomingDoneBytes = 500
    share.trouble = "the disk is full. Make room."
    let id = NodeID(bytes: [UInt8](repeating: 0, count: 32))!
    share.peers = [
      .init(
        id: id, name: "nas", isConnected: true, acknowledged: 7, sentBytes: 1500,
        receivedBytes: 20, trouble: ""),
      .init(
        id: id, name: "tv", isConnected: false, acknowledged: 10, sentBytes: 0, receivedBytes: 0,
        trouble: "connection refused"),
    ]
    share.peers[0].sentRate = 1200
    share.peers[0].sentLimit = 2_000_000
    share.peers[1].receivedLimit = 10_000
    share.peers[0].notHeld = 2
    share.peers[1].notHeld = 3
    share.notHeld = 1
    let status = DaemonStatus(
      version: "0.1.0", process: 42, node: id, name: "alpha", seconds: 61, shares: [share])
    #expect(
      StatusText.text(status, speeds: [:], journal: ["line"]) == """
        leftd 0.1.0 on alpha (aaaaaaa…), running for 1 min 1 s, pid 42

        share    share in /home/a/share
        state    syncing
        trouble  the disk is full. Make room.
        holds    1,234 files, 1 directory, 5.00 MB
                 1 more is known, not held here
        audit    folder and index have not been compared yet
        coming   2 changes
                 [###############···············]  50 %  500 B of 1.00 kB
        peers    nas: connected, 3 changes behind, 2 things not held there; sent 1.50 kB \
        (1.20 kB/s, at most 2.00 MB/s), received 20 B
                 tv: offline, has everything but 3 things not held there; sent 0 B, \
        received 0 B (at most 10.0 kB/s); connection refused

        journal
          line

        """)
    #expect(
      StatusText.summary([share])
        == "share: syncing, 1,234 files, 1 directory, 5.00 MB, 1 of 2 peers connected, "
        + "received 500 B of 1.00 kB, the disk is full. Make room.")
  }

  @Test func theStatusTellsWhatTheAuditFound() {
    var share = StatusReport(share: "share", root: "/s")
    share.audit.provenAt = 1_700_000_000_999_999_999
    share.audit.roundSeconds = 3600
    share.audit.percent = 35
    let id = NodeID(bytes: [UInt8](repeating: 0, count: 32))!
    func text() -> String {
      let status = DaemonStatus(
        version: "1", process: 1, node: id, name: "a", seconds: 1, shares: [share])
      return StatusText.text(status, speeds: [:], journal: [])
    }
    let time = LogLine.text(ofTime: 1_700_000_000)
    let duration = Amount.duration(seconds: 3600)
    let line = "audit    last proved consistent at \(time); a round takes \(duration), 35 % done"
    #expect(text().contains(line + "\n"))
    share.audit.mendedCount = 2
    share.audit.remainingCount = 1
    #expect(
      text().contains(line + "; 2 differences found, 1 of them not mended: see the journal\n"))
  }

  @Test func theStatusTellsWhatIsNotWatched() {
    var share = StatusReport(share: "share", root: "/s")
    let id = NodeID(bytes: [UInt8](repeating: 0, count: 32))!
    func text() -> String {
      let status = DaemonStatus(
        version: "1", process: 1, node: id, name: "a", seconds: 1, shares: [share])
      return StatusText.text(status, speeds: [:], journal: [])
    }
    #expect(!text().contains("watching"))
    share.watching.overflowCount = 2
    share.watching.remedy = "Raise it."
    #expect(
      text().contains(
        "watching the kernel dropped events 2 times; everything was scanned then. Raise it.\n"))
    share.watching.unwatchedDirectories = 1234
    share.watching.rescanSeconds = 60
    #expect(
      text().contains(
        "watching 1,234 directories are not watched, but scanned every 60 s. Raise it.\n"))
    share.watching.isWatched = false
    #expect(
      text().contains("watching nothing is watched; everything is scanned every 60 s. Raise it.\n"))
  }
}
