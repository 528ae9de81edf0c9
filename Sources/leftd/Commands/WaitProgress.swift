import SyncEngine

/// What a person sees of a wait: offline peers once, as lines; on a terminal, a bar.
struct WaitProgress {
  private var told: Set<String> = []
  private var most: UInt64 = 0
  private var firstSent: Int64?
  private var rate = RateMeter()
  private var screen = Screen(.error)
  private let isTerminal = Output.error.isTerminal

  /// Shows where things stand.
  mutating func show(_ missing: [Waiting.Missing], _ status: DaemonStatus) {
    tellOffline(missing)
    guard isTerminal else { return }
    let count = missing.reduce(0) { $0 + $1.count }
    most = max(most, count)
    let sent = status.shares.reduce(0) { $0 + $1.wireBytes.sent }
    let first = firstSent ?? sent
    firstSent = first
    rate.take(sent, milliseconds: Clock.milliseconds())
    let bar = ProgressBar(done: Int64(most - count), total: Int64(most), unit: .changes)
    screen.draw(
      "\(bar.text())  \(Amount.bytes(sent - first)) sent  \(Amount.bytes(rate.rate))/s")
  }

  /// Takes the bar away.
  mutating func finish() {
    if isTerminal { screen.clear() }
  }

  private mutating func tellOffline(_ missing: [Waiting.Missing]) {
    for peer in missing.map(\.peer) where !peer.isConnected || peer.isHeard {
      guard told.insert(peer.name).inserted else { continue }
      if let end = peer.pausedUntil {
        if isTerminal { screen.clear() }
        Output.error.write(
          "waiting for \(printable(peer.name)), which is paused \(PauseText.end(end))\n")
        continue
      }
      let why = peer.trouble.isEmpty ? "" : " (\(LogLine.withoutControls(peer.trouble)))"
      if isTerminal { screen.clear() }
      Output.error.write("waiting for \(printable(peer.name)), which is offline\(why)\n")
    }
  }
}
