// Files here that have something in common with a content on its way, whatever they are called.

/// A file here, and where its chunks lie in it.
struct ReuseSource {
  let file: LocalFile
  let offsets: [ChunkID: Int64]

  init(file: LocalFile, recipe: Recipe) {
    self.file = file
    var offsets: [ChunkID: Int64] = [:]
    var offset: Int64 = 0
    for chunk in recipe.chunks {
      offsets[chunk.id] = offset
      offset += Int64(chunk.length)
    }
    self.offsets = offsets
  }
}

/// The search for such files, for one stage.
struct SimilarSearch {
  /// Chunks that were looked for.
  private var lookupCount = 0
  /// Contents that were found, whether or not they were of use.
  private var found: [ContentID] = []
  /// What they can be taken from.
  private(set) var sources: [ReuseSource] = []

  var isOver: Bool {
    lookupCount >= Limits.similarLookupCount || found.count >= Limits.similarFileCount
  }

  /// Whether a chunk is worth being looked for; counts it.
  mutating func takes(_ chunk: ChunkReference) -> Bool {
    guard !isOver, !chunk.isZeros,
      lookupCount < Limits.similarChunkCount || chunk.id.isRare
    else { return false }
    lookupCount += 1
    return true
  }

  /// Whether a content was not found before.
  mutating func isNew(_ content: ContentID) -> Bool {
    if found.contains(content) { return false }
    found.append(content)
    return true
  }

  mutating func add(_ source: ReuseSource) { sources.append(source) }

  /// A file that has a chunk, and where.
  func source(of chunk: ChunkID) -> (file: LocalFile, offset: Int64)? {
    for source in sources {
      if let offset = source.offsets[chunk] { return (source.file, offset) }
    }
    return nil
  }
}

extension Engine {
  /// Looks for files here that have chunks of a stage which its previous version has not, from one
  /// chunk on. What was waiting before is compared with them, too.
  mutating func findSimilar(_ number: Int, from first: Int) throws(IndexError) {
    let stage = fetching.stages[number]
    guard !stage.similar.isOver else { return }
    var similar = stage.similar
    var hasFound = false
    for placed in stage.chunks[first...] {
      let chunk = placed.chunk
      guard stage.reusable[chunk.id] == nil, similar.source(of: chunk.id) == nil,
        stage.recovered[placed.offset] != chunk, similar.takes(chunk),
        let content = try index.content(sampledBy: chunk.id), similar.isNew(content),
        let source = try source(content)
      else { continue }
      similar.add(source)
      hasFound = true
    }
    fetching.stages[number].similar = similar
    guard hasFound else { return }
    fetching.stages[number].comparedCount = min(
      fetching.stages[number].comparedCount, fetching.stages[number].firstWaiting)
    takeForPrevious(number)
  }

  /// A file here with a content, and its chunks.
  private func source(_ content: ContentID) throws(IndexError) -> ReuseSource? {
    guard let file = try localFile(with: content), let recipe = try index.recipe(content),
      recipe.chunks.count <= Limits.similarRecipeChunkCount
    else { return nil }
    return ReuseSource(file: file, recipe: recipe)
  }

  /// Where nothing was before, the first similar file stands for it: what is new may resemble what
  /// stands in its place there.
  private mutating func takeForPrevious(_ number: Int) {
    guard fetching.stages[number].reusedFile == nil,
      let source = fetching.stages[number].similar.sources.first
    else { return }
    fetching.stages[number].reusedFile = source.file
    fetching.stages[number].reusable = source.offsets
  }
}
