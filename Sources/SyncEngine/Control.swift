import CLinux
import SyncCore
import Watcher

/// The control thread of a share: feeds the engine with what happens, and has done what it wants
/// done. It decides nothing itself and never waits for disk or network.
final class Control {
  let settings: ShareSettings
  let log: any Log
  let mailbox: Mailbox<Event>
  let traffic: TrafficControl
  let siblings: Siblings
  private let failed: @Sendable (String) -> Void
  let index: SQLiteIndex
  let fileSystem: PosixFileSystem
  let applier: Applier
  let outgoing: OutgoingFiles
  private let staging: Staging
  private let snapshots: Snapshots
  private let reading: Reading
  private let serving: Serving
  private let receiving: Receiving

  /// Looks and flips: one after the other, so that what a look finds is never half of a flip.
  let diskQueue = WorkQueue(name: "disk", threadCount: 1)
  /// Reading of large files and flushing, which may take long and nothing else waits behind.
  let longQueue = WorkQueue(name: "read large", threadCount: 1)
  /// Everything short.
  private let workQueue: WorkQueue

  /// Entries that looks have found and the engine has not dealt with: the disk is faster than the
  /// index, and a whole tree must not lie between them.
  private let lookAllowance = Allowance(limit: Limits.uncomparedEntryCount)
  /// What of it is compared, and held back while the engine has too much to record.
  private var compared = 0

  var engine: Engine
  var links: Links
  /// What peers asked for and was not answered yet.
  private var openRequests: [Link: OpenRequests] = [:]
  var watching: Watching
  private var nextWake: Int64?
  private var isRunning = true
  /// The peers that are only heard, as the engine was told.
  var heardOnly: Set<NodeID> = []
  /// Whether what may be written to in the trash is being looked at.
  var isLookingAtOutgoing = false
  /// When the trash was last emptied of what is old.
  var lastCollection: Int64 = 0
  /// How far it has come with recipes of which no file has the content.
  var recipeCollection = RecipeCollection.recipes(upTo: nil)
  /// When it was last thinned because the disk was full.
  var lastRoomMaking = -Limits.roomIntervalNanoseconds
  private var barriers: [UInt64: Reply<UInt64>] = [:]
  private var lastBarrier: UInt64 = 0
  /// Questions of other shares that wait until what came here is recorded, by numbers that no job
  /// has.
  var awaitedHere: [UInt64: SiblingQuestion] = [:]
  var lastAwaited: UInt64 = 1 << 62
  /// Holds that end when the watcher has given this token back.
  private var endingHolds: [UInt64: UInt64] = [:]
  private var lastHold: UInt64 = 0
  /// When the next slice of the audit is due.
  private var nextAudit: Int64?
  /// Why the watcher or the engine is not as it should be.
  var trouble = ""

