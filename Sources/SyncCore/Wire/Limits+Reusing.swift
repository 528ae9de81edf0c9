// Contents that are found here, files that are read while programs write to them, files with
// several names.

extension Limits {
  /// Snapshots of files with writers that are kept for peers: each holds a descriptor, and the
  /// blocks that were written over since.
  public static let snapshotCount = 8

  /// Snapshots of one file: the one that peers are told of, and the one before, of which ranges may
  /// be on their way.
  public static let fileSnapshotCount = 2

  /// How long after its last use a snapshot is kept: peers ask at once, and go on asking.
  public static let snapshotNanoseconds: Int64 = 60_000_000_000

  /// How often a snapshot is made anew of which cannot be told what was written after it.
  public static let snapshotAttemptCount = 8
}

extension Limits {
  /// Names of one file that are told at a time: 4 KiB of a frame.
  public static let linkedPlaceCount = 16

  /// One chunk in so many is kept in mind as a sample: of 600 KiB in common one is found.
  public static let sampleInterval: UInt64 = 8

  /// Samples of a content that has fewer such chunks: a file of half a MiB has some seven in all.
  public static let leastSampleCount = 4

  /// Samples of one content, 40 bytes each: more than enough to find one of them in the first
  /// segments of what has half of it.
  public static let sampleCount = 256

  /// Chunks of a content on its way for which samples are looked for, whatever their hash: short
  /// contents have others than long ones. A few microseconds each.
  public static let similarChunkCount = 64

  /// Chunks for which they are looked for in all.
  public static let similarLookupCount = 1024

  /// Files here in which chunks of one content are looked for, besides its previous version.
  public static let similarFileCount = 4

  /// Chunks of such a file, each with 60 bytes of memory while the other is on its way: 16 GiB.
  public static let similarRecipeChunkCount = 262_144

  /// Large files in the trash of which is known what is in them: their recipes stay, too, and take
  /// a two thousandth of what they are of.
  public static let trashedFileCount = 1000

  /// How long other shares of this machine are waited for before a peer is asked: they answer in
  /// less than a millisecond, unless they flush.
  public static let siblingNanoseconds: Int64 = 1_000_000_000

  /// How long what is gone from one share isn't told while another one of this machine, to which
  /// it may have been moved, records what came to it: some gigabytes are read in that time.
  public static let departureNanoseconds: Int64 = 10_000_000_000

  /// Large files that were found to be gone and may be found in another share next.
  public static let departedFileCount = 1000

  /// Folders of the trash, the newest first, in which a file is looked for that left another share
  /// in the instant before it was to be read.
  public static let siblingTrashCount = 16

  /// Recipes or samples of which is asked at a time whether they are of use: some milliseconds.
  public static let recipeCollectionCount = 500
}
