import CLinux
public import SyncCore
import Synchronization

/// Watches a directory tree and reports its changes in settled sets.
///
/// Raw events tell single steps: a file saved by an editor is half a dozen of them. A set says what
/// came of it once nobody is writing any more: `modified(report.txt)`. The first report is a rescan
/// of the root, and by then everything below it is watched; so whoever compares the tree with what
/// was known before, and then takes the sets as they come, misses nothing. When nothing happens
/// there, the watcher does nothing.
///
/// What is below `.leftd` at the root is not reported; the watcher keeps its marker files there.
public final class Watcher: Sendable {
  /// What a watcher has to say.
  public enum Report: Sendable, Hashable {
    /// These changes have settled together.
    case settled(ChangeSet)
    /// Things came and went here, or left and came back, before that had settled: on the whole
    /// nothing changed. Only who looked at the disk in between, for another reason, needs to know.
    case passed([RelativePath])
    /// All that was done before `flush` with this token was called has been reported.
    case flushed(UInt64)
    /// Something is not as it should be: one sentence, and what to do about it. Nothing is missed,
    /// since what nobody could watch is reported as `.rescan`.
    case degraded(String)
    /// What cannot be watched has changed; it is reported as `.rescan` at intervals.
    case gaps(WatchGaps)
    /// The root is gone, and how. Nothing will be reported any more.
    case rootLost(String)
  }

  private let mailbox: Mailbox
  private let thread: Mutex<UInt?>

  /// Begins to watch the directory at the absolute path `root`, whose own path may lead through
  /// symbolic links; below it they are never followed. What the `.leftignore` files there and
  /// `local` ignore is not watched. `report` is called on the watcher's thread, and as long as it
  /// takes its time, the kernel collects.
  ///
  /// Returns before the tree is watched; that costs about 10 µs for each directory.
  /// - Throws: the directory cannot be opened, or a limit of the user is reached.
  public init(
    root: [UInt8], policy: SettlePolicy = .default, ignoring local: IgnoreRules = IgnoreRules(),
    report: @escaping @Sendable (Report) -> Void
  ) throws(WatcherError) {
    let mailbox = try Mailbox()
    let root = try ShareRoot(path: root)
    let inotify = try InotifyDescriptor()
    let loop = WatchLoop(
      tree: KernelTree(root: root, inotify: inotify, ignoring: local), mailbox: mailbox,
      policy: policy, report: report)
    self.mailbox = mailbox
    thread = Mutex(try Self.start(loop))
  }

  deinit { stop() }

  /// Asks for `.flushed(token)`, once everything done below the root before this call has been
  /// reported. That takes a few milliseconds, and as long as something still has to settle.
  public func flush(token: UInt64) { mailbox.flush(token) }

  /// The token of somebody for whom nothing is to be looked at where no marker can be made: then
  /// `.flushed` says only that what was seen has been reported. `number` is less than 2^63.
  public static func modestToken(_ number: UInt64) -> UInt64 { number | modestBit }

  /// The number of such a token; `nil` if it is another one.
  public static func number(ofModest token: UInt64) -> UInt64? {
    token & modestBit == 0 ? nil : token & ~modestBit
  }

  private static let modestBit: UInt64 = 1 << 63

  /// Rules of what is ignored have changed in a directory: watches what is below it as they say
  /// now, and then reports it as `.rescan`.
  public func watchAgain(_ directory: RelativePath) { mailbox.watchAgain(directory) }

  /// Ends watching and waits for the thread, unless it is itself the caller. Nothing is reported
  /// after that.
  public func stop() {
    mailbox.stop()
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let thread { clinux_watch_join(thread) }
  }

  /// The number of directories that are watched now; behind by what the thread is just doing.
  public var watchedDirectoryCount: Int {
    mailbox.watchedDirectoryCount.load(ordering: .relaxed)
  }

  /// For tests: while paused, events stay in the kernel's queue.
  func pause(_ isPaused: Bool) { mailbox.pause(isPaused) }

  /// Carries a loop, which cannot be copied, to its thread.
  private final class Luggage {
    var loop: WatchLoop?
    init(_ loop: consuming WatchLoop) { self.loop = consume loop }
  }

  private static func start(_ loop: consuming WatchLoop) throws(WatcherError) -> UInt {
    let luggage = unsafe Unmanaged.passRetained(Luggage(loop))
    var thread: UInt = 0
    let result = unsafe clinux_watch_start(
      "watcher",
      { argument in
        guard let argument = unsafe argument else { return }
        let luggage = unsafe Unmanaged<Luggage>.fromOpaque(argument).takeRetainedValue()
        luggage.loop?.run()
        luggage.loop = nil
      }, luggage.toOpaque(), &thread)
    guard result == 0 else {
      unsafe luggage.release()
      throw WatcherError(
        problem: "cannot start a thread", remedy: "Raise the limit of threads or memory.",
        errno: -result)
    }
    return thread
  }
}
