/// Every bound of the system, each with its reason. What comes from outside is held against these
/// before memory is spent on it.
public enum Limits {
  // MARK: Frames and messages

  /// Payload of one frame, in bytes. Large enough that its cost is spread over 64 KiB chunks and
  /// more, small enough that a small file waits for one frame only (2 ms at 1 Gbit/s).
  public static let frameByteCount = 256 * 1024

  /// What a message may put in front of the bytes that it carries in one frame.
  private static let frameHeadByteCount = 1024

  /// The longest payload that a frame's header may announce; more closes the connection before any
  /// memory is spent on it.
  public static let framePayloadByteCount = frameByteCount + frameHeadByteCount

  /// Longest name of a share, in bytes of UTF-8: it is said in the first frame of a connection.
  public static let shareNameByteCount = 64

  /// Longest list of actors in one message. A share has a few nodes; each lost index adds one.
  public static let actorCount = 1024

  /// Longest text of a peer shown to people (name, reason for closing), in bytes.
  public static let textByteCount = 256

  /// Longest list of feature names in a hello.
  public static let featureCount = 64

  /// Longest target of a symbolic link (Linux: `PATH_MAX`).
  public static let symlinkTargetByteCount = 4096

  /// Bytes of all extended attributes of an entry, names and lengths included: what ext4 keeps of a
  /// file in one block.
  public static let attributesByteCount = 4096

  /// Times of directories in a message; one takes at most 26 bytes of a frame.
  public static let directoryTimeCount = 8192

  /// Names of users and groups that are remembered; asking for one may ask a directory service.
  public static let ownerNameCount = 4096

  /// Longest name of an extended attribute (Linux: `XATTR_NAME_MAX`).
  public static let attributeNameByteCount = 255

  /// The stack of a thread. Rules are looked for from a directory upwards, one call for each level
  /// of it: 8 KiB for each of `directoryDepth`. What isn't used costs addresses and no memory.
  public static let stackByteCount = 8 << 20

  /// Deepest directory that is followed; deeper ones are said and left alone. Paths are resolved in
  /// one system call, which takes `PATH_MAX` bytes.
  public static let directoryDepth = 1024

  // MARK: Content

  /// Longest chunk: with its header it fits into one frame, whether or not it shrinks.
  public static let chunkByteCount = 192 * 1024

  /// A content of at most this size travels whole, packed with others; a larger one by recipe.
  public static let smallContentByteCount = 128 * 1024

  /// Uncompressed bytes of the contents in one pack.
  public static let packByteCount = 224 * 1024

  /// Files in one pack: what one hand-over between threads pays for.
  public static let packFileCount = 512

  /// Chunks in one segment of a recipe: 36 bytes each, 148 KiB.
  public static let segmentChunkCount = 4096

  /// Bytes asked for by one request of a range.
  public static let rangeByteCount = 1024 * 1024

  /// Chunks in one range: the shortest chunk of a cut is 16 KiB, except the last of a file.
  public static let rangeChunkCount = 256

  /// Bytes of a range that may be made from what is here by a patch, and of what is looked for
  /// there: a few chunks, since more than that isn't cut anew by a small edit.
  public static let patchByteCount = 512 * 1024

  /// Chunks of such a range.
  public static let patchChunkCount = 4

  /// Chunks at the end of a long row of new ones that may have something of what stood there: after
  /// an edit it takes two or three until the cuts are those of before, and seldom more than six.
  public static let patchTailChunkCount = 6

  /// How many of these are asked for together: what is new in them fits into one frame.
  public static let patchTailPartChunkCount = 2

  /// Bytes of the shortest piece, except the last of a range.
  public static let shortestPieceByteCount = 256

  /// Pieces of a range, and hashes of eight bytes in a request: 16 KiB at most, and a fifth of
  /// that in the mean.
  public static let patchPieceCount = patchByteCount / shortestPieceByteCount

  /// Steps of one patch: no two pieces share one.
  public static let patchStepCount = patchPieceCount

