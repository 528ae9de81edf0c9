import SyncCore
import Testing

@testable import SyncEngine

/// The history in the index's file: kept, found, and bounded.
@Suite struct IndexHistoryTests {
  private let directory = IndexDirectory()

  private func open() throws -> SQLiteIndex {
    try SQLiteIndex(
      path: directory.index, node: NodeID(bytes: [UInt8](repeating: 1, count: 32))!,
      randomIncarnation: 1)
  }

  private func set(
    _ number: UInt64, time: Int64 = 1, _ path: String = "f", byteCount: Int = 0,
    origin: HistorySet.Origin = .here
  ) -> HistorySet {
    var set = HistorySet(number: number, last: number + 1, time: time, origin: origin)
    set.counts.created = 1
    set.items = [
      HistoryItem(.created, RelativePath(bytes: Array(path.utf8))!, isDirectory: false)
    ]
    let long = RelativePath(bytes: [UInt8](repeating: 0x78, count: 250))!
    for _ in 0..<byteCount / 255 {
      set.items.append(HistoryItem(.created, long, isDirectory: false))
    }
    return set
  }

  private func numbers(_ index: SQLiteIndex, of path: RelativePath = .root) throws -> [UInt64] {
    try index.history(concerning: path, count: .max).map(\.number)
  }

  @Test func setsAreFoundAfterAReopeningTheNewestFirst() throws {
    let peer = NodeID(bytes: [UInt8](repeating: 9, count: 32))!
    let sets = [
      set(1), set(5, "d/f", origin: .peer(peer)), set(7, "d/g", origin: .peer(nil)), set(9),
    ]
    do {
      let index = try open()
      try index.transaction { () throws(IndexError) in for set in sets { try index.note(set) } }
    }
    let index = try open()
    #expect(try index.history(concerning: .root, count: 3) == [sets[3], sets[2], sets[1]])
    #expect(try numbers(index, of: RelativePath(bytes: Array("d".utf8))!) == [7, 5])
    #expect(try index.history(5) == sets[1])
    #expect(try index.history(6) == nil)
  }

  @Test func whatWasUndoneIsNotInIt() throws {
    let index = try open()
    #expect(throws: IndexError.self) {
      try index.transaction { () throws(IndexError) in
        try index.note(set(1))
        throw IndexError("no")
      }
    }
    #expect(try numbers(index) == [])
  }

  @Test func oldOnesGo() throws {
    let index = try open()
    let late = Limits.historyAgeNanoseconds + 10
    try index.transaction { () throws(IndexError) in
      try index.note(set(1, time: 1))
      for number in 2...UInt64(2 * Limits.historyThinningCount) {
        try index.note(set(number, time: late))
      }
    }
    #expect(try !numbers(index).contains(1) && numbers(index).contains(2))
  }

  @Test func theirBytesAreBounded() throws {
    let index = try open()
    let each = Limits.historyByteCount / 4
    try index.transaction { () throws(IndexError) in
      for number in 1...10 { try index.note(set(UInt64(number), byteCount: each)) }
      for number in 11...UInt64(11 + Limits.historyThinningCount) { try index.note(set(number)) }
    }
    let left = try numbers(index).filter { $0 <= 10 }
    #expect(left == [10, 9, 8] || left == [10, 9, 8, 7])
  }
}
