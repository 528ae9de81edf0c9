import CLinux
import Glibc
public import SyncCore
import Synchronization

/// An authenticated connection to a peer: frames in order, both ways.
///
/// It has a thread that reads and one that writes, asleep in the kernel while there is nothing to
/// do, and lives until `close`, the peer or the network ends it; dropping the last reference ends
/// only one that was never started.
public final class Connection: Sendable {
  /// How urgent a frame is.
  public enum Priority: Int, Sendable, CaseIterable {
    /// What the protocol says.
    case control
    /// Small contents.
    case pack
    /// Parts of large contents.
    case range
  }

  /// Who the other side proved to be.
  public let peer: NodeID
  /// Whether this side dialled.
  public let isInitiator: Bool
  /// The other side's numeric address, without port.
  public let remoteHost: String

  private let channel: SecureChannel
  private let state = Mutex(State())
  /// Wakes the writer.
  private let wakeup: PollableWakeup

  /// Chooses how contents are packed.
  private let pace = Mutex(Pace())
  /// For how long the network took nothing, in nanoseconds.
  private let blockedNanoseconds = Atomic<Int64>(0)

  private struct State {
    var queue = SendQueue()
    /// Bytes taken from the queue and not yet in the kernel.
    var bytesUnderWay = 0
    /// Whether the writer needs to be woken for something new.
    var isWriterAsleep = false
    /// Why it ended; the first cause stays.
    var end: ConnectionError?
    /// What the peer gave as its reason, before it ended the connection.
    var farewell: CloseReason?
    /// Until when the queue may be drained; set once no more may be queued.
    var drainDeadline: Deadline?
    var livingThreads = 0
    /// What is to be called when little waits to be sent.
    var drained: (@Sendable () -> Void)?
  }

  /// What the writer does next.
  private enum Step {
    case write([ArraySlice<UInt8>])
    case sleep
    case finish(by: Deadline)
    case stop
  }

  /// A connection over a channel whose handshake is done and whose peer is known. Fails when the
  /// process has no file descriptor left.
  init(channel: SecureChannel, peer: NodeID, isInitiator: Bool) throws(ConnectionError) {
    guard let wakeup = PollableWakeup.make() else { throw .lost(errno: EMFILE) }
    self.wakeup = wakeup
    self.channel = channel
    self.peer = peer
    self.isInitiator = isInitiator
    remoteHost = channel.socket.remoteHost
    channel.growBuffers()
  }

  /// Starts both threads, once.
  ///
  /// `receive` is called on the reader's thread for each frame in order, its own close reason
  /// included; while it runs nothing more is read, and so the peer slows down. After any `close` it
  /// is not called again. `closed` is called once, after the last `receive`, with the cause. What
  /// goes over the socket is within the limits of `traffic`.
  public func start(
    within traffic: TrafficControl? = nil,
    receive: @escaping @Sendable (_ type: UInt8, _ payload: [UInt8]) -> Void,
    closed: @escaping @Sendable (ConnectionError) -> Void
  ) {
    state.withLock { state in
      precondition(state.livingThreads == 0, "a connection is started once")
      state.livingThreads = 2
    }
    spawnThread(name: "read \(peer.short)") { [self] in
      readFrames(traffic, receive)
      threadEnded(closed)
    }
    spawnThread(name: "write \(peer.short)") { [self] in
      writeFrames(traffic)
      threadEnded(closed)
    }
  }

  /// Queues one or more whole frames (`FrameHeader`); never blocks, and is nothing once the
  /// connection ends. A peer that asks and asks and takes nothing is cut off: announcements apart,
  /// which its acknowledgements bound, no more than `Limits.untakenByteCount` waits for it.
  public func send(_ frames: [UInt8], _ priority: Priority) {
    let (mustWake, isTooMuch) = state.withLock { state in
      guard state.end == nil, state.drainDeadline == nil else { return (false, false) }
      state.queue.append(frames, priority)
      defer { state.isWriterAsleep = false }
      let untaken = state.queue.byteCount - state.queue.announcedByteCount
      return (state.isWriterAsleep, untaken > Limits.untakenByteCount)
    }
    if isTooMuch { return end(.violation("the peer asks for more than it takes")) }
    if mustWake { wakeup.signal() }
  }

