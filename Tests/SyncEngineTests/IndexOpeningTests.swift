import SyncCore
import Testing

@testable import SyncEngine

/// What may be opened, and that everything else is refused with a sentence and left as it was.
@Suite struct IndexOpeningTests {
  /// An index of some rows, closed.
  private func made() throws -> IndexDirectory {
    let directory = IndexDirectory()
    let index = try SQLiteIndex.testing(directory.index)
    try index.transaction { () throws(IndexError) in
      for number in 0..<300 { try index.putFile("file \(number)") }
    }
    return directory
  }

  /// The sentence with which a file is refused; the test fails if it is taken.
  private func refusal(_ path: String, node: UInt8 = 1) -> String {
    do throws(IndexError) {
      _ = try SQLiteIndex(path: path, node: NodeID(testing: node), randomIncarnation: 8)
      Issue.record("was opened")
      return ""
    } catch {
      return error.description
    }
  }

  private func isStill(_ path: String, _ bytes: [UInt8]) -> Bool {
    IndexDirectory.read(path) == bytes
  }

  @Test func keepsItsIncarnation() throws {
    let directory = IndexDirectory()
    #expect(try SQLiteIndex.testing(directory.index, incarnation: 7).actor.incarnation == 7)
    let again = try SQLiteIndex.testing(directory.index, incarnation: 8)
    #expect(again.actor == Actor(node: 0x0101_0101_0101_0101, incarnation: 7))
  }

  @Test func makesTheTablesInAnEmptyFileAndInAnEmptyDatabase() throws {
    let directory = IndexDirectory()
    IndexDirectory.write([], to: directory.index)
    #expect(try SQLiteIndex.testing(directory.index).sequence == 0)

    let other = IndexDirectory()
    try Database(path: other.index).execute("CREATE TABLE t (x); DROP TABLE t", "make")
    #expect(try SQLiteIndex.testing(other.index).sequence == 0)
  }

  @Test func saysVersionAndApplicationInTheHeaderWhileItIsOpen() throws {
    let directory = IndexDirectory()
    let index = try SQLiteIndex.testing(directory.index)
    let header = IndexDirectory.read(directory.index)
    #expect(header[60..<64].elementsEqual([0, 0, 0, UInt8(Schema.version)]))
    #expect(header[68..<72].elementsEqual("left".utf8))
    #expect(directory.names == ["index.sqlite", "index.sqlite-wal"])
    #expect(index.sequence == 0)
  }

  @Test func leavesNoLogAndNoLockAfterItsEnd() throws {
    #expect(try made().names == ["index.sqlite"])
  }

  /// Even the log of a newer leftd that was killed is left as it is.
  @Test func refusesANewerSchemaAndTouchesNothing() throws {
    let directory = IndexDirectory()
    let newer = try SQLiteIndex.testing(directory.index)
    try newer.transaction { () throws(IndexError) in try newer.putFile("newer") }
    let crashed = directory.copy()
    var bytes = IndexDirectory.read(crashed.index)
    bytes[63] = UInt8(Schema.version + 1)
    IndexDirectory.write(bytes, to: crashed.index)
    let log = IndexDirectory.read(crashed.index + "-wal")
    #expect(!log.isEmpty)
    #expect(refusal(crashed.index).contains("written by a newer leftd"))
    #expect(isStill(crashed.index, bytes))
    #expect(isStill(crashed.index + "-wal", log))
    #expect(crashed.names == ["index.sqlite", "index.sqlite-wal"])
  }

  @Test func takesOverAnIndexOfAnOlderSchema() throws {
    let directory = IndexDirectory()
    do {
      let index = try SQLiteIndex.testing(directory.index)
      try index.transaction { () throws(IndexError) in
        try index.putFile("old")
        try index.putFile("ignored", isHeld: false)
      }
      for table in ["file", "directory"] {
        for column in ["attributes", "stamp_attributes", "wanted"] {
          try index.connection.execute("ALTER TABLE \(table) DROP COLUMN \(column)", "unmake")
        }
      }
      for column in ["secured", "boot", "replica_since", "forgotten", "not_held"] {
        try index.connection.execute("ALTER TABLE meta DROP COLUMN \(column)", "unmake")
      }
      for column in ["bundle", "bundle_gone", "overruled"] {
        try index.connection.execute("ALTER TABLE directory DROP COLUMN \(column)", "unmake")
      }
      for column in ["confirmed", "not_held", "must_tell_all"] {
        try index.connection.execute("ALTER TABLE peer DROP COLUMN \(column)", "unmake")
      }
      try index.connection.execute("DROP INDEX directory_by_target", "unmake")
      for table in ["sample", "trashed"] {
        try index.connection.execute("DROP TABLE \(table)", "unmake")
      }
      try index.connection.execute("PRAGMA user_version = 2", "unmake")
    }
    let index = try SQLiteIndex.testing(directory.index)
    #expect(index.secured == SecuredMark(sequence: index.sequence, boot: 0))
    #expect(index.replicaSince == nil)
    #expect(try index.totals().notHeld == 1)
    var row = try #require(try index.children(of: .root).last)
    #expect(row.entry.attributes == .empty)
    #expect(row.observedAttributes == .empty)
    row.entry.attributes = ExtendedAttributes([(Array("user.a".utf8), [1])])
    row.observedAttributes = ExtendedAttributes([(Array("user.b".utf8), [])])
    try index.transaction { () throws(IndexError) in try index.put(row) }
    #expect(try index.children(of: .root).last == row)
  }

