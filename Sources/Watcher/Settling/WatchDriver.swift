import Glibc
package import SyncCore

/// Drives a settler over a tree: arms what it asks to be watched, looks again at intervals at what
/// cannot be, asks for writers, and gathers what is to be reported. Has neither clock nor threads:
/// whoever has them gives it events (`take`) until there are none for the moment, does the `work`,
/// calls `expire`, does the work again, calls `settle`, and comes back at `deadline` at the latest.
package struct WatchDriver: Sendable {
  private let policy: SettlePolicy
  private var settler: Settler
  /// What is to be done, the first last.
  private var work: [Settler.Work] = [.arm(.root)]
  /// What is still to be watched of the subtree that is being armed.
  private var arming: [DirectoryKey] = []
  /// Directories that have just lost their watches to others. Where one inode has two names (a
  /// mount), they would lose it to each other for ever.
  private var robbed: Set<DirectoryKey> = []
  /// What cannot be watched, and is looked at at intervals.
  private var gaps: Gaps
  private var reportedGaps = WatchGaps()
  private var overflowCount = 0
  private var hasBegun = false
  private var hasOverflowed = false
  private var reports: [Watcher.Report] = []
  /// When what cannot be watched is looked at again.
  package var retryAt: Int64? { gaps.retryAt }
  /// Whether the root is gone: nothing more will happen.
  package private(set) var isRootLost = false

  /// The first thing to do is to arm the root.
  package init(policy: SettlePolicy) {
    self.policy = policy
    settler = Settler(policy: policy)
    gaps = Gaps(policy: policy)
  }

  /// When to come back if no event comes before; `nil`: not at all. Without `retryAt`.
  package var deadline: Int64? { settler.deadline() }

  /// Whether more events are to be expected within moments.
  package var isGathering: Bool { settler.burst != nil || !settler.pairing.isEmpty }

  package var watchCount: Int { settler.table.watchCount }

  package func isWatched(by watch: Int32) -> Bool { settler.table.key(watch: watch) != nil }

  // MARK: Events

  package mutating func take(_ event: RawEvent, now: Int64) { settler.take(event, now: now) }

  /// Events are lost.
  package mutating func overflow(now: Int64) { settler.overflow(now: now) }

  /// The root has been seen to be gone: how.
  package mutating func loseRoot(_ how: String) { settler.ask(.rootLost(how)) }

  /// What is to be watched below a directory has changed.
  package mutating func watchAgain(_ path: RelativePath, now: Int64) {
    guard let key = settler.table.key(at: path) else { return }
    settler.requestRescan(key, now: now)
    settler.ask(.arm(key))
  }

  /// All events before a marker have been taken.
  package mutating func mark(_ token: UInt64) { settler.mark(token) }

  /// No marker could be made: a look at everything stands for what it would have told.
  package mutating func mark(_ token: UInt64, withoutMarker errno: Int32, now: Int64) {
    if Watcher.number(ofModest: token) != nil { return settler.mark(token) }
    reports.append(
      .degraded(
        "cannot make a marker in .leftd/cookies (errno \(errno)); everything is "
          + "compared with the index instead. Make room, and see that .leftd belongs to the user "
          + "that leftd runs as."))
    settler.requestRescan(.root, now: now)
    settler.mark(token)
  }

  /// Whether the kernel has dropped events since the last call, and markers with them.
  package mutating func takeOverflow() -> Bool {
    defer { hasOverflowed = false }
    return hasOverflowed
  }

  /// What is to be reported, in order.
  package mutating func takeReports() -> [Watcher.Report] {
    defer { reports = [] }
    return reports
  }

  // MARK: Work

  /// Does all that the settler has asked for.
  package mutating func workOff(in tree: borrowing some WatchedTree & ~Copyable, now: Int64) {
    while workOnce(in: tree, now: now) {}
  }

  /// Does one thing, of which arming a subtree has one for each directory. Returns whether there
  /// was one.
  package mutating func workOnce(
    in tree: borrowing some WatchedTree & ~Copyable, now: Int64
  ) -> Bool {
    if let next = arming.popLast() {
      watch(next, in: tree, now: now)
      return true
    }
    robbed = []
    if work.isEmpty { work = settler.takeWork().reversed() }
    guard let item = work.popLast() else { return false }
    switch item {
    case .arm(let key):
      arming = [key]
      tree.forgetRules()
    case .unwatch(let watches): for watch in watches { tree.unwatch(watch) }
    case .rootLost(let how):
      if isRootLost { break }
      isRootLost = true
      reports.append(.rootLost("the watched directory \(how)"))
    case .overflowed:
      hasOverflowed = true
      overflowCount += 1
      reports.append(
        .degraded(
          "the kernel dropped events (queue full); everything is compared with the index. "
            + "Raise fs.inotify.max_queued_events if this happens often."))
    }
    return true
  }

  private mutating func watch(
    _ key: DirectoryKey, in tree: borrowing some WatchedTree & ~Copyable, now: Int64
  ) {
    guard settler.table.isAlive(key), let path = settler.table.path(of: key) else { return }
    var found: [Name] = []
    let watch = tree.watch(path, isRoot: key == .root) { found.append($0) }
    if watch < 0 {
      if let sentence = gaps.note(key, at: path, errno: -watch, in: settler.table, now: now) {
        reports.append(.degraded(sentence))
      }
      return
    }
    gaps.close(key)
    if let former = settler.table.bind(key, watch: watch), robbed.insert(former).inserted {
      arming.append(former)
      settler.requestRescan(former, now: now)
    }
    for name in found where key != .root || name != .reserved {
      arming.append(settler.table.insert(Slot(directory: key, name: name)))
    }
  }

  // MARK: Time

  /// Asks for what has come due: directories without a watch, a tree to be armed after an overflow.
  /// `drainedAt` is a time at which all events until then had been taken or were about to be: the
  /// other half of a rename may have been in the queue ever since the clock was looked at last.
  package mutating func expire(now: Int64, drainedAt: Int64) {
    settler.expireRenames(now: drainedAt)
    if let retryAt, retryAt <= now { retryUnwatched(now: now) }
    if settler.takeRearm(now: now) {
      gaps.forget()
      settler.ask(.arm(.root))
    }
  }

  /// Reports what has settled; the first time everything is to be looked at.
  package mutating func settle(in tree: borrowing some WatchedTree & ~Copyable, now: Int64) {
    if !hasBegun {
      hasBegun = true
      reports.append(.settled(ChangeSet(changes: [.rescan(.root)])))
    }
    for question in settler.questions(now: now) {
      settler.answer(question.slot, tree.probe(question.path), now: now)
    }
    if let set = settler.settle(now: now) { reports.append(.settled(set)) }
    let passed = settler.takePassed()
    if !passed.isEmpty { reports.append(.passed(passed)) }
    reportGaps()
    reports += settler.takeFlushed().map { .flushed($0) }
  }

  // MARK: Directories without a watch

  private mutating func reportGaps() {
    var now = gaps.summary
    now.overflowCount = overflowCount
    guard now != reportedGaps else { return }
    reportedGaps = now
    reports.append(.gaps(now))
  }

  private mutating func retryUnwatched(now: Int64) {
    let waiting = gaps.retry(in: settler.table, now: now)
    // Of very many it is cheaper to look at everything, and the list of them is bounded.
    if waiting.count > policy.directoryEntryCount { settler.requestRescan(.root, now: now) }
    for directory in waiting {
      settler.requestRescan(directory, now: now)
      settler.ask(.arm(directory))
    }
  }
}
