import Testing

@testable import SyncCore

/// What lost once stands at a place made for it, and has no other to go to.
@Suite struct ConflictPlaceTests {
  private func file(
    _ content: UInt64, by node: UInt64, at name: Name = Name(testing: "a.txt"), mtime: Int64 = 10
  ) -> Entry {
    Entry(
      place: Place(parent: .root, name: name),
      body: .file(ContentID(testing: content), size: 1), mode: 0o644, mtime: mtime,
      version: Version(
        dot: Dot(actor: Actor(node: node, incarnation: 0), counter: 1), after: nil, time: 100))
  }

  private func deletion(of content: UInt64, by node: UInt64) -> Entry {
    var entry = file(content, by: node)
    entry.body = .deleted(was: ContentID(testing: content))
    (entry.mode, entry.mtime) = (0, 0)
    return entry
  }

  @Test func aCopyKeepsItsPlaceAgainstALaterStranger() throws {
    let copy = try #require(Reconciler.merge(file(1, by: 1), file(2, by: 2, mtime: 20)).copy)
    let stranger = file(3, by: 3, at: copy.place.name, mtime: 99)
    for merge in [Reconciler.merge(copy, stranger), Reconciler.merge(stranger, copy)] {
      #expect(merge.kept.body == copy.body)
      #expect(merge.copy?.body == stranger.body)
      #expect(merge.copy?.place != copy.place)
    }
  }

  @Test func aPreferredNodeDoesNotTakeIt() throws {
    let copy = try #require(Reconciler.merge(file(1, by: 1), file(2, by: 2, mtime: 20)).copy)
    let preferred = NodeID(bytes: [0, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 0, count: 24))!
    let stranger = file(3, by: 3, at: copy.place.name)
    #expect(Reconciler.merge(copy, stranger, preferring: preferred).kept.body == copy.body)
  }

  @Test func whoLosesItToADirectoryGetsAnother() throws {
    let copy = try #require(Reconciler.merge(file(1, by: 1), file(2, by: 2, mtime: 20)).copy)
    #expect(ConflictName.isAtPlace(copy))
    let next = ConflictName.other(for: copy)
    #expect(next != copy.place.name)
    #expect(String(decoding: next.bytes, as: UTF8.self).hasSuffix("-2.txt"))
  }

  @Test func inMergedDirectoriesADeletionHasSeenNothing() {
    let alias = DirectoryID(testing: 7)
    let (found, gone) = (file(1, by: 1), deletion(of: 1, by: 2))
    #expect(!Reconciler.merge(found, gone).kept.isAlive)
    var moved = found
    moved.version = found.version.transplanted(from: alias)
    #expect(Reconciler.merge(moved, gone).kept.isAlive)
    var movedGone = gone
    movedGone.version = gone.version.transplanted(from: alias)
    #expect(Reconciler.merge(found, movedGone).kept.isAlive)
  }

  @Test func aNewIndexIsNobodysStandIn() {
    let actor = Actor(node: 1, incarnation: Actor.incarnation(from: .max))
    #expect(!actor.isTransplanted)
    #expect(actor.transplanted(from: DirectoryID(testing: 1)).isTransplanted)
  }
}