  /// Calls `body` once, as soon as fewer than `Limits.sendQueueByteCount` bytes wait to be sent:
  /// now, or later on the writer's thread. Another one replaces it; it is dropped when the
  /// connection ends.
  public func whenDrained(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.drained = body }
    callDrained()
  }

  private func callDrained() {
    let body: (@Sendable () -> Void)? = state.withLock { state in
      guard state.queue.byteCount + state.bytesUnderWay < Limits.sendQueueByteCount else {
        return nil
      }
      defer { state.drained = nil }
      return state.drained
    }
    body?()
  }

  /// What the peer said that it can do.
  public func setFeatures(_ features: Set<Feature>) {
    pace.withLock { $0.encoding = features.contains(.zstd) ? .zstd : .deflate }
  }

  /// How contents for the peer are to be packed just now.
  package var packing: Packing { pace.withLock(\.packing) }

  /// A worker has prepared contents for the peer, in so many nanoseconds.
  package func noteWork(running: Int64, delayed: Int64) {
    let (now, blocked) = (clinux_boot_nanoseconds(), blockedNanoseconds.load(ordering: .relaxed))
    pace.withLock { $0.note(running: running, delayed: delayed, blocked: blocked, now: now) }
  }

  /// Bytes queued and not yet taken by the kernel.
  public var queuedByteCount: Int {
    state.withLock { $0.queue.byteCount + $0.bytesUnderWay }
  }

  /// Bytes that went over the socket so far, encryption and handshake included.
  public var sentByteCount: UInt64 { channel.sentByteCount }

  /// Bytes that came over the socket so far, encryption and handshake included.
  public var receivedByteCount: UInt64 { channel.receivedByteCount }

  /// Bytes a second that go over the socket just now.
  var sentRate: Int64 { channel.sentRate }

  /// Bytes a second that come over the socket just now.
  var receivedRate: Int64 { channel.receivedRate }

  /// Ends it now; what is queued is dropped. Idempotent, and allowed within `receive`.
  public func close() { end(.closedHere) }

  /// Ends it once the peer has taken what is queued, after `Limits.closingSeconds` at the latest.
  public func closeAfterSending() {
    state.withLock { state in
      if state.drainDeadline == nil {
        state.drainDeadline = Deadline(afterSeconds: Double(Limits.closingSeconds))
      }
    }
    wakeup.signal()
  }

  /// Tells the peer why and closes, without what is queued.
  public func cut(_ reason: CloseReason) {
    state.withLock { $0.queue = SendQueue() }
    close(reason)
  }

  /// Tells the peer why, then closes as `closeAfterSending` does.
  public func close(_ reason: CloseReason) {
    send(FrameHeader.frame(type: CloseReason.frameType, reason.payload), .control)
    closeAfterSending()
  }

  /// Bytes that only both ends of this connection can compute (RFC 8446 7.5).
  public func exportKeyingMaterial(label: String, length: Int) -> [UInt8] {
    channel.exportKeyingMaterial(label: label, count: length)
  }

  // MARK: Ending

  private func end(_ cause: ConnectionError) {
    state.withLock { state in
      guard state.end == nil else { return }
      state.end =
        if state.drainDeadline != nil {
          .closedHere
        } else if case .closedByPeer = cause {
          .closedByPeer(state.farewell)
        } else {
          cause
        }
    }
    channel.socket.end()
    wakeup.signal()
  }

  private func threadEnded(_ closed: @Sendable (ConnectionError) -> Void) {
    let cause: ConnectionError? = state.withLock { state in
      state.livingThreads -= 1
      return state.livingThreads == 0 ? state.end : nil
    }
    if let cause { closed(cause) }
  }

  private var hasEnded: Bool { state.withLock { $0.end != nil } }

  /// Whether this side has said its last word. What still comes is read but not heard, so that the
  /// peer can finish and see the reason.
  private var isClosing: Bool { state.withLock { $0.drainDeadline != nil } }

  // MARK: The reader

  private func readFrames(
    _ traffic: TrafficControl?, _ receive: @Sendable (UInt8, [UInt8]) -> Void
  ) {
    var intake = Intake(Toll(traffic, .down, peer))
    do throws(ConnectionError) {
      while !hasEnded {
        let bytes = try read(FrameHeader.byteCount, &intake)
        guard let header = FrameHeader(bytes.span) else {
          throw .violation("a frame longer than \(Limits.framePayloadByteCount) bytes")
        }
        let payload = try read(header.payloadByteCount, &intake)
        guard !hasEnded else { return }
        if header.type == CloseReason.frameType {
          state.withLock { $0.farewell = CloseReason(payload: payload) }
        }
        if !isClosing { receive(header.type, payload) }
      }
    } catch {
      end(error)
    }
  }

  /// The reader's part of what comes.
  private struct Intake: ~Copyable {
    var toll: Toll
    /// The rate that the peer's window fits to.
    var rate: Int64?

    init(_ toll: consuming Toll) { self.toll = toll }
  }

  private func read(
    _ count: Int, _ intake: inout Intake
  ) throws(ConnectionError) -> [UInt8] {
    try channel.read(exactly: count) { buffer throws(ConnectionError) in
      boundReceived(&intake)
      let allowed = try intake.toll.allow(buffer.count, wait: restReader)
      let received = try channel.socket.receive(into: &buffer, upTo: allowed, by: nil)
      intake.toll.use(received)
      return received
    }
  }

  /// Lets the kernel take no more ahead than is read soon: it was on the wire, faster than wanted.
  private func boundReceived(_ intake: inout Intake) {
    let rate = intake.toll.rate
    guard rate != intake.rate else { return }
    intake.rate = rate
    channel.socket.boundReceived(
      rate.map { max(Limits.limitedWindowByteCount, Int(clamping: $0 / 8)) })
  }

  private func restReader(until moment: Int64) throws(ConnectionError) {
    while true {
      let left = moment - clinux_boot_nanoseconds()
      if left <= 0 || hasEnded { return }
      // The end of the socket wakes it, arriving bytes do not.
      _ = clinux_wait(channel.socket.descriptor, 0, -1, Int32(clamping: left / 1_000_000 + 1))
    }
  }

  // MARK: The writer

  private func writeFrames(_ traffic: TrafficControl?) {
    var toll = Toll(traffic, .up, peer)
    do throws(ConnectionError) {
      while true {
        // Where sending is slow, what is urgent waits for one frame at most.
        let isSlow = toll.rate != nil
        let step = nextStep(
          upTo: isSlow ? Limits.shortestGrantByteCount : Limits.socketCallByteCount)
        callDrained()
        switch step {
        case .write(let frames):
          try channel.write(frames) { bytes throws(ConnectionError) in try push(bytes, &toll) }
        case .sleep: wakeup.wait(until: nil)
        case .finish(let deadline):
          finish(by: deadline)
          return
        case .stop: return
        }
      }
    } catch {
      end(error)
    }
  }

  /// Hands over what may be sent and fits; waits where nothing may or does. Bytes taken.
  private func push(_ bytes: Span<UInt8>, _ toll: inout Toll) throws(ConnectionError) -> Int {
    let allowed = try toll.allow(bytes.count, wait: restWriter)
    let sent = try channel.socket.send(bytes.extracting(0..<allowed))
    toll.use(sent)
    if sent == 0 { try waitForRoom() }
    return sent
  }

  private func nextStep(upTo byteCount: Int) -> Step {
    state.withLock { state in
      state.bytesUnderWay = 0
      guard state.end == nil else { return .stop }
      let frames = Self.joined(state.queue.take(upTo: byteCount))
      if !frames.isEmpty {
        for slice in frames { state.bytesUnderWay += slice.count }
        return .write(frames)
      }
      if let deadline = state.drainDeadline { return .finish(by: deadline) }
      state.isWriterAsleep = true
      return .sleep
    }
  }

  /// Joins neighbours that are short: a TLS record each would cost more than copying them.
  private static func joined(_ frames: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
    let recordByteCount = 16 * 1024
    var joined: [ArraySlice<UInt8>] = []
    for slice in frames {
      if let last = joined.last, last.count + slice.count <= recordByteCount {
        joined[joined.count - 1] += slice
      } else {
        joined.append(slice)
      }
    }
    return joined
  }

  private func waitForRoom() throws(ConnectionError) {
    try block(Int16(POLLOUT), milliseconds: -1)
  }

  /// A limit counts as a network that takes nothing: what is sent is worth more work then.
  private func restWriter(until moment: Int64) throws(ConnectionError) {
    while true {
      let left = moment - clinux_boot_nanoseconds()
      if left <= 0 { return }
      try block(0, milliseconds: Int32(clamping: left / 1_000_000 + 1))
    }
  }

  /// Waits for the socket, or until the time is over or the end comes; a negative time is endless.
  private func block(_ events: Int16, milliseconds: Int32) throws(ConnectionError) {
    let (hasEnded, deadline) = state.withLock { ($0.end != nil, $0.drainDeadline) }
    if hasEnded { throw .closedHere }
    if let deadline, deadline.isOver { throw .timedOut }
    let limits: [Int32] = [deadline?.remainingMilliseconds ?? -1, milliseconds]
    let left = limits.filter { $0 >= 0 }.min() ?? -1
    let start = clinux_boot_nanoseconds()
    defer { blockedNanoseconds.add(clinux_boot_nanoseconds() - start, ordering: .relaxed) }
    if clinux_wait(channel.socket.descriptor, events, wakeup.descriptor, left) & 2 != 0 {
      wakeup.clear()
    }
  }

  /// Says that this was all, and gives the peer time to take it: closing at once could make the
  /// kernel throw away what is under way, when something unread has come meanwhile.
  private func finish(by deadline: Deadline) {
    channel.socket.finishSending()
    while !hasEnded && !deadline.isOver { wakeup.wait(until: deadline) }
    end(.closedHere)
  }
}
