import SyncCore

/// What an index must be, as plainly as it can be said: a dictionary of rows.
struct IndexModel: Equatable {
  var rows: [EntryKey: Row] = [:]
  var sequence: UInt64 = 0
  var highest: [Actor: UInt64] = [:]

  mutating func put(_ row: Row) {
    rows[row.entry.key] = row
    let state = row.entry.bundle?.version.vector.components ?? []
    for component in row.entry.version.vector.components + state {
      highest[component.actor] = max(highest[component.actor] ?? 0, component.counter)
    }
  }

  var alive: [Row] { rows.values.filter(\.entry.isAlive) }

  /// What is on this disk, and counts.
  var held: [Row] { alive.filter { $0.observed != nil } }

  var livingFiles: [Row] { alive.filter { $0.entry.directory == nil } }

  var livingDirectories: [Row] { alive.filter { $0.entry.directory != nil } }

  var bytes: Int64 { held.reduce(0) { $0 + ($1.entry.content?.size ?? 0) } }

  func rows(after sequence: UInt64, limit: Int) -> [Row] {
    let later = rows.values.filter { $0.sequence > sequence }
    return Array(later.sorted { $0.sequence < $1.sequence }.prefix(limit))
  }

  func children(of parent: DirectoryID) -> Set<Row> {
    Set(rows.values.filter { $0.entry.place.parent == parent })
  }
}

/// Rows of every kind, with values at the ends of their ranges and few enough keys that they meet.
struct RowGenerator {
  var generator: SeededGenerator
  let own: Actor

  static let directories =
    [DirectoryID.root]
    + (1...6).map { DirectoryID(high: UInt64.max - $0, low: $0 &* 0x8000_0000_0000_0001) }
  static let names =
    ["a", "b", "B", "a.b", "é", "e\u{301}", "x\ny"].map { Name($0.utf8)! }
    + [Name([0x61, 0xFF])!, Name([0xFF])!, Name([UInt8](repeating: 0x7A, count: 255))!]
  static let contents = (0..<5).map { ContentID(words: ($0, .max - $0, 0, 1 << 63)) }

  mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &generator) < percent
  }

  mutating func number() -> Int64 {
    let ends: [Int64] = [0, 1, -1, .max, .min, 127, 128, 1 << 32]
    return chance(50) ? ends.randomElement(using: &generator)! : Int64(generator.next() >> 1)
  }

  mutating func place() -> Place {
    Place(
      parent: Self.directories.randomElement(using: &generator)!,
      name: Self.names.randomElement(using: &generator)!)
  }

  mutating func key() -> EntryKey {
    chance(60)
      ? .place(place()) : .directory(Self.directories.dropFirst().randomElement(using: &generator)!)
  }

  mutating func version() -> Version {
    let others = (1...4).map { Actor(node: $0 << 61, incarnation: UInt64.max - $0) }
    let actors = (others + [own]).shuffled(using: &generator)
    var vector = VersionVector()
    for actor in actors.prefix(Int.random(in: 0...5, using: &generator)) {
      let counter = chance(10) ? UInt64.max : generator.next() % 300 + 1
      vector.include(Dot(actor: actor, counter: counter))
    }
    let dot = Dot(actor: actors[0], counter: generator.next() % 1_000_000 + 1)
    return Version(dot: dot, vector: vector, time: number())
  }

  mutating func body(_ key: EntryKey) -> Body {
    let content = Self.contents.randomElement(using: &generator)!
    return switch key {
    case .directory(let id): chance(60) ? .directory(id) : .deletedDirectory(id)
    case .place:
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: .symlink(target: chance(20) ? [] : [0x2F, 0xFF, 0x00, 0x0A])
      case 1: .deleted(was: chance(50) ? content : nil)
      case _: .file(content, size: Int64.random(in: 0...1 << 40, using: &generator))
      }
    }
  }

  mutating func stamp() -> FileStamp? {
    if chance(20) { return nil }
    return FileStamp(
      kind: FileKind(rawValue: UInt8.random(in: 1...4, using: &generator))!,
      inode: chance(5) ? .max : UInt64.random(in: 1...20, using: &generator), size: number(),
      mtime: number(), ctime: number(), btime: Int64.random(in: 0...2, using: &generator),
      mode: UInt16.random(in: 0...0o7777, using: &generator))
  }

  mutating func row(_ key: EntryKey, sequence: UInt64) -> Row {
    let place = if case .place(let place) = key { place } else { self.place() }
    let nodes = (2...20).map { NodeID(testing: $0) }
    var entry = Entry(
      place: place, body: body(key), mode: UInt16.random(in: 0...0o7777, using: &generator),
      mtime: number(), version: version())
    if entry.directory != nil, chance(30) {
      entry.bundle = BundleVersion(
        version: version(), isGone: chance(50), overruled: version().vector)
    }
    return Row(
      entry: entry,
      observed: stamp(), isWanted: chance(30), sequence: sequence,
      source: chance(40) ? nil : nodes.randomElement(using: &generator)!)
  }
}
