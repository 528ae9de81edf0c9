/// Contents on their way here.
struct Fetching {
  /// A request for a range, or for small contents, that was sent and is not answered yet.
  struct Request {
    var link: Link
    var byteCount: Int
    /// The stage and which of its chunks; `nil` for small contents.
    var range: (stage: StageID, chunks: Range<Int>)?
    /// Whether a patch was asked for.
    var isPatch = false
    /// The places of small contents.
    var places: [Place] = []
  }

  /// Small contents that are staged, by the place that they are for.
  var staged: [Place: StagedContent] = [:]
  /// Those that were pushed before anything was known of them, and over which connection.
  var pushed: [Place: Link] = [:]
  /// What units wait for.
  var needs: [Place: Need] = [:]
  /// Places whose small contents are to be asked for, in order.
  var unasked: [Place] = []
  /// What other shares of this machine are asked for.
  var searches: [Place: SiblingSearch] = [:]
  /// Large contents, sorted by id.
  var stages: [Stage] = []
  var lastStage: UInt64 = 0
  /// Places whose large contents wait until there are fewer stages; each once, in order.
  var waitingLarge: [Place] = []
  var isWaitingLarge: Set<Place> = []
  var requests: [UInt64: Request] = [:]
  var lastRequest: UInt64 = 0
  /// Recipes of what is staged, to be kept when it is applied.
  var recipes: [ContentID: Recipe] = [:]
  /// Contents whose recipe is asked for whole, since its difference came out wrong.
  var distrusted: Set<ContentID> = []
}

/// A large content on its way into the staging area.
struct Stage {
  enum ChunkState: Equatable {
    /// Nobody has been asked.
    case waiting
    /// Asked for, or being copied from a file here.
    case underway
    /// In the stage, verified.
    case stored
  }

  let id: StageID
  let place: Place
  /// How its source calls it.
  let key: ContentKey
  /// The peer that it is asked of; `nil` if everything is here.
  var link: Link?
  /// What it is, once its recipe is complete.
  var content: ContentID?
  /// Whether the recipe is complete.
  var isSealed = false
  /// Whether the file is open, so that chunks can be stored.
  var isOpen = false
  var isFinishing = false
  var chunks: [PlacedChunk] = []
  var states: [ChunkState] = []
  /// How many chunks are stored.
  var storedCount = 0
  var storedByteCount: Int64 = 0
  /// Chunks before this one are not waiting, unless a request was lost.
  var firstWaiting = 0
  /// How many chunks have been compared with what is here.
  var comparedCount = 0
  /// What was in the stage when it was opened, by offset.
  var recovered: [Int64: ChunkReference] = [:]
  /// The same offsets, sorted.
  var recoveredOffsets: [Int64] = []
  /// Where chunks of the previous version lie.
  var reusable: [ChunkID: Int64] = [:]
  var reusedFile: LocalFile?
  /// Other files here that have something in common with it.
  var similar = SimilarSearch()
  /// The previous version, if its recipe is here.
  var previous: ContentID?
  /// What the recipe is told as a difference to, while it is.
  var base: (content: ContentID, chunks: [ChunkReference])?
  /// What can be had as patches.
  var patching = Patching()
  /// How many ranges were lost.
  var lostCount = 0

  init(id: StageID, place: Place, key: ContentKey, link: Link?) {
    self.id = id
    self.place = place
    self.key = key
    self.link = link
  }

  /// Where the next segment of the recipe must begin.
  var end: Int64 { chunks.last.map { $0.offset + Int64($0.chunk.length) } ?? 0 }

  /// Whether every byte is here.
  var isComplete: Bool { isSealed && isOpen && storedCount == chunks.count }

  var recipe: Recipe { Recipe(chunks: chunks.map(\.chunk)) }

  /// Whether a chunk is in the stage without being written: zeros, where nothing that an earlier
  /// life left can reach. Everything else in a stage that was opened reads as zeros.
  func isHole(_ chunk: PlacedChunk) -> Bool {
    guard chunk.chunk.isZeros else { return false }
    let longest = Int64(Limits.chunkByteCount)
    let next = recoveredOffsets.partitioningIndex { $0 > chunk.offset - longest }
    return next == recoveredOffsets.count || recoveredOffsets[next] >= chunk.offset + longest
  }

  /// A file here that has a chunk, and where.
  func source(of chunk: ChunkID) -> (file: LocalFile, offset: Int64)? {
    if let file = reusedFile, let offset = reusable[chunk] { return (file, offset) }
    return similar.source(of: chunk)
  }

  /// The index of the chunk at an offset.
  func chunk(at offset: Int64) -> Int? {
    let low = chunks.partitioningIndex { $0.offset >= offset }
    return low < chunks.count && chunks[low].offset == offset ? low : nil
  }

  /// Chunks that were underway and did not come are waiting again.
  mutating func release(_ numbers: Range<Int>) {
    for number in numbers where states[number] == .underway { states[number] = .waiting }
    firstWaiting = min(firstWaiting, numbers.lowerBound)
  }

  mutating func store(_ number: Int) {
    guard states[number] != .stored else { return }
    states[number] = .stored
    storedCount += 1
    storedByteCount += Int64(chunks[number].chunk.length)
  }
}

extension Array {
  /// The first index whose element fulfils a condition that all later ones fulfil, too; O(log n).
  fileprivate func partitioningIndex(where isLate: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isLate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
