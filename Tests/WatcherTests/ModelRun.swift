import SyncCore

@testable import Simulation
@testable import Watcher

/// A case with a simulated kernel and clock: the watcher's driver does what its thread would do.
struct ModelRun {
  /// When events are read.
  enum Reading {
    /// At once.
    case eager
    /// All together in the end, when the programs have ended.
    case late
  }

  let disk: ModelDisk
  let slowness: Int64?
  private(set) var driver: WatchDriver
  private(set) var replay: Replay
  private(set) var now: Int64 = 0
  /// What was reported, as the lines of a case say it.
  private(set) var timeline: [(at: Int64, line: String)] = []
  private(set) var words: [String] = []

  init(_ watchCase: WatchCase) {
    let disk = ModelDisk(
      watchCase.tree, queueLimit: watchCase.queueLimit, watchLimit: watchCase.watchLimit)
    self.disk = disk
    slowness = watchCase.slowness.map { Int64($0 * 1_000_000) }
    driver = WatchDriver(policy: watchCase.policy)
    replay = Replay(disk.look)
    driver.workOff(in: disk, now: 0)
    settle()
    (timeline, words) = ([], [])
  }

  mutating func play(_ steps: [Step], _ reading: Reading) {
    for step in steps {
      switch step {
      case .pass(let milliseconds): pass(Int64(milliseconds * 1_000_000), reading)
      case .flush(let token):
        if reading == .eager { driver.mark(token) }
      case .kernel(let event):
        disk.perform(step)
        take(event)
      default: disk.perform(step)
      }
      if reading == .eager { readAndSettle() }
    }
    if reading == .late { disk.closeAll() }
    readAndSettle()
    while let deadline = driver.deadline { pass(max(0, deadline - now), .eager) }
    // What could not be watched is looked at when its time has come.
    guard let retryAt = driver.retryAt else { return }
    now = retryAt
    settle()
    while let deadline = driver.deadline { pass(max(0, deadline - now), .eager) }
  }

  private mutating func take(_ event: String) {
    switch event {
    case "overflow": driver.take(RawEvent(watch: -1, mask: .queueOverflow), now: now)
    case "stale":
      driver.take(RawEvent(watch: 99, mask: .created, name: Name(literal: "x")), now: now)
    case "moved": driver.take(RawEvent(watch: 1, mask: .selfMoved), now: now)
    case "deleted": driver.take(RawEvent(watch: 1, mask: .selfDeleted), now: now)
    case "unmounted": driver.take(RawEvent(watch: 1, mask: .unmounted), now: now)
    default: break
    }
    driver.workOff(in: disk, now: now)
  }

  private mutating func readAndSettle() {
    read()
    settle()
  }

  /// Reads until the queue is empty.
  private mutating func read() {
    while disk.inotify.eventCount > 0 {
      let bytes = disk.inotify.read(byteCount: slowness == nil ? 64 * 1024 : 32)
      let isWhole = unsafe bytes.withUnsafeBytes { buffer in
        unsafe EventDecoder.decode(buffer) { driver.take($0, now: now) }
      }
      precondition(isWhole, "events in parts")
      driver.workOff(in: disk, now: now)
      if let slowness { pass(slowness, .late) }
    }
  }

  private mutating func pass(_ duration: Int64, _ reading: Reading) {
    let end = now + duration
    while let deadline = driver.deadline, deadline <= end, reading == .eager || slowness != nil {
      now = max(now, deadline)
      settle()
      // A deadline that isn't met by settling would be an endless loop of the thread.
      precondition(driver.deadline.map { $0 > now } ?? true, "the deadline does not move")
    }
    now = end
  }

  private mutating func settle() {
    driver.expire(now: now, drainedAt: now)
    driver.workOff(in: disk, now: now)
    driver.settle(in: disk, now: now)
    for report in driver.takeReports() { take(report) }
  }

  private mutating func take(_ report: Watcher.Report) {
    let line: String
    switch report {
    case .settled(let set):
      set.changes.forEach { replay.take($0) }
      words += set.changes.map(\.word)
      line = set.changes.map(\.word).joined(separator: " ")
    case .passed(let paths): line = "passed " + paths.map(\.description).joined(separator: " ")
    case .flushed(let token): line = "flushed \(token)"
    case .degraded(let reason), .rootLost(let reason): line = "says \(reason)"
    case .gaps: return
    }
    timeline.append((now, line))
  }
}
