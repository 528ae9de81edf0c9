/// The hash of one chunk: BLAKE3, 32 bytes.
public struct ChunkID: Hashable, Sendable {
  /// Four words, in the order of the hash's bytes (little-endian within a word).
  public let words: (UInt64, UInt64, UInt64, UInt64)

  /// From the words.
  public init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// Equality of all 32 bytes.
  public static func == (left: ChunkID, right: ChunkID) -> Bool { left.words == right.words }

  /// The first word is as good as any hash.
  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// What a file's content is, wherever it lies: the hash of the hash scheme, the size and the
/// ordered chunks (ids and lengths). Every byte is hashed once, as part of its chunk.
public struct ContentID: Hashable, Sendable {
  /// Four words, as in `ChunkID`.
  public let words: (UInt64, UInt64, UInt64, UInt64)

  /// From the words.
  public init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// Equality of all 32 bytes.
  public static func == (left: ContentID, right: ContentID) -> Bool { left.words == right.words }

  /// The first word is as good as any hash.
  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension ContentID: Comparable {
  /// Byte order of the hash; decides between concurrent versions that agree in everything else.
  public static func < (left: ContentID, right: ContentID) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension ChunkID {
  /// The 32 bytes of the hash.
  public var bytes: [UInt8] { HashBytes.bytes(of: words) }

  /// From exactly 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard let words = HashBytes.words(of: bytes) else { return nil }
    self.init(words: words)
  }
}

extension ContentID {
  /// The 32 bytes of the hash.
  public var bytes: [UInt8] { HashBytes.bytes(of: words) }

  /// From exactly 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard let words = HashBytes.words(of: bytes) else { return nil }
    self.init(words: words)
  }
}

extension ContentID: CustomStringConvertible {
  /// 64 hexadecimal digits.
  public var description: String { Hexadecimal.encode(bytes) }
}

/// A 32-byte hash as words and back.
enum HashBytes {
  static func bytes(of words: (UInt64, UInt64, UInt64, UInt64)) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return bytes
  }

  static func words(of bytes: some Collection<UInt8>) -> (UInt64, UInt64, UInt64, UInt64)? {
    guard bytes.count == 32 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() {
      words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
    }
    return (words[0], words[1], words[2], words[3])
  }
}
