import SyncCore

/// What happened in a world, line by line, and a hash of it: equal seeds must give equal hashes.
///
/// To write the lines takes about as long as what they tell of: a world of which nobody wants to
/// know more than whether it held keeps none.
final class Trace {
  /// Whether lines are kept.
  let isKept: Bool
  /// All lines, oldest first.
  private(set) var lines: [String] = []
  /// FNV-1a (64 bit) of all lines.
  var hash: UInt64 { sum.value }
  private var sum = FNV1a()

  init(isKept: Bool) { self.isKept = isKept }

  func note(_ line: @autoclosure () -> String) {
    guard isKept else { return }
    let line = line()
    lines.append(line)
    sum.mix(line.utf8)
  }

  /// A part of a line to come; empty if none is kept.
  func text(_ text: @autoclosure () -> String) -> String { isKept ? text() : "" }
}
