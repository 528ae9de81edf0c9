/// A file to be read, in the state in which it was seen.
public struct ReadItem: Hashable, Sendable {
  /// Its index in the job.
  public var item: Int
  /// What it is to become an entry for.
  public var place: Place
  /// Where it lies.
  public var path: RelativePath
  /// The state in which it was seen; a file in another state isn't read.
  public var stamp: FileStamp
  /// Whether its extended attributes are to be read with it.
  public var isWithAttributes: Bool
}

/// A file here with a certain content.
public struct LocalFile: Hashable, Sendable {
  /// Where it lies.
  public var path: RelativePath
  /// The state in which it has the content; in another state it must not be used for it. What lies
  /// in the trash has another ctime.
  public var stamp: FileStamp
  /// The plan that took it from `path` to the trash; `nil` if it lies in the share.
  public var trashedBy: UInt64?
  /// The other share of this machine that it lies in, or in the trash of; `nil` for the own one.
  public var share: String?

  /// A file by where it lies and its state.
  public init(path: RelativePath, stamp: FileStamp, trashedBy: UInt64? = nil) {
    (self.path, self.stamp, self.trashedBy) = (path, stamp, trashedBy)
  }
}

/// A file in another share of this machine, and how its content is made.
public struct SiblingFile: Hashable, Sendable {
  /// The file; it may be another by the time that it is read.
  public var file: LocalFile
  /// What it is made of.
  public var recipe: Recipe
}

/// A part of a file here.
public struct LocalPart: Hashable, Sendable {
  /// The file.
  public var file: LocalFile
  /// Where the part lies in it; at most `Limits.patchByteCount`.
  public var bytes: Range<Int64>
}

/// A piece of a file here that is wanted elsewhere.
public struct ReusedChunk: Hashable, Sendable {
  /// Where it begins in the file here.
  public var sourceOffset: Int64
  /// Where it is to be, and what it is.
  public var target: PlacedChunk
}

/// How much a line in the journal matters.
public enum Severity: Sendable {
  /// Data or service is in danger.
  case error
  /// Something was held or refused.
  case warning
  /// Something a user did has arrived.
  case notice
  /// What is going on.
  case info
}

/// Everything the engine may want done. The rim does it and answers with an `Input`.
public enum Effect: Sendable {
  /// Look at the disk; answer `looked` for each directory, then `lookEnded`.
  case look(JobID, [LookRequest])
  /// Answer `caughtUp` when the watcher has told all that has happened until now, as far as it can
  /// tell; nothing is to be looked at for what it can't.
  case awaitWatcher(JobID)
  /// Look at the disk for the audit, where nothing waits behind it; answer `audited` for each
  /// directory, then `auditEnded`.
  case audit([LookRequest])
  /// Read small files; push their contents to these peers while at it; answer `read`.
  case read(JobID, [ReadItem], push: [Link])
  /// Read a large file; answer `segmentRead` on the way and `read` at its end.
  case readLarge(JobID, ReadItem, stream: UInt64)
  /// Send a message.
  case send(Link, Message)
  /// Answer `drained` once fewer than `Limits.sendQueueByteCount` bytes wait to be sent.
  case tellWhenDrained(Link)
  /// Remove what was staged for these places: nobody announced it.
  case discard([Place])
  /// Send a range of a file as `data` frames, or `unavailable`.
  case serve(Link, RangeRequest, LocalFile)
  /// Send small contents as `contents` frames; `nil` for what isn't here.
  case serveSmall(Link, request: UInt64, [(item: FetchRequest.Item, file: LocalFile?)])
  /// Open the stage of a large content; answer `stageOpened`.
  case openStage(StageID, Place)
  /// Ask for a range, and put it into the stage when it comes; answer `rangeStored` or `rangeLost`.
  case request(Link, RangeRequest, StageID, [PlacedChunk])
  /// The same, for a range that resembles a part of a file here: the peer is told of the pieces of
  /// that part, and answers with a patch if it helps; then answer `rangePatched`.
  case requestPatch(Link, RangeRequest, StageID, [PlacedChunk], of: LocalPart)
  /// Ask those other shares of this machine that the peer is in for a file with the content that is
  /// to be at a place; answer `sought`.
  case seekContent(Place, ContentID, of: NodeID)
  /// Ask the other shares whether a file that is about to be read was in one of them until now;
  /// answer `soughtOrigin`.
  case seekOrigin(FileStamp, stream: UInt64)
  /// Answer `siblingsCaughtUp` when the other shares of this machine have recorded what has come to
  /// them until now.
  case awaitSiblings(JobID)
  /// All that was told before `siblingWaits` with this token is recorded.
  case arrived(UInt64)
  /// Copy chunks from a file here into a stage; answer `reused`.
  case reuse(StageID, LocalFile, [ReusedChunk])
  /// Copy a whole small file here into the staging area; answer `copied`.
  case copy(Place, ContentID, LocalFile, mode: UInt16, mtime: Int64)
  /// Give a stage its final size, mode and mtime; answer `stageFinished`.
  case finishStage(StageID, size: Int64, mode: UInt16, mtime: Int64)
  /// Close a stage; its chunks stay on disk for another try if `keeping`.
  case closeStage(StageID, keeping: Bool)
  /// Remember what small contents a fetch is for, so that they get their mode and mtime.
  case fetch(Link, FetchRequest, [(mode: UInt16, mtime: Int64)])
  /// Apply a plan, or finish one that was interrupted; answer `flipped`.
  case flip(FlipPlan, isResumed: Bool)
  /// Flush the whole share; answer `secured` with this sequence if that succeeded.
  case secure(upTo: UInt64)
  /// Close a connection and say why.
  case close(Link, String)
  /// Rules have changed: watch what is below this directory as they say now, and rescan it.
  case watchAgain(RelativePath)
  /// A line for the journal.
  case log(Severity, String, peer: NodeID?, path: RelativePath?, set: UInt64?)
  /// Step again with `woken` at this monotonic time, unless an earlier one was asked for since.
  case wake(at: Int64)
  /// All that was written before `flush(token)` is recorded; the sequence that acknowledges it.
  case barrier(UInt64, sequence: UInt64)
}
