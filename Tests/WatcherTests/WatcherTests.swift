import Glibc
import SyncCore
import Testing

@testable import Watcher

/// Against the real kernel.
@Suite(.serialized) struct WatcherTests {
  @Test func theFirstReportIsARescanOfTheRoot() throws {
    let tree = TemporaryTree()
    tree.mkdir("d")
    tree.mkdir("d/e")
    let observer = try Observer(tree)
    #expect(observer.beginning == [.settled(ChangeSet(changes: [.rescan(.root)]))])
    #expect(observer.watcher.watchedDirectoryCount == 3)
  }

  @Test func namesNeedNotBeUTF8() throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    tree.makeOddName()
    #expect(observer.words() == "+h\\xd6\\n")
  }

  @Test func filesInDirectoriesMadeJustBeforeAreNeverMissed() throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    var covered: Set<RelativePath> = []
    for index in 0..<200 {
      tree.mkdir("\(index)")
      tree.mkdir("\(index)/b")
      tree.mkdir("\(index)/b/c")
      tree.write("\(index)/b/c/x", "1")
    }
    for change in observer.changes().joined() {
      if case .created(let path, _) = change { covered.insert(path) }
    }
    for index in 0..<200 {
      // Later changes are seen, so everything is watched.
      let file = path("\(index)/b/c/x")
      #expect(covered.contains { file.isWithin($0) })
      tree.write("\(index)/b/c/x", "2")
    }
    let later = Set(observer.changes().joined())
    for index in 0..<200 {
      #expect(later.contains(.modified(path("\(index)/b/c/x"), isDirectory: false)))
    }
    #expect(observer.watcher.watchedDirectoryCount == 601)
  }

  @Test func anOpenFileWaitsForItsWriterAndHoldsUpNobody() throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    let file = tree.open("slow", O_WRONLY | O_CREAT)
    tree.put(file, "1")
    tree.write("quick", "1")
    let first = observer.wait { $0.changes != nil }
    #expect(first.compactMap(\.changes) == [[.created(path("quick"), isDirectory: false)]])
    // Written again long after: meanwhile only the writer keeps it back.
    for number in 0..<4 {
      tree.write("beat\(number)", "1")
      let beat = observer.wait { $0.changes != nil }
      #expect(beat.compactMap(\.changes) == [[.created(path("beat\(number)"), isDirectory: false)]])
      tree.put(file, "2")
    }
    tree.close(file)
    let last = observer.wait { $0.changes != nil }
    #expect(last.compactMap(\.changes) == [[.created(path("slow"), isDirectory: false)]])
  }

  @Test func aSecondWriterIsWaitedFor() throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    let second = tree.open("a", O_WRONLY | O_CREAT)
    tree.write("a", "1")
    tree.write("b", "1")
    let first = observer.wait { $0.changes != nil }
    #expect(first.compactMap(\.changes) == [[.created(path("b"), isDirectory: false)]])
    tree.close(second)
    let last = observer.wait { $0.changes != nil }
    #expect(last.compactMap(\.changes) == [[.created(path("a"), isDirectory: false)]])
  }

  @Test func aFlushIsAnsweredAfterWhatIsStillBeingWritten() throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    let file = tree.open("slow", O_WRONLY | O_CREAT)
    observer.watcher.flush(token: 77)
    tree.write("quick", "1")
    let early = observer.wait { $0.changes != nil }
    #expect(!early.contains(.flushed(77)))
    tree.close(file)
    let reports = observer.wait { $0 == .flushed(77) }
    #expect(reports.last == .flushed(77))
    #expect(reports.first?.changes == [.created(path("slow"), isDirectory: false)])
  }

  @Test func aLostMarkerDirectoryIsMadeAgain() throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    tree.removeAll(".leftd/cookies")
    tree.removeAll(".leftd")
    tree.write("a", "1")
    #expect(observer.words() == "+a")
  }

  @Test func anOverflowBecomesARescanAndNothingStaysUnwatched() throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    observer.watcher.pause(true)
    tree.mkdir("late")
    for round in 0..<9000 {
      tree.chmod("late", round % 2 == 0 ? 0o700 : 0o755); tree.write("a", "")
    }
    tree.mkdir("lost")
    observer.watcher.pause(false)
    let reports = observer.flush()
    #expect(reports.contains { if case .degraded = $0 { true } else { false } })
    #expect(reports.contains(.settled(ChangeSet(changes: [.rescan(.root)]))))
    tree.write("lost/b", "1")
    #expect(observer.words() == "+lost/b")
  }

  @Test func aSymbolicLinkLeadsNowhere() throws {
    let tree = TemporaryTree()
    let other = TemporaryTree()
    other.mkdir("sub")
    let observer = try Observer(tree)
    tree.symlink(to: other.root, "s")
    #expect(observer.words() == "+s")
    // A directory that is a link by the time it is opened.
    observer.watcher.pause(true)
    tree.mkdir("d")
    tree.removeAll("d")
    tree.symlink(to: other.root, "d")
    observer.watcher.pause(false)
    #expect(observer.words() == "+d")
    other.write("secret", "1")
    other.write("sub/secret", "1")
    #expect(observer.words() == "")
    #expect(observer.watcher.watchedDirectoryCount == 1)
  }

  @Test func theRootsEndIsTold() throws {
    for act in [
      { (tree: TemporaryTree) in tree.removeAll("") },
      { tree in _ = unsafe Glibc.rename(tree.root, tree.root + ".away") },
    ] {
      let tree = TemporaryTree()
      let observer = try Observer(tree)
      act(tree)
      let reports = observer.wait { if case .rootLost = $0 { true } else { false } }
      #expect(!reports.isEmpty)
      _ = unsafe Glibc.rename(tree.root + ".away", tree.root)
    }
  }

  @Test func aMissingRootIsRefusedWithARemedy() {
    #expect(throws: WatcherError.self) { try Watcher(root: Array("/nowhere/at/all".utf8)) { _ in } }
  }

  @Test func reportsComeAsASequence() async throws {
    let tree = TemporaryTree()
    var sets: [ChangeSet] = []
    for await report in try Watcher.reports(root: tree.rootBytes) {
      guard case .settled(let set) = report else { continue }
      sets.append(set)
      if sets.count == 1 { tree.write("a", "1") } else { break }
    }
    #expect(sets.last?.changes == [.created(path("a"), isDirectory: false)])
  }
}
