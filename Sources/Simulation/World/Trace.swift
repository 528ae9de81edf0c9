import SyncCore

/// What happened in a world, line by line, and a hash of it: equal seeds must give equal hashes.
struct Trace {
  /// All lines, oldest first.
  private(set) var lines: [String] = []
  /// FNV-1a (64 bit) of all lines.
  var hash: UInt64 { sum.value }
  private var sum = FNV1a()

  mutating func note(_ line: String) {
    lines.append(line)
    sum.mix(line.utf8)
  }
}
