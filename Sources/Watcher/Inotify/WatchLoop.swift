import CLinux
import SyncCore
import Synchronization

/// The watcher's thread: drains inotify, drives the settler, and reports.
@safe
struct WatchLoop: ~Copyable {
  private let tree: KernelTree
  private var cookies = SyncCookie()
  private let mailbox: Mailbox
  private let policy: SettlePolicy
  private let report: @Sendable (Watcher.Report) -> Void
  private var driver: WatchDriver
  private let buffer: UnsafeMutableRawBufferPointer
  /// When the queue was last found to hold no more than was read of it.
  private var drainedAt: Int64 = .min
  /// The watch of the directory that the root lies in: tells when the root is deleted.
  private var parentWatch: Int32 = -1

  init(
    tree: consuming KernelTree, mailbox: Mailbox, policy: SettlePolicy,
    report: @escaping @Sendable (Watcher.Report) -> Void
  ) {
    self.tree = tree
    self.mailbox = mailbox
    self.policy = policy
    self.report = report
    driver = WatchDriver(policy: policy)
    unsafe buffer = .allocate(byteCount: 64 * 1024, alignment: 16)
  }

  deinit { unsafe buffer.deallocate() }

  /// Runs until it is told to stop.
  mutating func run() {
    // First of all, so that a watch is left for the markers; `plant` says what is wrong.
    _ = cookies.openDirectory(root: tree.root, inotify: tree.inotify)
    work(now: clinux_watch_now_ns())
    watchParent()
    settle()
    while true {
      let requests = mailbox.take()
      if requests.isStopped { return }
      if requests.isPaused || driver.isRootLost {
        _ = clinux_watch_wait(-1, mailbox.bell.number, -1)
        continue
      }
      for token in requests.tokens { plant(token) }
      for directory in requests.directories {
        driver.watchAgain(directory, now: clinux_watch_now_ns())
      }
      drain()
      settle()
      if !driver.isRootLost { wait() }
    }
  }

  /// Sleeps until there is something to do: while nothing is pending, for ever.
  private func wait() {
    let deadline = [driver.deadline, driver.retryAt].compactMap { $0 }.min()
    guard let deadline else {
      _ = clinux_watch_wait(tree.inotify.number, mailbox.bell.number, -1)
      return
    }
    let remaining = max(0, deadline - clinux_watch_now_ns())
    if driver.isGathering {
      // The kernel collects meanwhile; its queue holds 16,384 events.
      _ = clinux_watch_wait(-1, mailbox.bell.number, min(remaining, policy.gathering))
    } else {
      _ = clinux_watch_wait(tree.inotify.number, mailbox.bell.number, remaining)
    }
  }

  /// Reads until the queue is empty, at most a queue's length, so that settling gets its turn.
  private mutating func drain() {
    for _ in 0..<16 {
      let now = clinux_watch_now_ns()
      var events: [RawEvent] = []
      let (byteCount, isWhole) = unsafe tree.inotify.read(into: buffer) { events.append($0) }
      if unsafe byteCount < buffer.count / 2 { drainedAt = now }
      if byteCount == 0 { return }
      for event in events {
        if cookies.owns(event) {
          take(marker: event)
        } else if event.watch == parentWatch && parentWatch >= 0 {
          if tree.root.isDeleted { driver.loseRoot("was deleted") }
        } else {
          driver.take(event, now: now)
        }
      }
      if !isWhole { driver.overflow(now: now) }
      work(now: now)
      if unsafe byteCount < buffer.count / 2 { return }
    }
  }

  private mutating func work(now: Int64) {
    driver.workOff(in: tree, now: now)
    tell()
    guard driver.takeOverflow() else { return }
    for token in cookies.uproot() { plant(token) }
  }

  private mutating func settle() {
    let now = clinux_watch_now_ns()
    driver.expire(now: now, drainedAt: drainedAt)
    work(now: now)
    driver.settle(in: tree, now: now)
    tell()
  }

  private mutating func tell() {
    mailbox.watchedDirectoryCount.store(driver.watchCount, ordering: .relaxed)
    for item in driver.takeReports() { report(item) }
  }

  /// Where that is not allowed, the root's deletion is noticed by nobody here.
  private mutating func watchParent() {
    guard let parent = Descriptor(tree.root.openParent()) else { return }
    let watch = tree.inotify.addParent(parent)
    if !driver.isWatched(by: watch) { parentWatch = watch }
  }

  // MARK: Markers

  private mutating func take(marker event: RawEvent) {
    if let token = cookies.recognise(event) {
      driver.mark(token)
    } else if !event.mask.isDisjoint(with: [.selfDeleted, .selfMoved, .ignored, .unmounted]) {
      tree.unwatch(event.watch)
      let tokens = cookies.uproot()
      cookies.forgetDirectory()
      for token in tokens { plant(token) }
    }
  }

  private mutating func plant(_ token: UInt64) {
    let result = cookies.plant(token, root: tree.root, inotify: tree.inotify)
    for token in cookies.takeStranded() { plant(token) }
    guard result < 0 else { return }
    driver.mark(token, withoutMarker: -result, now: clinux_watch_now_ns())
    tell()
  }
}