  /// The share of a range that a patch must spare at least, or it is sent as it is: more than the
  /// hashes cost, which are a hundredth and a half of it.
  public static let patchSavingDivisor = 32

  /// Patches of one content that are asked for at first: if all are in vain, 5 KiB of hashes were.
  public static let firstPatchCount = 8

  /// Patches of one content that are under way. For each the old bytes and the new are in memory.
  public static let patchCount = 16

  /// Bytes asked of one peer and not yet here. Covers 1 Gbit/s at 50 ms, and is the most that is
  /// sent again after a crash.
  public static let windowByteCount = 6 * 1024 * 1024

  /// Requests of a peer that are not answered yet, after which its connection's reader waits. With
  /// a window of 6 MiB and chunks of 64 KiB hardly anyone has half as many.
  public static let openRequestCount = 256

  /// Recipes that a peer may have asked for and not begun to get: twice what it receives at once,
  /// since it may have given some up. Further ones are said to be gone, and asked for again.
  public static let askedRecipeCount = 128

  /// Bytes that wait to be sent to one peer before pushed contents are left out (they are then
  /// asked for) and recipes wait.
  public static let sendQueueByteCount = 6 * 1024 * 1024

  /// Bytes, announcements apart, that wait to be sent to one peer before its connection is ended:
  /// what it may have asked for, what is pushed, and recipes are 6 MiB each.
  public static let untakenByteCount = 32 * 1024 * 1024

  /// Pushed contents that wait for their announcement, in files; further ones are dropped and asked
  /// for later.
  public static let unclaimedFileCount = 65_536

  /// Old paths of directories that flips have moved, of which the watcher has not told yet; with
  /// more, everything is looked at instead.
  public static let vacatedPathCount = 4096

  /// How often each peer that announced a content says that it doesn't have it before it is
  /// believed: its file may just be changing.
  public static let missedContentCount = 3

  /// Large contents that are received at once; further ones are announced again when they are
  /// wanted.
  public static let stageCount = 64

  /// Chunks of one recipe: a file of 256 GiB at 64 KiB a chunk, 160 MiB of memory while it passes.
  public static let recipeChunkCount = 4 * 1024 * 1024

  /// Ranges of one content that may be lost before it is begun anew.
  public static let lostRangeCount = 16

  /// Files with one content that are tried as its source.
  public static let sourceCount = 4

  /// Files read to the end whose open recipes peers may still ask for.
  public static let closedStreamCount = 256

  /// Bytes of content in one segment of an open recipe: enough work for one hand-over between
  /// threads, and little enough that a receiver soon has something to ask for.
  public static let segmentByteCount: Int64 = 4 * 1024 * 1024

  /// Into how many parts a long recipe is divided that is told as being the base's: each message
  /// costs 200 bytes with all headers on its way, and who waits for it could copy meanwhile.
  public static let differencePartCount: Int64 = 48

  /// Chunks that are copied from a file here by one worker in a row: 5 MiB, so that what is told
  /// together keeps all of them busy.
  public static let reusedChunkCount = 64

  /// Contents whose recipe is asked for whole, since its difference came out wrong.
  public static let distrustedContentCount = 64

  /// Bytes read at once from a large file: a multiple of the longest read-ahead that is usual, and
  /// still within the processor's own cache while it is cut and hashed.
  public static let readByteCount = 1024 * 1024

  /// Bytes of contents that a connection's reader has handed to workers before it waits for them.
  public static let unprocessedByteCount = 8 * 1024 * 1024

  /// How long parts of large contents that nobody asked for again stay in the staging area: 30
  /// days.
  public static let partialAgeNanoseconds: Int64 = 30 * 86_400 * 1_000_000_000

  /// How often the trash is emptied of what is older than that: daily.
  public static let collectionIntervalNanoseconds: Int64 = 86_400 * 1_000_000_000

  /// How often the trash is thinned to its size, which takes a walk through it: hourly.
  public static let thinningIntervalNanoseconds: Int64 = 3600 * 1_000_000_000

  /// How often the trash is thinned because the disk is full: there is not always more to be had.
  public static let roomIntervalNanoseconds: Int64 = 60 * 1_000_000_000

