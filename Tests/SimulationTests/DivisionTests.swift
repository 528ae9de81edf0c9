import SyncEngine
import Testing

@testable import SyncCore

/// What waits with a member that can't be applied, and what goes.
@Suite struct DivisionTests {
  private static let top = DirectoryID(high: 1, low: 1)
  private static let other = DirectoryID(high: 2, low: 2)

  private static func entry(_ name: String, _ body: Body, in parent: DirectoryID = .root) -> Entry {
    Entry(
      place: Place(parent: parent, name: Name(name.utf8)!), body: body, mode: 0, mtime: 0,
      version: Version(
        dot: Dot(actor: Actor(node: 9, incarnation: 1), counter: 1), after: nil, time: 7))
  }

  /// An index with these, as they are on disk.
  private func index(_ entries: [Entry]) throws -> SQLiteIndex {
    let index = try SQLiteIndex(path: nil, node: EngineBench.node, randomIncarnation: 1)
    try index.transaction { () throws(IndexError) in
      for entry in entries {
        let sequence = try index.nextSequence()
        let kind: FileKind = entry.directory == nil ? .file : .directory
        try index.put(
          Row(
            entry: entry, observed: EngineBench.stamp(sequence + 10, kind: kind),
            sequence: sequence, source: nil))
      }
    }
    return index
  }

  private func left(_ entries: [Entry], failed: [Entry], here: [Entry] = []) throws -> [EntryKey] {
    let keys = try Division.leftOver(
      of: entries, failed: Set(failed.map(\.key)), index: try index(here))
    return keys.sorted()
  }

  @Test func whatIsInADirectoryThatIsNotMade() throws {
    let made = Self.entry("d", .directory(Self.top))
    let inside = Self.entry("f", .symlink(target: [1]), in: Self.top)
    let beside = Self.entry("g", .symlink(target: [1]))
    #expect(try left([made, inside, beside], failed: [made]) == [made.key, inside.key].sorted())
    // In one that is here something can be put though its mode can't be set.
    #expect(try left([made, inside, beside], failed: [made], here: [made]) == [made.key])
  }

  @Test func aDirectoryIsNotDeletedAroundWhatStays() throws {
    let (above, below) = (
      Self.entry("d", .directory(Self.top)), Self.entry("e", .directory(Self.other), in: Self.top)
    )
    let file = Self.entry("f", .file(EngineBench.content(1), size: 1), in: Self.other)
    let beside = Self.entry("g", .file(EngineBench.content(2), size: 1), in: Self.top)
    let gone = [
      Self.entry("d", .deletedDirectory(Self.top)),
      Self.entry("e", .deletedDirectory(Self.other), in: Self.top),
      Self.entry("f", .deleted(was: EngineBench.content(1)), in: Self.other),
      Self.entry("g", .deleted(was: EngineBench.content(2)), in: Self.top),
    ]
    let waiting = try left(gone, failed: [gone[2]], here: [above, below, file, beside])
    #expect(waiting == [gone[0].key, gone[1].key, gone[2].key].sorted())
  }

  @Test func nothingComesToAPlaceThatIsNotLeft() throws {
    let (one, two) = (
      Self.entry("a", .directory(Self.top)), Self.entry("b", .directory(Self.other))
    )
    let moved = [Self.entry("c", .directory(Self.top)), Self.entry("a", .directory(Self.other))]
    #expect(try left(moved, failed: [moved[0]], here: [one, two]) == moved.map(\.key).sorted())
    #expect(try left(moved, failed: [moved[1]], here: [one, two]) == moved.map(\.key).sorted())
  }

  @Test func ofABundleAllWaits() throws {
    let bundle = Self.entry(".git", .directory(Self.top))
    let inside = ["HEAD", "config"].map { Self.entry($0, .symlink(target: [1]), in: Self.top) }
    let beside = Self.entry("g", .symlink(target: [1]))
    let waiting = try left(inside + [beside], failed: [inside[0]], here: [bundle])
    #expect(waiting == inside.map(\.key).sorted())
  }

  @Test func aFileStaysUntilItCanBeElsewhere() throws {
    let content = EngineBench.content(1)
    let here = Self.entry("a", .file(content, size: 1))
    let moved = [Self.entry("b", .file(content, size: 1)), Self.entry("a", .deleted(was: content))]
    #expect(try left(moved, failed: [moved[0]], here: [here]) == moved.map(\.key).sorted())
  }
}
