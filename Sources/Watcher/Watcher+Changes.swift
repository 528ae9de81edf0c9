import CLinux

extension Watcher {
  /// How many sets wait for a slow reader; then the watcher waits for it, and the kernel's queue,
  /// if it overflows meanwhile, turns into a rescan.
  private static let waitingSetCount = 64

  /// The reports of a new watcher of `root` as a sequence, which ends when the root is lost. The
  /// watcher stops when nobody listens any more.
  /// - Throws: what `init` throws.
  public static func reports(
    root: [UInt8], policy: SettlePolicy = .default
  ) throws(WatcherError) -> AsyncStream<Report> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Report.self, bufferingPolicy: .bufferingOldest(waitingSetCount))
    let watcher = try Watcher(root: root, policy: policy) { report in
      while case .dropped = continuation.yield(report) { _ = clinux_watch_wait(-1, -1, 10_000_000) }
      if case .rootLost = report { continuation.finish() }
    }
    continuation.onTermination = { _ in watcher.stop() }
    return stream
  }
}
