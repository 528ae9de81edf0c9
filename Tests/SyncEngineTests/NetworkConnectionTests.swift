import CLinux
import Glibc
import SyncCore
import Synchronization
import Testing

@testable import SyncEngine

@Suite struct NetworkConnectionTests {
  @Test func twoPairedNodesExchangeFramesAndKnowEachOther() throws {
    let identity = try makeIdentity()
    let host = try Host(peers: [identity.id])
    let dialler = try Dialer.dial(
      address: host.address, identity: identity, expecting: host.identity.id, share: "föhn")
    let (share, acceptor) = try host.nextAccepted()
    #expect(share == "föhn")
    #expect(acceptor.peer == identity.id && !acceptor.isInitiator)
    #expect(dialler.peer == host.identity.id && dialler.isInitiator)
    #expect(acceptor.remoteHost == "127.0.0.1")

    let (left, right) = (Recorder(), Recorder())
    left.start(dialler)
    right.start(acceptor)
    dialler.send(FrameHeader.frame(type: 7, [1, 2, 3]), .control)
    acceptor.send(FrameHeader.frame(type: 8, []), .pack)
    let there = try right.nextFrame()
    #expect(there.type == 7 && there.payload == [1, 2, 3])
    let back = try left.nextFrame()
    #expect(back.type == 8 && back.payload.isEmpty)
    #expect(dialler.sentByteCount > 0 && dialler.receivedByteCount > 0)

    let label = "EXPORTER-test"
    let exported = dialler.exportKeyingMaterial(label: label, length: 32)
    #expect(exported == acceptor.exportKeyingMaterial(label: label, length: 32))
    #expect(exported != dialler.exportKeyingMaterial(label: "EXPORTER-other", length: 32))

    dialler.close()
    dialler.close()
    #expect(try left.end() == .closedHere)
    #expect(try right.end() == .closedByPeer(nil))
  }

  @Test func twentyMebibytesBothWaysArriveIntactAndInOrderWithinEachPriority() throws {
    let (dialler, acceptor, host) = try connectedPair()
    let collectors = [Collector(), Collector()]
    collectors[0].start(dialler)
    collectors[1].start(acceptor)
    let sender = spawnThread(name: "test sender") { sendMixedFrames(over: acceptor, seed: 2) }
    sendMixedFrames(over: dialler, seed: 1)
    sender.join()
    for (collector, seed) in zip(collectors, [UInt64(2), 1]) {
      collector.done.wait(until: Deadline(afterSeconds: 30))
      let received = collector.received.withLock { $0 }
      #expect(received == mixedFrames(seed: seed))
    }
    dialler.close()
    acceptor.close()
    _ = host
  }

  @Test func whatIsQueuedWaitsWhileThePeerIsBusyAndNothingIsLost() throws {
    let (dialler, acceptor, host) = try connectedPair()
    let gate = Wakeup()
    let isOpen = Atomic<Bool>(false)
    let frames = Mailbox<[UInt8]>()
    let gateReference = Reference(gate)
    let flag = Reference(isOpen)
    acceptor.start(
      receive: { _, payload in
        while !flag.value.load(ordering: .acquiring) { gateReference.value.wait(until: nil) }
        frames.post(payload)
      }, closed: { _ in })
    dialler.start(receive: { _, _ in }, closed: { _ in })
    // More than all the buffers of both kernels (tcp_rmem, tcp_wmem) and programs hold.
    let count = 256
    for number in 0..<count {
      let payload = [UInt8(number)] + [UInt8](repeating: 0, count: Limits.frameByteCount - 1)
      dialler.send(FrameHeader.frame(type: FrameType.announce.rawValue, payload), .range)
    }
    #expect(dialler.queuedByteCount > 32 * 1024 * 1024)
    flag.value.store(true, ordering: .releasing)
    gateReference.value.signal()
    var order: [UInt8] = []
    while order.count < count {
      let taken = frames.takeAll(timeoutNanoseconds: 20_000_000_000)
      try #require(!taken.isEmpty)
      order += taken.map { $0[0] }
    }
    #expect(order == (0..<count).map { UInt8($0) })
    dialler.close()
    acceptor.close()
    _ = host
  }

