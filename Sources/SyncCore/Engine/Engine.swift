/// One share on one node: everything that is decided about it.
///
/// `step` takes one thing that happened and returns what is to be done; it does nothing itself. The
/// engine holds only what is in flight: what is here and in which version is in the index, and what
/// remains to be done follows from comparing the index with the disk and with what peers say.
///
/// The parts, in the order of the flow: `Engine+Looking` (change sets to what is on disk),
/// `Engine+Recording` (from there into the index), `Engine+Peers` (announcing and acknowledging),
/// `Engine+Intake` (units from peers), `Engine+Fetching` (their contents), `Engine+Flipping` (their
/// application), `Engine+Dividing` (what can't be applied), `Engine+Serving` (contents for peers).
/// `Engine+Ignoring` has what is not synced, `Engine+Holding` what waits for its end,
/// `Engine+Bundles` what belongs together.
public struct Engine {
  /// Who this node is.
  let node: NodeID
  /// What this node calls itself.
  let name: String
  /// Whose word counts in the share.
  let rules: ShareRules
  /// The share's memory.
  let index: any Index
  /// A number for the run of the machine: another one than before says that it was started anew.
  public let boot: Int64
  /// The id of the content that a recipe makes: a pure function, brought along because the core has
  /// no hash of its own.
  let contentID: (Recipe) -> ContentID

  var random: SplitMix64
  var now = Moment(monotonic: 0, wall: 0)
  var effects: [Effect] = []

  /// Local changes that are being looked at, read or recorded; sorted by id.
  var jobs: [LocalJob] = []
  var lastJob: UInt64 = 0
  /// What changed while too many jobs were open; looked at as one when fewer are.
  var backlog: [Change] = []
  /// What could not be looked at because its directory was no longer where it had been: names in
  /// it, or everything below it if there are none. It is looked for when a directory is found
  /// elsewhere.
  var unsettled: [DirectoryID: Set<Name>] = [:]
  /// Paths that directories have left, by a flip or as a look found, until the watcher tells of it.
  var vacated: [RelativePath: DirectoryID] = [:]
  /// What the disk refused to show.
  var troubles = Troubles()
  /// What is not synced.
  var ignoring: IgnoreTree
  /// Directories that are watched as the rules in them say, for certain: the watcher read those
  /// after they were read here.
  var provenRules: Set<DirectoryID> = []
  /// Directories that are not told since they hold only what is ignored, with their own rules. Each
  /// look gives them other ids.
  var remainders: [RelativePath: IgnoreRules] = [:]
  /// Peers' directories that could not be made, since something stands in their places, and the
  /// units that bring them: as long as those wait, a directory there that nobody knows is they.
  var unmade: [RelativePath: (directory: DirectoryID, unit: UInt64)] = [:]
  /// Where flips of units that wait were refused to put something, and the next look finds out why.
  var refusedPlaces: [Place: (thing: RefusedThing, unit: UInt64)] = [:]
  /// Within a step, while looks are compared.
  var lastScope: LastScope?
  /// Up to where tombstones were looked at in this round.
  var tombstonePosition: UInt64 = 0
  /// Counters of changes on this replica that were revoked, by what they changed.
  var revoked: [EntryKey: UInt64] = [:]
  /// What isn't looked at for the time being.
  var holds: [Hold] = []
  /// Bundles in which something happened, until that is recorded.
  var busyBundles: [RelativePath: BusyBundle] = [:]
  var lastBundle: UInt64 = 0
  /// Barriers that wait for jobs.
  var barriers: [Barrier] = []
  /// Other shares that wait for jobs.
  var arrivals: [Arrival] = []
  /// The job because of which others are added just now.
  var cause: JobID?
  /// Files that are being read by peers while their recipe is still open.
  var openFiles: [UInt64: OpenFile] = [:]
  var lastStream: UInt64 = 0
  /// Large files that left the share last.
  var departed = Departed()
  /// Files that were read to the end, whose open recipes peers may still ask for; the oldest first.
  var closedStreams: [UInt64] = []

  /// Peers to which nothing is told and of which nothing is applied, for the time being.
  var heardOnly: Set<NodeID> = []
  /// Connected peers, sorted by link.
  var sessions: [Session] = []

