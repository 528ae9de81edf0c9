import Glibc
import SyncCore

/// The directories that cannot be watched, and when they are tried and looked at again: ever more
/// rarely while nothing changes, so that a limit that stays costs little.
struct Gaps: Sendable {
  /// Why a directory that is there isn't watched.
  enum Obstacle: Hashable, Sendable {
    /// The user has no watches left (ENOSPC), or the kernel no memory for them.
    case limit
    /// The directory may not be opened, or cannot be just now: errno.
    case refused(Int32)

    /// `nil` where the directory is gone or has become something else: an event tells that.
    init?(errno: Int32) {
      switch errno {
      case ENOENT, ENOTDIR, ELOOP: return nil
      case ENOSPC, ENOMEM: self = .limit
      default: self = .refused(errno)
      }
    }
  }

  private let policy: SettlePolicy
  private var obstacles: [DirectoryKey: Obstacle] = [:]
  private var overLimitCount = 0
  private var saidLimit = false
  /// The wait before the next look.
  private var interval: Int64
  /// How many there were at the last look.
  private var triedCount = 0
  /// When they are looked at again.
  private(set) var retryAt: Int64?

  init(policy: SettlePolicy) {
    self.policy = policy
    interval = policy.unwatchedRescan
  }

  var summary: WatchGaps {
    var summary = WatchGaps()
    summary.directoryCount = obstacles.count
    summary.overLimitCount = overLimitCount
    summary.rescanSeconds = obstacles.isEmpty ? 0 : seconds
    return summary
  }

  private var seconds: Int64 { interval / 1_000_000_000 }

  /// A directory cannot be watched. What is to be said about it, once.
  mutating func note(
    _ directory: DirectoryKey, at path: RelativePath, errno: Int32, in table: WatchTable, now: Int64
  ) -> String? {
    guard let obstacle = Obstacle(errno: errno) else {
      close(directory)
      return nil
    }
    retryAt = retryAt ?? now + interval
    guard put(obstacle, for: directory) else { return nil }
    switch obstacle {
    case .limit:
      if saidLimit { return nil }
      saidLimit = true
      return "no watches are left after \(table.watchCount) directories; the others are compared "
        + "with the index every \(seconds) s. Raise fs.inotify.max_user_watches."
    case .refused(let errno):
      return "cannot watch \(path) (errno \(errno)); it is compared every \(seconds) s. "
        + "Let the user that leftd runs as read it."
    }
  }

  /// Whether that is new.
  private mutating func put(_ obstacle: Obstacle, for directory: DirectoryKey) -> Bool {
    let former = obstacles.updateValue(obstacle, forKey: directory)
    if former == obstacle { return false }
    overLimitCount += (obstacle == .limit ? 1 : 0) - (former == .limit ? 1 : 0)
    return true
  }

  /// A directory is watched, or gone.
  mutating func close(_ directory: DirectoryKey) {
    if obstacles.isEmpty { return }
    if obstacles.removeValue(forKey: directory) == .limit { overLimitCount -= 1 }
    if obstacles.isEmpty { forget() }
  }

  /// The tree is armed anew.
  mutating func forget() {
    obstacles = [:]
    overLimitCount = 0
    retryAt = nil
    saidLimit = false
    interval = policy.unwatchedRescan
  }

  /// The directories that are to be tried again, since it is time.
  mutating func retry(in table: WatchTable, now: Int64) -> [DirectoryKey] {
    for directory in obstacles.keys where !table.isAlive(directory) { close(directory) }
    guard !obstacles.isEmpty else {
      retryAt = nil
      return []
    }
    interval =
      obstacles.count < triedCount
      ? policy.unwatchedRescan : min(2 * interval, policy.unwatchedRescanCeiling)
    triedCount = obstacles.count
    retryAt = now + interval
    return obstacles.keys.sorted()
  }
}
