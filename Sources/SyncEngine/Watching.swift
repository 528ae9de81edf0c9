import SyncCore
import Watcher

/// The watcher of a share, or what stands for it while the system gives none: a look at everything
/// at intervals, and another try. Used by the control thread alone.
struct Watching {
  /// What the watcher, once made, reports to.
  typealias Report = @Sendable (Watcher.Report) -> Void
  /// Makes the watcher.
  typealias Make = (@escaping Report) throws(WatcherError) -> Watcher

  private let make: Make
  private let report: Report
  private var watcher: Watcher?
  /// What the watcher cannot see; what it said last.
  private var gaps = WatchGaps()
  private var interval = Limits.watcherRetryNanoseconds
  /// Why there is no watcher; `nil` if there is one.
  private var failure: WatcherError?
  /// When everything is looked at and a watcher tried for again; `nil` while there is one.
  private(set) var retryAt: Int64?

  init(report: @escaping Report, make: @escaping Make) {
    self.report = report
    self.make = make
  }

  /// Begins to watch. Returns what is to be said if that is not possible for now.
  /// - Throws: It will not be possible until something else is mended.
  mutating func start(now: Int64) throws(WatcherError) -> String? {
    do {
      watcher = try make(report)
    } catch {
      guard error.isLimit else { throw error }
      failure = error
      retryAt = now + interval
      lookAtEverything()
      return "\(error.problem) (errno \(error.errno)): nothing is watched; the folder is compared "
        + "with the index every \(interval / 1_000_000_000) s instead. \(error.remedy)"
    }
    return nil
  }

  /// Tries again when it is time; every failure doubles the wait. Returns what is to be said.
  mutating func retry(now: Int64) -> String? {
    guard let time = retryAt, time <= now else { return nil }
    do {
      // Its first report is a look at everything.
      watcher = try make(report)
    } catch {
      failure = error
      interval = min(2 * interval, Limits.longestWatcherRetryNanoseconds)
      retryAt = now + interval
      lookAtEverything()
      return nil
    }
    (failure, retryAt, interval) = (nil, nil, Limits.watcherRetryNanoseconds)
    return "The folder is watched now."
  }

  private func lookAtEverything() {
    report(.settled(ChangeSet(changes: [.rescan(.root)])))
  }

  /// Takes what the watcher says of itself. Returns what is to be said about it.
  mutating func note(_ gaps: WatchGaps) -> String? {
    defer { self.gaps = gaps }
    return gaps.directoryCount == 0 && self.gaps.directoryCount > 0
      ? "Every directory is watched again." : nil
  }

  /// Asks for `.flushed(token)` when all that was done before is reported. Of what isn't watched no
  /// marker tells: it is looked at.
  func flush(token: UInt64) {
    if watcher == nil || gaps.directoryCount > 0 { lookAtEverything() }
    if let watcher { watcher.flush(token: token) } else { report(.flushed(token)) }
  }

  /// Asks for `.flushed` with a modest token when all that the watcher knows is reported.
  func catchUp(_ number: UInt64) {
    let token = Watcher.modestToken(number)
    if let watcher { watcher.flush(token: token) } else { report(.flushed(token)) }
  }

  /// Rules of what is ignored have changed in a directory.
  func watchAgain(_ directory: RelativePath) { watcher?.watchAgain(directory) }

  func stop() { watcher?.stop() }

  /// How complete the watching is, for people and programs.
  var status: StatusReport.Watching {
    var status = StatusReport.Watching()
    status.overflowCount = gaps.overflowCount
    if let failure {
      status.isWatched = false
      status.rescanSeconds = interval / 1_000_000_000
      status.remedy = failure.remedy
    } else if gaps.directoryCount > 0 {
      status.unwatchedDirectories = gaps.directoryCount
      status.rescanSeconds = gaps.rescanSeconds
      status.remedy =
        gaps.overLimitCount > 0
        ? "Raise fs.inotify.max_user_watches." : "Let the user that leftd runs as read them."
    } else if gaps.overflowCount > 0 {
      status.remedy = "Raise fs.inotify.max_queued_events if it happens often."
    }
    return status
  }
}
