/// A bar with what it stands for: `[####······]  38 %  1.2 GB of 3.1 GB  110 MB/s  17 s left`.
struct ProgressBar: Equatable {
  /// What is counted.
  enum Unit {
    case bytes
    case changes
  }

  var done: Int64
  var total: Int64
  var unit = Unit.bytes
  /// Units per second; 0 if it is not known yet.
  var rate: Int64 = 0

  /// The line, with a bar of `width` cells.
  func text(width: Int = 30) -> String {
    let total = max(1, total)
    let done = min(max(0, done), total)
    let filled = Int(Double(done) / Double(total) * Double(width))
    let percent = Int(Double(done) / Double(total) * 100)
    var text = "[" + String(repeating: "#", count: filled)
    text += String(repeating: "·", count: width - filled) + "] "
    text += String(repeating: " ", count: 3 - String(percent).count) + "\(percent) %"
    switch unit {
    case .bytes: text += "  \(Amount.bytes(done)) of \(Amount.bytes(total))"
    case .changes:
      text += "  \(Amount.grouped(done)) of \(Amount.count(total, "change", "changes"))"
    }
    guard rate > 0 else { return text }
    if unit == .bytes { text += "  \(Amount.bytes(rate))/s" }
    if done < total {
      text += "  \(Amount.duration(seconds: Int((total - done + rate - 1) / rate))) left"
    }
    return text
  }
}

/// How fast something moves, smoothed so that a person can read it.
struct RateMeter {
  private var last: (value: Int64, milliseconds: Int)?
  /// Units per second; 0 until there are two samples.
  private(set) var rate: Int64 = 0

  /// Takes the value reached at this time. One that went down begins anew.
  mutating func take(_ value: Int64, milliseconds: Int) {
    defer { last = (value, milliseconds) }
    guard let last, value >= last.value else {
      rate = 0
      return
    }
    guard milliseconds > last.milliseconds else { return }
    let elapsed = milliseconds - last.milliseconds
    let now = (value - last.value) * 1000 / Int64(elapsed)
    rate = rate == 0 ? now : (rate * 3 + now) / 4
  }
}
