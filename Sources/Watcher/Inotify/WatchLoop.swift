import CLinux
import SyncCore
import Synchronization

/// The watcher's thread: drains inotify, drives the settler, does what it asks, and reports.
@safe
struct WatchLoop: ~Copyable {
  private let root: ShareRoot
  private let inotify: InotifyDescriptor
  private let arming = SubtreeArming()
  private var cookies = SyncCookie()
  private let mailbox: Mailbox
  private let policy: SettlePolicy
  private let report: @Sendable (Watcher.Report) -> Void
  private var settler: Settler
  private let buffer: UnsafeMutableRawBufferPointer
  private var unwatched: Set<DirectoryKey> = []
  private var retryAt: Int64?
  private var saidLimit = false
  private var isRootLost = false
  /// The watch of the directory that the root lies in: tells when the root is deleted.
  private var parentWatch: Int32 = -1

  init(
    root: consuming ShareRoot, inotify: consuming InotifyDescriptor, mailbox: Mailbox,
    policy: SettlePolicy, report: @escaping @Sendable (Watcher.Report) -> Void
  ) {
    self.root = root
    self.inotify = inotify
    self.mailbox = mailbox
    self.policy = policy
    self.report = report
    settler = Settler(policy: policy)
    unsafe buffer = .allocate(byteCount: 64 * 1024, alignment: 16)
  }

  deinit { unsafe buffer.deallocate() }

  /// Runs until it is told to stop.
  mutating func run() {
    // First of all, so that a watch is left for the markers; `plant` says what is wrong.
    _ = cookies.openDirectory(root: root, inotify: inotify)
    arm(.root)
    watchParent()
    publishCount()
    report(.settled(ChangeSet(changes: [.rescan(.root)])))
    while true {
      let requests = mailbox.take()
      if requests.isStopped { return }
      if requests.isPaused || isRootLost {
        _ = clinux_watch_wait(-1, mailbox.bell.number, -1)
        continue
      }
      for token in requests.tokens { plant(token) }
      drain()
      settle()
      if !isRootLost { wait() }
    }
  }

  /// Sleeps until there is something to do: while nothing is pending, for ever.
  private func wait() {
    let deadline = [settler.deadline(), retryAt].compactMap { $0 }.min()
    guard let deadline else {
      _ = clinux_watch_wait(inotify.number, mailbox.bell.number, -1)
      return
    }
    let remaining = max(0, deadline - clinux_watch_now_ns())
    if settler.burst != nil || !settler.pairing.isEmpty {
      // The kernel collects meanwhile; its queue holds 16,384 events.
      _ = clinux_watch_wait(-1, mailbox.bell.number, min(remaining, policy.gathering))
    } else {
      _ = clinux_watch_wait(inotify.number, mailbox.bell.number, remaining)
    }
  }

  /// Reads until the queue is empty, at most a queue's length, so that settling gets its turn.
  private mutating func drain() {
    for _ in 0..<16 {
      let now = clinux_watch_now_ns()
      var events: [RawEvent] = []
      let (byteCount, isWhole) = unsafe inotify.read(into: buffer) { events.append($0) }
      if byteCount == 0 { return }
      for event in events {
        if cookies.owns(event) {
          take(marker: event)
        } else if event.watch == parentWatch && parentWatch >= 0 {
          if root.isDeleted { settler.ask(.rootLost("was deleted")) }
        } else {
          settler.take(event, now: now)
        }
      }
      if !isWhole { settler.overflow(now: now) }
      work(now: now)
      if unsafe byteCount < buffer.count / 2 { return }
    }
  }

  private func publishCount() {
    mailbox.watchedDirectoryCount.store(settler.table.watchCount, ordering: .relaxed)
  }

  /// Where that is not allowed, the root's deletion is noticed by nobody here.
  private mutating func watchParent() {
    guard let parent = Descriptor(root.openParent()) else { return }
    let watch = inotify.addParent(parent)
    if settler.table.key(watch: watch) == nil { parentWatch = watch }
  }

  private mutating func take(marker event: RawEvent) {
    if let token = cookies.recognise(event) {
      settler.mark(token)
    } else if !event.mask.isDisjoint(with: [.selfDeleted, .selfMoved, .ignored, .unmounted]) {
      inotify.remove(event.watch)
      let tokens = cookies.uproot()
      cookies.forgetDirectory()
      for token in tokens { plant(token) }
    }
  }

  private mutating func plant(_ token: UInt64) {
    let result = cookies.plant(token, root: root, inotify: inotify)
    for token in cookies.takeStranded() { plant(token) }
    guard result < 0 else { return }
    report(
      .degraded(
        "cannot make a marker in .leftd/cookies (errno \(-result)); everything is "
          + "compared with the index instead. Make room, and see that .leftd belongs to the user "
          + "that leftd runs as."))
    settler.requestRescan(.root, now: clinux_watch_now_ns())
    settler.mark(token)
  }

  private mutating func work(now: Int64) {
    for item in settler.takeWork() {
      switch item {
      case .arm(let key): arm(key)
      case .unwatch(let watches): for watch in watches { inotify.remove(watch) }
      case .rootLost(let how):
        if isRootLost { continue }
        isRootLost = true
        report(.rootLost("the watched directory \(how)"))
      case .overflowed:
        report(
          .degraded(
            "the kernel dropped events (queue full); everything is compared with the index. "
              + "Raise fs.inotify.max_queued_events if this happens often."))
        for token in cookies.uproot() { plant(token) }
      }
    }
  }

  private mutating func settle() {
    let now = clinux_watch_now_ns()
    settler.expireRenames(now: now)
    if let retryAt, retryAt <= now { retryUnwatched(now: now) }
    if settler.takeRearm(now: now) {
      unwatched = []
      retryAt = nil
      arm(.root)
    }
    work(now: now)
    publishCount()
    for question in settler.questions(now: now) {
      settler.answer(question.slot, root.probe(question.path), now: now)
    }
    if let set = settler.settle(now: now) { report(.settled(set)) }
    for token in settler.takeFlushed() { report(.flushed(token)) }
  }

  // MARK: Directories without a watch

  private mutating func arm(_ key: DirectoryKey) {
    var obstacles: [(DirectoryKey, SubtreeArming.Obstacle)] = []
    arming.arm(key, in: &settler.table, root: root, inotify: inotify) { obstacles.append(($0, $1)) }
    for (directory, obstacle) in obstacles { note(directory, obstacle) }
  }

  private mutating func note(_ directory: DirectoryKey, _ obstacle: SubtreeArming.Obstacle) {
    guard unwatched.insert(directory).inserted else { return }
    let seconds = policy.unwatchedRescan / 1_000_000_000
    retryAt = retryAt ?? clinux_watch_now_ns() + policy.unwatchedRescan
    switch obstacle {
    case .limit:
      if saidLimit { return }
      saidLimit = true
      report(
        .degraded(
          "no watches are left after \(settler.table.watchCount) directories; the others are "
            + "compared with the index every \(seconds) s. Raise fs.inotify.max_user_watches."))
    case .refused(let errno):
      let path = settler.table.path(of: directory) ?? .root
      report(
        .degraded(
          "cannot watch \(path) (errno \(errno)); it is compared every \(seconds) s. "
            + "Let the user that leftd runs as read it."))
    }
  }

  private mutating func retryUnwatched(now: Int64) {
    let waiting = unwatched
    unwatched = []
    retryAt = nil
    for directory in waiting.sorted(by: { $0.number < $1.number })
    where settler.table.isAlive(directory) {
      settler.requestRescan(directory, now: now)
      arm(directory)
    }
  }
}
