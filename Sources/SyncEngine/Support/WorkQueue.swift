import CLinux
import Synchronization

/// Threads that do what they are given, oldest first. What may be queued is bounded by those who
/// give.
final class WorkQueue: Sendable {
  private struct State {
    /// Taken from the front; the front moves, so that taking is O(1). What was taken is `nil`: a
    /// queue that never runs empty must not keep alive what its jobs held.
    var jobs: [(@Sendable () -> Void)?] = []
    var front = 0
    var isStopped = false

    mutating func take() -> (@Sendable () -> Void)? {
      guard !isStopped, front < jobs.count else { return nil }
      let job = jobs[front]
      jobs[front] = nil
      front += 1
      if 2 * front >= jobs.count {
        jobs.removeFirst(front)
        front = 0
      }
      return job
    }
  }

  private let state = Mutex(State())
  private let bell = clinux_bell_create()
  private let threads = Mutex<[Thread]>([])
  private let threadCount: Int

  /// Starts `threadCount` threads.
  init(name: String, threadCount: Int) {
    self.threadCount = threadCount
    let started = (0..<threadCount).map { _ in spawnThread(name: name) { [self] in work() } }
    threads.withLock { $0 = started }
  }

  deinit { clinux_bell_destroy(bell) }

  /// Gives the threads something to do.
  func run(_ job: @escaping @Sendable () -> Void) {
    state.withLock { $0.jobs.append(job) }
    clinux_bell_ring(bell, 1, .max)
  }

  /// Ends the threads when they are done with what they do now; what waits is dropped.
  func stop() {
    state.withLock { $0.isStopped = true }
    clinux_bell_ring(bell, UInt64(threadCount), .max)
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  private func work() {
    while true {
      clinux_bell_wait(bell, -1)
      guard let job = state.withLock({ $0.take() }) else { return }
      job()
    }
  }
}
