import SyncEngine
import Testing

@testable import SyncCore

/// What a power cut may have done is nobody's doing.
@Suite struct EngineSecuringTests {
  /// An engine that has recorded a symlink which a user made, and the row of that.
  private func recorded() throws -> (EngineBench, Row) {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.link("s")
    return (bench, try #require(try row(bench)))
  }

  private func row(_ bench: EngineBench) throws -> Row? {
    try bench.index.row(.place(EngineBench.place("s")))
  }

  /// Starts again and looks at everything, which is this.
  private func restart(
    _ bench: inout EngineBench, boot: Int64, finding entries: [(name: Name, found: Found)]
  ) throws {
    bench.restart(boot: boot)
    _ = try bench.step(.start)
    let rescan = Input.changed(ChangeSet(changes: [.rescan(.root)]))
    let effects = try bench.step(rescan)
    guard case .look(let job, _)? = effects.last else { return }
    _ = try bench.step(.looked(job, EngineBench.listing(entries, isComplete: true)))
    for effect in try bench.step(.lookEnded(job)) {
      guard case .look(job, _) = effect else { continue }
      let absent = (name: Name("s".utf8)!, found: Found.absent)
      _ = try bench.step(.looked(job, EngineBench.listing([absent])))
      _ = try bench.step(.lookEnded(job))
    }
  }

  private var anchor: (name: Name, found: Found) {
    let stamp = EngineBench.stamp(77, kind: .symlink)
    return (Name("anchor".utf8)!, .symlink(stamp, target: [1]))
  }

  @Test func theShareIsFlushedAWhileAfterTheLastChangeAndNotAgain() throws {
    var (bench, row) = try recorded()
    var secured: [UInt64] = []
    for _ in 0..<3 {
      bench.now.monotonic += Limits.secureDelayNanoseconds
      for case .secure(let sequence) in try bench.step(.woken) {
        secured.append(sequence)
        _ = try bench.step(.secured(sequence))
      }
    }
    #expect(secured == [row.sequence])
    #expect(bench.index.secured.sequence == row.sequence)
  }

  @Test func whatIsGoneAfterAPowerCutIsToldAsWhoHasSeenNothing() throws {
    var (bench, row) = try recorded()
    try restart(&bench, boot: 1, finding: [anchor])
    let gone = try #require(try self.row(bench)).entry
    #expect(gone.body == .deleted(was: nil))
    #expect(gone.version.order(to: row.entry.version) == .concurrent)
    #expect(Reconciler.merge(gone, row.entry).kept.isAlive)
  }

  /// The disk has the last that was flushed, or what was made of that.
  @Test func whatIsFoundAfterAPowerCutHasSeenWhatWasFlushed() throws {
    var (bench, flushed) = try recorded()
    _ = try bench.step(.secured(flushed.sequence))
    func found(_ inode: UInt64) -> (name: Name, found: Found) {
      let stamp = EngineBench.stamp(inode, kind: .symlink)
      return (Name("s".utf8)!, .symlink(stamp, target: [UInt8(inode)]))
    }
    let rescan = Input.changed(ChangeSet(changes: [.rescan(.root)]))
    try bench.answerLooks(try bench.step(rescan), [found(91)])
    let later = try #require(try row(bench))
    #expect(later.sequence > flushed.sequence)
    try restart(&bench, boot: 1, finding: [anchor, found(92)])
    let version = try #require(try row(bench)).entry.version
    #expect(version.order(to: flushed.entry.version) == .newer)
    #expect(version.order(to: later.entry.version) == .concurrent)
  }

  @Test func whatIsGoneAfterAnEndOfTheProcessWasDeleted() throws {
    var (bench, row) = try recorded()
    try restart(&bench, boot: 0, finding: [anchor])
    let gone = try #require(try self.row(bench)).entry
    #expect(!gone.isAlive && gone.version.order(to: row.entry.version) == .newer)
  }

  /// Nothing was flushed yet, and the machine is in the run in which the index was made.
  @Test func theEndOfAProcessWithANewIndexIsNoPowerCut() throws {
    var bench = try EngineBench()
    bench.restart(boot: 7)
    _ = try bench.step(.start)
    try bench.scan()
    _ = try bench.link("s")
    let row = try #require(try row(bench))
    try restart(&bench, boot: 7, finding: [anchor])
    let gone = try #require(try self.row(bench)).entry
    #expect(!gone.isAlive && gone.version.order(to: row.entry.version) == .newer)
  }

  @Test func whatWasFlushedBeforeAPowerCutIsNotDoubted() throws {
    var (bench, row) = try recorded()
    _ = try bench.step(.secured(row.sequence))
    try restart(&bench, boot: 1, finding: [anchor])
    let gone = try #require(try self.row(bench)).entry
    #expect(!gone.isAlive && gone.version.order(to: row.entry.version) == .newer)
  }

  @Test func theMarkOutlivesTheIndexAndATransactionThatFails() throws {
    let (bench, row) = try recorded()
    let mark = SecuredMark(sequence: row.sequence, boot: 5)
    try bench.index.transaction { () throws(IndexError) in try bench.index.note(mark) }
    #expect(throws: IndexError.self) {
      try bench.index.transaction { () throws(IndexError) in
        try bench.index.note(SecuredMark(sequence: 0, boot: 9))
        throw IndexError("on purpose")
      }
    }
    #expect(bench.index.secured == mark)
  }
}
