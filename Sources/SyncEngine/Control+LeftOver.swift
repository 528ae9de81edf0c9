import SyncCore

extension Control {
  /// What peers told and can't be applied here, in one sentence; empty if there is no such thing.
  var leftOverText: String {
    let (first, count) = engine.leftOver
    guard count > 0 else { return "" }
    let texts = first.map { "\($0.path) can't be applied: \($0.reason)" }
    let others = count > first.count ? " \(count - first.count) others can't be, either." : ""
    return texts.joined(separator: " ") + others
  }
}
