import CLinux
import Glibc
import SyncCore
import SyncEngine
import Testing

@testable import leftd

@Suite struct ControlTests {
  @Test func aLineCarriesAnyBytes() {
    let all = ControlLine([Array(0...255), [], Array(" %\n".utf8)])
    #expect(all.encoded.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(ControlLine(encoded: all.encoded) == all)
    #expect(ControlLine("a b", "").encoded == Array("a%20b ".utf8))
  }

  @Test(arguments: ["%", "%4", "%zz", "a\tb", "ä"])
  func aBrokenLineIsRefused(text: String) {
    #expect(ControlLine(encoded: Array(text.utf8)) == nil)
  }

  @Test func requestsComeBackAsTheyWere() {
    let path = RelativePath(bytes: [0x61, 0x2F, 0xFF])!
    let requests: [ControlRequest] = [
      .status, .flush(share: "a b"), .sequence(share: "s", path: path), .invite,
      .join(address: "h:1", code: "c"), .peers, .explain(share: "s", path: path),
      .hold(share: "s", path: .root), .mend(share: "s", .conflicts),
      .mend(share: "s", .resolve(path, .theirs)), .mend(share: "s", .history(path, count: 7)),
      .mend(share: "s", .set(.max)), .mend(share: "s", .versions(path)),
      .mend(share: "s", .restore(path, from: Name([0xFF])!)), .mend(share: "s", .undo(1)),
      .mend(share: "s", .release), .pause(target: "", seconds: 0),
      .mend(share: "s", .deviations(path)), .mend(share: "s", .discardAdded(path)),
      .mend(share: "s", .takeBack(path)), .revert(share: "s", path: path),
      .mend(share: "s", .forecast(path)), .pause(target: "p", seconds: 0, isHeard: true),
      .join(address: "h:1", code: "c", isPlanned: true),
      .pause(target: "peer:x", seconds: 7), .resume(target: "s"),
    ]
    for request in requests { #expect(ControlRequest(request.line) == request) }
    #expect(ControlRequest(ControlLine("status", "x")) == nil)
    #expect(ControlRequest(ControlLine("sequence", "s", "../x")) == nil)
    #expect(ControlRequest(ControlLine("mend", "s", "resolve", "../x", "ours")) == nil)
    #expect(ControlRequest(ControlLine("mend", "s", "resolve", "x", "mine")) == nil)
  }

  @Test func anAnswerThatWasCutOffIsNoAnswer() {
    let reply = ControlReply([ControlLine("x"), ControlLine("y", "")])
    #expect(ControlReply(encoded: reply.encoded) == reply)
    for count in 0..<reply.encoded.count {
      #expect(ControlReply(encoded: Array(reply.encoded.prefix(count))) == nil)
    }
    let failure = ControlReply.failure(EngineError("p q", remedy: "r", errno: 5))
    #expect(ControlReply(encoded: failure.encoded) == failure)
  }

  @Test func theStateComesBackAsItWas() throws {
    var share = StatusReport(share: "s", root: "/a b")
    share.activity = .held
    share.trouble = "no\nroom"
    share.sequence = .max
    share.bytes = 7
    share.audit.provenAt = 11_000_000_000
    share.audit.roundSeconds = 12
    share.audit.percent = 13
    share.audit.mendedCount = 14
    share.audit.remainingCount = 15
    share.watching.isWatched = false
    share.watching.unwatchedDirectories = 8
    share.watching.rescanSeconds = 9
    share.watching.overflowCount = 10
    share.watching.remedy = "do this"
    let id = NodeID(bytes: Array(0..<32))!
    share.peers = [
      .init(
        id: id, name: "n", isConnected: true, acknowledged: 3, sentBytes: 4, receivedBytes: 5,
        trouble: ""),
      .init(
        id: id, name: "p", isConnected: false, acknowledged: 3, sentBytes: 4, receivedBytes: 5,
        trouble: "", pausedUntil: 17_000_000_000, isHeard: true),
      .init(
        id: id, name: "q", isConnected: false, acknowledged: 3, sentBytes: 4, receivedBytes: 5,
        trouble: "", pausedUntil: Pauses.endless),
    ]
    share.peers[0].sentRate = 6
    share.peers[0].receivedRate = 7
    share.peers[1].sentLimit = 8
    share.peers[2].receivedLimit = 9
    share.isReplica = true
    let status = DaemonStatus(
      version: "1", process: 2, node: id, name: "x", seconds: 9, shares: [share, share])
    #expect(try DaemonStatus(status.lines).json.text == status.json.text)
    #expect(throws: EngineError.self) { try DaemonStatus([ControlLine("share")]) }
  }

  @Test func aServerAnswersAndItsSocketIsPrivate() throws {
    let path = Scratch.directory() + "/s"
    let server = try ControlServer(path: path) { request, _ in
      request == .invite ? ControlReply([ControlLine("code", "x y")]) : ControlReply([])
    }
    var status = stat()
    #expect(unsafe stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    let client = try ControlClient.connect([Scratch.directory() + "/none", path])
    #expect(try client.ask(.invite) == [ControlLine("code", "x y")])
    #expect(try client.ask(.status) == [])
    server.stop()
    #expect(unsafe access(path, F_OK) != 0)
    #expect(throws: EngineError.self) { try client.ask(.status) }
  }

  @Test func aLiveSocketIsRespectedAndADeadOneReplaced() throws {
    let path = Scratch.directory() + "/s"
    let dead = unsafe clinux_unix_listen(path, 1)
    #expect(dead >= 0)
    close(dead)
    let server = try ControlServer(path: path) { _, _ in ControlReply([]) }
    defer { server.stop() }
    let error = #expect(throws: EngineError.self) {
      try ControlServer(path: path) { _, _ in ControlReply([]) }
    }
    #expect(error?.problem == "leftd is already running with the socket \(path)")
    #expect(try ControlClient.connect([path]).ask(.status) == [])
  }

  @Test func aRequestWithoutAnEndIsClosedAndOthersAreServed() throws {
    let path = Scratch.directory() + "/s"
    let server = try ControlServer(path: path) { _, _ in ControlReply([]) }
    defer { server.stop() }
    let silent = unsafe clinux_unix_connect(path)
    #expect(silent >= 0)
    let endless = unsafe clinux_unix_connect(path)
    _ = writeAll([UInt8](repeating: 0x61, count: ControlLimits.requestByteCount), to: endless)
    var byte: UInt8 = 0
    #expect(unsafe read(endless, &byte, 1) <= 0)
    #expect(try ControlClient.connect([path]).ask(.status) == [])
    close(silent)
    close(endless)
  }

  @Test func aSecondDaemonIsKeptAwayFromTheState() throws {
    let directory = Scratch.directory()
    let lock = try StateLock(directory)
    let error = #expect(throws: EngineError.self) { _ = try StateLock(directory) }
    #expect(
      error?.problem == "leftd is already running (pid \(getpid())) with the state in \(directory)")
    _ = consume lock
    _ = try StateLock(directory)
  }
}
