import SyncCore
import SyncEngine
import Testing

/// Recipes, peers, marks and the journal.
@Suite struct IndexExchangeTests {
  private let peer = NodeID(testing: 2)
  private let other = NodeID(testing: 3)

  private func content(_ number: UInt64) -> ContentID {
    // Spread over the whole order, as hashes are.
    ContentID(words: (number &* 0x9E37_79B9_7F4A_7C15, number, 0, .max))
  }

  private func recipe(_ count: Int) -> Recipe {
    Recipe(
      chunks: (0..<count).map {
        // Some alone, some in a row: zeros are stored by their number.
        if $0 % 7 == 1 || $0 % 1000 > 900 { return .zeros }
        let id = ChunkID(words: (UInt64($0), .max, 1 << 63, 0x0102_0304_0506_0708))
        return ChunkReference(id: id, length: $0 % Limits.chunkByteCount + 1)
      })
  }

  @Test(arguments: [0, 1, 2, 20_000]) func givesARecipeBack(count: Int) throws {
    let directory = IndexDirectory()
    var index: SQLiteIndex? = try .testing(directory.index)
    try index?.transaction { () throws(IndexError) in
      try index?.put(recipe(count), for: content(1))
    }
    index = nil
    let again = try SQLiteIndex.testing(directory.index)
    #expect(try again.recipe(content(1)) == recipe(count))
    #expect(try again.recipe(content(2)) == nil)
  }

  @Test(arguments: [1, 3, 7, 100]) func collectsRecipesAndSamplesOfNoLivingFile(limit: Int) throws {
    let index = try SQLiteIndex.testing(nil)
    try index.transaction { () throws(IndexError) in
      for number in UInt64(1)...30 {
        try index.put(Recipe(chunks: [chunk(number)]), for: content(number))
        guard number.isMultiple(of: 3) else { continue }
        let sequence = try index.nextSequence()
        let body: Body =
          number.isMultiple(of: 2)
          ? .file(content(number), size: 1) : .deleted(was: content(number))
        let entry = Entry(
          place: Place(parent: .root, name: Name("\(number)".utf8)!), body: body, mode: 0, mtime: 0,
          version: Version(dot: Dot(actor: index.actor, counter: sequence), after: nil, time: 0))
        try index.put(Row(entry: entry, observed: nil, sequence: sequence, source: nil))
      }
    }
    try collect(in: index, limit: limit)
    for number in UInt64(1)...30 {
      #expect(try (index.recipe(content(number)) != nil) == number.isMultiple(of: 6))
      let isSampled = try index.content(sampledBy: chunk(number).id) != nil
      #expect(isSampled == number.isMultiple(of: 6))
    }
  }

  /// One look at everything.
  private func collect(in index: SQLiteIndex, limit: Int) throws {
    var position: RecipeCollection? = .recipes(upTo: nil)
    var calls = 0
    while let known = position {
      try index.transaction { () throws(IndexError) in
        position = try index.collectRecipes(after: known, limit: limit)
      }
      calls += 1
    }
    #expect(calls <= 2 * (30 / limit + 1))
  }

  private func chunk(_ number: UInt64) -> ChunkReference {
    ChunkReference(id: ChunkID(words: (.max - number, number, 2, 3)), length: 1)
  }

  @Test func knowsWhatLiesInTheTrashAndHowItIsMade() throws {
    let directory = IndexDirectory()
    var index: SQLiteIndex? = try .testing(directory.index)
    func file(_ number: UInt64, plan: UInt64) -> TrashedFile {
      let stamp = FileStamp(
        kind: .file, inode: .max, size: 1 << 40, mtime: -1, ctime: 0, btime: .min, mode: 0o7777)
      return TrashedFile(
        content: content(number), plan: plan, path: RelativePath(bytes: [0xFF, 0x2F, 0x0A])!,
        stamp: stamp)
    }
    try index?.transaction { () throws(IndexError) in
      try index?.put(recipe(3), for: content(1))
      try index?.put(recipe(3), for: content(2))
      try index?.note(file(1, plan: 5))
      try index?.note(file(1, plan: .max))
    }
    index = nil
    let again = try SQLiteIndex.testing(directory.index)
    #expect(try again.trashed(with: content(1)) == file(1, plan: .max))
    #expect(try again.trashed(with: content(2)) == nil)
    try again.transaction { () throws(IndexError) in
      _ = try again.collectRecipes(after: .recipes(upTo: nil), limit: 100)
      for number in 3..<UInt64(Limits.trashedFileCount + 2) {
        try again.note(file(number, plan: number))
      }
    }
    // The oldest is forgotten, and then nobody needs its recipe.
    #expect(try again.recipe(content(1)) != nil && again.recipe(content(2)) == nil)
    try again.transaction { () throws(IndexError) in
      try again.note(file(2, plan: 9))
      _ = try again.collectRecipes(after: .recipes(upTo: nil), limit: 100)
    }
    #expect(try again.trashed(with: content(1)) == nil && again.recipe(content(1)) == nil)
    #expect(try again.trashed(with: content(3)) == file(3, plan: 3))
    try again.transaction { () throws(IndexError) in try again.reset(incarnation: 9) }
    #expect(try again.trashed(with: content(3)) == nil)
  }