  init(
    settings: ShareSettings, name: String, identity: Identity, log: any Log,
    mailbox: Mailbox<Event>, traffic: TrafficControl, siblings: Siblings,
    failed: @escaping @Sendable (String) -> Void
  ) throws(EngineError) {
    self.settings = settings
    self.log = log
    self.mailbox = mailbox
    self.traffic = traffic
    self.siblings = siblings
    self.failed = failed
    let post: @Sendable (Input) -> Void = { mailbox.post(.input($0)) }
    do throws(FileError) {
      fileSystem = try PosixFileSystem(root: settings.root, ownership: settings.rules.ownership)
      staging = try Staging(fileSystem)
    } catch {
      throw EngineError(
        "cannot use the folder \(settings.root) of share \(settings.name): \(error)",
        remedy: "Make the folder, or correct its path and permissions", errno: error.errno)
    }
    do throws(IndexError) {
      index = try SQLiteIndex(
        path: "\(settings.stateDirectory)/index-\(settings.name).sqlite", node: identity.id,
        randomIncarnation: Actor.incarnation(from: clinux_random()))
    } catch {
      throw EngineError(
        "cannot open the index of share \(settings.name)", remedy: error.description)
    }
    outgoing = OutgoingFiles(fileSystem, node: identity.id)
    applier = Applier(
      fileSystem, staging: staging, node: identity.id, ignoring: settings.ignored,
      bundles: settings.rules.bundles, outgoing: outgoing)
    snapshots = Snapshots(fileSystem, staging: staging)
    reading = Reading(fileSystem: fileSystem, snapshots: snapshots, post: post)
    serving = Serving(fileSystem: fileSystem, snapshots: snapshots)
    siblings.add(settings.name, on: fileSystem, mailbox: mailbox)
    receiving = Receiving(
      fileSystem, staging: staging, siblings: siblings.fileSystem(of:), post: post)
    workQueue = WorkQueue(name: "work", threadCount: max(2, Int(clinux_processor_count())))
    engine = Engine(
      node: identity.id, name: name, rules: settings.rules, index: index,
      randomSeed: clinux_random(), boot: Self.boot(comparedWith: index.secured.boot),
      ignoring: settings.ignored, contentID: BLAKE3.contentID(of:))
    links = Links(share: settings.name, identity: identity, mailbox: mailbox)
    let root = Array(settings.root.utf8)
    watching = Watching { report in
      mailbox.post(.watched(report))
    } make: { report throws(WatcherError) in
      try Watcher(root: root, ignoring: settings.ignored, report: report)
    }
  }

  /// Begins to watch and to dial.
  func start() throws(EngineError) {
    engine.hasSiblings = siblings.count > 1
    secureShare()
    loadOutgoing()
    try collectLeftovers()
    feed(.start)
    do throws(WatcherError) {
      if let sentence = try watching.start(now: clinux_boot_nanoseconds()) {
        log.write(LogEntry(.error, sentence))
      }
    } catch {
      throw EngineError(error.problem, remedy: error.remedy, errno: error.errno)
    }
    setPauses(settings.pauses)
    setPeers(settings.peers)
  }

  /// What an earlier run staged and nobody waits for goes; parts of large contents stay.
  private func collectLeftovers() throws(EngineError) {
    do throws(IndexError) {
      guard try index.journal() == nil else { return }
    } catch {
      throw EngineError("cannot read the index", remedy: error.description)
    }
    let oldest = clinux_wall_nanoseconds() - Limits.partialAgeNanoseconds
    do throws(FileError) {
      // Before anything new is staged.
      try staging.collect(keeping: [], partialsSince: oldest)
    } catch {
      log.write(LogEntry(.warning, "Leftovers of an earlier run could not be removed: \(error)"))
    }
    collectTrash()
  }

  /// Handles what happens until it is told to stop.
  func run() {
    while isRunning {
      let next = [
        nextWake, watching.retryAt, nextAudit, links.nextPauseEnd, nextOutgoingLook,
        snapshots.nextEnd,
      ].compactMap(\.self).min()
      let timeout = next.map { max(0, $0 - clinux_boot_nanoseconds()) }
      let events = mailbox.takeAll(timeoutNanoseconds: timeout)
      for event in events where isRunning {
        handle(event)
        goOnLooking()
      }
      if let time = nextWake, time <= clinux_boot_nanoseconds() {
        nextWake = nil
        feed(.woken)
      }
      audit(now: clinux_boot_nanoseconds())
      lookAtOutgoing(now: clinux_boot_nanoseconds())
      endPauses()
      snapshots.end(now: clinux_boot_nanoseconds())
      if let sentence = watching.retry(now: clinux_boot_nanoseconds()) {
        log.write(LogEntry(.notice, sentence))
      }
    }
    watching.stop()
    links.stop()
    lookAllowance.lift()
    workQueue.stop()
    longQueue.stop()
    diskQueue.stop()
    secureAtEnd()
  }

