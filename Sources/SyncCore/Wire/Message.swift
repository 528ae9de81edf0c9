/// What a node says when a connection begins.
public struct Hello: Hashable, Sendable {
  /// What the node calls itself, for people.
  public var name: String
  /// The node's index, as it lives now.
  public var incarnation: UInt64
  /// What the node holds of the other: the incarnation that the next two numbers belong to.
  public var heldIncarnation: UInt64
  /// The highest sequence of the other whose unit, and all before it, is durable here.
  public var heldSequence: UInt64
  /// The highest counter of the other in any version here.
  public var heldCounter: UInt64
  /// The node's wall clock, nanoseconds since 1970 UTC; a skew is shown.
  public var time: Int64
  /// Names of what the node can do beyond the basic protocol; unknown ones are ignored.
  public var features: [String]
  /// The feature with which a node asks to be told everything again, also what came from itself.
  public static let tellAll = "tell-all"

  /// A hello from its parts.
  public init(
    name: String, incarnation: UInt64, heldIncarnation: UInt64, heldSequence: UInt64,
    heldCounter: UInt64, time: Int64, features: [String]
  ) {
    self.name = name
    self.incarnation = incarnation
    self.heldIncarnation = heldIncarnation
    self.heldSequence = heldSequence
    self.heldCounter = heldCounter
    self.time = time
    self.features = features
  }
}

/// Whose bytes are meant: a content by its id, or a file that is being read just now.
public enum ContentKey: Hashable, Sendable {
  /// A content whose recipe is complete.
  case sealed(ContentID)
  /// An open recipe, by the number that its sender gave it.
  case open(UInt64)
}

/// A part of a recipe.
public struct RecipeSegment: Hashable, Sendable {
  /// Whose recipe.
  public var key: ContentKey
  /// For an open recipe: the file that is being read; the receiver can find its previous version.
  public var place: Place?
  /// Where in the content the first of the chunks begins.
  public var offset: Int64
  /// The chunks, in order; at most `Limits.segmentChunkCount`.
  public var chunks: [ChunkReference]

  /// A segment from its parts.
  public init(key: ContentKey, place: Place?, offset: Int64, chunks: [ChunkReference]) {
    self.key = key
    self.place = place
    self.offset = offset
    self.chunks = chunks
  }
}

/// A part of a recipe, told to who has another one.
public struct RecipeDifference: Hashable, Sendable {
  /// Whose recipe.
  public var key: ContentKey
  /// As in `RecipeSegment`.
  public var place: Place?
  /// The content whose recipe the runs speak of.
  public var base: ContentID
  /// Where in the content the first of the chunks begins.
  public var offset: Int64
  /// The chunks, in order; at most `Limits.segmentChunkCount`.
  public var runs: [RecipeRun]

  /// A part from its parts.
  public init(
    key: ContentKey, place: Place?, base: ContentID, offset: Int64, runs: [RecipeRun]
  ) {
    self.key = key
    self.place = place
    self.base = base
    self.offset = offset
    self.runs = runs
  }
}

/// A range of a content, asked for by offset, cut as its recipe cuts it.
public struct RangeRequest: Hashable, Sendable {
  /// Chosen by the one who asks; not used twice on a connection.
  public var id: UInt64
  /// Whose bytes.
  public var key: ContentKey
  /// Where the first chunk begins.
  public var offset: Int64
  /// The lengths of the chunks, in order; at most `Limits.rangeByteCount` bytes in all.
  public var lengths: [Int]
  /// The first 64 bits of the hashes of the pieces that the asker has, of which the range may be
  /// made; empty if it is wanted as it is.
  public var pieces: [UInt64] = []

  /// A request from its parts.
  public init(id: UInt64, key: ContentKey, offset: Int64, lengths: [Int]) {
    self.id = id
    self.key = key
    self.offset = offset
    self.lengths = lengths
  }

  /// Bytes of all chunks together.
  public var byteCount: Int { lengths.reduce(0, +) }
}

/// Small contents asked for together.
public struct FetchRequest: Hashable, Sendable {
  /// One of them.
  public struct Item: Hashable, Sendable {
    /// The place that it is wanted for, and at which the other has it.
    public var place: Place
    /// What is wanted.
    public var content: ContentID

    /// An item.
    public init(place: Place, content: ContentID) {
      self.place = place
      self.content = content
    }
  }

  /// Chosen by the one who asks, above 0; not used twice on a connection.
  public var id: UInt64
  /// At most `Limits.packFileCount`.
  public var items: [Item]

  /// A request from its parts.
  public init(id: UInt64, items: [Item]) {
    self.id = id
    self.items = items
  }
}

/// When a directory last changed: names in it, not what is in its files.
public struct DirectoryTime: Hashable, Sendable {
  /// The directory.
  public var directory: DirectoryID
  /// Nanoseconds since 1970 UTC.
  public var mtime: Int64

  /// A time from its parts.
  public init(directory: DirectoryID, mtime: Int64) {
    self.directory = directory
    self.mtime = mtime
  }
}

/// The messages that the engine understands, one frame each. `data` and `contents` frames carry
/// payload and never come here.
public enum Message: Hashable, Sendable {
  /// The first message of each side.
  case hello(Hello)
  /// Part of a unit: what changed, up to a sequence. The unit ends with `isLast`.
  case announce(entries: [Entry], upTo: UInt64, isLast: Bool)
  /// When directories last changed that the unit under way concerns: before the unit's last part,
  /// at most `Limits.directoryTimeCount` a message.
  case directoryTimes([DirectoryTime])
  /// Places at which one file stands under several names, of which the unit under way has one:
  /// before the unit's last part, two at least and `Limits.linkedPlaceCount` at most.
  case linked([Place])
  /// Where directories are that the sender knows and doesn't hold, those above them included: who
  /// holds one moves it. Before the last part of the unit under way, each fit for a frame.
  case unheld([Entry])
  /// The unit that ended with `sequence` is durable with `member`, a node of the share.
  case acknowledge(member: NodeID, sequence: UInt64)
  /// So many things of those that the sender has acknowledged live and are not on its disk.
  case notHeld(count: UInt64)
  /// Asks for the recipe of a content; it may be told as a difference to that of `base`.
  case openContent(ContentID, base: ContentID? = nil)
  /// A part of a recipe, asked for or of a file being read.
  case segment(RecipeSegment)
  /// The same, for who has another recipe.
  case difference(RecipeDifference)
  /// A recipe is complete, and this is what it makes.
  case seal(ContentKey, ContentID)
  /// The recipe can't be had, or its file changed while it was read: what was staged of it is void.
  /// `isForGood`: the content is not here any more. Otherwise it can't be read or told just now.
  case gone(ContentKey, isForGood: Bool)
  /// Asks for a range of a large content.
  case request(RangeRequest)
  /// Asks for small contents.
  case fetch(FetchRequest)
  /// A request can't be served: the content is not here any more (`isForGood`), or can't be read
  /// just now.
  case unavailable(request: UInt64, isForGood: Bool)
}
