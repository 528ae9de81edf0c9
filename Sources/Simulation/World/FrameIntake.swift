import SyncCore

/// What a reader has taken of a stream of bytes: whole frames, and the beginning of one.
struct FrameIntake {
  private var bytes: [UInt8] = []
  /// Where the first frame that nobody has taken begins.
  private var start = 0

  /// Whether a frame has begun of which something is missing.
  var isWithinFrame: Bool { start < bytes.count && header == nil }

  /// The type of the next frame; `nil` if not all of it has come.
  var nextType: UInt8? { header?.type }

  /// Adds what has come, of any length.
  mutating func take(_ piece: [UInt8]) {
    bytes.removeFirst(start)
    start = 0
    bytes += piece
  }

  /// Takes the next frame, if all of it has come.
  mutating func next() -> [UInt8]? {
    guard let header else { return nil }
    let end = start + FrameHeader.byteCount + header.payloadByteCount
    defer { start = end }
    return Array(bytes[start..<end])
  }

  /// The header of a frame of which all has come.
  private var header: FrameHeader? {
    let count = bytes.count - start
    guard count >= FrameHeader.byteCount else { return nil }
    guard let header = FrameHeader(bytes.span, at: start) else {
      preconditionFailure("an honest node sent what is no frame")
    }
    return count >= FrameHeader.byteCount + header.payloadByteCount ? header : nil
  }
}
