import SyncCore
import Testing

@testable import SyncEngine

/// The index against a plain model of it, through transactions that are kept and that are not.
@Suite struct IndexRowTests {
  /// Runs a random transaction on both; one in four fails at its end.
  private func step(
    _ index: SQLiteIndex, _ model: inout IndexModel, _ random: inout RowGenerator
  ) throws(IndexError) {
    var changed = model
    let isKept = random.chance(75)
    let failure = IndexError("undone on purpose")
    do throws(IndexError) {
      try index.transaction { () throws(IndexError) in
        for _ in 0..<Int.random(in: 1...25, using: &random.generator) {
          let key = random.key()
          if random.chance(20) {
            try index.remove(key)
            changed.rows[key] = nil
          } else {
            let sequence = try index.nextSequence()
            changed.sequence += 1
            let row = random.row(key, sequence: random.chance(90) ? sequence : 0)
            try index.put(row)
            changed.put(row)
          }
        }
        if !isKept { throw failure }
      }
      #expect(isKept)
      model = changed
    } catch {
      #expect(error == failure)
    }
  }

  private func compare(_ index: SQLiteIndex, _ model: IndexModel) throws {
    #expect(index.sequence == model.sequence)
    let totals = try index.totals()
    #expect(totals.files == model.held.count { $0.entry.directory == nil })
    #expect(totals.directories == model.held.count { $0.entry.directory != nil })
    #expect(totals.bytes == model.bytes)
    #expect(totals.notHeld == model.alive.count - model.held.count)
    for (key, row) in model.rows { #expect(try index.row(key) == row) }
    for id in RowGenerator.directories.dropFirst() where model.rows[.directory(id)] == nil {
      #expect(try index.row(.directory(id)) == nil)
    }
    #expect(try index.rows(after: 0, limit: .max) == model.rows(after: 0, limit: .max))
    let untold = model.rows.values.filter { $0.sequence == 0 }
    #expect(try index.untoldRows() == untold.sorted { $0.entry.key < $1.entry.key })
    let middle = model.sequence / 2
    #expect(try index.rows(after: middle, limit: 7) == model.rows(after: middle, limit: 7))
    #expect(try index.rows(after: .max, limit: 7).isEmpty)
    for (actor, counter) in model.highest {
      #expect(try index.highestCounter(of: actor) == counter)
    }
    for content in RowGenerator.contents {
      let expected = model.livingFiles.filter { $0.entry.content?.id == content }
      #expect(try Set(index.files(with: content, limit: 1000)) == Set(expected))
      #expect(try index.files(with: content, limit: 1).count == min(1, expected.count))
    }
    try comparePlaces(index, model)
  }

  private func comparePlaces(_ index: SQLiteIndex, _ model: IndexModel) throws {
    for id in RowGenerator.directories {
      let children = try index.children(of: id)
      #expect(Set(children) == model.children(of: id))
      #expect(children.count == model.children(of: id).count)
      for (left, right) in zip(children, children.dropFirst()) {
        let names = (left.entry.place.name, right.entry.place.name)
        #expect(names.0 <= names.1)
        #expect(names.0 != names.1 || right.entry.directory != nil)
      }
      for name in RowGenerator.names {
        let place = Place(parent: id, name: name)
        #expect(try index.row(.place(place)) == model.rows[.place(place)])
        let living = model.livingDirectories.filter { $0.entry.place == place }
        let newestFirst = living.sorted { $0.sequence > $1.sequence }
        #expect(try index.directories(at: place) == newestFirst)
      }
    }
    for inode in Array(UInt64(1)...21) + [.max] {
      let files = model.livingFiles.filter { $0.observed?.inode == inode }
      #expect(try Set(index.file(inode: inode)) == Set(files))
      for btime in Int64(0)...3 {
        let directories = model.livingDirectories.filter {
          $0.observed?.inode == inode && $0.observed?.btime == btime
        }
        let found = try index.directory(inode: inode, btime: btime)
        #expect(found.map { directories.contains($0) } ?? directories.isEmpty)
      }
    }
  }

  @Test(arguments: 1...20) func isItsModelThroughTransactionsAndReopening(seed: UInt64) throws {
    let directory = IndexDirectory()
    var index: SQLiteIndex? = try .testing(directory.index)
    var random = RowGenerator(
      generator: SeededGenerator(seed: seed), own: try #require(index).actor)
    var model = IndexModel()
    for round in 0..<40 {
      try step(try #require(index), &model, &random)
      if round % 8 == 7 {
        try compare(try #require(index), model)
        index = nil
        index = try .testing(directory.index, incarnation: seed &+ 100)
        try compare(try #require(index), model)
      }
    }
  }

  @Test func isTheSameInMemory() throws {
    let index = try SQLiteIndex.testing(nil)
    var random = RowGenerator(generator: SeededGenerator(seed: 99), own: index.actor)
    var model = IndexModel()
    for _ in 0..<40 { try step(index, &model, &random) }
    try compare(index, model)
  }

  @Test func keepsAChildWhoseDirectoryIsNotKnownYet() throws {
    let index = try SQLiteIndex.testing(nil)
    let unknown = DirectoryID(high: 1, low: 2)
    try index.transaction { () throws(IndexError) in try index.putFile("child", in: unknown) }
    #expect(try index.names(in: unknown) == ["child"])
    #expect(try index.row(.directory(unknown)) == nil)
  }

  @Test func movesADirectoryOfAnySizeByOneRow() throws {
    let index = try SQLiteIndex.testing(nil)
    let id = DirectoryID(high: 1, low: 2)
    func row(_ name: StaticString) throws(IndexError) -> Row {
      let sequence = try index.nextSequence()
      return Row(
        entry: Entry(
          place: Place(parent: .root, name: Name(literal: name)), body: .directory(id), mode: 0o755,
          mtime: 0,
          version: Version(dot: Dot(actor: index.actor, counter: sequence), after: nil, time: 1)),
        observed: nil, sequence: sequence, source: nil)
    }
    try index.transaction { () throws(IndexError) in
      try index.put(try row("old"))
      try index.putFile("one", in: id)
      try index.putFile("two", in: id)
    }
    try index.transaction { () throws(IndexError) in try index.put(try row("new")) }
    #expect(try index.names() == ["new"])
    #expect(try index.names(in: id) == ["one", "two"])
    #expect(try index.rows(after: 3, limit: 10).count == 1)
  }

  @Test func asksTheIndicesAndSortsNothing() throws {
    let index = try SQLiteIndex.testing(nil)
    let statements = index.connection.statements
    #expect(statements.count > 30)
    // One row, at most two, and what is bounded.
    let small = ["SCAN meta", "SCAN journal"]
    for text in statements where !text.contains("row_number") {
      let plan = try index.connection.prepare("EXPLAIN QUERY PLAN " + text, "explain")
      while try plan.step() {
        let detail = String(decoding: plan.bytes(3), as: UTF8.self)
        let isIndexed = !detail.hasPrefix("SCAN") && !detail.contains("TEMP B-TREE")
        #expect(isIndexed || small.contains(detail), "\(text): \(detail)")
      }
    }
  }
}