  /// Paths in the trash of which is known whether they are superseded: 32 bytes each.
  public static let trashPathCount = 1_000_000

  /// How long the trash keeps everything, unless it is configured: 7 days.
  public static let trashAgeNanoseconds: Int64 = 7 * 86_400 * 1_000_000_000

  // MARK: History

  /// Things of a set from a peer that are remembered one by one: so many a unit has, and all of it
  /// can be undone.
  public static let historyItemCount = 100_000

  /// Things of a set made here that are remembered one by one; of more only how many there were.
  public static let localHistoryItemCount = 1000

  /// How long is remembered what sets did: 90 days.
  public static let historyAgeNanoseconds: Int64 = 90 * 86_400 * 1_000_000_000

  /// Sets that are remembered: weeks of work, and read in a second.
  public static let historySetCount = 10_000

  /// Bytes of what is remembered.
  public static let historyByteCount = 32 * 1024 * 1024

  /// Sets after which older ones are let go: seldom enough to cost nothing.
  public static let historyThinningCount = 64

  /// Things of sets that are shown in one answer.
  public static let shownHistoryItemCount = 20_000

  // MARK: Mending

  /// Conflict copies that are listed at once: more than anybody reads.
  public static let listedConflictCount = 10_000

  /// Steps of one command that are told one by one.
  public static let shownStepCount = 20_000

  /// Changes on a replica that are listed, or taken back, at once.
  public static let deviationCount = 100_000

  /// What would happen to so many paths is told one by one; of more it is counted.
  public static let forecastItemCount = 20_000

  /// Names that are tried for what must not take another's: `report-2.pdf` and so on.
  public static let numberedNameCount = 10_000

  // MARK: Troubles of the disk

  /// Paths that could not be looked at and are tried again one by one; of more, everything is.
  public static let troubledPathCount = 256

  /// First delay before what could not be looked at is looked at again; doubled each time.
  public static let troubleNanoseconds: Int64 = 1_000_000_000

  /// Longest such delay.
  public static let longestTroubleNanoseconds: Int64 = 600_000_000_000

  // MARK: Watching

  /// First delay before a watcher is tried for again where the system gives none, and everything is
  /// looked at instead; doubled each time.
  public static let watcherRetryNanoseconds: Int64 = 60_000_000_000

  /// Longest such delay, below `auditSliceNanoseconds` as `SettlePolicy` explains.
  public static let longestWatcherRetryNanoseconds: Int64 = 240_000_000_000

  // MARK: Audit

  /// Time between two slices of the audit, and before the first: rare enough that nobody notices
  /// them, and longer than any event, or scan in place of one, takes to be told; what two slices
  /// see is no change under way.
  public static let auditSliceNanoseconds: Int64 = 300_000_000_000

  /// Slices in which a round is done at the latest: 20 of a day's 24 hours.
  public static let auditSliceCount = 240

  /// Directories of a slice at least: a small share is proved within the hour.
  public static let auditDirectoryCount = 16

  /// Differences that are suspected or remembered as told; others come in the next round.
  public static let auditSuspectCount = 256

  /// How long after a change the share is flushed, so that what users wrote outlives a power cut:
  /// as long as the kernel keeps what is dirty (`vm.dirty_expire_centisecs`), so that the flush
  /// finds little to write.
  public static let secureDelayNanoseconds: Int64 = 30_000_000_000

  /// Two steps of the slowest clock that files get their times from (100 Hz): within them a file
  /// can be written again and keep its stamp.
  public static let racyNanoseconds: Int64 = 20_000_000

  /// How far the moment at which the machine was started may seem to move while it runs: clocks are
  /// corrected in steps. A machine that is started anew was down longer.
  public static let bootToleranceNanoseconds: Int64 = 5_000_000_000

  // MARK: Sets

  /// First delay before a unit is tried again that something stood in the way of; doubled each
  /// time.
  public static let retryNanoseconds: Int64 = 50_000_000

  /// Longest such delay.
  public static let longestRetryNanoseconds: Int64 = 5_000_000_000

