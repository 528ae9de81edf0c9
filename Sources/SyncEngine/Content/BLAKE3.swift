import CBLAKE3
public import SyncCore

/// The hashes of chunks and contents.
public enum BLAKE3 {
  /// The id of a chunk that consists of `bytes`: their BLAKE3 hash.
  public static func chunkID(of bytes: UnsafeRawBufferPointer) -> ChunkID {
    ChunkID(words: unsafe hash(bytes))
  }

  /// The id of a content that is made of `recipe`: the BLAKE3 hash of
  ///
  ///     1 byte    the scheme (`ContentScheme`)
  ///     8 bytes   size of the content, little-endian
  ///     for each chunk in order:
  ///     32 bytes  its id
  ///     4 bytes   its length, little-endian
  public static func contentID(of recipe: Recipe) -> ContentID {
    let byteCount = headerByteCount + recipe.chunks.count * entryByteCount
    return unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { text in
      unsafe text[0] = ContentScheme.fastCDC64BLAKE3.rawValue
      let size = UInt64(recipe.size)
      unsafe text.storeBytes(of: size.littleEndian, toByteOffset: 1, as: UInt64.self)
      var offset = headerByteCount
      for chunk in recipe.chunks {
        let (a, b, c, d) = chunk.id.words
        unsafe text.storeBytes(of: a.littleEndian, toByteOffset: offset, as: UInt64.self)
        unsafe text.storeBytes(of: b.littleEndian, toByteOffset: offset + 8, as: UInt64.self)
        unsafe text.storeBytes(of: c.littleEndian, toByteOffset: offset + 16, as: UInt64.self)
        unsafe text.storeBytes(of: d.littleEndian, toByteOffset: offset + 24, as: UInt64.self)
        let length = UInt32(chunk.length)
        unsafe text.storeBytes(of: length.littleEndian, toByteOffset: offset + 32, as: UInt32.self)
        offset += entryByteCount
      }
      return unsafe ContentID(words: hash(UnsafeRawBufferPointer(text)))
    }
  }

  private static let headerByteCount = 1 + 8
  private static let entryByteCount = 32 + 4

  /// The 32 bytes of the hash as words, the lowest byte first.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64, UInt64, UInt64) {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    unsafe withUnsafeMutableBytes(of: &words) { words in
      unsafe blake3_hash(
        bytes.baseAddress, bytes.count, words.baseAddress!.assumingMemoryBound(to: UInt8.self))
    }
    return (
      UInt64(littleEndian: words.0), UInt64(littleEndian: words.1), UInt64(littleEndian: words.2),
      UInt64(littleEndian: words.3)
    )
  }
}
