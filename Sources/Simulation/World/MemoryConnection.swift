import SyncCore
import SyncEngine
import Synchronization

/// One side's way to the other: frames by priority, as `SendQueue` keeps them, until they are on
/// the wire. Workers send here.
final class MemoryTransport: Transport {
  private let lanes = Mutex<[[[UInt8]]]>(
    Array(repeating: [], count: Connection.Priority.allCases.count))

  func send(_ frames: [UInt8], _ priority: Connection.Priority) {
    lanes.withLock { $0[priority.rawValue] += Self.split(frames) }
  }

  var queuedByteCount: Int {
    lanes.withLock { $0.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } } }
  }

  /// Both ends are of this program; what costs nothing here is chosen once for all.
  var packing: Packing { Packing(encoding: .zstd, effort: .least) }

  func noteWork(running: Int64, delayed: Int64) {}

  var isEmpty: Bool { lanes.withLock { $0.allSatisfy(\.isEmpty) } }

  /// Takes the most urgent frame.
  func take() -> [UInt8]? {
    lanes.withLock { lanes in
      guard let lane = lanes.firstIndex(where: { !$0.isEmpty }) else { return nil }
      return lanes[lane].removeFirst()
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
    let transport = MemoryTransport()
    /// Frames on their way to this end.
    var arriving: [[UInt8]] = []
    /// Whether its node takes frames yet.
    var isStarted = false
    /// Whether its node knows that the connection broke.
    var hasNoticed = false
    /// Packs of contents that workers have not taken in yet: an announcement waits for them.
    var unstagedCount = 0

    init(node: Int) { self.node = node }
  }

  let number: Int
  let ends: [End]
  private(set) var isOpen = true

  init(number: Int, _ left: Int, _ right: Int) {
    self.number = number
    ends = [End(node: left), End(node: right)]
  }

  func end(of node: Int) -> End { ends[0].node == node ? ends[0] : ends[1] }

  func end(facing node: Int) -> End { ends[0].node == node ? ends[1] : ends[0] }

  func joins(_ left: Int, _ right: Int) -> Bool {
    ends[0].node == left && ends[1].node == right
  }

  /// What is not on the wire yet is lost; either end notices when it does.
  func breakDown() { isOpen = false }

  /// Whether the next frame for an end can be delivered.
  func canDeliver(to end: End) -> Bool {
    guard !end.hasNoticed, end.isStarted, let frame = end.arriving.first else { return false }
    return end.unstagedCount == 0 || frame[4] != FrameType.announce.rawValue
  }
}
