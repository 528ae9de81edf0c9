import Glibc
import SyncCore
import SyncEngine
import Synchronization
import Testing

@testable import leftd

@Suite struct WaitingTests {
  private func status(
    acknowledged: UInt64, and other: UInt64? = nil, isConnected: Bool = false
  ) -> DaemonStatus {
    let id = NodeID(bytes: [UInt8](repeating: 1, count: 32))!
    var share = StatusReport(share: "s", root: "/srv/s")
    share.peers = [
      .init(
        id: id, name: "n", isConnected: true, acknowledged: acknowledged, sentBytes: 0,
        receivedBytes: 0, trouble: "")
    ]
    if let other {
      var second = share.peers[0]
      (second.name, second.isConnected, second.acknowledged) = ("m", isConnected, other)
      share.peers.append(second)
    }
    return DaemonStatus(
      version: "1", process: 1, node: id, name: "x", seconds: 0, shares: [share])
  }

  @Test func itEndsWhenThePeerHasAcknowledgedThePathsSequence() throws {
    let socket = Scratch.directory() + "/s"
    let server = try ControlServer(path: socket) { request, _ in
      switch request {
      case .flush: ControlReply([ControlLine("sequence", "9")])
      case .sequence(_, let path): ControlReply([ControlLine("sequence", "\(path.bytes.count)")])
      default: ControlReply([])
      }
    }
    defer { server.stop() }
    let client = try ControlClient.connect([socket])
    var all = try Waiting(status(acknowledged: 0), path: nil)
    try all.flush(client, deadline: nil)
    #expect(all.missing(in: status(acknowledged: 8)).map(\.count) == [1])
    #expect(all.missing(in: status(acknowledged: 9)).isEmpty)
    var one = try Waiting(status(acknowledged: 0), path: Array("/srv/s/ab".utf8))
    try one.flush(client, deadline: nil)
    #expect(one.missing(in: status(acknowledged: 1)).map(\.target) == [2])
    #expect(one.missing(in: status(acknowledged: 2)).isEmpty)
  }

  /// A daemon that says of everything that this sequence stands for it.
  private func connected(at sequence: Int) throws -> (ControlServer, ControlClient) {
    let socket = Scratch.directory() + "/s"
    let server = try ControlServer(path: socket) { _, _ in
      ControlReply([ControlLine("sequence", String(sequence))])
    }
    return (server, try ControlClient.connect([socket]))
  }

  @Test func onlyThoseAreWaitedForWhoAreMeant() throws {
    let (server, client) = try connected(at: 9)
    defer { server.stop() }
    func missing(_ peers: Waiting.Peers, _ now: DaemonStatus) throws -> [String] {
      var waiting = try Waiting(status(acknowledged: 0, and: 0), path: nil, peers: peers)
      try waiting.flush(client, deadline: nil)
      return waiting.missing(in: now).map(\.peer.name)
    }
    let none = status(acknowledged: 0, and: 0)
    #expect(try missing(Waiting.Peers(), none) == ["n", "m"])
    #expect(try missing(Waiting.Peers(names: ["m"]), none) == ["m"])
    let id = none.shares[0].peers[0].id
    #expect(try missing(Waiting.Peers(names: [id.short]), none) == ["n", "m"])
    #expect(try missing(Waiting.Peers(areConnected: true), none) == ["n"])
    #expect(try missing(Waiting.Peers(names: ["m"], areConnected: true), none) == [])
    let connected = status(acknowledged: 9, and: 0, isConnected: true)
    #expect(try missing(Waiting.Peers(areConnected: true), connected) == ["m"])
    let error = #expect(throws: EngineError.self) {
      try missing(Waiting.Peers(names: ["m", "stranger"]), none)
    }
    #expect(error?.description.contains("'stranger'") == true)
  }

  @Test func whoDoesNotHoldEverythingIsNamed() throws {
    let (server, client) = try connected(at: 9)
    defer { server.stop() }
    func exceptions(_ names: [String]) throws -> [String] {
      var now = status(acknowledged: 9, and: 9)
      now.shares[0].peers[1].notHeld = 1
      let peers = Waiting.Peers(names: names)
      var waiting = try Waiting(status(acknowledged: 0, and: 0), path: nil, peers: peers)
      try waiting.flush(client, deadline: nil)
      return waiting.exceptions(in: now)
    }
    let line =
      "m does not hold 1 thing of share s: ignored there, or something else is in the place; "
      + "'leftd explain PATH' there says why"
    #expect(try exceptions([]) == [line])
    #expect(try exceptions(["m"]) == [line])
    #expect(try exceptions(["n"]) == [], "nobody waits for the other")
  }

  @Test func aFlushThatTakesTooLongEndsAtTheDeadline() throws {
    let socket = Scratch.directory() + "/s"
    let answer = Mutex(false)
    let server = try ControlServer(path: socket) { _, _ in
      // Held until the client has given up.
      while !answer.withLock({ $0 }) { Clock.sleep(milliseconds: 1) }
      return ControlReply([])
    }
    let client = try ControlClient.connect([socket])
    let error = #expect(throws: EngineError.self) {
      try client.ask(.flush(share: "s"), deadline: Clock.milliseconds() + 20)
    }
    #expect(error?.errno == ETIMEDOUT)
    answer.withLock { $0 = true }
    server.stop()
  }

  @Test(arguments: ["/srv", "/srv/sx/a", "/srv/s/../a", "/"])
  func aPathOutsideEveryShareIsRefused(path: String) {
    #expect(throws: EngineError.self) {
      try Waiting(status(acknowledged: 0), path: Array(path.utf8))
    }
  }

  @Test func secondsAreReadStrictly() {
    #expect(WaitCommand.milliseconds("1") == 1000)
    #expect(WaitCommand.milliseconds("0.25") == 250)
    for text in ["", "x", "-1", "1e3", "nan", "inf", "1.2.3", "999999999999"] {
      #expect(WaitCommand.milliseconds(text) == nil)
    }
  }
}
