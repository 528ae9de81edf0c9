/// A file that peers may read while its recipe is still being made.
struct OpenFile {
  var job: JobID
  var item: Int
  var place: Place
  var file: LocalFile
  var telling: Telling
  /// What peers are told who have that.
  var difference: Difference?

  /// Whether peers hear of it before its reading is over.
  enum Telling {
    case never
    case always
    /// Not as long as other shares of this machine may have had it until now, at most up to this
    /// monotonic time; what was read by then.
    case waiting(until: Int64, read: [(offset: Int64, chunks: [ChunkReference])])
  }

  /// A recipe while it is told as a difference.
  struct Difference {
    /// The content that it differs from.
    let base: ContentID
    /// To whom it is told so.
    let links: [Link]
    /// Bytes of the file.
    let size: Int64
    var differencer: RecipeDifferencer
    /// What is not told yet.
    var runs: [RecipeRun] = []
    /// Where that begins, and its length.
    var offset: Int64 = 0
    var byteCount: Int64 = 0

    /// Whether it is to be told: there is something to fetch, or enough to copy; less towards the
    /// end, when nothing else keeps the receiver busy.
    var isDue: Bool {
      let rest = size - offset - byteCount
      return byteCount
        >= max(Limits.segmentByteCount, min(size / Limits.differencePartCount, rest / 4))
        || runs.contains { if case .base = $0 { false } else { true } }
    }

    /// Adds the next chunks.
    mutating func add(_ chunks: [ChunkReference], at offset: Int64) {
      if runs.isEmpty { self.offset = offset }
      for chunk in chunks {
        differencer.append(chunk, to: &runs)
        byteCount += Int64(chunk.length)
      }
    }
  }
}

/// One thing that was found to differ from the index.
struct LocalItem {
  enum Finding {
    /// A directory that is new, has another place or another mode.
    case directory(DirectoryID, FileStamp)
    /// A file; its content once it is known without reading or has been read.
    case file(FileStamp, (id: ContentID, recipe: Recipe?)?)
    case symlink(FileStamp, target: [UInt8])
    case removed
    /// It is ignored here by now: not on this disk for us, and no peer's business.
    case forgotten
    /// It could not be read, or changed while it was read: nothing is recorded.
    case dropped
  }

  var place: Place
  var path: RelativePath
  var finding: Finding
  /// Its extended attributes; `nil` until they are known.
  var attributes: ExtendedAttributes?
  /// The row it was compared with. If the row has changed when the finding is to be recorded, the
  /// finding is out of date, and the path is looked at again.
  var previous: Row?

  /// The directory that was found to be gone, if it is one.
  var goneDirectory: DirectoryID? {
    if case .removed = finding { previous?.entry.directory } else { nil }
  }
}

/// A change set on its way into the index.
struct LocalJob {
  enum Phase {
    /// A job before it has found directories in the same place; two must not name them.
    case waiting
    /// The disk is being looked at.
    case looking
    /// A scan found something absent, which may have been moved: the watcher is to tell first what
    /// it knows.
    case awaitingWatcher
    /// What a scan found absent is being looked for once more.
    case confirming
    /// Files are being read.
    case reading
    /// A bundle that was read is being looked at once more.
    case verifying
  }

  let id: JobID
  var phase = Phase.waiting
  /// What is to be looked at.
  let requests: [LookRequest]
  /// Whether it compares a whole subtree, so that absence is a conclusion and not an event.
  var isScan: Bool
  /// Whether the watcher told of directories that came or went: what was not found where it was
  /// told can be found now.
  var endsWandering = false
  /// Whether it is one change although it may be large: it is recorded in slices no smaller than
  /// units.
  var isWhole = false
  /// A look at a bundle.
  struct BundleLook {
    let root: RelativePath
    /// Whether the watcher told of it.
    let isNews: Bool
    /// What the first look found, and the one after everything was read.
    var first = BundleDigest()
    var second = BundleDigest()
    /// A lock that was found.
    var lock: RelativePath?
    var isVerified = false
  }

