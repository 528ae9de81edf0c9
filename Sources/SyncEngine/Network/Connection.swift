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
  /// is not called again. `closed` is called once, after the last `receive`, with the cause.
  public func start(
    receive: @escaping @Sendable (_ type: UInt8, _ payload: [UInt8]) -> Void,
    closed: @escaping @Sendable (ConnectionError) -> Void
  ) {
    state.withLock { state in
      precondition(state.livingThreads == 0, "a connection is started once")
      state.livingThreads = 2
    }
    spawnThread(name: "read \(peer.short)") { [self] in
      readFrames(receive)
      threadEnded(closed)
    }
    spawnThread(name: "write \(peer.short)") { [self] in
      writeFrames()
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

  private func readFrames(_ receive: @Sendable (UInt8, [UInt8]) -> Void) {
    do throws(ConnectionError) {
      while !hasEnded {
        let bytes = try channel.read(exactly: FrameHeader.byteCount)
        guard let header = FrameHeader(bytes.span) else {
          throw .violation("a frame longer than \(Limits.framePayloadByteCount) bytes")
        }
        let payload = try channel.read(exactly: header.payloadByteCount)
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

  // MARK: The writer

  private func writeFrames() {
    do throws(ConnectionError) {
      while true {
        let step = nextStep()
        callDrained()
        switch step {
        case .write(let frames):
          try channel.write(frames) { () throws(ConnectionError) in try waitForRoom() }
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

  private func nextStep() -> Step {
    state.withLock { state in
      state.bytesUnderWay = 0
      guard state.end == nil else { return .stop }
      let frames = Self.joined(state.queue.take(upTo: Limits.socketCallByteCount))
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
    let (hasEnded, deadline) = state.withLock { ($0.end != nil, $0.drainDeadline) }
    if hasEnded { throw .closedHere }
    if let deadline, deadline.isOver { throw .timedOut }
    let left = deadline?.remainingMilliseconds ?? -1
    let start = clinux_boot_nanoseconds()
    defer { blockedNanoseconds.add(clinux_boot_nanoseconds() - start, ordering: .relaxed) }
    if clinux_wait(channel.socket.descriptor, Int16(POLLOUT), wakeup.descriptor, left) & 2 != 0 {
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
