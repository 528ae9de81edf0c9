import Testing

@testable import SyncCore

/// What can be taken back of a set, and in which order.
@Suite struct UndoPlanTests {
  private func path(_ text: String) -> RelativePath { RelativePath(bytes: Array(text.utf8))! }

  private func stamp(_ inode: UInt64, _ kind: FileKind = .file) -> FileStamp {
    FileStamp(kind: kind, inode: inode, size: 1, mtime: 1, ctime: 1, btime: 1, mode: 0o644)
  }

  /// A living row with this sequence.
  private func row(_ sequence: UInt64) -> Row {
    let dot = Dot(actor: Actor(node: 1, incarnation: 1), counter: sequence)
    return Row(
      entry: Entry(
        place: Place(parent: .root, name: Name(literal: "x")),
        body: .file(ContentID(testing: 1), size: 1), mode: 0o644, mtime: 0,
        version: Version(dot: dot, after: nil, time: 0)),
      observed: stamp(sequence), sequence: sequence, source: nil)
  }

  private func plan(
    _ items: [HistoryItem], rows: [String: UInt64] = [:]
  ) throws -> UndoPlan {
    var set = HistorySet(number: 10, last: 20, time: 0, origin: .peer(nil))
    for item in items { set.add(item, limit: 100) }
    return try UndoPlan(set) { path, _ in
      rows[String(decoding: path.bytes, as: UTF8.self)].map(row)
    }
  }

  @Test func contentsComeFirstAndWhatWasDeletedLast() throws {
    let items = [
      HistoryItem(.deleted, path("g/f"), isDirectory: false, trashed: 5),
      HistoryItem(.deleted, path("g"), isDirectory: true, trashed: 4, mode: 0o755),
      HistoryItem(.created, path("n"), isDirectory: true),
      HistoryItem(.created, path("n/d"), isDirectory: true),
      HistoryItem(.created, path("n/d/f"), isDirectory: false),
      HistoryItem(.moved, path("m"), isDirectory: true, from: path("o")),
      HistoryItem(.moved, path("m/x"), isDirectory: true, from: path("y")),
      HistoryItem(.changed, path("m/c"), isDirectory: false, from: path("o/c"), trashed: 6),
    ]
    let rows: [String: UInt64] = [
      "n": 11, "n/d": 12, "n/d/f": 13, "m": 14, "m/x": 15, "m/c": 20,
    ]
    let plan = try plan(items, rows: rows)
    #expect(plan.left == [])
    #expect(
      plan.steps == [
        .exchange(items[7], expected: stamp(20)), .discard(path("n/d/f"), expected: stamp(13)),
        .removeDirectory(path("n/d"), expected: stamp(12)),
        .removeDirectory(path("n"), expected: stamp(11)),
        .moveBack(items[6], expected: stamp(15)), .moveBack(items[5], expected: stamp(14)),
        .putBack(items[1]), .putBack(items[0]),
      ])
  }

  @Test(arguments: [10, 21, nil] as [UInt64?])
  func whatIsOfAnotherSetIsLeft(sequence: UInt64?) throws {
    let items = [
      HistoryItem(.created, path("f"), isDirectory: false),
      HistoryItem(.changed, path("f"), isDirectory: false, trashed: 1),
      HistoryItem(.moved, path("f"), isDirectory: false, from: path("g")),
    ]
    for item in items {
      let plan = try plan([item], rows: sequence.map { ["f": $0] } ?? [:])
      #expect(plan.steps == [] && plan.left.map(\.path) == [path("f")])
    }
  }

  @Test func whatIsThereAgainIsLeft() throws {
    let gone = HistoryItem(.deleted, path("f"), isDirectory: false, trashed: 1)
    #expect(try plan([gone]).steps == [.putBack(gone)])
    #expect(try plan([gone], rows: ["f": 30]).left.map(\.path) == [path("f")])
  }

  @Test func whatIsNotRememberedIsSaid() throws {
    let attributes = HistoryItem(.changed, path("f"), isDirectory: false)
    #expect(try plan([attributes], rows: ["f": 11]).left.count == 1)
    var set = HistorySet(number: 10, last: 20, time: 0, origin: .peer(nil))
    for number in 0..<5 {
      let item = HistoryItem(.deleted, path("f\(number)"), isDirectory: false, trashed: 1)
      set.add(item, limit: 2)
    }
    let plan = try UndoPlan(set) { _, _ in nil }
    #expect(plan.steps.count == 2)
    #expect(plan.left.map(\.reason) == ["3 more changes were too many to remember"])
  }
}
