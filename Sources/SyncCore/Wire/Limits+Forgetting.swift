/// Bounds of what is remembered of deletions.
extension Limits {
  /// How long deletions that everyone knows are remembered, unless it is configured: 180 days. A
  /// backup of a node that is younger than this brings nothing back from the dead when it is
  /// restored.
  public static let tombstoneAgeNanoseconds: Int64 = 180 * 86_400 * 1_000_000_000

  /// Rows among which tombstones are looked for at a time: some milliseconds.
  public static let tombstonePieceCount = 1000
}
