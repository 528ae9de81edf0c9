import SyncEngine
import Testing

@testable import SyncCore

/// What is here already is not asked for, whatever file it is in.
@Suite struct EngineSimilarTests {
  private static let length = 60_000

  private static func chunks(_ numbers: ClosedRange<UInt64>) -> [ChunkReference] {
    numbers.map { ChunkReference(id: ChunkID(words: ($0, 0, 0, 0)), length: length) }
  }

  private func put(
    _ name: String, _ numbers: ClosedRange<UInt64>, in bench: EngineBench
  ) throws -> (name: Name, found: Found) {
    let size = Int64(numbers.count * Self.length)
    let stamp = EngineBench.stamp(20 + numbers.lowerBound, size: size)
    try bench.index.transaction { () throws(IndexError) in
      let sequence = try bench.index.nextSequence()
      try bench.index.put(
        Recipe(chunks: Self.chunks(numbers)), for: EngineBench.content(numbers.lowerBound))
      try bench.index.put(
        Row(
          entry: EngineBench.file(name, numbers.lowerBound, size: size), observed: stamp,
          sequence: sequence, source: nil))
    }
    return (Name(name.utf8)!, .entry(stamp))
  }

  /// A node that has files `a` and `b`, and is told of another one.
  private func told(
    _ name: String, of chunks: [ChunkReference], segments: Int = 1
  ) throws -> [Effect] {
    var bench = try EngineBench()
    let files = [try put("a", 1...40, in: bench), try put("b", 101...120, in: bench)]
    try bench.answerLooks(
      try bench.step(.changed(ChangeSet(changes: [.rescan(.root)]))), files)
    _ = try bench.connect(
      1, heldIncarnation: bench.index.actor.incarnation, features: [Feature.delta.rawValue])
    var effects: [Effect] = []
    let count = chunks.count / segments
    for start in stride(from: 0, to: chunks.count, by: count) {
      let segment = RecipeSegment(
        key: .open(5), place: EngineBench.place(name), offset: Int64(start * Self.length),
        chunks: Array(chunks[start..<min(start + count, chunks.count)]))
      let next = try bench.receive(.segment(segment))
      effects += next
      for case .openStage(let stage, _) in next {
        effects += try bench.step(.stageOpened(stage, []))
      }
    }
    return effects
  }

  private func reused(_ effects: [Effect]) -> [String: [Int64]] {
    var reused: [String: [Int64]] = [:]
    for case .reuse(_, let file, let chunks) in effects {
      reused["\(file.path)", default: []] += chunks.map { $0.sourceOffset / Int64(Self.length) }
    }
    return reused
  }

  private func asked(_ effects: [Effect]) -> Int {
    effects.reduce(0) { sum, effect in
      switch effect {
      case .request(_, _, _, let chunks), .requestPatch(_, _, _, let chunks, _): sum + chunks.count
      default: sum
      }
    }
  }

  @Test func aChangedCopyUnderAnotherNameIsTakenFromTheOriginal() throws {
    let chunks = Self.chunks(2...20) + Self.chunks(900...901) + Self.chunks(23...40)
    let effects = try told("c", of: chunks)
    #expect(reused(effects) == ["a": Array(1...19) + Array(22...39)])
    #expect(asked(effects) <= 2)
  }

  @Test func ofTwoFilesEachGivesWhatItHas() throws {
    let effects = try told("c", of: Self.chunks(5...30) + Self.chunks(103...118))
    #expect(reused(effects) == ["a": Array(4...29), "b": Array(2...17)])
    #expect(asked(effects) == 0)
  }

  @Test func whatTheVersionBeforeHasNotIsFoundElsewhere() throws {
    let effects = try told("b", of: Self.chunks(101...110) + Self.chunks(1...40))
    #expect(reused(effects) == ["a": Array(0...39), "b": Array(0...9)])
  }

  @Test func whatCameBeforeTheFirstSampleIsComparedToo() throws {
    // The chunks of low numbers are the samples: here they come last.
    let chunks = Array(Self.chunks(1...40).reversed())
    let effects = try told("c", of: chunks, segments: 40)
    // What was asked for by then comes over the wire, and nothing twice.
    let (count, asked) = (reused(effects)["a"]?.count ?? 0, asked(effects))
    #expect(count + asked == 40 && count >= 8)
  }

  @Test func whatIsOfNobodyIsAskedFor() throws {
    let effects = try told("c", of: Self.chunks(500...530))
    #expect(reused(effects).isEmpty && asked(effects) > 0)
  }

  @Test func whatWasReadWhileSomebodyWroteIsKnownByItsOwnState() throws {
    var bench = try EngineBench()
    let name = Name(literal: "log")
    let seen = EngineBench.stamp(30, size: 200_000)
    try bench.scan()
    let changed = ChangeSet(changes: [.created(EngineBench.path("log"), isDirectory: false)])
    let job = try #require(try bench.step(.changed(changed)).looks.first)
    _ = try bench.step(.looked(job, EngineBench.listing([(name, .entry(seen))])))
    _ = try bench.step(.lookEnded(job))
    var stamp = seen
    (stamp.size, stamp.mtime, stamp.ctime) = (240_000, 31, 32)
    let recipe = Recipe(chunks: Self.chunks(60...63))
    let content = EngineBench.content(60)
    _ = try bench.step(.read(job, [(0, .snapshot(stamp, content, recipe, .empty))]))
    let row = try #require(try bench.index.row(.place(EngineBench.place("log"))))
    #expect(row.observed == stamp && row.entry.mtime == 31)
    #expect(row.entry.content?.id == content && row.entry.content?.size == 240_000)
  }
}
