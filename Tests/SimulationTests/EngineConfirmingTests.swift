import SyncEngine
import Testing

@testable import SyncCore

/// What a scan finds absent may have been moved past it.
@Suite struct EngineConfirmingTests {
  private static let directory = EngineBench.stamp(5, kind: .directory)
  private static let (old, new) = (Name(literal: "d"), Name(literal: "e"))
  private static let symlink = (
    name: Name(literal: "s"),
    found: Found.symlink(EngineBench.stamp(8, kind: .symlink), target: [1])
  )
  private static let rescan = Input.changed(ChangeSet(changes: [.rescan(.root)]))

  /// An engine that knows a directory and a symbolic link, and a scan that finds only the link.
  private func scanned() throws -> (bench: EngineBench, id: DirectoryID, scan: JobID) {
    var bench = try EngineBench()
    try bench.answerLooks(
      try bench.step(Self.rescan), [(Self.old, .entry(Self.directory)), Self.symlink])
    let id = try #require(try bench.index.directory(at: EngineBench.place("d"))?.entry.directory)
    bench.hasIdleWatcher = false
    let scan = try #require(try bench.step(Self.rescan).looks.first)
    _ = try bench.step(.looked(scan, EngineBench.listing([Self.symlink], isComplete: true)))
    let effects = try bench.step(.lookEnded(scan))
    #expect(effects.looks.isEmpty, "the watcher is asked first")
    #expect(effects.contains { if case .awaitWatcher(scan) = $0 { true } else { false } })
    return (bench, id, scan)
  }

  @Test func `a directory that was moved past a scan is not gone`() throws {
    var (bench, id, scan) = try scanned()
    let move = Change.moved(
      from: EngineBench.path("d"), to: EngineBench.path("e"), isDirectory: true)
    let found = EngineBench.listing([(Self.old, .absent), (Self.new, .entry(Self.directory))])
    #expect(try bench.step(.changed(ChangeSet(changes: [move]))).looks.isEmpty)
    #expect(try bench.step(.caughtUp(scan)).looks == [scan])
    _ = try bench.step(.looked(scan, found))
    let later = try #require(try bench.step(.lookEnded(scan)).looks.first)
    #expect(try bench.index.row(.directory(id))?.entry.isAlive == true)
    _ = try bench.step(.looked(later, found))
    _ = try bench.step(.lookEnded(later))
    #expect(try bench.index.directory(at: EngineBench.place("e"))?.entry.directory == id)
  }

  @Test func `what is gone is gone after the second look`() throws {
    var (bench, id, scan) = try scanned()
    #expect(try bench.step(.caughtUp(scan)).looks == [scan])
    _ = try bench.step(.looked(scan, EngineBench.listing([(Self.old, .absent)])))
    #expect(try bench.index.row(.directory(id))?.entry.isAlive == true)
    _ = try bench.step(.lookEnded(scan))
    let gone = try #require(try bench.index.row(.directory(id))?.entry)
    #expect(!gone.isAlive && gone.version.vector.changes.components.isEmpty)
  }

  @Test func `a later scan of the same finds out by itself`() throws {
    var (bench, id, scan) = try scanned()
    _ = try bench.step(Self.rescan)
    _ = try bench.step(.caughtUp(scan))
    let later = try #require(try bench.step(.lookEnded(scan)).looks.first)
    #expect(try bench.index.row(.directory(id))?.entry.isAlive == true)
    _ = try bench.step(.looked(later, EngineBench.listing([Self.symlink], isComplete: true)))
    #expect(try bench.step(.lookEnded(later)).looks.isEmpty)
    #expect(try bench.step(.caughtUp(later)).looks == [later])
    _ = try bench.step(.looked(later, EngineBench.listing([(Self.old, .absent)])))
    _ = try bench.step(.lookEnded(later))
    #expect(try bench.index.row(.directory(id))?.entry.isAlive == false)
  }
}