  /// Units from peers that are not applied yet, in the order of their arrival.
  var units: [Unit] = []
  var lastUnit: UInt64 = 0
  /// What can't be staged or applied, until it can.
  var obstacles: [EntryKey: Obstacle] = [:]
  /// The unit whose flip is under way.
  var flipping: Flipping?
  var fetching = Fetching()
  /// The slow proof that index and disk agree.
  var audit = Audit()
  /// What may be on the disk otherwise than it was recorded, until the first look is over.
  var doubt: Doubt?
  /// When what users wrote is flushed; `nil` if nothing is to be.
  var secureAt: Int64?
  /// Whether a flush was asked for that has not succeeded yet.
  var isSecuring = false

  /// Why nothing is applied and no deletion is believed; empty if all is well.
  public internal(set) var heldBecause = ""
  /// Whether a person may let a held share go on as it is.
  var isReleasable = false
  /// Whether a person said that an empty root is meant.
  var believesEmptyRoot = false
  /// Whether the first look at the whole tree is over.
  public internal(set) var hasScanned = false
  /// Whether any file has several names; `nil` as long as nobody has looked.
  var hasLinks: Bool?
  /// Whether other shares are on this machine.
  public var hasSiblings = false
  /// Whether the index was begun anew in this run.
  var hasBegunNewLife = false
  /// Whether it was told that this disk doesn't keep all extended attributes.
  var hasToldRefusedAttributes = false
  var nextWake: Int64?

  /// An engine for a share whose index is open. `local` are the patterns of what this machine does
  /// not take part in.
  public init(
    node: NodeID, name: String, rules: ShareRules = ShareRules(), index: any Index,
    randomSeed: UInt64, boot: Int64 = 0, ignoring local: IgnoreRules = IgnoreRules(),
    contentID: @escaping (Recipe) -> ContentID
  ) {
    self.node = node
    self.name = name
    self.rules = rules
    self.index = index
    self.boot = boot
    self.contentID = contentID
    random = SplitMix64(seed: randomSeed)
    ignoring = IgnoreTree(local: local)
  }

  /// Takes what happened and returns what is to be done, in order.
  ///
  /// An error of the index is final: the engine must not be stepped again.
  public mutating func step(_ input: Input, now: Moment) throws(IndexError) -> [Effect] {
    self.now = now
    lastScope = nil
    try take(input)
    try fetchWaitingLarge()
    verifyBundles()
    try recordFinishedJobs()
    if jobs.count < Limits.openJobCount / 2 { lookAtBacklog() }
    startDueBundles()
    startWaitingJobs()
    settleBarriers()
    settleArrivals()
    defer { effects = [] }
    return effects
  }

