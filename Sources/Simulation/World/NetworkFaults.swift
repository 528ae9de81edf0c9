import SyncCore

/// What makes the network of a world hard, besides that connections break.
struct NetworkFaults {
  /// Whether bytes come in pieces of any length, so that a connection can break within a frame.
  /// Otherwise frames come whole.
  let splitsFrames: Bool
  /// How many bytes the kernels of both sides hold: with so many on their way nothing more is sent.
  let windowByteCount: Int
  /// For how many bytes each counts that waits to be sent, since contents are small here.
  let queueWeight: Int

  init(_ settings: WorldSettings) {
    splitsFrames = settings.splitsFrames
    windowByteCount = settings.windowByteCount
    queueWeight = settings.queueWeight
  }

  /// How many bytes are sent at once.
  func pieceByteCount(using generator: inout SplitMix64) -> Int {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: Int.random(in: 1...5, using: &generator)
    case 1: Int.random(in: 6...64, using: &generator)
    case 2...4: Int.random(in: 65...4096, using: &generator)
    default: 256 * 1024
    }
  }
}

/// How often each fault of a world came about: where one never does, worlds show nothing.
public struct FaultCounts: Hashable, Sendable {
  /// Connections that ended with part of a frame taken.
  public var cutFrames = 0
  /// Times at which something could be sent but for the other side, that took nothing.
  public var fullWindows = 0
  /// Contents that weren't pushed since too much waited to be sent.
  public var withheldPushes = 0
  /// Answers to `flush`, with how many things that were held against the index.
  public var flushes = 0
  /// See `flushes`.
  public var flushedThings = 0
}