  /// Entries of one unit that is announced and flipped together; a longer one is split.
  public static let unitEntryCount = 100_000

  /// Entries flushed file by file; above, one `syncfs` costs less.
  public static let individualFlushCount = 32

  /// Items of a scan that are recorded together; keeps a scan of a large tree out of memory.
  public static let scanSliceItemCount = 4096

  /// Entries that a look has found and the engine has not compared yet; the look then waits. 200
  /// bytes each.
  public static let uncomparedEntryCount = 16_384

  /// Items of a scan that are being read or wait to be recorded; the scan then waits. 1 KiB each.
  public static let unrecordedScanItemCount = 16_384

  /// Paths that are looked at again together; instead of more, everything is scanned, which goes in
  /// slices.
  public static let lookedAgainCount = 4096

  /// Names that could not be looked at in a directory because it was elsewhere; instead of more,
  /// all of it is looked at where it is found.
  public static let unsettledNameCount = 4096

  /// Directories with such names; instead of more, everything is scanned.
  public static let unsettledDirectoryCount = 1024

  /// How often who waits until everything is recorded waits for the watcher to tell where something
  /// went that was gone when it was to be read. A file that is written all the time is gone, too.
  public static let inquiryCount = 3

  /// Units announced to one peer and not yet acknowledged. When a peer acknowledges none of them
  /// for a while, one more may follow, up to twice as many.
  public static let unacknowledgedUnitCount = 64

  /// That while, at first; it doubles with each further unit.
  public static let announcePatienceNanoseconds: Int64 = 1_000_000_000

  /// The longest while.
  public static let longestAnnouncePatienceNanoseconds: Int64 = 60_000_000_000

  /// Change sets that are looked at or read at once; further ones wait and become one. Each step
  /// compares every two of them. As many other shares' changes wait for them at most.
  public static let openJobCount = 64

  /// Difference of two nodes' clocks from which on it is shown.
  public static let clockSkewNanoseconds: Int64 = 2_000_000_000

  // MARK: Disk

  /// Free bytes that large contents leave on a disk, where a sixteenth of it is not less. What came
  /// of a large one is kept while it waits for room, and small ones must not wait with it.
  public static let sparedByteCount: Int64 = 16 * 1024 * 1024

  /// Directories of the staging area that are kept open: a burst of small files touches a few
  /// dozen, and 1024 descriptors are the usual soft limit of a process.
  public static let stagingDirectoryCount = 128

  /// Directories that a flip keeps open, for the same reason.
  public static let flipDirectoryCount = 64

  /// What addresses, lengths and offsets are multiples of where the page cache is passed by. No
  /// disk has longer sectors.
  public static let pageByteCount = 4096

  /// Bytes at the start of a large content that go through the page cache: where that is all, the
  /// file is soon read by those who wait for it.
  public static let cachedByteCount: Int64 = 8 * 1024 * 1024

  /// Bytes that are written at once past the page cache: below it a disk is slower.
  public static let blockByteCount = 1024 * 1024

  /// Blocks of one large content that are being filled. What comes in order, from two workers,
  /// fills three; what they hold is lost in a crash and sent again.
  public static let openBlockCount = 4

  /// Blocks of all contents that are being filled, in a share.
  public static let blockCount = 12

  /// Bytes written to a large content before write-back is begun: the final flush then waits for
  /// a few hundredths of a second, and dirty pages stay far below the kernel's own bound.
  public static let writebackByteCount = 8 * 1024 * 1024

  /// Freed bytes that each of the allocator's heaps keeps: the buffers of the frames and ranges
  /// that are under way.
  public static let keptByteCount = 2 * 1024 * 1024

  // MARK: Ignoring

  /// Bytes of a `.leftignore` file: read whole whenever it is looked at. The largest collections of
  /// such patterns have a tenth.
  public static let ignoreFileByteCount = 64 * 1024

  /// Patterns of one file, or of the configuration: each is tried on every path below.
  public static let ignorePatternCount = 1024

  /// Bytes of one pattern: with the length of a path it bounds what a comparison costs.
  public static let ignorePatternByteCount = 1024