  @Test func remembersHowFarTheExchangeHasCome() throws {
    let directory = IndexDirectory()
    var index: SQLiteIndex? = try .testing(directory.index)
    let first = PeerProgress(
      incarnation: .max, received: 1 << 63, acknowledged: 0, confirmed: 1 << 63, notHeld: 1 << 63,
      mustTellAll: true)
    let second = PeerProgress(incarnation: 4, received: 5, acknowledged: 6)
    try index?.transaction { () throws(IndexError) in
      try index?.put(first, of: peer)
      try index?.put(second, of: other)
    }
    index = nil
    let again = try SQLiteIndex.testing(directory.index)
    #expect(try again.progress(of: peer) == first)
    #expect(try again.progress(of: other) == second)
    #expect(try again.progress(of: NodeID(testing: 4)) == nil)
    #expect(try again.knownPeers() == [peer, other].sorted())
  }

  @Test func forgetsPeersAndWhatWasDeleted() throws {
    let directory = IndexDirectory()
    var index: SQLiteIndex? = try .testing(directory.index)
    try index?.transaction { () throws(IndexError) in
      for node in [peer, other] {
        try index?.put(
          PeerProgress(incarnation: 4, received: 5, acknowledged: 6, confirmed: 7), of: node)
        try index?.put(SequenceMark(theirs: 1, ours: 1), of: node)
      }
      try index?.removeProgress(of: peer)
      try index?.note(forgotten: 9)
    }
    index = nil
    let again = try SQLiteIndex.testing(directory.index)
    #expect(try again.knownPeers() == [other])
    #expect(try again.mark(of: peer, coveredBy: 1) == nil)
    #expect(try again.mark(of: other, coveredBy: 1) != nil)
    #expect(again.forgotten == 9)
    try again.transaction { () throws(IndexError) in try again.reset(incarnation: 1) }
    #expect(again.forgotten == 0)
  }

  @Test func knowsNoProgressOfANodeThatIsOnlyASource() throws {
    let index = try SQLiteIndex.testing(nil)
    try index.transaction { () throws(IndexError) in
      try index.put(SequenceMark(theirs: 1, ours: 1), of: peer)
    }
    #expect(try index.progress(of: peer) == nil)
  }

  @Test func findsTheLastMarkThatIsCovered() throws {
    let index = try SQLiteIndex.testing(nil)
    try index.transaction { () throws(IndexError) in
      for mark in [(10, 3), (20, 8), (25, 8), (24, 8), (40, 12)] as [(UInt64, UInt64)] {
        try index.put(SequenceMark(theirs: mark.0, ours: mark.1), of: peer)
      }
      try index.put(SequenceMark(theirs: 99, ours: 1), of: other)
    }
    func mark(_ ours: UInt64) throws -> UInt64? {
      try index.mark(of: peer, coveredBy: ours)?.theirs
    }
    #expect(try mark(2) == nil)
    #expect(try mark(3) == 10)
    #expect(try mark(7) == 10)
    #expect(try mark(8) == 25)
    #expect(try mark(11) == 25)
    #expect(try mark(.max) == 40)
    #expect(try index.mark(of: other, coveredBy: 2) == SequenceMark(theirs: 99, ours: 1))
    #expect(try index.mark(of: NodeID(testing: 4), coveredBy: 2) == nil)
  }

  @Test func forgetsMarksOfAnotherIncarnation() throws {
    let index = try SQLiteIndex.testing(nil)
    var progress = PeerProgress(incarnation: 1, received: 0, acknowledged: 0)
    try index.transaction { () throws(IndexError) in
      try index.put(progress, of: peer)
      try index.put(SequenceMark(theirs: 1, ours: 1), of: peer)
      try index.put(SequenceMark(theirs: 1, ours: 1), of: other)
      progress.received = 1
      try index.put(progress, of: peer)
    }
    #expect(try index.mark(of: peer, coveredBy: 1) != nil)
    progress.incarnation = 2
    try index.transaction { () throws(IndexError) in try index.put(progress, of: peer) }
    #expect(try index.mark(of: peer, coveredBy: 1) == nil)
    #expect(try index.mark(of: other, coveredBy: 1) != nil)
  }

  @Test func thinsOldMarksAndStaysTrue() throws {
    let index = try SQLiteIndex.testing(nil)
    let count = UInt64(5 * Limits.sequenceMarkCount)
    try index.transaction { () throws(IndexError) in
      for number in 1...count {
        try index.put(SequenceMark(theirs: 2 * number, ours: number), of: peer)
      }
    }
    var distinct: Set<SequenceMark> = []
    for ours in 1...count {
      guard let mark = try index.mark(of: peer, coveredBy: ours) else { continue }
      #expect(mark.ours <= ours)
      #expect(mark.theirs == 2 * mark.ours)
      distinct.insert(mark)
    }
    #expect(distinct.count <= Limits.sequenceMarkCount)
    let recent = UInt64(Limits.sequenceMarkCount / 4)
    for ours in (count - recent)...count {
      #expect(try index.mark(of: peer, coveredBy: ours)?.ours == ours)
    }
    #expect(try index.mark(of: peer, coveredBy: count / 2) != nil)
  }

  @Test func keepsOnePlanInTheJournal() throws {
    let directory = IndexDirectory()
    var index: SQLiteIndex? = try .testing(directory.index)
    #expect(try index?.journal() == nil)
    let plan = [UInt8](repeating: 0xA5, count: 3_000_000)
    for next in [[1, 2, 3], plan, []] as [[UInt8]] {
      try index?.transaction { () throws(IndexError) in try index?.putJournal(next) }
      index = nil
      index = try .testing(directory.index)
      #expect(try index?.journal() == next)
    }
    #expect(throws: IndexError("undone on purpose")) {
      try index?.transaction { () throws(IndexError) in
        try index?.putJournal(nil)
        throw IndexError("undone on purpose")
      }
    }
    #expect(try index?.journal() == [])
    try index?.transaction { () throws(IndexError) in try index?.putJournal(nil) }
    #expect(try index?.journal() == nil)
  }
}
