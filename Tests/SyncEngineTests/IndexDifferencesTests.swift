import SyncCore
import Testing

@testable import SyncEngine

/// What a scan asks of an index: its answer by columns against one made of rows.
@Suite struct IndexDifferencesTests {
  /// Answers by rows alone: what the core does with any index.
  private struct Answer: Equatable {
    var entries: [Int]
    var absent: [Row]

    init(_ differences: Differences) {
      entries = differences.entries
      absent = differences.absent
    }

    init(byRowsOf index: SQLiteIndex, _ listing: Listing, in parent: DirectoryID) throws {
      entries = []
      absent = []
      let rows = try index.children(of: parent)
      for (position, (name, found)) in listing.entries.enumerated() {
        let file = rows.first { $0.entry.place.name == name && $0.entry.directory == nil }
        switch found {
        case .entry(let stamp) where stamp.kind == .directory:
          if file?.entry.isAlive == true { entries.append(position) }
        case .entry(let stamp), .symlink(let stamp, _):
          if file?.observed != stamp { entries.append(position) }
        case .absent, .special, .unreadable, .ignored: entries.append(position)
        }
      }
      for row in rows where row.entry.isAlive {
        let found = listing.entries.first { $0.name == row.entry.place.name }?.found
        if found == nil || (row.entry.directory != nil && found?.isNoDirectory == true) {
          absent.append(row)
        }
      }
    }
  }

  private func listing(_ random: inout RowGenerator, like rows: [Row]) -> Listing {
    var entries: [(name: Name, found: Found)] = []
    for name in RowGenerator.names where random.chance(60) {
      let known = rows.first { $0.entry.place.name == name }?.observed
      let stamp = (random.chance(70) ? known : nil) ?? random.stamp()
      switch (stamp, Int.random(in: 0..<10, using: &random.generator)) {
      case (nil, 0...4): entries.append((name, .special))
      case (nil, _): entries.append((name, .unreadable(13)))
      case (let stamp?, 0...1): entries.append((name, .symlink(stamp, target: [0x61])))
      case (let stamp?, _): entries.append((name, .entry(stamp)))
      }
    }
    return Listing(directory: .root, stamp: nil, isComplete: true, entries: entries)
  }

  @Test(arguments: 0..<20)
  func `differences are the same by columns and by rows`(_ seed: UInt64) throws {
    let index = try SQLiteIndex.testing(nil)
    var random = RowGenerator(generator: SeededGenerator(seed: seed), own: index.actor)
    for _ in 0..<10 {
      try index.transaction { () throws(IndexError) in
        for _ in 0..<20 { try index.put(random.row(random.key(), sequence: index.nextSequence())) }
      }
      for parent in RowGenerator.directories {
        let listing = listing(&random, like: try index.children(of: parent))
        let expected = try Answer(byRowsOf: index, listing, in: parent)
        #expect(try Answer(index.differences(of: listing, in: parent)) == expected)
      }
    }
  }
}