  private func handle(_ event: Event) {
    switch event {
    case .watched(let report): take(report)
    case .input(let input):
      feed(input)
      if case .received(let link, let message) = input, message.isRequest {
        openRequests[link]?.leave()
      }
      noteLooked(input)
      makeRoom(after: input)
    case .up(let connection): open(connection)
    case .down(let link, let reason):
      links.close(link, because: reason)
      receiving.forget(link)
      openRequests[link] = nil
      feed(.disconnected(link))
    case .trouble(let peer, let reason): links.note(reason, of: peer)
    case .peers(let peers): setPeers(peers)
    case .pauses(let pauses): setPauses(pauses)
    case .status(let reply): answer { () throws(IndexError) in reply.send(try status()) }
    case .flush(let reply): flush(reply)
    case .hold(let directory, let reply):
      guard engine.holdCount < Limits.holdCount else { return reply.send(nil) }
      lastHold += 1
      feed(.holdBegan(lastHold, directory))
      reply.send(lastHold)
    case .release(let hold, let reply):
      // Before the marker is asked for: without a watcher it is given back at once.
      endingHolds[lastBarrier + 1] = hold
      flush(reply)
    case .sequence(let path, let reply):
      answer { () throws(IndexError) in reply.send(try engine.sequence(of: path)) }
    case .explain(let path, let reply): startExplaining(path, reply)
    case .seen(let path, let found, let rule, let reply):
      answer { () throws(IndexError) in
        reply.send(try engine.explain(path, found: found, rule: rule))
      }
    case .mend(let request, let reply): mend(request, reply)
    case .asked(let question): take(question)
    case .lookedAtOutgoing: isLookingAtOutgoing = false
    case .stop: isRunning = false
    }
  }

  private func flush(_ reply: Reply<UInt64>) {
    lastBarrier += 1
    barriers[lastBarrier] = reply
    watching.flush(token: lastBarrier)
  }

  /// What the watcher has to say.
  private func take(_ report: Watcher.Report) {
    switch report {
    case .settled(let set): feed(.changed(set))
    case .passed(let paths): feed(.changed(ChangeSet(passed: paths)))
    case .flushed(let token):
      if let number = Watcher.number(ofModest: token) {
        return feed(
          awaitedHere[number] == nil ? .caughtUp(JobID(number: number)) : .siblingWaits(number))
      }
      if let hold = endingHolds.removeValue(forKey: token) { feed(.holdEnded(hold)) }
      feed(.flushed(token))
    case .degraded(let reason): feed(.watchDegraded(reason))
    case .gaps(let gaps):
      guard let sentence = watching.note(gaps) else { return }
      log.write(LogEntry(.notice, sentence))
    case .rootLost(let reason):
      trouble = reason
      feed(.rootLost(reason))
    }
  }

  func feed(_ input: Input) {
    answer { () throws(IndexError) in
      let now = Moment(monotonic: clinux_boot_nanoseconds(), wall: clinux_wall_nanoseconds())
      for effect in try engine.step(input, now: now) { perform(effect) }
    }
  }

  /// Without its index the share can't go on.
  func answer(_ body: () throws(IndexError) -> Void) {
    do throws(IndexError) {
      try body()
    } catch {
      log.write(LogEntry(.error, "Stopped: \(error)"))
      isRunning = false
      failed(error.description)
    }
  }

  // MARK: Connections

  private func setPeers(_ peers: [PeerSettings]) {
    siblings.setPeers(peers, of: settings.name)
    links.setPeers(peers)
  }

