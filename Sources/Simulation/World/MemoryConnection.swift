import SyncCore
import SyncEngine
import Synchronization

/// One side's way to the other: frames by priority, as `SendQueue` keeps them, until they are on
/// the wire. Workers send here.
final class MemoryTransport: Transport {
  private let lanes = Mutex<[[[UInt8]]]>(
    Array(repeating: [], count: Connection.Priority.allCases.count))
  /// What is left of the frame that is being sent, and those before it.
  private let underWay = Mutex<[UInt8]>([])
  /// How many frames wait, and how many bytes of what is left of one: asked at every step.
  private let waitingCount = Atomic(0)
  private let drained = Mutex<(@Sendable () -> Void)?>(nil)
  private let weight: Int
  /// How often too much waited when somebody asked.
  private let fullCount = Mutex(0)

  /// For how many bytes each counts that waits.
  init(weight: Int) { self.weight = weight }

  func send(_ frames: [UInt8], _ priority: Connection.Priority) {
    let frames = Self.split(frames)
    lanes.withLock { $0[priority.rawValue] += frames }
    waitingCount.add(frames.count, ordering: .relaxed)
  }

  /// Only who would push contents asks.
  var queuedByteCount: Int {
    let count = waitingByteCount
    if count >= Limits.sendQueueByteCount { fullCount.withLock { $0 += 1 } }
    return count
  }

  private var waitingByteCount: Int {
    weight * lanes.withLock { $0.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } } }
  }

  /// How often that was so since the last call.
  func takeFullCount() -> Int {
    fullCount.withLock { count in
      defer { count = 0 }
      return count
    }
  }

  /// Calls `body` once, as soon as little waits to be sent; another one replaces it.
  func whenDrained(_ body: @escaping @Sendable () -> Void) {
    drained.withLock { $0 = body }
    callDrained()
  }

  private func callDrained() {
    guard waitingByteCount < Limits.sendQueueByteCount else { return }
    let body = drained.withLock { body in
      defer { body = nil }
      return body
    }
    body?()
  }

  /// Both ends are of this program; what costs nothing here is chosen once for all.
  var packing: Packing { Packing(encoding: .zstd, effort: .least) }

  func noteWork(running: Int64, delayed: Int64) {}

  var isEmpty: Bool { waitingCount.load(ordering: .relaxed) == 0 }

  /// Takes the most urgent frame.
  func take() -> [UInt8]? {
    defer { callDrained() }
    return lanes.withLock { lanes in
      guard let lane = lanes.firstIndex(where: { !$0.isEmpty }) else { return nil }
      waitingCount.subtract(1, ordering: .relaxed)
      return lanes[lane].removeFirst()
    }
  }

  /// Takes so many bytes, or all there are, of the most urgent frames. What is urgent overtakes
  /// between two frames.
  func take(byteCount: Int) -> [UInt8] {
    underWay.withLock { underWay in
      let before = underWay.count
      while underWay.count < byteCount, let frame = take() { underWay += frame }
      let piece = Array(underWay.prefix(byteCount))
      underWay.removeFirst(piece.count)
      waitingCount.add(underWay.count - before, ordering: .relaxed)
      return piece
    }
  }

  private static func split(_ frames: [UInt8]) -> [[UInt8]] {
    var split: [[UInt8]] = []
    var start = 0
    while start < frames.count {
      guard let header = FrameHeader(frames.span, at: start) else {
        preconditionFailure("what is sent must consist of whole frames")
      }
      let end = start + FrameHeader.byteCount + header.payloadByteCount
      split.append(Array(frames[start..<end]))
      start = end
    }
    return split
  }
}

/// A connection between two nodes of a world. Frames are queued, then on the wire, then delivered,
/// each way in order; what is not delivered when it breaks is lost.
final class MemoryConnection {
  /// One of the two ends.
  final class End {
    let node: Int
    let transport: MemoryTransport
    /// Frames on their way to this end, or pieces of them.
    var arriving: [[UInt8]] = []
    /// What has been taken of pieces.
    var intake = FrameIntake()
    /// Whether its node takes frames yet.
    var isStarted = false
    /// Whether its node knows that the connection broke.
    var hasNoticed = false
    /// Packs of contents that workers have not taken in yet: an announcement waits for them.
    var unstagedCount = 0

    init(node: Int, _ faults: NetworkFaults) {
      self.node = node
      transport = MemoryTransport(weight: faults.queueWeight)
    }

    /// Whether as many bytes are on their way to this end as the kernels hold.
    func isFull(_ faults: NetworkFaults) -> Bool {
      faults.windowByteCount < .max
        && arriving.reduce(0) { $0 + $1.count } >= faults.windowByteCount
    }
  }

  let number: Int
  let ends: [End]
  private(set) var isOpen = true

  private let faults: NetworkFaults

  init(number: Int, _ left: Int, _ right: Int, _ faults: NetworkFaults) {
    self.number = number
    self.faults = faults
    ends = [End(node: left, faults), End(node: right, faults)]
  }

  func end(of node: Int) -> End { ends[0].node == node ? ends[0] : ends[1] }

  func end(facing node: Int) -> End { ends[0].node == node ? ends[1] : ends[0] }

  func joins(_ left: Int, _ right: Int) -> Bool {
    ends[0].node == left && ends[1].node == right
  }

  /// What is not on the wire yet is lost; either end notices when it does.
  func breakDown() { isOpen = false }

  /// Whether something can be sent from an end.
  func canTransmit(from end: End) -> Bool {
    isOpen && !end.transport.isEmpty && !self.end(facing: end.node).isFull(faults)
  }

  /// Puts a frame of an end on the wire, or a piece of what it sends.
  func transmit(from end: End, using generator: inout SplitMix64) {
    let other = self.end(facing: end.node)
    if faults.splitsFrames {
      let count = faults.pieceByteCount(using: &generator)
      other.arriving.append(end.transport.take(byteCount: count))
    } else if let frame = end.transport.take() {
      other.arriving.append(frame)
    }
  }

  /// Whether an end can take the next frame, or the next piece of one.
  func canDeliver(to end: End) -> Bool {
    guard !end.hasNoticed, end.isStarted else { return false }
    guard faults.splitsFrames else { return end.arriving.first.map { end.mayTake($0[4]) } ?? false }
    return end.intake.nextType.map(end.mayTake) ?? !end.arriving.isEmpty
  }

  /// Lets an end take what comes next; `nil` if that is not yet a frame that it may take.
  func deliver(to end: End) -> [UInt8]? {
    guard faults.splitsFrames else { return end.arriving.removeFirst() }
    if end.intake.nextType == nil { end.intake.take(end.arriving.removeFirst()) }
    guard let type = end.intake.nextType, end.mayTake(type) else { return nil }
    return end.intake.next()
  }
}

extension MemoryConnection.End {
  /// An announcement waits until the contents before it have been taken in.
  fileprivate func mayTake(_ type: UInt8) -> Bool {
    unstagedCount == 0 || type != FrameType.announce.rawValue
  }
}
