import Testing

@testable import SyncCore

/// What sets did, as the index keeps it.
@Suite struct HistorySetTests {
  private func path(_ text: String) -> RelativePath { RelativePath(bytes: Array(text.utf8))! }

  private func sample() -> HistorySet {
    var set = HistorySet(number: 3, last: 9, time: 5, origin: .here)
    let items = [
      HistoryItem(.created, path("a/b"), isDirectory: false),
      HistoryItem(.changed, path("a/c"), isDirectory: false, from: path("z/c"), trashed: 1 << 40),
      HistoryItem(.moved, path("new"), isDirectory: true, from: path("old")),
      HistoryItem(.deleted, path("gone"), isDirectory: true, trashed: 7, mode: 0o2755),
    ]
    for item in items { set.add(item, limit: 100) }
    return set
  }

  @Test func itemsComeBackAsTheyWere() throws {
    let set = sample()
    #expect(try HistorySet.items(set.encodedItems) == set.items)
    #expect(try HistorySet.items(set.encodedItems, limit: 2) == Array(set.items.prefix(2)))
  }

  @Test func damagedItemsAreRefused() {
    let bytes = sample().encodedItems
    for count in 1..<bytes.count {
      guard let items = try? HistorySet.items(Array(bytes.prefix(count))) else { continue }
      #expect(items.count < 4)
    }
    #expect(throws: WireError.self) { try HistorySet.items([9, 0, 0, 0]) }
    #expect(throws: WireError.self) { try HistorySet.items([0x41, 1, 0x61, 0, 0]) }
  }

  @Test func allAreCountedThoughNotAllAreKept() {
    var set = HistorySet(number: 1, last: 2, time: 0, origin: .here)
    for number in 0..<10 {
      set.add(HistoryItem(.deleted, path("f\(number)"), isDirectory: false), limit: 3)
    }
    #expect(set.counts.deleted == 10 && set.counts.total == 10 && set.items.count == 3)
  }

  @Test(arguments: [
    ("a", true), ("a/b", true), ("a/b/c", false), ("old", true), ("new", true), ("", true),
    ("other", false), ("z", false),
  ])
  func aSetConcernsWhatItTouchedAndWhatHoldsThat(text: String, concerns: Bool) {
    #expect(sample().concerns(path(text)) == concerns)
  }
}
