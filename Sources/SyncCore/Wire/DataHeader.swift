/// The head of a `data` frame: some chunks of a range, in order; their bytes follow.
public struct DataHeader: Hashable, Sendable {
  /// One chunk of the frame.
  public struct Part: Hashable, Sendable {
    /// How its bytes are packed.
    public var encoding: Encoding
    /// Bytes in the frame.
    public var byteCount: Int

    /// A part.
    public init(encoding: Encoding, byteCount: Int) {
      self.encoding = encoding
      self.byteCount = byteCount
    }
  }

  /// The request that is answered.
  public var request: UInt64
  /// Which of the request's chunks comes first.
  public var first: Int
  /// The chunks.
  public var parts: [Part]

  /// A header from its parts.
  public init(request: UInt64, first: Int, parts: [Part]) {
    self.request = request
    self.first = first
    self.parts = parts
  }

  /// The bytes of the header.
  public func encoded() -> [UInt8] {
    var writer = WireWriter()
    writer.number(request)
    writer.number(first)
    writer.number(parts.count)
    for part in parts {
      writer.byte(part.encoding.rawValue)
      writer.number(part.byteCount)
    }
    return writer.bytes
  }

  /// Reads the header of a payload; the parts' bytes begin at `bodyOffset` and fill the rest.
  public init(payload: [UInt8], bodyOffset: inout Int) throws(WireError) {
    var reader = WireReader(payload)
    request = try reader.number()
    first = try reader.count(upTo: Limits.rangeChunkCount, of: "chunks before a part")
    parts = []
    var byteCount = 0
    for _ in 0..<(try reader.count(upTo: Limits.rangeChunkCount, of: "parts of a frame")) {
      let encoding = try reader.encoding()
      let count = try reader.count(upTo: Limits.chunkByteCount, of: "a chunk")
      parts.append(Part(encoding: encoding, byteCount: count))
      byteCount += count
    }
    guard byteCount == reader.remaining else {
      throw WireError("chunks of other lengths than said")
    }
    bodyOffset = payload.count - byteCount
  }
}
