import CLinux
import SyncCore
import Synchronization

@testable import Watcher

/// Collects a watcher's reports and lets a test wait for them.
final class Observer: Sendable {
  private let reports = Mutex<[Watcher.Report]>([])
  private let bell = Mutex<Int32>(clinux_watch_bell())
  private let nextToken = Mutex<UInt64>(1)
  private let holder = Mutex<Watcher?>(nil)
  private let first = Mutex<[Watcher.Report]>([])

  /// What was reported before anything happened.
  var beginning: [Watcher.Report] { first.withLock { $0 } }

  var watcher: Watcher { holder.withLock { $0! } }

  /// Watches `tree`; returns when it is watched and the first rescan has been reported.
  init(_ tree: TemporaryTree, policy: SettlePolicy = .default) throws {
    let watcher = try Watcher(root: tree.rootBytes, policy: policy) { [weak self] report in
      self?.take(report)
    }
    holder.withLock { $0 = watcher }
    let reports = flush()
    first.withLock { $0 = reports }
  }

  deinit {
    holder.withLock { $0?.stop() }
    bell.withLock { clinux_watch_close($0) }
  }

  private func take(_ report: Watcher.Report) {
    reports.withLock { $0.append(report) }
    bell.withLock { clinux_watch_ring($0) }
  }

  /// Waits until `predicate` holds for some report (ten seconds at most), and takes everything.
  func wait(until predicate: (Watcher.Report) -> Bool) -> [Watcher.Report] {
    let end = clinux_watch_now_ns() + 10_000_000_000
    let number = bell.withLock { $0 }
    while clinux_watch_now_ns() < end {
      clinux_watch_hush(number)
      let taken: [Watcher.Report]? = reports.withLock { reports in
        guard reports.contains(where: predicate) else { return nil }
        defer { reports = [] }
        return reports
      }
      if let taken { return taken }
      _ = clinux_watch_wait(-1, number, 100_000_000)
    }
    return []
  }

  /// The reports up to a flush made now, without its answer.
  func flush() -> [Watcher.Report] {
    let token = nextToken.withLock { token in
      defer { token += 1 }
      return token
    }
    watcher.flush(token: token)
    return wait { $0 == .flushed(token) }.filter { $0 != .flushed(token) }
  }

  /// The changes up to a flush made now, set by set.
  func changes() -> [[Change]] { flush().compactMap(\.changes) }

  /// The same in words, all sets joined.
  func words() -> String { changes().joined().map(\.word).joined(separator: " ") }

  /// The reports so far.
  func soFar() -> [Watcher.Report] {
    reports.withLock { reports in
      defer { reports = [] }
      return reports
    }
  }
}

extension Watcher.Report {
  var changes: [Change]? { if case .settled(let set) = self { set.changes } else { nil } }
}
