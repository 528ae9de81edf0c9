import Testing

@testable import SyncCore

/// What a hold keeps in mind, and what of it is looked at in the end.
@Suite struct HoldTests {
  private func path(_ text: String) -> RelativePath { RelativePath(bytes: Array(text.utf8))! }

  private func hold(_ changes: [Change], below directory: String = "") -> Hold {
    var hold = Hold(id: 1, directory: path(directory))
    for change in changes { hold.add(change) }
    return hold
  }

  @Test func itCoversWhatTouchesItsDirectory() {
    let hold = hold([], below: "a/b")
    #expect(hold.covers(.modified(path("a/b/c"), isDirectory: false)))
    #expect(hold.covers(.removed(path("a/b"), isDirectory: true)))
    #expect(!hold.covers(.modified(path("a/c"), isDirectory: false)))
    #expect(hold.covers(.moved(from: path("x"), to: path("a/b/x"), isDirectory: false)))
    #expect(hold.covers(.rescan(.root)))
    #expect(!hold.covers(.rescan(path("c"))))
  }

  @Test func nothingIsLookedAtTwice() {
    let new = Change.created(path("new"), isDirectory: true)
    let other = Change.modified(path("other"), isDirectory: false)
    let kept = hold([
      .created(path("new/x"), isDirectory: false), new, other, other,
      .created(path("new/sub"), isDirectory: true),
      .moved(from: path("new/x"), to: path("new/sub/x"), isDirectory: false),
    ])
    #expect(kept.condensed().changes == [new, other])
    #expect(kept.condensed().moves.map(\.to) == [path("new/sub/x")])
  }

  @Test func aNewDirectoryIsLookedIntoWhereverItWasMoved() {
    let moved = Change.moved(from: path("draft"), to: path("final"), isDirectory: true)
    let kept = hold([
      .created(path("draft"), isDirectory: true), moved,
      .modified(path("final/x"), isDirectory: false),
    ])
    let expected: [Change] = [
      .created(path("draft"), isDirectory: true), moved,
      .created(path("final"), isDirectory: true),
    ]
    #expect(kept.condensed().changes == expected)
    let known = hold([.moved(from: path("old"), to: path("new"), isDirectory: true)])
    #expect(known.condensed().changes.count == 1)
  }

  @Test func tooManyChangesAreOneScan() {
    var kept = hold([], below: "d")
    for number in 0...Limits.heldChangeCount {
      kept.add(.modified(path("d/\(number)"), isDirectory: false))
    }
    kept.add(.modified(path("d/one"), isDirectory: false))
    #expect(kept.condensed().changes == [.rescan(path("d"))])
    #expect(kept.changes.count == 1)
  }
}