  /// Directories with such a file in one share: all are in memory.
  public static let ignoreFileCount = 4096

  // MARK: Holding

  /// How long `leftd hold` may keep changes together: a build or checkout that takes longer isn't
  /// what peers should wait for.
  public static let holdSeconds = 3600

  /// Commands at once whose changes are held: each also keeps a thread of the control socket.
  public static let holdCount = 8

  /// Changes that a hold keeps in mind one by one; beyond, its directory is compared with the
  /// index.
  public static let heldChangeCount = 65_536

  // MARK: Connections

  /// Connections that have not yet said who they are.
  public static let strangerCount = 16

  /// How long a connection may take to prove who it is and to say what it is about.
  public static let handshakeSeconds = 10

  /// Peers of a node: for each there are a connection with two threads, and one more that dials, in
  /// every share.
  public static let peerCount = 64

  /// The kernel closes a connection whose data nobody acknowledged for this long.
  public static let deadLinkSeconds = 20

  /// Bytes handed to the kernel or taken from it by one call: a call per TLS record would cost
  /// 20–30 % of the throughput.
  public static let socketCallByteCount = 256 * 1024

  /// Bytes in the kernel's send buffer that are not yet on the wire (`TCP_NOTSENT_LOWAT`): what a
  /// small frame may have in front of it there; 10 ms at 100 Mbit/s.
  public static let unsentByteCount = 128 * 1024

  /// Bytes under one TLS key, far below the 2^24.5 records that RFC 8446 5.5 allows for AES-GCM.
  public static let bytesPerKey: UInt64 = 64 << 30

  /// How long a connection that says good-bye waits until the peer has taken what is queued.
  public static let closingSeconds = 5

  /// Bytes of the file with this node's key and certificate; it has about 1000.
  public static let identityFileByteCount = 64 * 1024

  // MARK: Rates

  /// The lowest rate that can be configured, in bytes a second. With less, a peer would look dead
  /// to the kernel before it has taken a window's worth.
  public static let lowestRate: Int64 = 10_000

  /// How much unused time a limit lets be used later: what a busy machine wakes up too late by, and
  /// little beside the seconds over which a rate is to hold.
  public static let rateSlackNanoseconds: Int64 = 100_000_000

  /// How long what may pass at once takes at its rate: connections take turns so often.
  public static let rateGrantNanoseconds: Int64 = 20_000_000

  /// Bytes that may always pass at once: a few packets.
  public static let shortestGrantByteCount = 4096

  /// Bytes that pass at once however high the rate: as many as one segmentation takes.
  public static let longestGrantByteCount = 64 * 1024

  /// Bytes that the kernel may hold for a node that takes them at a limited rate, where an eighth
  /// of a second's are not more; less would cost throughput between near machines.
  public static let limitedWindowByteCount = 128 * 1024

  // MARK: Pairing

  /// How long an invitation is good for.
  public static let invitationSeconds = 600

  /// Wrong proofs after which an invitation is void. A guess has a chance of 2^-100 anyhow; this
  /// makes trouble visible.
  public static let invitationTryCount = 5

  /// Invitations open at once: one for each machine that is being added.
  public static let invitationCount = 8

  /// How long is watched what is scarce before the effort of compression is chosen anew: longer
  /// than a processor is given away for, short beside a transfer that one may notice.
  public static let paceNanoseconds: Int64 = 50_000_000

  // MARK: Index

  /// Memory for pages of the index. The working set of one unit; the kernel caches the rest.
  public static let indexCacheByteCount = 8 * 1024 * 1024

  /// The index's log, after which it is written back into the file: large enough that a page that
  /// changes often is written back once for many transactions, small enough to read at a start.
  public static let indexLogByteCount = 8 * 1024 * 1024

  /// Directory ids that the index keeps in memory: about 100 bytes each.
  public static let rememberedDirectoryCount = 16_384

  /// Marks kept of each peer's sequences. Fewer make acknowledgements that are passed on coarser,
  /// never wrong.
  public static let sequenceMarkCount = 1024
}
