/// A row of chunks as it is told to who has another recipe, the base.
public enum RecipeRun: Hashable, Sendable {
  /// One chunk that may stand nowhere in the base.
  case chunk(ChunkReference)
  /// So many of `ChunkReference.zeros`, at least one.
  case zeros(count: Int)
  /// Chunks in a row of the base: which is the first, and how many, at least one.
  case base(first: Int, count: Int)
}

/// Puts a recipe into terms of another one, chunk by chunk as it becomes known.
///
/// Where the new recipe goes on like the base nothing is looked up. The table of the base's chunks,
/// some 60 bytes each, is made when it first does not. A chunk that occurs more than once in the
/// base counts as its first occurrence, unless the base goes on with it.
public struct RecipeDifferencer: Sendable {
  private let base: [ChunkReference]
  private var positions: [ChunkReference: Int]?
  /// The chunk of the base with which the recipe goes on if it goes on like the base.
  private var next = 0

  /// Compares with a base.
  public init(base: [ChunkReference]) { self.base = base }

  /// The runs that stand for the next chunks of the recipe.
  public mutating func runs(of chunks: [ChunkReference]) -> [RecipeRun] {
    var runs: [RecipeRun] = []
    for chunk in chunks { append(chunk, to: &runs) }
    return runs
  }

  /// Adds the next chunk of the recipe to runs that are not told yet.
  public mutating func append(_ chunk: ChunkReference, to runs: inout [RecipeRun]) {
    guard let position = position(of: chunk) else {
      if chunk.isZeros {
        if case .zeros(let count)? = runs.last {
          runs[runs.count - 1] = .zeros(count: count + 1)
        } else {
          runs.append(.zeros(count: 1))
        }
      } else {
        runs.append(.chunk(chunk))
      }
      return
    }
    next = position + 1
    if case .base(let first, let count)? = runs.last, first + count == position {
      runs[runs.count - 1] = .base(first: first, count: count + 1)
    } else {
      runs.append(.base(first: position, count: 1))
    }
  }

  private mutating func position(of chunk: ChunkReference) -> Int? {
    if next < base.count, base[next] == chunk { return next }
    if positions == nil {
      var table: [ChunkReference: Int] = [:]
      for (position, chunk) in base.enumerated() where table[chunk] == nil {
        table[chunk] = position
      }
      positions = table
    }
    return positions?[chunk]
  }
}

extension [RecipeRun] {
  /// How many chunks the runs stand for.
  public var chunkCount: Int {
    reduce(0) { sum, run in
      switch run {
      case .chunk: sum + 1
      case .zeros(let count), .base(_, let count): sum + count
      }
    }
  }

  /// The chunks that the runs stand for; `nil` if they name some that the base does not have.
  public func chunks(from base: [ChunkReference]) -> [ChunkReference]? {
    var chunks: [ChunkReference] = []
    for run in self {
      switch run {
      case .chunk(let chunk): chunks.append(chunk)
      case .zeros(let count): chunks.append(contentsOf: repeatElement(.zeros, count: count))
      case .base(let first, let count):
        guard first <= base.count, count <= base.count - first else { return nil }
        chunks.append(contentsOf: base[first..<first + count])
      }
    }
    return chunks
  }
}