  private func open(_ connection: Connection) {
    guard let link = links.open(connection) else { return }
    let (gate, requests) = (Gate(), OpenRequests())
    openRequests[link] = requests
    let complaints = Complaints(of: connection.peer, log: log)
    let (mailbox, workQueue, receiving, log) = (mailbox, workQueue, receiving, log)
    connection.start(
      within: traffic,
      receive: { type, payload in
        let frameType = FrameType(rawValue: type)
        guard frameType == .data || frameType == .contents || frameType == .patch else {
          if frameType == .announce { gate.waitForContents() }
          if frameType?.isRequest == true { requests.enter() }
          return Self.post(type, payload, of: connection, link, to: mailbox, log)
        }
        let isContents = frameType == .contents
        gate.enter(byteCount: payload.count, isContents: isContents)
        workQueue.run {
          defer { gate.leave(byteCount: payload.count, isContents: isContents) }
          do throws(WireError) {
            if isContents {
              complaints.tell(try receiving.takeContents(payload, on: link))
            } else if frameType == .patch {
              complaints.tell(try receiving.takePatch(payload, on: link))
            } else {
              complaints.tell(try receiving.takeData(payload, on: link))
            }
          } catch {
            Self.refuse(connection, error, log)
          }
        }
      },
      closed: { cause in
        if case .violation(let what) = cause { Self.tellViolation(what, of: connection, log) }
        mailbox.post(.down(link, cause.description))
      })
    feed(.connected(link, connection.peer))
  }

  private static func post(
    _ type: UInt8, _ payload: [UInt8], of connection: Connection, _ link: Link,
    to mailbox: Mailbox<Event>, _ log: any Log
  ) {
    do throws(WireError) {
      if let message = try Message(type: type, payload: payload) {
        if case .hello(let hello) = message {
          connection.setFeatures(Feature.known(among: hello.features))
        }
        mailbox.post(.input(.received(link, message)))
      }
    } catch {
      refuse(connection, error, log)
    }
  }

  /// The peer broke the protocol: nothing more of this connection is heard.
  private static func refuse(_ connection: Connection, _ error: WireError, _ log: any Log) {
    tellViolation(error.description, of: connection, log)
    connection.close(CloseReason(code: CloseReason.violation, text: error.description))
  }

  private static func tellViolation(_ what: String, of connection: Connection, _ log: any Log) {
    log.write(
      LogEntry(
        .warning,
        "Closed the connection: the peer broke the protocol: \(what). Install the same version of "
          + "leftd on both; if that does not help, do not trust this peer.", peer: connection.peer))
  }

  // MARK: Effects

  private func perform(_ effect: Effect) {
    switch effect {
    case .look(let job, let requests):
      startLook(requests, on: diskQueue, each: { .looked(job, $0) }, end: .lookEnded(job))
    case .audit(let requests):
      startLook(requests, on: longQueue, each: { .audited($0) }, end: .auditEnded)
    case .read(let job, let items, let push):
      let (reading, peers) = (reading, push.compactMap { links.connection($0) })
      workQueue.run { reading.read(job, items, pushTo: peers) }
    case .readLarge(let job, let item, let stream):
      let reading = reading
      longQueue.run { reading.readLarge(job, item, stream: stream) }
    case .send(let link, let message): links.connection(link)?.send(message)
    case .tellWhenDrained(let link):
      let mailbox = mailbox
      links.connection(link)?.whenDrained { mailbox.post(.input(.drained(link))) }
    case .discard(let places):
      let staging = staging
      workQueue.run { for place in places { staging.discard(place) } }
    case .serve(let link, let request, let file):
      serve(link) { serving, peer in serving.serve(request, file, to: peer) }
    case .serveSmall(let link, let request, let items):
      serve(link) { serving, peer in serving.serve(request: request, items, to: peer) }
    case .openStage(let stage, let place):
      let receiving = receiving
      workQueue.run { receiving.open(stage, place) }
    case .request(let link, let request, let stage, let chunks):
      receiving.expect(request, from: link, in: stage, chunks)
      links.connection(link)?.send(.request(request))
    case .fetch(let link, let request, let attributes):
      receiving.expect(request, from: link, attributes: attributes)
      links.connection(link)?.send(.fetch(request))
    case .requestPatch(let link, let request, let stage, let chunks, let part):
      receiving.expect(request, from: link, in: stage, chunks)
      guard let peer = links.connection(link) else { return }
      let receiving = receiving
      workQueue.run {
        if let request = receiving.prepare(request, asPatchOf: part) {
          peer.send(.request(request))
        }
      }
    case .seekContent(let place, let content, let peer): seek(content, for: place, of: peer)
    case .seekOrigin(let stamp, let stream): seekOrigin(of: stamp, stream: stream)
    case .awaitSiblings(let job): awaitSiblings(job)
    case .arrived(let token): awaitedHere.removeValue(forKey: token)?.goOn()
    case .reuse(let stage, let file, let chunks):
      let receiving = receiving
      workQueue.run { receiving.reuse(stage, file, chunks) }
    case .copy(let place, let content, let file, let mode, let mtime):
      let receiving = receiving
      workQueue.run { receiving.copy(place, content, from: file, mode: mode, mtime: mtime) }
    case .finishStage(let stage, let size, let mode, let mtime):
      let receiving = receiving
      workQueue.run { receiving.finish(stage, size: size, mode: mode, mtime: mtime) }
    case .closeStage(let stage, let keeping): receiving.close(stage, keeping: keeping)
    case .flip(let plan, let isResumed): startFlip(plan, isResumed: isResumed)
    case .secure(let sequence): startSecuring(upTo: sequence)
    case .close(let link, let reason):
      links.connection(link)?.close(CloseReason(code: CloseReason.violation, text: reason))
    case .awaitWatcher(let job): watching.catchUp(job.number)
    case .watchAgain(let directory): watching.watchAgain(directory)
    case .log(let severity, let message, let peer, let path, let set):
      log.write(
        LogEntry(LogEntry.Level(severity), message, peer: peer, path: path, set: set))
    case .wake(let time): nextWake = time
    case .barrier(let token, let sequence):
      barriers.removeValue(forKey: token)?.send(sequence)
    }
  }

