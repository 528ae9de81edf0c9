import Glibc
import SyncCore
import Testing

@testable import SyncEngine

/// What is left after a crash, a torn log or a full disk: whole transactions, all that returned.
@Suite struct IndexDurabilityTests {
  @Test func keepsWhatReturnedWhenItIsNeverClosed() throws {
    let directory = IndexDirectory()
    let index = try SQLiteIndex.testing(directory.index)
    for number in 0..<5 {
      try index.transaction { () throws(IndexError) in try index.putFile("file \(number)") }
      let copy = directory.copy()
      let survivor = try SQLiteIndex.testing(copy.index)
      #expect(survivor.sequence == UInt64(number + 1))
      #expect(try survivor.names().count == number + 1)
      #expect(try survivor.totals().files == number + 1)
      #expect(try survivor.highestCounter(of: index.actor) == UInt64(number + 1))
    }
  }

  @Test func keepsWhatReturnedInAProcessThatIsKilled() async throws {
    let directory = IndexDirectory()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.index as String] in
      let index = try SQLiteIndex.testing(path)
      for number in 0..<20 {
        try index.transaction { () throws(IndexError) in try index.putFile("file \(number)") }
      }
      try index.transaction { () throws(IndexError) in
        for number in 0..<5000 { try index.putFile("unfinished \(number)") }
        raise(SIGKILL)
      }
    }
    let survivor = try SQLiteIndex.testing(directory.index)
    #expect(try survivor.names().count == 20)
    #expect(survivor.sequence == 20)
  }

  @Test func keepsInAProcessThatIsKilledWhatMayWaitForThePower() async throws {
    let directory = IndexDirectory()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.index as String] in
      let index = try SQLiteIndex.testing(path)
      try index.transaction(.later) { () throws(IndexError) in try index.putFile("file") }
      raise(SIGKILL)
    }
    #expect(try SQLiteIndex.testing(directory.index).names() == ["file"])
  }

  @Test func flushesWhatMayNotWait() throws {
    let directory = IndexDirectory()
    let index = try SQLiteIndex.testing(directory.index)
    // 1: NORMAL, 2: FULL.
    for (durability, level) in [(Durability.now, 2), (.later, 1), (.now, 2)] {
      try index.transaction(durability) { () throws(IndexError) in
        try index.putFile("file at \(index.sequence)")
      }
      #expect(try index.connection.integer("PRAGMA synchronous", "read") == level)
    }
  }

  @Test func keepsNothingOfATransactionThatHadNotEnded() throws {
    let directory = IndexDirectory()
    let index = try SQLiteIndex.testing(directory.index)
    // With hardly any memory for pages, most of the transaction is in the log before its end.
    try index.connection.execute("PRAGMA cache_size = 10", "set")
    try index.transaction { () throws(IndexError) in try index.putFile("before") }
    var copy: IndexDirectory?
    try index.transaction { () throws(IndexError) in
      for number in 0..<2000 { try index.putFile("file \(number)") }
      copy = directory.copy()
    }
    let crashed = try #require(copy)
    #expect(IndexDirectory.read(crashed.index + "-wal").count > 100_000)
    let survivor = try SQLiteIndex.testing(crashed.index)
    #expect(try survivor.names() == ["before"])
    #expect(survivor.sequence == 1)
  }

  @Test func findsWholeTransactionsInATornLog() throws {
    let directory = IndexDirectory()
    let index = try SQLiteIndex.testing(directory.index)
    for _ in 0..<6 {
      try index.transaction { () throws(IndexError) in
        for _ in 0..<3 { try index.putFile("file \(index.sequence)") }
      }
    }
    let log = IndexDirectory.read(directory.index + "-wal")
    var generator = SeededGenerator(seed: 3)
    var found: Set<Int> = []
    for _ in 0..<60 {
      let copy = directory.copy()
      var torn = log
      if Bool.random(using: &generator) {
        torn.removeLast(Int.random(in: 0..<log.count, using: &generator))
      } else {
        torn[Int.random(in: 0..<log.count, using: &generator)] ^= 0x10
      }
      IndexDirectory.write(torn, to: copy.index + "-wal")
      let survivor = try SQLiteIndex.testing(copy.index)
      let count = try survivor.names().count
      #expect(count.isMultiple(of: 3))
      #expect(survivor.sequence == UInt64(count))
      #expect(try survivor.totals().files == count)
      found.insert(count)
    }
    #expect(found.count > 3)
  }

  @Test func keepsTheEarlierStateOnAFullDiskAndGoesOnAfterIt() throws {
    let directory = IndexDirectory()
    let index = try SQLiteIndex.testing(directory.index)
    try index.transaction { () throws(IndexError) in try index.putFile("before", size: 5) }
    let pages = try index.connection.integer("PRAGMA page_count", "read")
    try index.connection.execute("PRAGMA max_page_count = \(pages + 3)", "set")
    var attempts = 0
    func fill() throws(IndexError) {
      try index.transaction { () throws(IndexError) in
        for number in 0..<1000 {
          try index.putFile("file \(number)", in: DirectoryID(high: 9, low: 9))
          attempts += 1
        }
      }
    }
    let full = #expect(throws: IndexError.self) { try fill() }
    #expect(try #require(full).description.contains("Free space"))
    #expect(attempts > 0)
    #expect(index.sequence == 1)
    #expect(try index.names() == ["before"])
    #expect(try index.totals() == Totals(files: 1, directories: 0, bytes: 5))
    let copy = directory.copy()
    #expect(try SQLiteIndex.testing(copy.index).names() == ["before"])

    try index.connection.execute("PRAGMA max_page_count = 100000", "set")
    try fill()
    #expect(try index.names(in: DirectoryID(high: 9, low: 9)).count == 1000)
    #expect(index.sequence == 1001)
  }

  @Test func refusesToKeepAPartAfterAnErrorThatTheCallerIgnored() throws {
    let directory = IndexDirectory()
    let index = try SQLiteIndex.testing(directory.index)
    #expect(throws: IndexError.self) {
      try index.transaction { () throws(IndexError) in
        try index.putFile("one")
        // What SQLite does by itself after some errors of the disk.
        try index.connection.execute("ROLLBACK", "undo")
        try? index.putFile("two")
      }
    }
    #expect(try index.names().isEmpty)
    #expect(index.sequence == 0)
  }
}