  private mutating func take(_ input: Input) throws(IndexError) {
    switch input {
    case .start:
      try noteRole()
      try beginDoubting()
      try skipSequences()
      try finishInterruptedFlip()
    case .changed(let set):
      take(set)
      retryLeftOver(after: set)
    case .flushed(let token):
      lookAtBacklog()
      barriers.append(Barrier(token: token, lastJob: lastJob, bundles: Set(busyBundles.keys)))
    case .holdBegan(let id, let directory):
      lookAtBacklog()
      beginHold(id, below: directory)
    case .holdEnded(let id):
      lookAtBacklog()
      endHold(id)
    case .watchDegraded(let reason): log(.warning, reason)
    case .rootLost(let reason): hold(reason)
    case .released: try release()
    case .revoked(let path): try takeBack(below: path)
    case .heardOnly(let peers): try hear(only: peers)
    case .looked(let job, let listing):
      try because(of: job) { engine throws(IndexError) in try engine.compare(listing, in: job) }
    case .lookEnded(let job):
      try because(of: job) { engine throws(IndexError) in try engine.endLook(of: job) }
    case .caughtUp(let job):
      lookAtBacklog()
      endInquiry(job)
      try because(of: job) { engine throws(IndexError) in try engine.lookTwice(job) }
    case .tombstonesAged(let time, let members):
      try forgetTombstones(before: time, members: members)
    case .audit: try auditSlice()
    case .audited(let listing): try auditListing(listing)
    case .auditEnded: try endAuditSlice()
    case .read(let job, let outcomes): takeOutcomes(outcomes, of: job)
    case .segmentRead(let stream, let offset, let chunks):
      try tellSegment(of: stream, at: offset, chunks)
    case .connected(let link, let peer): try greet(peer, on: link)
    case .disconnected(let link): try forget(link)
    case .drained(let link): try goOnTelling(on: link)
    case .received(let link, let message): try receive(message, on: link)
    case .fetched(let link, let request, let staged, let missing, let failed):
      try takeFetched(staged, missing: missing, failed: failed, request: request, on: link)
    case .copied(let place, let content, let file): try takeCopied(place, content, file)
    case .stageOpened(let stage, let chunks): try takeOpened(stage, chunks)
    case .rangeStored(let request): try takeRange(request, isPatched: false)
    case .rangePatched(let request): try takeRange(request, isPatched: true)
    case .rangeLost(let request): try loseRange(request)
    case .reused(let stage, let chunks, let missing):
      try takeReused(stage, chunks, missing: missing)
    case .sought(let place, let content, let found): try takeSought(place, content, found)
    case .siblingsCaughtUp(let job): endDeparture(of: job)
    case .siblingWaits(let token): noteArrival(token)
    case .soughtOrigin(let stream, let isSibling): try takeOrigin(of: stream, isSibling: isSibling)
    case .stageFinished(let stage, let file): try takeFinished(stage, file)
    case .stageFailed(let stage, let errno): try failStage(stage, errno)
    case .flipped(let result): try endFlip(result)
    case .secured(let sequence): try takeSecured(sequence)
    case .woken: try wake()
    }
  }

  mutating func log(
    _ severity: Severity, _ message: String, peer: NodeID? = nil, path: RelativePath? = nil,
    set: UInt64? = nil
  ) {
    effects.append(.log(severity, message, peer: peer, path: path, set: set))
  }

  /// Asks for a step in `nanoseconds`; the earliest such wish counts.
  mutating func wake(after nanoseconds: Int64) {
    let time = now.monotonic + nanoseconds
    if let nextWake, nextWake <= time, nextWake > now.monotonic { return }
    nextWake = time
    effects.append(.wake(at: time))
  }

  private mutating func wake() throws(IndexError) {
    nextWake = nil
    resumeFlip()
    try retryUnits()
    retryTroubles()
    secureInTime()
    try endSearches()
    endDepartures()
    try announceToAll()
  }

  /// Runs `body`, which goes on with a job: what it has looked at again belongs to that job.
  mutating func because(
    of job: JobID, _ body: (inout Engine) throws(IndexError) -> Void
  ) throws(IndexError) {
    cause = job
    defer { cause = nil }
    try body(&self)
  }

  /// The sequence of what is or was at a path; `nil` if nothing ever was. What isn't told yet gets
  /// none before the next.
  public func sequence(of path: RelativePath) throws(IndexError) -> UInt64? {
    guard let parentPath = path.parent, let name = path.name else { return index.sequence }
    guard let parent = try directory(at: parentPath, in: nil) else { return nil }
    let place = Place(parent: parent, name: name)
    let file = try index.row(.place(place))?.sequence
    let directory = try index.directory(at: place)?.sequence
    return [file, directory].compactMap { $0 }.map { $0 == 0 ? index.sequence + 1 : $0 }.max()
  }

  /// The path at which a directory stands now; `nil` if it or one above it is gone.
  public func path(of directory: DirectoryID) throws(IndexError) -> RelativePath? {
    var names: [Name] = []
    var current = directory
    while current != .root {
      guard let row = try index.row(.directory(current)), row.entry.isAlive else { return nil }
      guard names.count < Limits.directoryDepth else { return nil }
      names.append(row.entry.place.name)
      current = row.entry.place.parent
    }
    return RelativePath(components: names.reversed())
  }

  /// The path of a place; `nil` if its directory is gone.
  func path(of place: Place) throws(IndexError) -> RelativePath? {
    try path(of: place.parent)?.appending(place.name)
  }
}
