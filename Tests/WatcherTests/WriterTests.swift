import CLinux
import Glibc
import SyncCore
import SyncEngine
import Synchronization
import Testing

@testable import Watcher

/// When a file is taken, by the clock of the real kernel.
@Suite(.serialized) struct WriterTests {
  /// Does something again and again on a thread, until it is told to stop.
  private final class Habit: Sendable {
    private let isOver = Atomic(false)
    private let thread = Mutex<SyncEngine.Thread?>(nil)

    init(_ body: @escaping @Sendable () -> Void) {
      let thread = spawnThread(name: "habit") { [weak self] in
        while self?.isOver.load(ordering: .relaxed) == false { body() }
      }
      self.thread.withLock { $0 = thread }
    }

    func stop() {
      isOver.store(true, ordering: .relaxed)
      thread.withLock { $0 }?.join()
    }
  }

  /// Milliseconds from the close of a file until it is told. Of many, one of the quick ones: when
  /// this machine does something else, that says nothing.
  private func latency(_ tree: TemporaryTree, _ observer: Observer) -> Double {
    var times: [Int64] = []
    for number in 0..<41 {
      let file = tree.open("new\(number)", O_WRONLY | O_CREAT)
      tree.put(file, "1")
      _ = clinux_watch_wait(-1, -1, 15_000_000)
      let closedAt = clinux_watch_now_ns()
      tree.close(file)
      let expected = Change.created(path("new\(number)"), isDirectory: false)
      let reports = observer.wait { $0.changes?.contains(expected) == true }
      #expect(!reports.isEmpty)
      times.append(clinux_watch_now_ns() - closedAt)
    }
    return Double(times.sorted()[10]) / 1_000_000
  }

  @Test func whatIsClosedIsToldWithinEightMilliseconds() throws {
    let tree = TemporaryTree()
    #expect(latency(tree, try Observer(tree)) < 8)
  }

  /// One path that is busy all the time delays nobody.
  @Test(arguments: ["opened, written and closed", "made and deleted", "kept open and written"])
  func whatIsClosedBesideABusyPathIsToldWithinEightMilliseconds(_ habit: String) throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    let kept = tree.open("kept", O_WRONLY | O_CREAT)
    let busy = Habit { [tree] in
      switch habit {
      case "opened, written and closed": tree.write("busy", "1")
      case "made and deleted":
        tree.write("busy", "1")
        tree.unlink("busy")
      default: tree.put(kept, "1")
      }
      _ = clinux_watch_wait(-1, -1, 500_000)
    }
    let latency = latency(tree, observer)
    busy.stop()
    tree.close(kept)
    #expect(latency < 8)
  }

  @Test func aFileWithAWriterIsTakenAtItsCeilingAndNotBefore() throws {
    let tree = TemporaryTree()
    var policy = SettlePolicy.default
    (policy.ceiling, policy.writerCeiling) = (100_000_000, 600_000_000)
    let observer = try Observer(tree, policy: policy)
    let openedAt = clinux_watch_now_ns()
    let file = tree.open("a", O_WRONLY | O_CREAT)
    let writer = Habit { [tree] in
      tree.put(file, "1")
      _ = clinux_watch_wait(-1, -1, 10_000_000)
    }
    let reports = observer.wait { $0.changes != nil }
    let age = clinux_watch_now_ns() - openedAt
    writer.stop()
    #expect(reports.compactMap(\.changes) == [[.created(path("a"), isDirectory: false)]])
    #expect(age >= 600_000_000)
    // What was written since waits for its own ceiling; then nobody writes, and all is silent.
    _ = clinux_watch_wait(-1, -1, 700_000_000)
    _ = observer.soFar()
    _ = clinux_watch_wait(-1, -1, 700_000_000)
    #expect(observer.soFar().isEmpty)
    tree.put(file, "2")
    tree.close(file)
    #expect(observer.words() == "*a")
  }

  @Test func linksAndFIFOsAreInTheSetOfTheirBurst() throws {
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    observer.watcher.pause(true)
    tree.write("a", "1")
    tree.symlink(to: "a", "b")
    tree.mkfifo("c")
    observer.watcher.pause(false)
    #expect(observer.changes().map { $0.map(\.word) } == [["+a", "+b", "+c"]])
  }

  /// A mapping writes without any event, until it is unmapped.
  @Test func aMappedFileHasAWriter() throws {
    let tree = TemporaryTree()
    tree.write("a", "content")
    let observer = try Observer(tree)
    let file = tree.open("a", O_RDWR)
    let mapping = unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    tree.close(file)
    tree.chmod("a", 0o600)
    tree.write("a", "content too")
    _ = clinux_watch_wait(-1, -1, 200_000_000)
    #expect(observer.soFar().isEmpty)
    unsafe munmap(mapping, 4096)
    let reports = observer.wait { $0.changes != nil }
    #expect(reports.compactMap(\.changes) == [[.modified(path("a"), isDirectory: false)]])
  }

  /// Who opens a file while it is asked about is held up for microseconds at most, and not refused.
  @Test func aProbeIsInNobodysWay() throws {
    let tree = TemporaryTree()
    tree.write("a", "1")
    let root = try ShareRoot(path: tree.rootBytes)
    final class Count: Sendable { let value = Atomic(0) }
    let refused = Count()
    let opener = Habit { [tree] in
      let file = tree.open("a", O_WRONLY)
      if file < 0 { refused.value.add(1, ordering: .relaxed) }
      tree.close(file)
    }
    var answers: [Settler.ProbeAnswer: Int] = [:]
    for _ in 0..<20_000 { answers[root.probe(path("a")), default: 0] += 1 }
    opener.stop()
    #expect(refused.value.load(ordering: .relaxed) == 0)
    #expect(answers[.unknown] == nil)
    #expect(answers[.noWriter, default: 0] > 0)
  }
}