  @Test func refusesANewerSchemaThatIsStillInTheLog() throws {
    let directory = IndexDirectory()
    let newer = try SQLiteIndex.testing(directory.index)
    try newer.connection.execute("PRAGMA user_version = \(Schema.version + 1)", "migrate")
    let crashed = directory.copy()
    #expect(refusal(crashed.index).contains("written by a newer leftd"))
  }

  @Test func refusesTheIndexOfAnotherNode() throws {
    let directory = try made()
    let bytes = IndexDirectory.read(directory.index)
    #expect(refusal(directory.index, node: 2).contains("state directory of another node"))
    #expect(isStill(directory.index, bytes))
    #expect(directory.names == ["index.sqlite"])
  }

  @Test func refusesTheDatabaseOfAnotherProgram() throws {
    let directory = IndexDirectory()
    try Database(path: directory.index).execute(
      "PRAGMA user_version = 3; CREATE TABLE precious (x)", "make")
    let bytes = IndexDirectory.read(directory.index)
    #expect(refusal(directory.index).contains("another program's database"))
    #expect(isStill(directory.index, bytes))
  }

  @Test func refusesASecondOpener() throws {
    let directory = try made()
    let first = try SQLiteIndex.testing(directory.index)
    #expect(refusal(directory.index).contains("Another leftd is running"))
    try first.transaction { () throws(IndexError) in try first.putFile("after") }
    #expect(try first.names().count == 301)
  }

  @Test func refusesASecondProcess() async throws {
    let directory = try made()
    let first = try SQLiteIndex.testing(directory.index)
    await #expect(processExitsWith: .success) { [path = directory.index as String] in
      do throws(IndexError) {
        _ = try SQLiteIndex.testing(path)
        Issue.record("was opened")
      } catch {
        #expect(error.description.contains("Another leftd is running"), "\(error)")
      }
    }
    #expect(try first.names().count == 300)
  }

  @Test func saysWhatToDoWithoutItsDirectory() {
    let sentence = refusal("/tmp/leftd-no-such-directory/index.sqlite")
    #expect(sentence.contains("cannot open the index /tmp/leftd-no-such-directory/index.sqlite"))
    #expect(sentence.contains("Make sure that its directory exists"))
  }

  @Test(arguments: [2, 50, 99, 100, 512, 4096, 50_000]) func refusesRandomBytes(count: Int) {
    let directory = IndexDirectory()
    var generator = SeededGenerator(seed: UInt64(count))
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    IndexDirectory.write(bytes, to: directory.index)
    #expect(refusal(directory.index).contains("Move it aside"))
    #expect(isStill(directory.index, bytes))
  }

  @Test(arguments: [100, 4095, 4096, 8192, 20_000]) func refusesATruncatedFile(count: Int) throws {
    let directory = try made()
    let bytes = Array(IndexDirectory.read(directory.index).prefix(count))
    IndexDirectory.write(bytes, to: directory.index)
    #expect(refusal(directory.index).contains("Move it aside"))
    #expect(isStill(directory.index, bytes))
  }

  /// A file of which any bytes were changed is read, or refused with a sentence; nothing else.
  @Test func survivesDamageAnywhere() throws {
    let original = try made()
    let whole = IndexDirectory.read(original.index)
    var generator = SeededGenerator(seed: 5)
    var refused = 0
    for _ in 0..<150 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...40, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      let directory = IndexDirectory()
      IndexDirectory.write(bytes, to: directory.index)
      do throws(IndexError) {
        let index = try SQLiteIndex.testing(directory.index)
        _ = try index.children(of: .root)
        _ = try index.rows(after: 0, limit: 1000)
        try index.transaction { () throws(IndexError) in try index.putFile("file 7") }
      } catch {
        refused += 1
        #expect(error.description.contains(directory.index))
      }
    }
    #expect(refused > 10)
  }
}
