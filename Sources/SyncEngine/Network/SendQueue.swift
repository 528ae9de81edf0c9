import SyncCore

/// What waits to be written to a peer: control frames before packs before ranges, each in the order
/// in which it came. Buffers hold whole frames, and what is urgent overtakes between two of them.
struct SendQueue {
  /// Bytes that wait.
  private(set) var byteCount = 0
  /// How many of them are announcements.
  private(set) var announcedByteCount = 0
  private var lanes = [Lane](repeating: Lane(), count: Connection.Priority.allCases.count)

  /// Queues one or more whole frames.
  mutating func append(_ frames: [UInt8], _ priority: Connection.Priority) {
    byteCount += frames.count
    if Self.isAnnouncement(frames[...]) { announcedByteCount += frames.count }
    lanes[priority.rawValue].buffers.append(frames[...])
  }

  /// Takes the most urgent frames: as many as have together at most `limit` bytes, or one longer
  /// one. Empty if nothing waits.
  mutating func take(upTo limit: Int) -> [ArraySlice<UInt8>] {
    var batch: [ArraySlice<UInt8>] = []
    var taken = 0
    for index in lanes.indices {
      while let frames = lanes[index].take(upTo: limit - taken, orOne: taken == 0) {
        taken += frames.count
        if Self.isAnnouncement(frames) { announcedByteCount -= frames.count }
        batch.append(frames)
      }
      // A frame that did not fit keeps its place before everything less urgent.
      if !lanes[index].isEmpty { break }
    }
    byteCount -= taken
    return batch
  }

  /// Whether frames that were queued together announce: they are all of one type.
  private static func isAnnouncement(_ frames: ArraySlice<UInt8>) -> Bool {
    frames.count >= FrameHeader.byteCount
      && FrameType(rawValue: frames[frames.startIndex + 4])?.isAnnouncement == true
  }

  private struct Lane {
    var buffers: [ArraySlice<UInt8>] = []
    private var head = 0

    var isEmpty: Bool { head == buffers.count }

    /// Frames from the front of the first buffer; `nil` if none fits or none is left.
    mutating func take(upTo limit: Int, orOne isOneTaken: Bool) -> ArraySlice<UInt8>? {
      guard !isEmpty else { return nil }
      let count = Self.byteCountOfFrames(buffers[head], upTo: limit, orOne: isOneTaken)
      guard count > 0 else { return nil }
      let frames = buffers[head].prefix(count)
      if count == buffers[head].count {
        buffers[head] = []
        head += 1
        compact()
      } else {
        buffers[head] = buffers[head].dropFirst(count)
      }
      return frames
    }

    /// Forgets the places of buffers that were taken, when they are more than those that wait.
    private mutating func compact() {
      guard head * 2 >= buffers.count else { return }
      buffers.removeFirst(head)
      head = 0
    }

    private static func byteCountOfFrames(
      _ buffer: ArraySlice<UInt8>, upTo limit: Int, orOne isOneTaken: Bool
    ) -> Int {
      let bytes = buffer.span
      var end = 0
      while end < bytes.count {
        guard let header = FrameHeader(bytes, at: end) else {
          preconditionFailure("what is sent must consist of whole frames")
        }
        let next = end + FrameHeader.byteCount + header.payloadByteCount
        precondition(next <= bytes.count, "what is sent must consist of whole frames")
        if next > limit && !(isOneTaken && end == 0) { break }
        end = next
      }
      return end
    }
  }
}
