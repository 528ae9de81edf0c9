import Synchronization
import Testing

@testable import SyncEngine

@Suite struct AllowanceTests {
  @Test func `who takes too much waits until some of it is given back`() {
    let allowance = Allowance(limit: 2)
    let taken = Mutex(0)
    let second = Reply<Void>()
    let third = Reply<Void>()
    let thread = spawnThread(name: "taker") {
      for count in [1, 5, 1] {
        allowance.take(count)
        if taken.withLock({
          $0 += 1; return $0
        }) == 2 {
          second.send(())
        }
      }
      third.send(())
    }
    #expect(second.wait(seconds: 60) != nil)
    #expect(third.wait(seconds: 0.02) == nil)
    #expect(taken.withLock(\.self) == 2)
    allowance.giveBack(1)
    #expect(third.wait(seconds: 0.02) == nil)
    allowance.giveBack(5)
    #expect(third.wait(seconds: 60) != nil)
    thread.join()
  }

  @Test func `nobody waits for what nobody deals with`() {
    let allowance = Allowance(limit: 1)
    let done = Reply<Void>()
    let thread = spawnThread(name: "taker") {
      for _ in 0..<3 { allowance.take(1) }
      done.send(())
    }
    allowance.lift()
    #expect(done.wait(seconds: 60) != nil)
    thread.join()
  }
}
