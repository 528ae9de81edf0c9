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

extension ChunkReference {
  /// The longest chunk of zeros: what holes are made of, since zeros are cut nowhere earlier.
  public static let zeros = ChunkReference(
    id: ChunkID(
      words: (
        0x6B5D_D7D0_DA26_8467, 0xED14_244A_AB9E_03CE,
        0xE675_B48D_36B1_2EA5, 0x9524_A497_CFE2_FEB5
      )),
    length: Limits.chunkByteCount)

  /// Whether it is the longest chunk of zeros.
  public var isZeros: Bool { self == .zeros }

  /// Chunks in a row as they are told and stored: those of zeros by their number.
  package enum Run {
    /// One chunk.
    case one(ChunkReference)
    /// So many of `zeros`.
    case zeros(count: Int)
  }

  /// The runs of which a row of chunks consists.
  package static func runs(of chunks: [ChunkReference]) -> [Run] {
    var runs: [Run] = []
    var zeroCount = 0
    for chunk in chunks {
      if chunk.isZeros {
        zeroCount += 1
        continue
      }
      if zeroCount > 0 { runs.append(.zeros(count: zeroCount)) }
      zeroCount = 0
      runs.append(.one(chunk))
    }
    if zeroCount > 0 { runs.append(.zeros(count: zeroCount)) }
    return runs
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
