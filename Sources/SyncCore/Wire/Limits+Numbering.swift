// How sequences are given.
extension Limits {
  /// How many sequences each run leaves out, at least; at most twice as many. More than what is
  /// recorded between the moment at which somebody copies an index and the one at which the copy is
  /// put back, as a rule; few enough for numbers of four bytes after some hundred runs.
  public static let skippedSequenceCount: UInt64 = 1 << 16
}