  private func serve(
    _ link: Link, _ body: @escaping @Sendable (Serving, Connection) -> Void
  ) {
    guard let peer = links.connection(link) else { return }
    let (serving, requests) = (serving, openRequests[link])
    requests?.add()
    workQueue.run {
      defer { requests?.leave() }
      body(serving, peer)
    }
  }

  private func startLook(
    _ requests: [LookRequest], on queue: WorkQueue, each: @escaping @Sendable (Listing) -> Input,
    end: Input
  ) {
    let (fileSystem, local) = (fileSystem, settings.ignored)
    let (mailbox, allowance) = (mailbox, lookAllowance)
    queue.run {
      look(requests, in: fileSystem, ignoring: local) { listing in
        allowance.take(listing.entries.count)
        mailbox.post(.input(each(listing)))
      }
      mailbox.post(.input(end))
    }
  }

  private func startExplaining(_ path: RelativePath, _ reply: Reply<Explanation>) {
    let (fileSystem, local, mailbox) = (fileSystem, settings.ignored, mailbox)
    diskQueue.run {
      let (found, rule) = lookClosely(at: path, in: fileSystem, ignoring: local)
      mailbox.post(.seen(path, found, rule, reply))
    }
  }

  private func noteLooked(_ input: Input) {
    switch input {
    case .looked(_, let listing), .audited(let listing): compared += listing.entries.count
    case _: break
    }
  }

  /// Lets looks go on when the engine has room for what they find.
  private func goOnLooking() {
    guard compared > 0, !engine.hasMuchToRecord else { return }
    lookAllowance.giveBack(compared)
    compared = 0
  }

  private func startFlip(_ plan: FlipPlan, isResumed: Bool) {
    let (applier, mailbox) = (applier, mailbox)
    diskQueue.run {
      mailbox.post(.input(.flipped(applier.apply(plan, resuming: isResumed))))
    }
    collectTrashInTime()
  }

  /// Begins a slice of the audit when it is time; the first some time after the scan at the start,
  /// which proves as much.
  private func audit(now: Int64) {
    if let time = nextAudit, time <= now {
      nextAudit = now + settings.auditNanoseconds
      feed(.audit)
      collectTrashInTime()
      collectRecipes()
      collectTombstones()
    } else if nextAudit == nil, engine.hasScanned {
      nextAudit = now + settings.auditNanoseconds
    }
  }
}
