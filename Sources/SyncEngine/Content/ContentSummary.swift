public import SyncCore

/// What is known of a content after it has been read once.
public struct ContentSummary: Hashable, Sendable {
  /// What the content is.
  public let id: ContentID
  /// How it is made of chunks.
  public let recipe: Recipe

  /// The content that `recipe` makes. Hashes 36 bytes a chunk.
  public init(of recipe: Recipe) {
    id = BLAKE3.contentID(of: recipe)
    self.recipe = recipe
  }

  /// Cuts and hashes a whole content in memory.
  public init(of bytes: UnsafeRawBufferPointer) {
    var chunks: [ChunkReference] = []
    var rest = unsafe bytes
    while rest.count > 0 {
      unsafe chunks.append(.cut(from: &rest))
    }
    self.init(of: Recipe(chunks: chunks))
  }
}

extension ChunkReference {
  /// Cuts the first chunk off `bytes`, which are not empty, and hashes it. As with
  /// `ChunkCutter.firstCut`, `bytes` are at least `Limits.chunkByteCount`, or the end.
  static func cut(from bytes: inout UnsafeRawBufferPointer) -> ChunkReference {
    let length = unsafe ChunkCutter.firstCut(in: bytes)
    let chunk = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<length])
    unsafe bytes = UnsafeRawBufferPointer(rebasing: bytes[length...])
    return unsafe ChunkReference(id: BLAKE3.chunkID(of: chunk), length: length)
  }
}
