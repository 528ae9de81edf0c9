import SyncCore

extension Control {
  /// What waits because of a lock, and what peers told and can't be applied here; empty if there is
  /// no such thing.
  var leftOverText: String {
    let (first, count) = engine.leftOver
    let locks = engine.standingLocks.prefix(Limits.toldObstacleCount).map {
      "What happens beside \($0) waits until that lock is gone. If nobody is at work, remove it."
    }
    guard count > 0 else { return locks.joined(separator: " ") }
    let texts = locks + first.map { "\($0.path) can't be applied: \($0.reason)" }
    let others = count > first.count ? " \(count - first.count) others can't be, either." : ""
    return texts.joined(separator: " ") + others
  }
}
