import SyncEngine
import Testing

@testable import SyncCore

/// The audit: differences that no event explains are found, told once and looked at; what is on its
/// way is left alone.
@Suite struct EngineAuditTests {
  private var bench: EngineBench
  /// What lies in the root.
  private var disk: [(name: Name, found: Found)] = []
  /// What lies in other directories, by path.
  private var below: [String: [(name: Name, found: Found)]] = [:]

  init() throws { bench = try EngineBench() }

  private static func file(_ name: String, _ inode: UInt64) -> (name: Name, found: Found) {
    (Name(name.utf8)!, .entry(EngineBench.stamp(inode)))
  }

  private static func directory(_ name: String, _ inode: UInt64) -> (name: Name, found: Found) {
    (Name(name.utf8)!, .entry(EngineBench.stamp(inode, kind: .directory)))
  }

  private func entries(_ path: RelativePath) -> [(name: Name, found: Found)] {
    path.isRoot ? disk : below["\(path)"] ?? []
  }

  private func stamp(_ path: RelativePath) -> FileStamp {
    guard let parent = path.parent, let name = path.name else {
      return EngineBench.stamp(1, kind: .directory)
    }
    for entry in entries(parent) where entry.name == name {
      if case .entry(let stamp) = entry.found { return stamp }
    }
    return EngineBench.stamp(999, kind: .directory)
  }

  private func listings(_ request: LookRequest) -> [Listing] {
    switch request {
    case .names(let names, in: let path):
      let found = names.map { name in
        (name: name, found: entries(path).first { $0.name == name }?.found ?? .absent)
      }
      return [Listing(directory: path, stamp: stamp(path), isComplete: false, entries: found)]
    case .directory(let path):
      return [
        Listing(directory: path, stamp: stamp(path), isComplete: true, entries: entries(path))
      ]
    case .subtree(let path):
      let all = [path] + below.keys.sorted().map(EngineBench.path).filter { $0.isWithin(path) }
      return all.flatMap { listings(.directory($0)) }
    }
  }

  /// Steps, and does what comes of it; what was told.
  @discardableResult
  private mutating func feed(_ input: Input) throws -> [String] {
    var told: [String] = []
    var effects = try bench.step(input)
    while !effects.isEmpty {
      let effect = effects.removeFirst()
      switch effect {
      case .look(let job, let requests):
        for listing in requests.flatMap(listings) {
          effects += try bench.step(.looked(job, listing))
        }
        effects += try bench.step(.lookEnded(job))
      case .audit(let requests):
        for listing in requests.flatMap(listings) { effects += try bench.step(.audited(listing)) }
        effects += try bench.step(.auditEnded)
      case .read(let job, let items, _):
        let outcomes = items.map { item in
          (
            item: item.item,
            outcome: ReadOutcome.content(EngineBench.content(item.stamp.inode), nil)
          )
        }
        effects += try bench.step(.read(job, outcomes))
      case .log(.warning, let message, _, let path, _):
        told.append("\(path ?? .root): \(message)")
      default: break
      }
    }
    return told
  }

  private mutating func scan() throws {
    try feed(.changed(ChangeSet(changes: [.rescan(.root)])))
  }

  private var summary: Audit.Summary { get throws { try bench.engine.auditSummary() } }

  @Test mutating func `a difference is told once and mended, in the second slice that sees it`()
    throws
  {
    disk = [Self.file("a", 10), Self.file("b", 11)]
    try scan()
    disk = [Self.file("a", 20), Self.file("b", 11)]
    #expect(try feed(.audit).isEmpty)
    #expect(try summary.mendedCount == 0)
    let told = try feed(.audit)
    #expect(told.count == 1 && told.first?.hasPrefix("a: ") == true)
    #expect(try bench.index.row(.place(EngineBench.place("a")))?.observed?.inode == 20)
    #expect(try summary.mendedCount == 1 && summary.remainingCount == 0)
    for _ in 0..<5 { #expect(try feed(.audit).isEmpty) }
  }

  @Test mutating func `what an event explains in time is no difference`() throws {
    disk = [Self.file("a", 10)]
    try scan()
    disk = [Self.file("a", 20)]
    try feed(.audit)
    try feed(.changed(ChangeSet(changes: [.modified(EngineBench.path("a"), isDirectory: false)])))
    #expect(try feed(.audit).isEmpty)
    // Nor is what changes all the time.
    for inode in 30..<40 as Range<UInt64> {
      disk = [Self.file("a", inode)]
      #expect(try feed(.audit).isEmpty)
    }
    #expect(try summary.mendedCount == 0)
  }

  @Test mutating func `what is gone and what is new is found, in every directory`() throws {
    disk = [Self.directory("d", 2), Self.file("x", 3)]
    below["d"] = [Self.file("a", 10), Self.file("b", 11)]
    try scan()
    below["d"] = [Self.file("b", 11), Self.file("c", 12)]
    disk = [Self.directory("d", 2), Self.directory("e", 4)]
    below["e"] = [Self.file("f", 13)]
    try feed(.audit)
    let told = try feed(.audit)
    #expect(told.map { $0.prefix { $0 != ":" } } == ["d/a", "d/c", "e", "x"])
    let totals = try bench.index.totals()
    #expect(totals.files == 3 && totals.directories == 2)
    for _ in 0..<5 { #expect(try feed(.audit).isEmpty) }
    #expect(try summary.remainingCount == 0)
  }

  @Test mutating func `a round ends, and proves what it has seen`() throws {
    disk = (0..<100).map { Self.directory("d\(1000 + $0)", 100 + $0) }
    for (name, _) in disk { below["\(name)"] = [] }
    try scan()
    let scanned = try summary.provenAt
    #expect(scanned == bench.now.wall)
    bench.now.wall += 1_000_000_000
    var percents: [Int] = []
    while try summary.provenAt == scanned, percents.count < 20 {
      try feed(.audit)
      percents.append(try summary.percent)
    }
    #expect(percents == [16, 32, 48, 64, 80, 96, 0])
    #expect(try summary.provenAt == bench.now.wall && summary.roundSeconds == 7 * 300)
  }

  @Test mutating func `nothing is audited while something is under way`() throws {
    disk = [Self.file("a", 10)]
    #expect(try bench.step(.audit).isEmpty)
    try scan()
    let effects = try bench.step(
      .changed(ChangeSet(changes: [.modified(EngineBench.path("a"), isDirectory: false)])))
    #expect(effects.count == 1)
    #expect(try bench.step(.audit).isEmpty)
  }

  @Test func `a round of a million files in as many directories ends within a day`() {
    let slices = Limits.auditSliceCount
    #expect(Int64(slices) * Limits.auditSliceNanoseconds < 86_400 * 1_000_000_000)
  }
}
