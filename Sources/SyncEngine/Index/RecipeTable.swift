public import SyncCore

/// How contents are made: one blob each, 36 bytes a chunk (the hash, then the length in four bytes,
/// lowest first). Chunks of zeros in a row are one record: their number in the first eight bytes,
/// lowest first, zeros, and the length 0.
///
/// Beside them the contents of samples (`Recipe.samples`), by their keys: of several the one that
/// was put last, which is the likeliest to be here still.
struct RecipeTable: ~Copyable {
  private static let chunkByteCount = 36

  private let select: Statement
  private let upsert: Statement
  private let selectSampled: Statement
  private let upsertSample: Statement
  private let selectEnd: Statement
  private let deleteUnused: Statement
  private let selectSampleEnd: Statement
  private let deleteUnusedSamples: Statement
}

/// How far the search for recipes and samples that are of no use any more has come.
public enum RecipeCollection: Equatable, Sendable {
  /// All recipes up to that of a content were looked at; `nil` for none.
  case recipes(upTo: ContentID?)
  /// All recipes were, and all samples up to one.
  case samples(upTo: Int64?)
}

extension RecipeTable {
  /// Prepares its statements.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      select: try connection.prepare("SELECT chunks FROM recipe WHERE content = ?", "read"),
      upsert: try connection.prepare(
        "REPLACE INTO recipe (content, chunks) VALUES (?, ?)", "write to"),
      selectSampled: try connection.prepare("SELECT content FROM sample WHERE chunk = ?", "read"),
      upsertSample: try connection.prepare(
        "REPLACE INTO sample (chunk, content) VALUES (?, ?)", "write to"),
      selectEnd: try connection.prepare(
        "SELECT content FROM recipe WHERE content > ? ORDER BY content LIMIT 1 OFFSET ?", "read"),
      deleteUnused: try connection.prepare(
        """
        DELETE FROM recipe WHERE content > ?1 AND content <= ?2 AND NOT EXISTS (
          SELECT 1 FROM file WHERE file.content = recipe.content AND file.kind = 1)
          AND NOT EXISTS (SELECT 1 FROM trashed WHERE trashed.content = recipe.content)
        """, "write to"),
      selectSampleEnd: try connection.prepare(
        "SELECT chunk FROM sample WHERE chunk > ? ORDER BY chunk LIMIT 1 OFFSET ?", "read"),
      deleteUnusedSamples: try connection.prepare(
        """
        DELETE FROM sample WHERE chunk > ?1 AND chunk <= ?2 AND NOT EXISTS (
          SELECT 1 FROM recipe WHERE recipe.content = sample.content)
        """, "write to"))
  }

  /// The recipe of a content.
  func recipe(_ content: ContentID) throws(IndexError) -> Recipe? {
    try select.bind(1, content)
    defer { select.reset() }
    guard try select.step() else { return nil }
    guard let recipe = unsafe Self.decode(select.buffer(0)) else {
      throw select.damaged("an impossible recipe")
    }
    return recipe
  }

  /// Writes or replaces the recipe of a content, and what its samples belong to.
  func put(_ recipe: Recipe, for content: ContentID) throws(IndexError) {
    try upsert.bind(1, content)
    try upsert.run(binding: 2, Self.encode(recipe))
    for sample in recipe.samples {
      upsertSample.bind(1, Int64(bitPattern: sample))
      try upsertSample.bind(2, content)
      try upsertSample.run()
    }
  }

  /// The content that a sample was last put for.
  func content(sampledBy sample: UInt64) throws(IndexError) -> ContentID? {
    selectSampled.bind(1, Int64(bitPattern: sample))
    defer { selectSampled.reset() }
    return try selectSampled.step() ? try selectSampled.content(0) : nil
  }

  /// Looks at the next `limit` recipes or samples, and removes those of which no file has the
  /// content, living or in the trash; how far it came, `nil` at the end.
  func collect(
    after position: RecipeCollection, limit: Int
  ) throws(IndexError) -> RecipeCollection? {
    switch position {
    case .recipes(let start):
      let end = try collectRecipes(after: start, limit: limit)
      return end.map { .recipes(upTo: $0) } ?? .samples(upTo: nil)
    case .samples(let start):
      return try collectSamples(after: start, limit: limit).map { .samples(upTo: $0) }
    }
  }

  private func collectRecipes(
    after start: ContentID?, limit: Int
  ) throws(IndexError) -> ContentID? {
    try selectEnd.bind(1, start?.bytes ?? [])
    selectEnd.bind(2, Int64(limit - 1))
    let end = try selectEnd.step() ? try selectEnd.content(0) : nil
    selectEnd.reset()
    try deleteUnused.bind(1, start?.bytes ?? [])
    try deleteUnused.bind(2, end?.bytes ?? [UInt8](repeating: 0xFF, count: 32))
    try deleteUnused.run()
    return end
  }

  private func collectSamples(after start: Int64?, limit: Int) throws(IndexError) -> Int64? {
    // No hash is this number but one in 2^64, and of that one a sample stays.
    selectSampleEnd.bind(1, start ?? .min)
    selectSampleEnd.bind(2, Int64(limit - 1))
    let end = try selectSampleEnd.step() ? selectSampleEnd.integer(0) : nil
    selectSampleEnd.reset()
    deleteUnusedSamples.bind(1, start ?? .min)
    deleteUnusedSamples.bind(2, end ?? .max)
    try deleteUnusedSamples.run()
    return end
  }

  private static func encode(_ recipe: Recipe) -> [UInt8] {
    let runs = ChunkReference.runs(of: recipe.chunks)
    let count = runs.count * chunkByteCount
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      var offset = 0
      for run in runs {
        let (words, length) = record(of: run)
        unsafe bytes.storeBytes(
          of: words.0.littleEndian, toByteOffset: offset, as: UInt64.self)
        unsafe bytes.storeBytes(
          of: words.1.littleEndian, toByteOffset: offset + 8, as: UInt64.self)
        unsafe bytes.storeBytes(
          of: words.2.littleEndian, toByteOffset: offset + 16, as: UInt64.self)
        unsafe bytes.storeBytes(
          of: words.3.littleEndian, toByteOffset: offset + 24, as: UInt64.self)
        unsafe bytes.storeBytes(
          of: UInt32(length).littleEndian, toByteOffset: offset + 32, as: UInt32.self)
        offset += chunkByteCount
      }
      initializedCount = count
    }
  }

  private static func record(
    of run: ChunkReference.Run
  ) -> (words: (UInt64, UInt64, UInt64, UInt64), length: Int) {
    switch run {
    case .one(let chunk): (chunk.id.words, chunk.length)
    case .zeros(let count): ((UInt64(count), 0, 0, 0), 0)
    }
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer) -> Recipe? {
    guard bytes.count.isMultiple(of: chunkByteCount) else { return nil }
    var chunks: [ChunkReference] = []
    chunks.reserveCapacity(bytes.count / chunkByteCount)
    for offset in stride(from: 0, to: bytes.count, by: chunkByteCount) {
      func word(_ index: Int) -> UInt64 {
        unsafe UInt64(
          littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
      }
      let length = unsafe UInt32(
        littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 32, as: UInt32.self))
      let words = (word(0), word(1), word(2), word(3))
      if length == 0 {
        guard words.0 <= UInt64(Limits.recipeChunkCount - chunks.count) else { return nil }
        chunks.append(contentsOf: repeatElement(.zeros, count: Int(words.0)))
        continue
      }
      guard Int(length) <= Limits.chunkByteCount else { return nil }
      chunks.append(ChunkReference(id: ChunkID(words: words), length: Int(length)))
    }
    return Recipe(chunks: chunks)
  }
}
