// Programs that write to what a flip takes out of its place.

extension Limits {
  /// How long a unit waits for a program that has a file open for writing which the unit would
  /// replace: as long as the watcher waits before it tells of such a file
  /// (`SettlePolicy.writerCeiling`).
  public static let writerPatienceNanoseconds: Int64 = 10_000_000_000

  /// Longest time between two tries meanwhile.
  public static let longestWriterRetryNanoseconds: Int64 = 1_000_000_000

  /// Files leaving their places in one flip that are asked for writers, 10 µs each; in larger flips
  /// the others are believed to be closed.
  public static let outgoingProbeCount = 512

  /// Files in the trash that somebody may still write to and that are looked at; of more than
  /// anybody has open the rest is believed to be closed.
  public static let outgoingFileCount = 4096

  /// Bytes in which one flip's are written down: far more than so many paths have.
  public static let outgoingByteCount: Int64 = 16 << 20

  /// First delay before such files are looked at again; then an eighth of the time since.
  public static let outgoingNanoseconds: Int64 = 50_000_000

  /// Longest such delay: a program that only keeps a file open costs a look a minute.
  public static let longestOutgoingNanoseconds: Int64 = 60_000_000_000

  /// How long files are looked at of which nobody can tell whether they have a writer; then once
  /// more before the trash lets them go.
  public static let unknownWriterNanoseconds: Int64 = 3_600_000_000_000
}
