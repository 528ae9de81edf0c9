/// When a path counts as settled. All times in nanoseconds.
public struct SettlePolicy: Sendable, Hashable {
  /// Silence after which what is complete by itself (closed, deleted, renamed, made) is reported,
  /// and with it everything of the same burst. Programs that write many files leave gaps well below
  /// this; people and peers don't notice it.
  public var burstQuiet: Int64 = 3_000_000

  /// Events are gathered this long before they are read again while a burst lasts, so that it
  /// costs a thousand wake-ups a second at most and the kernel can merge repeated writes.
  public var gathering: Int64 = 1_000_000

  /// Silence asked of a path that was written to and not closed, or whose file was renamed to a
  /// backup and is expected back: longer than an editor needs between the two steps.
  public var openQuiet: Int64 = 50_000_000

  /// `openQuiet` doubles up to this while a path stays hot: a log written all day is then looked at
  /// once a second.
  public var openQuietCeiling: Int64 = 1_000_000_000

  /// A path or burst is reported this long after its first event even if it was never quiet.
  public var ceiling: Int64 = 2_000_000_000

  /// A file that someone has open for writing is reported this long after its first event: copying
  /// a large file takes seconds, and a file that is open for ever should not be old for ever.
  public var writerCeiling: Int64 = 10_000_000_000

  /// How long the second half of a rename is waited for. The kernel queues both within
  /// microseconds.
  public var renamePairing: Int64 = 2_000_000

  /// How many closed files of one set are probed for a second writer (10 µs each). In larger bursts
  /// a close is believed.
  public var closedProbeCount = 512

  /// Changed entries of one directory that are told one by one; beyond, the directory is to be
  /// rescanned, which costs less than that many events.
  public var directoryEntryCount = 4096

  /// The same over all directories (some 200 bytes each): beyond, everything is to be rescanned.
  public var totalEntryCount = 65_536

  /// Directories that cannot be watched are reported for a rescan at this interval at first.
  public var unwatchedRescan: Int64 = 60_000_000_000

  /// That interval doubles up to this while none of them can be watched: looking at a large tree
  /// once a minute for ever would cost more than the news are worth. Below
  /// `Limits.auditSliceNanoseconds`, or the audit would take for a mistake what is only late.
  public var unwatchedRescanCeiling: Int64 = 240_000_000_000

  /// The first wait before the rescan after a repeated queue overflow; doubles up to
  /// `unwatchedRescan`.
  public var overflowBackoff: Int64 = 1_000_000_000

  /// The times explained above.
  public init() {}

  /// What leftd uses.
  public static let `default` = SettlePolicy()
}
