import Simulation
import SyncEngine
import Testing

@testable import SyncCore

/// The index of simulations against the one of the daemon: the same rows written to both, and every
/// question asked of both.
@Suite struct MemoryIndexTests {
  private let node = PlannerNode.id(1)
  private let peers = (2...4 as ClosedRange<UInt8>).map { PlannerNode.id($0) }
  private let directories = (0...5 as ClosedRange<UInt64>).map { DirectoryID(high: 0, low: $0) }
  private let names = ["a", "b", "ab", "B"].map { Name($0.utf8)! }
  private let contents = (1...3 as ClosedRange<UInt64>).map { ContentID(words: ($0, 0, 0, 0)) }

  @Test func `both give the same answers`() throws {
    for seed in 0..<12 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let memory = MemoryIndex(node: node, incarnation: 7)
      let stored = try SQLiteIndex(path: nil, node: node, randomIncarnation: 7)
      for _ in 0..<25 {
        let isKept = random.next() % 4 > 0
        let start = random
        for index in [memory, stored] as [any Index] {
          random = start
          try change(index, isKept: isKept, &random)
        }
        try compare(memory, stored)
      }
    }
  }

  private func change(
    _ index: any Index, isKept: Bool, _ random: inout SplitMix64
  ) throws(IndexError) {
    let failure = IndexError("undone on purpose")
    var chance = random
    defer { random = chance }
    do throws(IndexError) {
      try index.transaction { () throws(IndexError) in
        for _ in 0..<1 + chance.next() % 8 { try step(index, &chance) }
        if !isKept { throw failure }
      }
    } catch {
      guard error == failure else { throw error }
    }
  }

  private func step(_ index: any Index, _ random: inout SplitMix64) throws(IndexError) {
    let peer = pick(peers, &random)
    switch random.next() % 20 {
    case 0, 1: try index.remove(row(0, index.actor, &random).entry.key)
    case 2: try index.forgetSource(peer)
    case 3:
      try index.put(
        PeerProgress(
          incarnation: random.next() % 2, received: random.next() % 9,
          acknowledged: random.next() % 9), of: peer)
    case 4, 5:
      try index.put(
        SequenceMark(theirs: random.next() % 50, ours: random.next() % 50), of: peer)
    case 6: try index.putJournal(random.next() % 2 == 0 ? nil : [UInt8(random.next() % 9)])
    case 7:
      let chunk = ChunkReference(id: ChunkID(words: (random.next() % 6, 0, 0, 0)), length: 5)
      try index.put(Recipe(chunks: [chunk]), for: pick(contents, &random))
    case 8 where random.next() % 8 == 0: try index.reset(incarnation: random.next() % 3)
    default:
      let sequence = try index.nextSequence()
      try index.put(row(sequence, index.actor, &random))
    }
  }

  private func pick<Element>(_ list: [Element], _ random: inout SplitMix64) -> Element {
    list[Int(random.next() % UInt64(list.count))]
  }

  private func row(_ sequence: UInt64, _ actor: Actor, _ random: inout SplitMix64) -> Row {
    let id = pick(Array(directories.dropFirst()), &random)
    let content = pick(contents, &random)
    let body: Body =
      switch random.next() % 8 {
      case 0: .symlink(target: [65])
      case 1: .deleted(was: content)
      case 2: .deletedDirectory(id)
      case 3, 4: .directory(id)
      case 5 where id != directories[1]: .merged(id, into: directories[1])
      default: .file(content, size: Int64(random.next() % 99))
      }
    let dot = Dot(actor: actor, counter: max(1, sequence))
    var version = Version(dot: dot, after: nil, time: Int64(random.next() % 9))
    let other = Dot(actor: Actor(node: random.next() % 3, incarnation: 1), counter: 3)
    version = version.absorbing(Version(dot: other, after: nil, time: 0))
    let stamp = FileStamp(
      kind: .file, inode: random.next() % 6, size: 1, mtime: 2, ctime: 3,
      btime: Int64(random.next() % 2), mode: 4)
    return Row(
      entry: Entry(
        place: Place(parent: pick(directories, &random), name: pick(names, &random)), body: body,
        mode: UInt16(random.next() % 8), mtime: 0, version: version),
      observed: random.next() % 4 == 0 ? nil : stamp, sequence: sequence,
      source: random.next() % 2 == 0 ? nil : pick(peers, &random))
  }

  private func compare(_ left: MemoryIndex, _ right: SQLiteIndex) throws {
    #expect(left.actor == right.actor && left.sequence == right.sequence)
    let rows = try right.rows(after: 0, limit: .max)
    #expect(left.rows(after: 0, limit: .max) == rows)
    let middle = left.sequence / 2
    #expect(try left.rows(after: middle, limit: 3) == right.rows(after: middle, limit: 3))
    let totals = try right.totals()
    #expect(left.totals() == totals)
    for id in directories {
      #expect(try left.row(.directory(id)) == right.row(.directory(id)))
      let (children, others) = (left.children(of: id), try right.children(of: id))
      #expect(Set(children) == Set(others))
      #expect(children.map(\.entry.place) == others.map(\.entry.place))
      let found = others.map { $0.observed.map(Found.entry) ?? .special }
      let listing = Listing(
        directory: .root, stamp: nil, isComplete: true,
        entries: zip(names.dropFirst(), found).map { (name: $0, found: $1) })
      let (here, there) = (
        try left.differences(of: listing, in: id), try right.differences(of: listing, in: id)
      )
      #expect(here.entries == there.entries && Set(here.absent) == Set(there.absent))
      for name in names {
        let place = Place(parent: id, name: name)
        #expect(try left.row(.place(place)) == right.row(.place(place)))
        #expect(try left.directories(at: place) == right.directories(at: place))
      }
    }
    let living = try right.livingDirectories(after: .root, limit: 99)
    #expect(Set(left.livingDirectories(after: .root, limit: 99)) == Set(living))
    for (number, row) in living.enumerated() {
      guard let id = row.entry.directory else { continue }
      let rest = living[(number + 1)...].prefix(2)
      #expect(try right.livingDirectories(after: id, limit: 2) == Array(rest))
    }
    for content in contents {
      #expect(
        try Set(left.files(with: content, limit: 99)) == Set(right.files(with: content, limit: 99)))
      #expect(
        try left.files(with: content, limit: 2).count == right.files(with: content, limit: 2).count)
      #expect(try left.recipe(content) == right.recipe(content))
    }
    for number in 0..<6 as Range<UInt64> {
      let chunk = ChunkID(words: (number, 0, 0, 0))
      #expect(try left.content(sampledBy: chunk) == right.content(sampledBy: chunk))
    }
    for inode in 0..<6 as Range<UInt64> {
      #expect(try Set(left.file(inode: inode)) == Set(right.file(inode: inode)))
      // Of several it is any.
      let found = left.directory(inode: inode, btime: 1)
      #expect(try (found == nil) == (right.directory(inode: inode, btime: 1) == nil))
    }
    for peer in peers {
      #expect(try left.progress(of: peer) == right.progress(of: peer))
      for ours in [0, 10, 49, .max] as [UInt64] {
        #expect(
          try left.mark(of: peer, coveredBy: ours) == right.mark(of: peer, coveredBy: ours))
      }
    }
    for actor in [left.actor] + (0..<3).map({ Actor(node: $0, incarnation: 1) }) {
      #expect(try left.highestCounter(of: actor) == right.highestCounter(of: actor))
    }
    #expect(try left.journal() == right.journal())
  }
}
