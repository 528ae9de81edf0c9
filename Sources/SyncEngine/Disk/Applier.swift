public import SyncCore

/// Puts what is staged and verified into the share: the only code that changes what the user sees.
///
/// Used by one thread at a time for one share.
public struct Applier: Sendable {
  private let fileSystem: any FileSystem
  private let staging: Staging
  private let node: NodeID
  private let local: IgnoreRules
  private let bundles: BundleRules
  private let outgoing: OutgoingFiles?

  /// An applier for the share that `staging` belongs to, on `node`. `local` are the patterns of
  /// this machine, `bundles` says what changes in an order of its own, `outgoing` is told what went
  /// to the trash with a writer.
  public init(
    _ fileSystem: any FileSystem, staging: Staging, node: NodeID,
    ignoring local: IgnoreRules = IgnoreRules(),
    bundles: BundleRules = BundleRules(), outgoing: OutgoingFiles? = nil
  ) {
    self.fileSystem = fileSystem
    self.staging = staging
    self.node = node
    self.local = local
    self.bundles = bundles
    self.outgoing = outgoing
  }

  /// Applies a plan: what was found as expected is done, durably, when this returns; what was found
  /// otherwise is left alone and refused.
  ///
  /// Idempotent, and only ever forward: after a crash at any point the same call with
  /// `resuming: true` finishes it. A plan of several operations must be in the caller's journal,
  /// durably, before the call; a plan of one needs none. Costs a few system calls an operation, two
  /// flushes in all, and one rename for a whole new or deleted tree.
  public func apply(_ plan: FlipPlan, resuming: Bool = false) -> FlipResult {
    var flip = Flip(
      plan, of: fileSystem, staging: staging, node: node, ignoring: local, bundles: bundles,
      isResumed: resuming)
    staging.hold(plan.stagedPlaces)
    defer { staging.release() }
    flip.forgetMisplaced()
    if let result = flip.failingAnyway() { return result }
    // Who writes to what would leave its place is waited for, and else noted before it leaves: the
    // process can end in between.
    let writers = flip.writers()
    if plan.waitsForWriters, !resuming, !writers.isEmpty { return flip.awaitingWriters() }
    outgoing?.note(writers, of: plan.id)
    // Nothing becomes visible before everything that shall become visible is durable.
    flip.makeStagedDurable()
    flip.noteTimes()
    // What must leave its place before others take it: all of a swap or chain, and what an entry
    // of another kind follows.
    flip.moveOut()
    flip.clearFilledPlaces()
    // Directories from the top downwards; a new one comes with everything in it.
    flip.placeDirectories()
    // What stood in directories that were between two places until now.
    flip.clearFilledPlaces()
    flip.placeFiles()
    flip.changeAttributes()
    flip.removeRest()
    flip.completeShownAttributes()
    flip.linkNames()
    flip.takeAttributesBack()
    flip.setTimes()
    // Done means durable, names and deletions included.
    flip.makeNamesDurable()
    flip.tidy()
    // Whoever came between the first question and the rename writes into the trash.
    outgoing?.note(flip.writtenOutgoing(), of: plan.id)
    return flip.result()
  }

  /// At start: makes durable what is in the share. An earlier run may have renamed and ended before
  /// its flush; found by the scan it counts as here, and must not vanish when the power goes.
  public func secure() throws(FileError) { try fileSystem.flushAll() }

  /// At start, after the journal's plan was resumed: what flips without a journal left behind goes
  /// to the trash, then what `before` (nanoseconds since 1970 UTC) allows leaves the trash.
  public func collect(trashBefore: Int64) throws(FileError) {
    try clearFlips()
    try Trash.collect(before: trashBefore, of: fileSystem)
  }

  /// What flips without a journal left behind goes to the trash.
  func clearFlips() throws(FileError) {
    let folder = try Directory.making(ReservedFolder.flip, of: fileSystem)
    for name in try folder.names() {
      var trash = Trash(folder: name, of: fileSystem)
      let source = try Directory(name, in: folder)
      for stray in try source.names() {
        _ = try trash.take(stray, in: source, from: RelativePath(components: [stray])) { _ in }
      }
      try folder.removeDirectory(name)
    }
  }
}

extension FlipPlan {
  /// Whose staged contents it puts into the share.
  fileprivate var stagedPlaces: [Place] {
    operations.compactMap { if case .putFile(let file, _, _) = $0 { file.place } else { nil } }
  }
}