  @Test func aPeerThatAsksForMoreThanItTakesIsCutOff() throws {
    let (dialler, acceptor, host) = try connectedPair()
    let left = Recorder()
    left.start(dialler)
    // The other side reads nothing.
    let frame = FrameHeader.frame(
      type: FrameType.data.rawValue, [UInt8](repeating: 0, count: Limits.frameByteCount))
    for _ in 0..<4 * Limits.untakenByteCount / frame.count { dialler.send(frame, .range) }
    guard case .violation = try left.end() else {
      Issue.record("it goes on")
      return
    }
    acceptor.close()
    _ = host
  }

  @Test func whoWaitsForTheQueueToEmptyIsTold() throws {
    let (dialler, acceptor, host) = try connectedPair()
    let (left, right, told) = (Recorder(), Recorder(), Mailbox<Int>())
    let frame = FrameHeader.frame(type: 9, [UInt8](repeating: 0, count: Limits.frameByteCount))
    dialler.whenDrained { told.post(1) }
    #expect(told.takeAll(timeoutNanoseconds: 0) == [1])
    for _ in 0...Limits.sendQueueByteCount / frame.count { dialler.send(frame, .range) }
    dialler.whenDrained { told.post(2) }
    #expect(told.takeAll(timeoutNanoseconds: 0).isEmpty)
    left.start(dialler)
    right.start(acceptor)
    #expect(told.takeAll(timeoutNanoseconds: 60_000_000_000) == [2])
    dialler.close()
    acceptor.close()
    _ = host
  }

  @Test func controlFramesOvertakeRangesThatWait() throws {
    let (dialler, acceptor, host) = try connectedPair()
    let right = Recorder()
    // The writer is not started before all is queued, so the order is certain.
    let range = [UInt8](repeating: 0, count: 100_000)
    var buffer: [UInt8] = []
    for _ in 0..<10 { buffer += FrameHeader.frame(type: 30, range) }
    dialler.send(buffer, .range)
    dialler.send(FrameHeader.frame(type: 20, [1]), .pack)
    dialler.send(FrameHeader.frame(type: 10, [1]), .control)
    right.start(acceptor)
    dialler.start(receive: { _, _ in }, closed: { _ in })
    let types = try (0..<12).map { _ in try right.nextFrame().type }
    #expect(types == [10, 20] + [UInt8](repeating: 30, count: 10))
    dialler.close()
    _ = try right.end()
    _ = host
  }

