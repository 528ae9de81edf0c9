import Testing

@testable import SyncCore

/// What is planned of a unit whose parts contradict each other.
@Suite struct UnitEntriesTests {
  /// A peer's file that replaces what was here, and what it tells after the power cut that took it.
  private func taken(by link: UInt64, _ number: UInt64) -> (told: Unit.Part, since: Unit.Part) {
    let peer = link == 1 ? EngineBench.peer : EngineBench.other
    let told = EngineBench.file("a", number, size: 10)
    var since = told
    since.body = .deleted(was: nil)
    since.version = Version(
      dot: Dot(actor: Actor(node: 9, incarnation: 2), counter: 1), after: nil, time: 8)
    let parts = [told, since].map {
      Unit.Part(link: Link(number: link), peer: peer, upTo: link, entries: [$0])
    }
    return (parts[0], parts[1])
  }

  @Test func whatAPowerCutTookFromWhoToldOfItIsNoLongerWaitedFor() {
    let (told, since) = taken(by: 1, 1)
    var unit = Unit(id: 1, parts: [told, since])
    #expect(unit.entries == told.entries + since.entries, "it may be on its way")
    let content = told.entries[0].content!.id
    unit.missed = [content: [told.link: Limits.missedContentCount]]
    #expect(unit.entries == since.entries)
    // Another has it yet.
    let (same, _) = taken(by: 2, 1)
    unit.parts.append(same)
    #expect(unit.entries.contains(told.entries[0]))
  }

  @Test func whatNobodyTookBackIsWaitedFor() {
    let (told, since) = taken(by: 1, 1)
    let (other, _) = taken(by: 1, 2)
    for parts in [[since, told], [told, other]] {
      var unit = Unit(id: 1, parts: parts)
      unit.missed = [told.entries[0].content!.id: [told.link: Limits.missedContentCount]]
      #expect(unit.entries == Announcement.merged(parts.flatMap(\.entries)))
    }
  }

  @Test func whoMergesADirectoryTellsAnewWhatIsInIt() {
    let (alias, heir) = (DirectoryID(high: 9, low: 9), DirectoryID(high: 1, low: 1))
    var file = EngineBench.file("a", 1, size: 10)
    file.place.parent = alias
    var home = EngineBench.file("a", 1, size: 10)
    home.place.parent = heir
    var merged = EngineBench.file("d", 2, size: 0)
    merged.body = .merged(alias, into: heir)
    let parts = [[file], [merged, home]].enumerated().map { number, entries in
      Unit.Part(
        link: Link(number: 1), peer: EngineBench.peer, upTo: UInt64(number), entries: entries)
    }
    #expect(Unit(id: 1, parts: parts).entries == Announcement.merged([merged, home]))
    // Another peer's word on it stands.
    let other = Unit.Part(
      link: Link(number: 2), peer: EngineBench.other, upTo: 1, entries: [file])
    #expect(Unit(id: 1, parts: [other] + parts).entries.contains(file))
  }
}
