import CLinux
import Synchronization

/// An answer that another thread will give, once.
final class Reply<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)
  private let wakeup = Wakeup()

  /// Gives the answer.
  func send(_ answer: Value) {
    value.withLock { $0 = answer }
    wakeup.signal()
  }

  /// Waits for the answer; `nil` when the time is over.
  func wait(seconds: Double) -> Value? {
    let deadline = Deadline(afterSeconds: seconds)
    while true {
      if let answer = value.withLock({ $0 }) { return answer }
      if deadline.isOver { return nil }
      wakeup.wait(until: deadline)
    }
  }
}
