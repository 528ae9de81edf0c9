/// What precedes every frame inside TLS: four bytes with the payload's length, big-endian, and one
/// with its type.
///
/// Types 0 and 2 have the same meaning in every version of the protocol: `ConnectionOpening` and
/// `CloseReason`.
public struct FrameHeader: Hashable, Sendable {
  /// Bytes of a header.
  public static let byteCount = 5

  /// What the payload means.
  public let type: UInt8
  /// The payload's length, at most `Limits.framePayloadByteCount`.
  public let payloadByteCount: Int

  /// The header of a payload; a longer one than allowed is a mistake of the program.
  public init(type: UInt8, payloadByteCount: Int) {
    precondition((0...Limits.framePayloadByteCount).contains(payloadByteCount))
    self.type = type
    self.payloadByteCount = payloadByteCount
  }

  /// Reads the header that starts at `offset`; `nil` if it is not whole or announces more than
  /// `Limits.framePayloadByteCount`.
  public init?(_ bytes: Span<UInt8>, at offset: Int = 0) {
    guard offset >= 0, bytes.count - offset >= Self.byteCount else { return nil }
    var count = 0
    for index in 0..<4 {
      count = count << 8 | Int(bytes[offset + index])
    }
    guard count <= Limits.framePayloadByteCount else { return nil }
    payloadByteCount = count
    type = bytes[offset + 4]
  }

  /// Adds the five bytes to `frames`.
  public func append(to frames: inout [UInt8]) {
    let count = UInt32(payloadByteCount)
    frames.append(UInt8(truncatingIfNeeded: count >> 24))
    frames.append(UInt8(truncatingIfNeeded: count >> 16))
    frames.append(UInt8(truncatingIfNeeded: count >> 8))
    frames.append(UInt8(truncatingIfNeeded: count))
    frames.append(type)
  }

  /// One complete frame.
  public static func frame(type: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = []
    frame.reserveCapacity(byteCount + payload.count)
    FrameHeader(type: type, payloadByteCount: payload.count).append(to: &frame)
    frame += payload
    return frame
  }

  /// The beginning of a frame, with room for the `bodyByteCount` bytes that are to follow `head`.
  public static func frame(type: UInt8, head: [UInt8], bodyByteCount: Int) -> [UInt8] {
    var frame: [UInt8] = []
    frame.reserveCapacity(byteCount + head.count + bodyByteCount)
    FrameHeader(type: type, payloadByteCount: head.count + bodyByteCount).append(to: &frame)
    frame += head
    return frame
  }
}

/// The first frame of a connection, from the side that dialled: which protocol it speaks and which
/// share it is about. One byte major, one byte length, the share's name in UTF-8.
public struct ConnectionOpening: Hashable, Sendable {
  /// The type of the frame that carries it.
  public static let frameType: UInt8 = 0
  /// The protocol's major version that this program speaks.
  public static let major: UInt8 = 1

  /// The dialler's major version.
  public let major: UInt8
  /// The share's name, at most `Limits.shareNameByteCount` bytes.
  public let share: String

  /// What this program says about `share`; a longer name than allowed is a mistake of the program.
  public init(share: String, major: UInt8 = Self.major) {
    precondition(share.utf8.count <= Limits.shareNameByteCount)
    self.major = major
    self.share = share
  }

  /// Reads a payload. `nil` for a name that is empty, too long or not UTF-8, or for other lengths;
  /// of another major only the first byte is understood, and `share` is empty.
  public init?(payload: [UInt8]) {
    guard let major = payload.first else { return nil }
    self.major = major
    guard major == Self.major else {
      share = ""
      return
    }
    guard payload.count >= 2, payload.count == 2 + Int(payload[1]),
      (1...Limits.shareNameByteCount).contains(Int(payload[1])),
      let share = String(validating: payload[2...], as: UTF8.self)
    else { return nil }
    self.share = share
  }

  /// The payload.
  public var payload: [UInt8] { [major, UInt8(share.utf8.count)] + Array(share.utf8) }
}

/// The last frame of a connection: why it is closed. One byte code, two bytes length (big-endian),
/// a sentence in UTF-8.
public struct CloseReason: Hashable, Sendable {
  /// The type of the frame that carries it.
  public static let frameType: UInt8 = 2
  /// The code for a major version that the closing side does not speak.
  public static let unknownMajor: UInt8 = 1
  /// The code for everything else that ends a connection, the sentence says what.
  public static let violation: UInt8 = 2

  /// The code for a connection that is closed because a person paused the exchange; the next one is
  /// taken, and heard when the pause is over.
  public static let paused: UInt8 = 3

  /// What happened, for programs.
  public let code: UInt8
  /// The same for people, as the peer wrote it: to be shown escaped.
  public let text: [UInt8]

  /// A reason; the text is cut to `Limits.textByteCount` bytes.
  public init(code: UInt8, text: String) {
    self.code = code
    self.text = Array(text.utf8.prefix(Limits.textByteCount))
  }

  /// Reads a payload; `nil` for other lengths or a text of more than `Limits.textByteCount` bytes.
  public init?(payload: [UInt8]) {
    guard payload.count >= 3 else { return nil }
    let count = Int(payload[1]) << 8 | Int(payload[2])
    guard count <= Limits.textByteCount, payload.count == 3 + count else { return nil }
    code = payload[0]
    text = Array(payload[3...])
  }

  /// The payload.
  public var payload: [UInt8] {
    [code, UInt8(truncatingIfNeeded: text.count >> 8), UInt8(truncatingIfNeeded: text.count)] + text
  }
}