  /// The bundle that it looks at, if it is one.
  var bundle: BundleLook?
  /// Whether something changed while it was read.
  var isTorn = false
  /// Directories in which names are looked for, by the path at which they stood when it was
  /// decided.
  var sought: [RelativePath: DirectoryID] = [:]
  /// Whether the root itself could not be looked at.
  var isBlind = false
  /// The scan of which this job records a part.
  var sliceOf: JobID?
  /// Renames that the watcher saw.
  var moves: [(from: RelativePath, to: RelativePath)]
  /// From where among them something left of which that was known before.
  var knownMoves: Set<RelativePath> = []
  /// Directories that are new or have another place than the index says, by path.
  var directories: [RelativePath: DirectoryID] = [:]
  /// The directories in which something was found.
  var parents: Set<DirectoryID> = []
  /// What the directories were, on disk, in which something was found to differ.
  var stamps: [DirectoryID: FileStamp] = [:]
  /// Directories found somewhere in this job: what is absent at its old place has moved.
  var found: Set<DirectoryID> = []
  /// Rows of the index for which nothing was found.
  var absent: [Row] = []
  /// Rows for which something is found that is ignored.
  var ignored: [Row] = []
  /// Directories in which something is ignored.
  var holdingIgnored: Set<DirectoryID> = []
  /// What isn't here and is to be asked for, as it isn't ignored any more, or no longer, as it is.
  var wishes: [EntryKey: Bool] = [:]
  var items: [LocalItem] = []
  var unread = 0
  /// Until when it waits for the other shares of this machine at most; `nil` if it doesn't.
  var awaitsSiblingsUntil: Int64?
  /// Large files that are other names of one that is being read.
  var otherNames: [Int: [Int]] = [:]

  init(
    id: JobID, requests: [LookRequest], isScan: Bool,
    moves: [(from: RelativePath, to: RelativePath)]
  ) {
    self.id = id
    self.requests = requests
    self.isScan = isScan
    self.moves = moves
  }

  /// Whether it may find new directories where `other` looks: one must be recorded before the other
  /// looks, or both would give them ids. And what is told of a directory must be looked at before
  /// the directory is recorded elsewhere.
  func mustPrecede(_ other: LocalJob) -> Bool {
    subtrees.contains { other.looksAtNames(below: $0) || other.looksAtSubtree(touching: $0) }
      || other.subtrees.contains { looksAtNames(below: $0) }
      || other.moves.contains { looksAtNames(below: $0.from) }
  }

  private func looksAtNames(below top: RelativePath) -> Bool {
    requests.contains { request in
      if case .names(_, in: let directory) = request { directory.isWithin(top) } else { false }
    }
  }

  private func looksAtSubtree(touching top: RelativePath) -> Bool {
    requests.contains { request in
      if case .subtree(let path) = request {
        path.isWithin(top) || top.isWithin(path)
      } else {
        false
      }
    }
  }

  /// The nearest directory at or above a path that it found, and how deep that lies; the root if
  /// it found none.
  func nearestDirectory(above path: RelativePath) -> (depth: Int, DirectoryID) {
    guard !directories.isEmpty else { return (0, .root) }
    var above = path
    while let parent = above.parent {
      if let found = directories[above] { return (above.components.count, found) }
      above = parent
    }
    return (0, .root)
  }

  /// Whether it found a directory elsewhere than the index has it.
  func isElsewhere(_ directory: DirectoryID) -> Bool {
    found.contains(directory) && directories.contains { $0.value == directory }
  }

  /// How much was found to differ.
  var findingCount: Int { items.count + absent.count + ignored.count }

  /// Whether everything below a path is looked at.
  func looksBelow(_ path: RelativePath) -> Bool {
    requests.contains { request in
      if case .subtree(let top) = request { path.isWithin(top) } else { false }
    }
  }

  private var subtrees: [RelativePath] {
    requests.compactMap { if case .subtree(let path) = $0 { path } else { nil } }
      + moves.map(\.to)
  }
}

/// Small files that are read at once.
struct ReadBatch {
  private(set) var items: [ReadItem] = []
  private var byteCount: Int64 = 0

  /// Adds a file; returns what was there before it if that is full.
  mutating func add(_ item: ReadItem) -> [ReadItem]? {
    let more = item.stamp.size + Int64(ContentsHeader.roughByteCount(of: item.place))
    guard items.count == Limits.packFileCount || byteCount + more > Int64(Limits.packByteCount)
    else {
      items.append(item)
      byteCount += more
      return nil
    }
    let full = items
    (items, byteCount) = ([item], more)
    return full
  }
}
