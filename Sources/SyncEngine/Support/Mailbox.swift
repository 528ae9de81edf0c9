import Synchronization

/// What many threads post and one takes, in order, without loss; unbounded, so what may be posted
/// is bounded by those who post.
public final class Mailbox<Item: Sendable>: Sendable {
  private let items = Mutex<[Item]>([])
  private let wakeup = Wakeup()

  /// An empty one.
  public init() {}

  /// Adds an item; a system call only if the mailbox was empty.
  public func post(_ item: Item) {
    let wasEmpty = items.withLock { items in
      items.append(item)
      return items.count == 1
    }
    if wasEmpty { wakeup.signal() }
  }

  /// Takes everything, oldest first. Waits for the first item as long as asked: `nil` for ever, 0
  /// not at all. Empty only when the time is over.
  public func takeAll(timeoutNanoseconds: Int64?) -> [Item] {
    let deadline = timeoutNanoseconds.map(Deadline.init(afterNanoseconds:))
    while true {
      let taken = items.withLock { items in
        let taken = items
        items = []
        return taken
      }
      if !taken.isEmpty { return taken }
      if let deadline, deadline.isOver { return [] }
      // A signal for what was taken already wakes for nothing, once.
      wakeup.wait(until: deadline)
    }
  }
}