  @Test func aCloseReasonReachesThePeerAfterAllThatWasQueued() throws {
    let (dialler, acceptor, host) = try connectedPair()
    let (left, right) = (Recorder(), Recorder())
    left.start(dialler)
    right.start(acceptor)
    let payload = noise(200_000, seed: 3)
    for _ in 0..<20 { acceptor.send(FrameHeader.frame(type: 5, payload), .range) }
    acceptor.closeAfterSending()
    acceptor.send(FrameHeader.frame(type: 6, []), .control)
    for _ in 0..<20 { #expect(try left.nextFrame().payload == payload) }
    #expect(try left.end() == .closedByPeer(nil))
    #expect(try right.end() == .closedHere)

    let (second, third, otherHost) = try connectedPair()
    let (secondRecorder, thirdRecorder) = (Recorder(), Recorder())
    secondRecorder.start(second)
    thirdRecorder.start(third)
    let reason = CloseReason(code: 9, text: "no such share\u{1B}")
    third.close(reason)
    let end = try secondRecorder.end()
    #expect(end == .closedByPeer(reason))
    #expect("\(end)" == "closed by the peer: no such share\\x1b")
    #expect(try thirdRecorder.end() == .closedHere)
    _ = (host, otherHost)
  }

  @Test func aFrameThatAnnouncesTooMuchEndsTheConnection() throws {
    let (dialler, acceptor, host) = try connectedPair()
    let right = Recorder()
    right.start(acceptor)
    try rawSend([0x7F, 0xFF, 0xFF, 0xFF, 9], over: dialler)
    guard case .violation = try right.end() else {
      Issue.record("another cause")
      return
    }
    _ = host
  }

  @Test func closingBeforeTheStartEndsItAtTheStart() throws {
    let (dialler, acceptor, host) = try connectedPair()
    dialler.close()
    let (left, right) = (Recorder(), Recorder())
    left.start(dialler)
    right.start(acceptor)
    #expect(try left.end() == .closedHere)
    #expect(try right.end() == .closedByPeer(nil))
    _ = host
  }

  @Test func keysAreRenewedWithoutAnybodyNoticing() throws {
    let identity = try makeIdentity()
    let host = try Host(peers: [identity.id])
    let client = try PlainClient(port: host.listener.port)
    let deadline = Deadline(afterSeconds: 20)
    let channel = try SecureChannel(
      socket: Socket(owning: dup(client.socket.descriptor)),
      context: try TLSContext(identity: identity, role: .dialler(.sync)), bytesPerKey: 1000)
    _ = try channel.handshake(by: deadline)
    let opening = ConnectionOpening(share: "s").payload
    try channel.write(FrameHeader.frame(type: 0, opening), by: deadline)
    let recorder = Recorder()
    recorder.start(try host.nextAccepted().connection)
    for number in 0..<50 {
      let payload = noise(900, seed: UInt64(number))
      try channel.write(FrameHeader.frame(type: 4, payload), by: deadline)
      #expect(try recorder.nextFrame().payload == payload)
    }
  }

  /// Sends bytes that the queue would refuse, as a peer that is broken would.
  private func rawSend(_ bytes: [UInt8], over connection: Connection) throws {
    let mirror = Mirror(reflecting: connection)
    let channel = mirror.children.first { $0.label == "channel" }?.value as? SecureChannel
    try #require(channel).write(bytes, by: Deadline(afterSeconds: 10))
  }
}

/// Shares something that cannot be copied with a closure.
final class Reference<Value: ~Copyable & Sendable>: Sendable {
  let value: Value
  init(_ value: consuming Value) { self.value = value }
}

/// Keeps what arrives by type, until the last frame.
private final class Collector: Sendable {
  let received = Mutex<[[UInt8]]>([[], [], []])
  let done = Wakeup()

  func start(_ connection: Connection) {
    let ended = Mutex(0)
    let counter = Reference(ended)
    connection.start(
      receive: { [self] type, payload in
        if payload.isEmpty {
          let count = counter.value.withLock { count in
            count += 1
            return count
          }
          if count == 3 { done.signal() }
        } else {
          received.withLock { $0[Int(type)] += payload }
        }
      }, closed: { _ in })
  }
}

/// Three streams, one for each priority, of together 20 MiB.
private func mixedFrames(seed: UInt64) -> [[UInt8]] {
  let block = noise(1 << 20, seed: seed)
  return [
    Array(block.prefix(300_000)),
    (0..<4).flatMap { _ in block },
    (0..<16).flatMap { _ in block },
  ]
}

private func sendMixedFrames(over connection: Connection, seed: UInt64) {
  let sizes = [50, 7_000, Limits.frameByteCount]
  var rest = mixedFrames(seed: seed).map { $0[...] }
  while rest.contains(where: { !$0.isEmpty }) {
    for priority in Connection.Priority.allCases {
      let index = priority.rawValue
      var buffer: [UInt8] = []
      for _ in 0..<(index == 2 ? 1 : 30) where !rest[index].isEmpty {
        let payload = Array(rest[index].prefix(sizes[index]))
        rest[index] = rest[index].dropFirst(payload.count)
        buffer += FrameHeader.frame(type: UInt8(index), payload)
      }
      if !buffer.isEmpty { connection.send(buffer, priority) }
    }
  }
  for priority in Connection.Priority.allCases {
    connection.send(FrameHeader.frame(type: UInt8(priority.rawValue), []), priority)
  }
}
