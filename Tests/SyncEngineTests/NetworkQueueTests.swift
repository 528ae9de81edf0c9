import SyncCore
import Synchronization
import Testing

@testable import SyncEngine

@Suite struct NetworkQueueTests {
  private func frame(_ type: UInt8, _ byteCount: Int) -> [UInt8] {
    FrameHeader.frame(type: type, [UInt8](repeating: type, count: byteCount))
  }

  @Test func whatIsUrgentOvertakesBetweenTwoFramesOfOneBuffer() {
    var queue = SendQueue()
    queue.append(frame(30, 100) + frame(31, 100) + frame(32, 100), .range)
    #expect(queue.take(upTo: 250) == [(frame(30, 100) + frame(31, 100))[...]])
    queue.append(frame(10, 1), .control)
    queue.append(frame(20, 1), .pack)
    queue.append(frame(11, 1), .control)
    #expect(queue.byteCount == 105 + 18)
    #expect(
      queue.take(upTo: 250).flatMap { $0 }
        == frame(10, 1) + frame(11, 1) + frame(20, 1) + frame(32, 100))
    #expect(queue.byteCount == 0 && queue.take(upTo: 250).isEmpty)
  }

  @Test func announcementsAreCountedApart() {
    var queue = SendQueue()
    let announcement = frame(FrameType.announce.rawValue, 100)
    queue.append(announcement + announcement, .pack)
    queue.append(frame(30, 10), .range)
    #expect(queue.byteCount == 225 && queue.announcedByteCount == 210)
    _ = queue.take(upTo: 110)
    #expect(queue.announcedByteCount == 105)
    _ = queue.take(upTo: 1000)
    #expect(queue.announcedByteCount == 0 && queue.byteCount == 0)
  }

  @Test func soManyRequestsMayBeOpenAndNoMore() {
    let requests = OpenRequests()
    for _ in 0..<Limits.openRequestCount { #expect(requests.tryEnter()) }
    #expect(!requests.tryEnter())
    // Being served, one that has left the control thread still counts.
    requests.add()
    requests.leave()
    #expect(!requests.tryEnter())
    requests.leave()
    #expect(requests.tryEnter())
  }

  @Test func aFrameLongerThanTheLimitIsTakenAlone() {
    var queue = SendQueue()
    queue.append(frame(10, 1) + frame(11, 500), .control)
    queue.append(frame(30, 1), .range)
    #expect(queue.take(upTo: 100) == [frame(10, 1)[...]])
    #expect(queue.take(upTo: 100) == [frame(11, 500)[...]])
    #expect(queue.take(upTo: 100) == [frame(30, 1)[...]])
  }

  @Test func aHeaderSaysLengthAndTypeAndNothingTooLong() {
    let longest = FrameHeader(type: 200, payloadByteCount: Limits.framePayloadByteCount)
    var bytes: [UInt8] = [9]
    longest.append(to: &bytes)
    #expect(bytes == [9, 0, 4, 4, 0, 200])
    #expect(FrameHeader(bytes.span, at: 1) == longest)
    #expect(FrameHeader(bytes.span, at: 2) == nil)
    #expect(FrameHeader([0, 4, 4, 1, 200].span) == nil)
  }

  @Test func openingsAndReasonsComeBackAsTheyWere() {
    let opening = ConnectionOpening(share: String(repeating: "x", count: 64))
    #expect(ConnectionOpening(payload: opening.payload) == opening)
    #expect(ConnectionOpening(payload: [1, 65] + [UInt8](repeating: 65, count: 65)) == nil)
    let reason = CloseReason(code: 4, text: String(repeating: "y", count: 1000))
    #expect(reason.text.count == Limits.textByteCount)
    #expect(CloseReason(payload: reason.payload) == reason)
    #expect(CloseReason(payload: [1, 1, 1] + [UInt8](repeating: 65, count: 257)) == nil)
    #expect(CloseReason(payload: [1, 0]) == nil)
  }

  @Test func aMailboxKeepsOrderAndLosesNothing() {
    let mailbox = Mailbox<Int>()
    #expect(mailbox.takeAll(timeoutNanoseconds: 0).isEmpty)
    #expect(mailbox.takeAll(timeoutNanoseconds: 1_000_000).isEmpty)
    let threads = (0..<4).map { number in
      spawnThread(name: "post \(number)") {
        for item in 0..<10_000 { mailbox.post(number * 10_000 + item) }
      }
    }
    var taken: [Int] = []
    while taken.count < 40_000 { taken += mailbox.takeAll(timeoutNanoseconds: nil) }
    for thread in threads { thread.join() }
    for number in 0..<4 {
      let own = taken.filter { $0 / 10_000 == number }
      #expect(own == Array(number * 10_000..<(number + 1) * 10_000))
    }
    mailbox.post(1)
    #expect(mailbox.takeAll(timeoutNanoseconds: 0) == [1])
    #expect(mailbox.takeAll(timeoutNanoseconds: 0).isEmpty)
  }
}

@Suite struct NetworkDialLoopTests {
  /// A loop that dials an address at which nobody listens any more.
  private struct Dialler {
    let identity: Identity
    let first: Host
    let connected = Mailbox<Connection>()
    let troubles = Mailbox<EngineError>()
    let loop: DialLoop

    init() throws {
      identity = try makeIdentity()
      first = try Host(peers: [identity.id])
      first.listener.stop()
      let (connected, troubles) = (connected, troubles)
      loop = DialLoop(
        address: first.address, identity: identity, expecting: first.identity.id, share: "s",
        connected: { connected.post($0) }, trouble: { troubles.post($0) })
    }

    /// Somebody listens there from now on.
    func host() throws -> Host {
      try Host(address: first.address, identity: first.identity, peers: [identity.id])
    }
  }

  @Test func aLoopConnectsOnceThereIsAListenerAndAgainWhenToldOfALoss() throws {
    let dialler = try Dialler()
    let (loop, connected, troubles) = (dialler.loop, dialler.connected, dialler.troubles)
    let trouble = try #require(troubles.takeAll(timeoutNanoseconds: 20_000_000_000).first)
    #expect(trouble.problem.contains("Connection refused"))

    let second = try dialler.host()
    let connection = try #require(connected.takeAll(timeoutNanoseconds: 20_000_000_000).first)
    _ = try second.nextAccepted()
    #expect(troubles.takeAll(timeoutNanoseconds: 0).isEmpty)
    connection.close()
    loop.retry()
    let again = try #require(connected.takeAll(timeoutNanoseconds: 20_000_000_000).first)
    _ = try second.nextAccepted()
    again.close()
    loop.stop()
    loop.retry()
    #expect(connected.takeAll(timeoutNanoseconds: 200_000_000).isEmpty)
  }

  @Test func aLoopRestsWhileThePeerHasCalled() throws {
    let dialler = try Dialler()
    let (loop, connected, troubles) = (dialler.loop, dialler.connected, dialler.troubles)
    _ = try #require(troubles.takeAll(timeoutNanoseconds: 20_000_000_000).first)
    loop.rest()
    let second = try dialler.host()
    #expect(connected.takeAll(timeoutNanoseconds: 500_000_000).isEmpty)
    loop.retry()
    let connection = try #require(connected.takeAll(timeoutNanoseconds: 20_000_000_000).first)
    _ = try second.nextAccepted()
    connection.close()
    loop.stop()
  }
}
