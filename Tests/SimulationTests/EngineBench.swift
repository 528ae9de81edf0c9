import SyncEngine
import Testing

@testable import SyncCore

/// An engine on an index in memory, fed by hand: one input, and what it wants done.
struct EngineBench {
  static let node = NodeID(bytes: [UInt8](repeating: 1, count: 32))!
  static let peer = NodeID(bytes: [UInt8](repeating: 9, count: 32))!
  static let other = NodeID(bytes: [UInt8](repeating: 8, count: 32))!

  let index: SQLiteIndex
  private(set) var engine: Engine
  var now = Moment(monotonic: 1_000_000_000, wall: 1_700_000_000_000_000_000)
  /// Whether the watcher has always told all.
  var hasIdleWatcher = true

  init(rules: ShareRules = ShareRules()) throws {
    index = try SQLiteIndex(path: nil, node: Self.node, randomIncarnation: 1)
    engine = Self.engine(on: index, rules: rules)
  }

  private static func engine(
    on index: SQLiteIndex, boot: Int64 = 0, rules: ShareRules = ShareRules()
  ) -> Engine {
    // A content is named after its first chunk.
    Engine(
      node: node, name: "here", rules: rules, index: index, randomSeed: 1, boot: boot
    ) { recipe in content(recipe.chunks.first?.id.words.0 ?? 0) }
  }

  static func content(_ number: UInt64) -> ContentID { ContentID(words: (number, 0, 0, 0)) }

  static func place(_ name: String) -> Place { Place(parent: .root, name: Name(name.utf8)!) }

  static func path(_ name: String) -> RelativePath { RelativePath(bytes: Array(name.utf8))! }

  /// The process ends, and another begins with what the index holds.
  mutating func restart(boot: Int64 = 0, rules: ShareRules = ShareRules()) {
    engine = Self.engine(on: index, boot: boot, rules: rules)
  }

  /// Takes what happened; who waits for the watcher is told at once that it has nothing to tell,
  /// unless a test does that.
  mutating func step(_ input: Input) throws -> [Effect] {
    var effects = try engine.step(input, now: now)
    guard hasIdleWatcher else { return effects }
    for case .awaitWatcher(let job) in effects {
      effects += try engine.step(.caughtUp(job), now: now)
    }
    return effects
  }

  var hasSiblings: Bool {
    get { engine.hasSiblings }
    set { engine.hasSiblings = newValue }
  }

  mutating func lookAgain(_ count: Int) {
    engine.lookAgain(at: (0..<count).map { Self.path("f\($0)") })
  }

  mutating func noteUnsettled(_ names: [Name], in directory: DirectoryID) {
    engine.noteUnsettled(names, in: directory)
  }

  // MARK: The disk

  static func stamp(_ inode: UInt64, size: Int64 = 10, kind: FileKind = .file) -> FileStamp {
    FileStamp(
      kind: kind, inode: inode, size: size, mtime: Int64(inode), ctime: 0, btime: 1,
      mode: kind == .directory ? 0o755 : 0o644)
  }

  static func listing(_ entries: [(name: Name, found: Found)], isComplete: Bool = false) -> Listing
  {
    Listing(
      directory: .root, stamp: stamp(1, kind: .directory), isComplete: isComplete,
      entries: entries)
  }

  /// Looks at an empty folder.
  mutating func scan() throws {
    try answerLooks(try step(.changed(ChangeSet(changes: [.rescan(.root)]))), [])
  }

  /// Answers every look with what is in the root.
  mutating func answerLooks(_ effects: [Effect], _ entries: [(name: Name, found: Found)]) throws {
    for effect in effects {
      guard case .look(let job, _) = effect else { continue }
      _ = try step(.looked(job, Self.listing(entries, isComplete: true)))
      _ = try step(.lookEnded(job))
    }
  }

  // MARK: Peers

  /// One that has looked at an empty folder, and is connected.
  static func connected() throws -> EngineBench {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    return bench
  }

