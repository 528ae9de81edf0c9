import SyncCore
import SyncEngine
import Watcher

/// The watcher of one process: what `WatchLoop` is in the daemon, one step at a time. The real
/// settler reads what the simulated kernel has queued, and posts what has settled.
final class SimulatedWatcher {
  /// How far it is in a round.
  private enum Phase {
    /// Waits for events, or for something to come due.
    case waiting
    /// Does what events have made necessary.
    case working
    /// Does what time has made necessary; then it settles.
    case settling
  }

  private let disk: MemoryFileSystem
  private let mailbox: ProcessMailbox
  private let faults: WatchFaults
  private var driver = WatchDriver(policy: .default)
  private var cookies: SimulatedCookies
  /// The tree without what is ignored; `nil` if nothing is in this world.
  private let ruled: RuledTree?
  private let trace: Trace
  /// Where rules have changed.
  private var changedRules: [RelativePath] = []
  /// Tokens for which markers are to be made.
  private var requests: [UInt64] = []
  /// The first round arms the root.
  private var phase = Phase.working
  /// When the queue was last empty.
  private var drainedAt: Int64 = .min
  /// How old the disk was when it was last looked at what cannot be watched.
  private var polledAge: Int64?
  /// What the driver says after each step: it is asked very often.
  private var deadline: Int64?
  private var retryAt: Int64?

  init(
    _ disk: MemoryFileSystem, posting mailbox: ProcessMailbox, _ faults: WatchFaults,
    ignoring ignored: Ignored?, _ trace: Trace
  ) {
    self.trace = trace
    ruled = ignored.map { RuledTree(disk: disk, ignored: $0) }
    self.disk = disk
    self.mailbox = mailbox
    self.faults = faults
    cookies = SimulatedCookies(disk)
    disk.openInotify(queueLimit: faults.queueLimit, watchLimit: faults.watchLimit)
  }

  /// Asks for `.flushed`, as `Watcher.flush` does.
  func flush(token: UInt64) { requests.append(token) }

  /// What is below a directory is to be watched as rules say now; nothing where there are none.
  func watchAgain(_ directory: RelativePath) {
    if ruled != nil { changedRules.append(directory) }
  }

  /// Whether there is something that it can't watch.
  var hasGaps: Bool { retryAt != nil }

  /// Whether `step` would do something now.
  func hasWork(now: Int64) -> Bool {
    if phase != .waiting || disk.eventCount > 0 { return true }
    if !requests.isEmpty || !changedRules.isEmpty { return true }
    return nextWake.map { $0 <= now } ?? false
  }

  /// When there is something to do if no event comes before. The looks at intervals at what cannot
  /// be watched would never end: they stop until something has changed since the last.
  var nextWake: Int64? {
    guard let retryAt, polledAge != disk.age else { return deadline }
    return deadline.map { min($0, retryAt) } ?? retryAt
  }

  /// Goes on; what was done, for a trace.
  func step(now: Int64, using generator: inout SplitMix64) -> String {
    var line = "arms"
    if phase == .waiting {
      plantMarkers(now: now)
      for directory in changedRules { driver.watchAgain(directory, now: now) }
      changedRules = []
      line = read(now: now, using: &generator)
      phase = .working
    }
    if faults.raisesWatchLimit, generator.next() % 64 == 0 {
      disk.raiseWatchLimit()
      line += ", may watch everything"
    }
    var patience = faults.isPiecemeal ? Int.random(in: 0...4, using: &generator) : .max
    if phase == .working, work(now: now, &patience) {
      if let retryAt = driver.retryAt, retryAt <= now { polledAge = disk.age }
      driver.expire(now: now, drainedAt: drainedAt)
      phase = .settling
    }
    if phase == .settling, work(now: now, &patience) {
      driver.settle(in: disk, now: now)
      phase = .waiting
    }
    line += tell()
    (deadline, retryAt) = (driver.deadline, driver.retryAt)
    return line
  }

  /// Reads some of the events, or all; each read may end between the halves of a rename.
  private func read(now: Int64, using generator: inout SplitMix64) -> String {
    var byteCount = 64 * 1024
    if faults.isPiecemeal { byteCount = 32 * Int.random(in: 1...4, using: &generator) }
    let bytes = disk.readEvents(byteCount: byteCount)
    // Where the kernel is slow, between the halves of a rename, the queue is empty in between.
    if faults.isPiecemeal || disk.eventCount == 0 { drainedAt = now }
    var labels: [String] = []
    let isWhole = unsafe bytes.withUnsafeBytes { buffer in
      unsafe EventDecoder.decode(buffer) { event in
        if trace.isKept { labels.append(event.label) }
        if cookies.owns(event) {
          if let token = cookies.recognise(event) { driver.mark(token) }
        } else {
          driver.take(event, now: now)
        }
      }
    }
    precondition(isWhole, "the simulated kernel gives whole events")
    return trace.text("reads \(labels.joined(separator: ", "))")
  }

  /// Does what the settler asked for, as long as there is patience; whether all of it is done.
  private func work(now: Int64, _ patience: inout Int) -> Bool {
    while patience > 0 {
      // The markers' events may be among those that were lost.
      if driver.takeOverflow() { requests += cookies.uproot() }
      let isDone =
        if let ruled { !driver.workOnce(in: ruled, now: now) } else {
          !driver.workOnce(in: disk, now: now)
        }
      if isDone { return true }
      patience -= 1
    }
    return false
  }

  /// Where no marker can be made, everything is looked at.
  private func plantMarkers(now: Int64) {
    for token in requests {
      do throws(FileError) {
        try cookies.plant(token)
      } catch {
        driver.mark(token, withoutMarker: error.errno, now: now)
      }
    }
    requests = []
  }

  private func tell() -> String {
    driver.takeReports().map { report in
      switch report {
      case .settled(let set):
        mailbox.post(.input(.changed(set)))
        return trace.text("; settled \(set.changes.map(\.label).joined(separator: ", "))")
      case .passed(let paths):
        mailbox.post(.input(.changed(ChangeSet(passed: paths))))
        return trace.text("; passed \(paths.map { "\($0)" }.joined(separator: ", "))")
      case .flushed(let token):
        if let job = Watcher.number(ofModest: token) {
          mailbox.post(.input(.caughtUp(JobID(number: job))))
          return "; caught up for \(job)"
        }
        mailbox.post(.input(.flushed(token)))
        return "; flushed \(token)"
      case .degraded(let reason):
        mailbox.post(.input(.watchDegraded(reason)))
        return "; degraded"
      case .gaps(let gaps):
        return "; \(gaps.directoryCount) unwatched"
      case .rootLost(let reason):
        mailbox.post(.input(.rootLost(reason)))
        return "; root lost"
      }
    }.joined()
  }
}

extension RawEvent {
  /// What happened, for a trace.
  fileprivate var label: String {
    let kinds: [(Mask, String)] = [
      (.modified, "modify"), (.attributes, "attrib"), (.closedAfterWriting, "close"),
      (.movedFrom, "from"), (.movedTo, "to"), (.created, "create"), (.deleted, "delete"),
      (.selfDeleted, "delete self"), (.selfMoved, "move self"), (.ignored, "ignored"),
      (.queueOverflow, "overflow"),
    ]
    let kind = kinds.first { mask.contains($0.0) }?.1 ?? "?"
    return "\(watch) \(kind) \(name.map { "\($0)" } ?? "")\(isDirectory ? "/" : "")"
  }
}
