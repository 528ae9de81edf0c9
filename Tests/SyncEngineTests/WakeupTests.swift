import Glibc
import Synchronization
import Testing

@testable import SyncEngine

@Suite struct WakeupTests {
  @Test func aSignalThatCameFirstIsRememberedOnce() {
    let wakeup = Wakeup()
    wakeup.signal()
    wakeup.signal()
    wakeup.wait(until: nil)
    let deadline = Deadline(afterNanoseconds: 5_000_000)
    while !deadline.isOver { wakeup.wait(until: deadline) }
  }

  @Test func aSleeperIsWoken() {
    let (asleep, woken) = (Gate(), Reply<Int>())
    asleep.enter(byteCount: 1, isContents: true)
    let thread = spawnThread(name: "sleeper") {
      asleep.waitForContents()
      woken.send(7)
    }
    asleep.leave(byteCount: 1, isContents: true)
    #expect(woken.wait(seconds: 60) == 7)
    thread.join()
    #expect(Reply<Int>().wait(seconds: 0.01) == nil)
  }

  @Test func everythingGivenIsDoneBeforeAQueueEnds() {
    let queue = WorkQueue(name: "test", threadCount: 3)
    let count = Mutex(0)
    let all = Reply<Void>()
    for _ in 0..<1000 {
      queue.run {
        let isLast = count.withLock { count in
          count += 1
          return count == 1000
        }
        if isLast { all.send(()) }
      }
    }
    #expect(all.wait(seconds: 60) != nil)
    queue.stop()
  }

  @Test func waitingNeedsNoFileDescriptor() throws {
    // More than the usual soft limit of a process: other tests open some meanwhile, but few.
    let before = try descriptorCount()
    let replies = (0..<3000).map { _ in Reply<Int>() }
    let gates = (0..<3000).map { _ in Gate() }
    #expect(try descriptorCount() - before < 1000)
    #expect(replies.count + gates.count == 6000)
  }

  private func descriptorCount() throws -> Int {
    let opened = unsafe opendir("/proc/self/fd")
    let folder = unsafe try #require(opened)
    defer { unsafe closedir(folder) }
    var count = 0
    while let entry = unsafe readdir(folder) {
      _ = unsafe entry
      count += 1
    }
    return count
  }
}