  mutating func connect(
    _ link: UInt64, _ peer: NodeID = peer, heldIncarnation: UInt64 = 0, held: UInt64 = 0,
    features: [String] = []
  ) throws -> [Effect] {
    let hello = Hello(
      name: "peer", incarnation: 1, heldIncarnation: heldIncarnation, heldSequence: held,
      heldCounter: held, time: now.wall, features: features)
    return try step(.connected(Link(number: link), peer)) + receive(.hello(hello), on: link)
  }

  mutating func receive(_ message: Message, on link: UInt64 = 1) throws -> [Effect] {
    try step(.received(Link(number: link), message))
  }

  static func file(_ name: String, _ number: UInt64, size: Int64) -> Entry {
    Entry(
      place: place(name), body: .file(content(number), size: size), mode: 0o644, mtime: 5,
      version: Version(
        dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: number), after: nil, time: 7))
  }

  static let largeSize: Int64 = 150_000

  /// A recipe of one chunk, for a content that is just too large to be small.
  static func segment(_ number: UInt64) -> RecipeSegment {
    let chunk = ChunkReference(id: ChunkID(words: (number, 0, 0, 0)), length: Int(largeSize))
    return RecipeSegment(key: .sealed(content(number)), place: nil, offset: 0, chunks: [chunk])
  }

  /// Announces large files, and opens a stage for each; which.
  mutating func announceLarge(_ names: [String], on link: UInt64 = 1) throws -> [StageID] {
    let entries = names.indices.map {
      Self.file(names[$0], UInt64($0) + 1, size: Self.largeSize)
    }
    let effects = try receive(.announce(entries: entries, upTo: 10, isLast: true), on: link)
    let stages = effects.compactMap { effect -> StageID? in
      if case .openStage(let stage, _) = effect { stage } else { nil }
    }
    for stage in stages { _ = try step(.stageOpened(stage, [])) }
    return stages
  }

  /// Brings large files over, up to the flip.
  mutating func fetchLarge(_ names: [String]) throws -> [Effect] {
    let stages = try announceLarge(names)
    var effects: [Effect] = []
    for (number, name) in names.enumerated() {
      let content = UInt64(number) + 1
      for effect in try receive(.segment(Self.segment(content))) {
        if case .request(_, let request, _, _) = effect {
          _ = try step(.rangeStored(request.id))
        }
      }
      _ = try receive(.seal(.sealed(Self.content(content)), Self.content(content)))
      var stamp = Self.stamp(100 + content, size: Self.largeSize)
      stamp.mtime = 5
      effects += try step(
        .stageFinished(stages[number], StagedFile(place: Self.place(name), stamp: stamp)))
    }
    return effects
  }
}

extension [Effect] {
  /// The sentences with which connections are closed.
  var closings: [String] {
    compactMap { if case .close(_, let reason) = $0 { reason } else { nil } }
  }

  /// Whether a peer is greeted with the wish to hear everything again.
  var asksForAll: Bool {
    contains { effect in
      guard case .send(_, .hello(let hello)) = effect else { return false }
      return hello.features.contains(Hello.tellAll)
    }
  }

  /// What is looked at.
  var looks: [JobID] { compactMap { if case .look(let job, _) = $0 { job } else { nil } } }

  /// Where that is.
  var lookRequests: [LookRequest] {
    flatMap { effect -> [LookRequest] in
      if case .look(_, let requests) = effect { requests } else { [] }
    }
  }

  /// The flips, and whether each is resumed.
  var flips: [(plan: FlipPlan, isResumed: Bool)] {
    compactMap { if case .flip(let plan, let isResumed) = $0 { (plan, isResumed) } else { nil } }
  }

  /// The tokens of barriers that are answered.
  var barriers: [UInt64] {
    compactMap { if case .barrier(let token, _) = $0 { token } else { nil } }
  }

  /// How many ranges are asked for.
  var requestCount: Int { count { if case .request = $0 { true } else { false } } }
}
