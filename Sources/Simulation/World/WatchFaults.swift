import SyncCore

/// What makes watching hard in one world.
struct WatchFaults: Sendable {
  var queueLimit: Int
  var watchLimit: Int
  /// Whether the limit of watches is raised some time.
  var raisesWatchLimit = false
  /// Whether events are read a few at a time, and directories armed one at a time while users go
  /// on.
  var isPiecemeal = false
  /// How many of the files that users write they leave open.
  var leftOpenPercent: UInt64 = 0
  /// Whether those are closed when the users go.
  var closesAtEnd = true

  /// By chance; the limits of the settings where there is no fault.
  init(_ settings: WorldSettings, using generator: inout SplitMix64) {
    queueLimit = settings.queueLimit
    watchLimit = settings.watchLimit
    func happens() -> Bool {
      Int.random(in: 0..<100, using: &generator) < settings.watchFaultPercent
    }
    if happens() { queueLimit = min(queueLimit, .random(in: 1...24, using: &generator)) }
    if happens() {
      watchLimit = min(watchLimit, .random(in: 1...8, using: &generator))
      raisesWatchLimit = .random(using: &generator)
    }
    isPiecemeal = happens()
    if happens() {
      leftOpenPercent = .random(in: 5...80, using: &generator)
      closesAtEnd = .random(using: &generator)
    }
  }
}
