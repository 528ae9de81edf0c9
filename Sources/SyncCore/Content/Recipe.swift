/// One chunk of a content: what it is and how long.
public struct ChunkReference: Hashable, Sendable {
  /// The chunk's hash.
  public let id: ChunkID
  /// Bytes; 1 to `Limits.chunkByteCount`.
  public let length: Int

  /// A chunk by its hash and length.
  public init(id: ChunkID, length: Int) {
    precondition((1...Limits.chunkByteCount).contains(length))
    self.id = id
    self.length = length
  }
}

/// How a content is made of chunks, in order. An empty file has no chunk.
public struct Recipe: Hashable, Sendable {
  /// The chunks from the first byte to the last.
  public var chunks: [ChunkReference]

  /// A content of these chunks.
  public init(chunks: [ChunkReference] = []) { self.chunks = chunks }

  /// Bytes of the whole content.
  public var size: Int64 { chunks.reduce(0) { $0 + Int64($1.length) } }
}

/// How chunks are cut and hashed; a number in every content id, so that another can follow.
public enum ContentScheme: UInt8, Sendable {
  /// FastCDC with 16/64/192 KiB, BLAKE3-256.
  case fastCDC64BLAKE3 = 1
}
