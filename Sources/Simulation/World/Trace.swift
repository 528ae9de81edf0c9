/// What happened in a world, line by line, and a hash of it: equal seeds must give equal hashes.
struct Trace {
  /// All lines, oldest first.
  private(set) var lines: [String] = []
  /// FNV-1a (64 bit) of all lines.
  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func note(_ line: String) {
    lines.append(line)
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}
