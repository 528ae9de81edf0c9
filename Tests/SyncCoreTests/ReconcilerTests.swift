import Testing

@testable import SyncCore

/// The laws of merging two entries, over random ones with one key.
@Suite struct ReconcilerTests {
  /// A world in which every dot was made once: versions are made on top of earlier ones.
  private struct History {
    var samples: Samples
    var entries: [Entry] = []

    init(seed: UInt64, isDirectory: Bool, hasDeletions: Bool) {
      samples = Samples(seed: seed)
      var counters: [UInt64: UInt64] = [:]
      for _ in 0..<5 {
        let node = UInt64(samples.below(3))
        counters[node, default: 0] += 1
        let dot = Dot(actor: Actor(node: node, incarnation: 0), counter: counters[node]!)
        let before =
          entries.isEmpty || samples.chance(3)
          ? entries.last { $0.version.dot.actor.node == node } : samples.pick(entries)
        var version = Version(
          dot: dot, after: before?.version, time: Int64(samples.below(3)))
        if let own = entries.last(where: { $0.version.dot.actor.node == node }) {
          version = version.absorbing(own.version)
        }
        let body: Body =
          if isDirectory {
            [.directory(DirectoryID(testing: 1)), .deletedDirectory(DirectoryID(testing: 1))][
              hasDeletions ? samples.below(2) : 0]
          } else {
            [
              .file(ContentID(testing: UInt64(samples.below(3))), size: 1),
              .symlink(target: [UInt8(65 + samples.below(2))]),
              .deleted(was: ContentID(testing: 9)),
            ][samples.below(hasDeletions ? 3 : 2)]
          }
        var entry = Entry(
          place: Place(parent: .root, name: Name(testing: "a.txt")), body: body, mode: 0, mtime: 0,
          version: version)
        if entry.content != nil || isDirectory, entry.isAlive {
          entry.mode = [0o644, 0o600][samples.below(2)]
        }
        if !isDirectory, entry.isAlive { entry.mtime = Int64(samples.below(4)) }
        entries.append(entry)
      }
    }
  }

  private func histories(hasDeletions: Bool) -> [History] {
    (0..<400).map {
      History(seed: $0, isDirectory: $0 % 4 == 0, hasDeletions: hasDeletions)
    }
  }

  /// Of two deletions the later gives the merged one its dot; the earlier had seen the file, which
  /// had seen the later and won.
  @Test func whatADeletionHadSeenStaysDeletedThoughItHadWonOverAnother() {
    func version(_ node: UInt64, _ counter: UInt64, after past: [Version], time: Int64) -> Version {
      let own = Version(
        dot: Dot(actor: Actor(node: node, incarnation: 0), counter: counter), after: nil, time: time
      )
      return past.reduce(own) { $0.absorbing($1) }
    }
    func entry(_ body: Body, _ version: Version) -> Entry {
      Entry(
        place: Place(parent: .root, name: Name(testing: "a")), body: body, mode: 0, mtime: 0,
        version: version)
    }
    let content = ContentID(testing: 1)
    let written = version(1, 1, after: [], time: 1)
    let file = entry(.file(content, size: 1), written)
    let knowing = entry(.deleted(was: content), version(1, 2, after: [written], time: 2))
    let blind = entry(.deleted(was: nil), version(2, 1, after: [], time: 3))
    let another = entry(.deleted(was: nil), version(3, 1, after: [], time: 3))
    let revived = Reconciler.merge(Reconciler.merge(file, blind).kept, another).kept
    #expect(revived.isAlive)
    let both = Reconciler.merge(knowing, blind).kept
    #expect(both.version.dot == blind.version.dot)
    for merge in [Reconciler.merge(both, revived), Reconciler.merge(revived, both)] {
      #expect(!merge.kept.isAlive && merge.copy == nil)
    }
  }

  @Test func theOrderOfTwoDoesNotMatter() {
    for history in histories(hasDeletions: true) {
      for a in history.entries {
        for b in history.entries {
          #expect(Reconciler.merge(a, b) == Reconciler.merge(b, a))
        }
      }
    }
  }

  @Test func mergingAgainChangesNothing() {
    for history in histories(hasDeletions: true) {
      for a in history.entries {
        #expect(Reconciler.merge(a, a) == Reconciler.Merge(kept: a, copy: nil))
        for b in history.entries {
          let merge = Reconciler.merge(a, b)
          #expect(Reconciler.merge(merge.kept, a).kept == merge.kept)
          #expect(Reconciler.merge(b, merge.kept).kept == merge.kept)
        }
      }
    }
  }

  /// Entries under one dot with different contents: two nodes with one identity, or a disk that was
  /// copied. Even then all nodes decide alike.
  @Test func theOrderOfTwoDoesNotMatterEvenUnderOneDot() {
    for (first, second) in zip(
      histories(hasDeletions: true), histories(hasDeletions: true).dropFirst(4))
    {
      for a in first.entries {
        for b in second.entries where a.key == b.key {
          let merge = Reconciler.merge(a, b)
          #expect(merge == Reconciler.merge(b, a))
          guard a.isAlive, b.isAlive, a.version.dot == b.version.dot, a.body != b.body else {
            continue
          }
          #expect(merge.copy != nil)
          #expect(merge.copy?.place != merge.kept.place)
        }
      }
    }
  }

  @Test func threeConcurrentEntriesEndInTheSameWhateverTheirOrder() {
    var samples = Samples(seed: 16)
    for _ in 0..<3000 {
      let entries = (0..<3).map { node in
        concurrent(UInt64(node), samples.below(3), time: Int64(samples.below(2)))
      }
      var outcomes: Set<[Entry]> = []
      for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let first = Reconciler.merge(entries[order[0]], entries[order[1]])
        let second = Reconciler.merge(first.kept, entries[order[2]])
        // A copy may have absorbed the past of what it had won against before it lost.
        let copies = [first.copy, second.copy].compactMap(withoutPast)
        outcomes.insert([second.kept] + copies.sorted { $0.key < $1.key })
      }
      #expect(outcomes.count == 1)
    }
  }

  private func withoutPast(_ copy: Entry?) -> Entry? {
    guard var copy else { return nil }
    copy.version = Version(dot: copy.version.dot, after: nil, time: copy.version.time)
    return copy
  }

  /// An entry that no other has seen, with a content of its own.
  private func concurrent(_ node: UInt64, _ kind: Int, time: Int64) -> Entry {
    let body: Body =
      switch kind {
      case 0: .file(ContentID(testing: 3 - node), size: 1)
      case 1: .symlink(target: [UInt8(65 + node)])
      default: .deleted(was: nil)
      }
    let dot = Dot(actor: Actor(node: node, incarnation: 0), counter: 1)
    return Entry(
      place: Place(parent: .root, name: Name(testing: "a.txt")), body: body, mode: 0,
      mtime: kind == 2 ? 0 : time, version: Version(dot: dot, after: nil, time: 5 * time))
  }
}
