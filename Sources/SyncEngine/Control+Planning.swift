import SyncCore

/// Pauses, and what their end would bring.
extension Control {
  /// Says what is paused from now on.
  func setPauses(_ pauses: Pauses) {
    links.setPauses(pauses)
    hear()
  }

  /// Goes on with those whose pause is over.
  func endPauses() {
    let names = links.endPauses()
    for name in names { log.write(LogEntry(.notice, "The pause of \(name) is over.")) }
    if !names.isEmpty { hear() }
  }

  private func hear() {
    guard links.heardOnly != heardOnly else { return }
    heardOnly = links.heardOnly
    feed(.heardOnly(heardOnly))
  }

  /// Nothing can be said of a tree that nobody has seen.
  static let unscanned = EngineError(
    "the folder is still being compared with the index",
    remedy: "Ask again when 'leftd status' does not say that it scans.")

  /// What resuming would do, for each peer that is heard while it is paused.
  func forecasts(below path: RelativePath) throws(IndexError) -> [Forecast] {
    var forecasts: [Forecast] = []
    for peer in heardOnly.sorted() {
      forecasts.append(try engine.forecast(with: peer, below: path))
    }
    return forecasts
  }
}
