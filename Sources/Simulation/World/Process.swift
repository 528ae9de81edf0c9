import SyncCore
import SyncEngine
import Synchronization
import Watcher

/// What reaches the control thread of a process, in order.
enum ProcessEvent: Sendable {
  case input(Input)
  /// A connection is up; its number in the world.
  case up(connection: Int)
  case down(Link)
}

/// Where workers post what they have done.
final class ProcessMailbox: Sendable {
  private let events = Mutex<[ProcessEvent]>([])

  func post(_ event: ProcessEvent) { events.withLock { $0.append(event) } }

  var isEmpty: Bool { events.withLock { $0.isEmpty } }

  func take() -> ProcessEvent { events.withLock { $0.removeFirst() } }
}

/// One run of the daemon on a node: what `Control` is in it, one step at a time and without
/// threads. A crash is its end: everything here is then lost.
final class Process {
  /// Something that a worker is to do.
  struct Task {
    let label: String
    /// Whether it changes what users see.
    var isFlip = false
    let run: () -> Void
  }

  let node: Int
  let mailbox = ProcessMailbox()
  let watcher: SimulatedWatcher
  /// The queues of `Control`: two of which each does one thing after the other, and one whose many
  /// threads finish in any order.
  var diskQueue: [Task] = []
  var longQueue: [Task] = []
  var workQueue: [Task] = []
  var nextWake: Int64?
  private(set) var connections: [Link: MemoryConnection] = [:]
  /// What the engine said that honest peers never hear.
  private(set) var complaints: [String] = []
  /// What it acknowledged and doesn't have.
  private(set) var brokenPromises: [String] = []
  private(set) var journal: [String] = []
  /// Whether what an earlier run left behind is durable.
  private(set) var isSecure = false
  /// What the share was when users asked to be told that all of it is recorded.
  var flushes: [UInt64: FlushSnapshot] = [:]
  /// Which of these were answered, until somebody looks at it.
  private var answers: [UInt64] = []
  private var lastBarrier: UInt64 = 0
  /// Messages sent since the last look at it.
  var sentCount = 0

  private var engine: Engine
  private var promises = Promises()
  private var current: [Int: Link] = [:]
  private var lastLink: UInt64 = 0
  private let disk: MemoryFileSystem
  private let index: any Index
  private let applier: Applier
  /// What this machine does not take part in.
  private let local: IgnoreRules
  private let reading: Reading
  private let serving: Serving
  private let receiving: Receiving
  private let staging: Staging
  private let trace: Trace

  /// Starts as `Control` does.
  init(
    node: Int, id: NodeID, disk: MemoryFileSystem, index: any Index, seed: UInt64, boot: Int64,
    faults: WatchFaults, rules: ShareRules, ignoring ignored: Ignored?, now: Moment,
    _ trace: Trace
  ) throws {
    self.node = node
    self.trace = trace
    self.disk = disk
    self.index = index
    watcher = SimulatedWatcher(disk, posting: mailbox, faults, ignoring: ignored, trace)
    local = ignored?.local ?? IgnoreRules()
    let mailbox = mailbox
    let post: @Sendable (Input) -> Void = { mailbox.post(.input($0)) }
    let staging = try Staging(disk)
    self.staging = staging
    applier = Applier(disk, staging: staging, node: id, ignoring: local, bundles: rules.bundles)
    let snapshots = Snapshots(disk, staging: staging)
    reading = Reading(fileSystem: disk, snapshots: snapshots, post: post)
    serving = Serving(fileSystem: disk, snapshots: snapshots)
    receiving = Receiving(disk, staging: staging, post: post)
    engine = Engine(
      node: id, name: "node \(node)", rules: rules, index: index, randomSeed: seed, boot: boot,
      ignoring: local, contentID: BLAKE3.contentID(of:))
    let applier = applier
    diskQueue.append(
      Task(label: "secure", isFlip: true) { [unowned self] in
        isSecure = (try? applier.secure()) != nil
      })
    if try index.journal() == nil {
      diskQueue.append(
        Task(label: "collect") {
          try? staging.collect(
            keeping: [], partialsSince: now.wall - Limits.partialAgeNanoseconds)
          try? applier.collect(trashBefore: now.wall - Limits.trashAgeNanoseconds)
        })
    }
    try feed(.start, now: now)
  }

  // MARK: Events

  /// Handles the next event; what it was.
  func handle(now: Moment, connections all: [MemoryConnection]) throws(IndexError) -> String {
    let event = mailbox.take()
    switch event {
    case .input(let input):
      promises.note(input)
      try feed(input, now: now)
      return trace.text(input.label)
    case .up(let number):
      // One that broke before it was looked at is as if it had never been.
      if let connection = all.first(where: { $0.number == number && $0.isOpen }) {
        try open(connection, now: now)
      }
      return "up \(number)"
    case .down(let link):
      if let connection = connections.removeValue(forKey: link) {
        let peer = connection.end(facing: node).node
        if current[peer] == link { current[peer] = nil }
      }
      receiving.forget(link)
      promises.note(.disconnected(link))
      try feed(.disconnected(link), now: now)
      return "down \(link.number)"
    }
  }

  func wake(now: Moment) throws(IndexError) {
    nextWake = nil
    try feed(.woken, now: now)
  }

  private func open(_ connection: MemoryConnection, now: Moment) throws(IndexError) {
    let peer = connection.end(facing: node)
    if let older = current[peer.node] { connections[older]?.breakDown() }
    lastLink += 1
    let link = Link(number: lastLink)
    connections[link] = connection
    current[peer.node] = link
    connection.end(of: node).isStarted = true
    try feed(.connected(link, Self.id(of: peer.node)), now: now)
  }

  /// Posts the end of every connection that has broken.
  func noteBroken(_ connection: MemoryConnection) {
    for link in connections.keys.sorted() where connections[link] === connection {
      mailbox.post(.down(link))
    }
  }

  /// Takes a frame off a connection, as its reader does.
  func receive(_ frame: [UInt8], on connection: MemoryConnection) -> String {
    guard let link = connections.first(where: { $0.value === connection })?.key else {
      preconditionFailure("a frame before the connection was opened")
    }
    let payload = Array(frame[FrameHeader.byteCount...])
    let (receiving, end) = (receiving, connection.end(of: node))
    switch FrameType(rawValue: frame[4]) {
    case .contents:
      end.unstagedCount += 1
      workQueue.append(
        Task(label: "take contents") {
          _ = try? receiving.takeContents(payload, on: link)
          end.unstagedCount -= 1
        })
      return "contents"
    case .data:
      workQueue.append(Task(label: "take data") { _ = try? receiving.takeData(payload, on: link) })
      return "data"
    case .patch:
      workQueue.append(
        Task(label: "take patch") { _ = try? receiving.takePatch(payload, on: link) })
      return "patch"
    default:
      guard let message = try? Message(type: frame[4], payload: payload) else {
        preconditionFailure("an honest node sent what can't be read")
      }
      mailbox.post(.input(.received(link, message)))
      return trace.text(message.label)
    }
  }

  static func id(of node: Int) -> NodeID {
    guard let id = NodeID(bytes: Array(repeating: UInt8(17 * (node + 1)), count: 32)) else {
      preconditionFailure("32 bytes are an id")
    }
    return id
  }

  /// Forgets what deletions everyone knows, however young they are.
  func forget(members: [NodeID], now: Moment) throws(IndexError) {
    try feed(.tombstonesAged(before: .max, members: members), now: now)
  }

  // MARK: Effects

  private func feed(_ input: Input, now: Moment) throws(IndexError) {
    for effect in try engine.step(input, now: now) { perform(effect) }
  }

  private func transport(_ link: Link) -> MemoryTransport? {
    connections[link]?.end(of: node).transport
  }

  private func send(_ message: Message, on link: Link) {
    sentCount += 1
    if case .acknowledge(Self.id(of: node), let sequence) = message,
      let broken = try? promises.broken(by: sequence, on: link, index)
    {
      brokenPromises.append(broken)
    }
    transport(link)?.send(message)
  }

  private func perform(_ effect: Effect) {
    let (reading, serving, receiving) = (reading, serving, receiving)
    switch effect {
    case .look(let job, let requests): startLook(job, requests)
    case .audit(let requests): startAudit(requests)
    case .flip(let plan, let isResumed): startFlip(plan, isResumed: isResumed)
    case .read(let job, let items, let push):
      let peers = push.compactMap { transport($0) }
      work("read") { reading.read(job, items, pushTo: peers) }
    case .readLarge(let job, let item, let stream):
      longQueue.append(
        Task(label: "read large") { reading.readLarge(job, item, stream: stream) })
    case .send(let link, let message): send(message, on: link)
    case .tellWhenDrained(let link):
      let mailbox = mailbox
      transport(link)?.whenDrained { mailbox.post(.input(.drained(link))) }
    case .discard(let places): work("discard") { [staging] in places.forEach(staging.discard) }
    case .serve(let link, let request, let file):
      guard let peer = transport(link) else { return }
      work("serve \(file.path)") {
        serving.serve(request, file, to: peer)
      }
    case .serveSmall(let link, let request, let items):
      guard let peer = transport(link) else { return }
      work("serve small") { serving.serve(request: request, items, to: peer) }
    case .openStage(let stage, let place):
      work("open stage") { receiving.open(stage, place) }
    case .request(let link, let request, let stage, let chunks):
      receiving.expect(request, from: link, in: stage, chunks)
      promises.note(request)
      send(.request(request), on: link)
    case .requestPatch(let link, let request, let stage, let chunks, let part):
      receiving.expect(request, from: link, in: stage, chunks)
      guard transport(link) != nil else { return }
      work("prepare patch") { [weak self] in
        guard let request = receiving.prepare(request, asPatchOf: part) else { return }
        self?.send(.request(request), on: link)
      }
    case .fetch(let link, let request, let attributes):
      receiving.expect(request, from: link, attributes: attributes)
      promises.note(request)
      send(.fetch(request), on: link)
    case .reuse(let stage, let file, let chunks):
      work("reuse") { receiving.reuse(stage, file, chunks) }
    case .copy(let place, let content, let file, let mode, let mtime):
      work("copy") { receiving.copy(place, content, from: file, mode: mode, mtime: mtime) }
    case .seekContent, .seekOrigin, .awaitSiblings, .arrived:
      preconditionFailure("a node of a world has one share")
    case .finishStage(let stage, let size, let mode, let mtime):
      work("finish stage") { receiving.finish(stage, size: size, mode: mode, mtime: mtime) }
    case .closeStage(let stage, let keeping): receiving.close(stage, keeping: keeping)
    case .secure(let sequence):
      let (disk, mailbox) = (disk, mailbox)
      longQueue.append(
        Task(label: "secure up to \(sequence)") {
          guard (try? disk.flushAll()) != nil else { return }
          mailbox.post(.input(.secured(sequence)))
        })
    case .close(let link, _): connections[link]?.breakDown()
    case .awaitWatcher(let job): watcher.flush(token: Watcher.modestToken(job.number))
    case .watchAgain(let directory): watcher.watchAgain(directory)
    case .log(let severity, let message, _, let path, _): note(severity, message, path)
    case .wake(let time): nextWake = time
    case .barrier(let token, _): answers.append(token)
    }
  }

  private func work(_ label: @autoclosure () -> String, _ run: @escaping () -> Void) {
    workQueue.append(Task(label: trace.text(label()), run: run))
  }

  private func startLook(_ job: JobID, _ requests: [LookRequest]) {
    let (disk, mailbox, local) = (disk, mailbox, local)
    diskQueue.append(
      Task(
        label: trace.text("look \(job.number): \(requests.map(\.label).joined(separator: " "))")
      ) {
        look(requests, in: disk, ignoring: local) { mailbox.post(.input(.looked(job, $0))) }
        mailbox.post(.input(.lookEnded(job)))
      })
  }

  /// Somebody wants to know when all that is in the share now is recorded.
  func flush(_ snapshot: FlushSnapshot) {
    lastBarrier += 1
    flushes[lastBarrier] = snapshot
    watcher.flush(token: lastBarrier)
  }

  /// Those who have been answered since the last call.
  func takeAnswered() -> [FlushSnapshot] {
    defer { answers = [] }
    return answers.compactMap { flushes.removeValue(forKey: $0) }
  }

  private func startAudit(_ requests: [LookRequest]) {
    let (disk, mailbox, local) = (disk, mailbox, local)
    longQueue.append(
      Task(label: trace.text("audit \(requests.map(\.label).joined(separator: " "))")) {
        look(requests, in: disk, ignoring: local) { mailbox.post(.input(.audited($0))) }
        mailbox.post(.input(.auditEnded))
      })
  }

  /// What the audit has come to.
  func auditSummary() throws(IndexError) -> Audit.Summary { try engine.auditSummary() }

  private func startFlip(_ plan: FlipPlan, isResumed: Bool) {
    let (applier, mailbox) = (applier, mailbox)
    diskQueue.append(
      Task(
        label: trace.text("flip: \(plan.operations.map(\.label).joined(separator: ", "))"),
        isFlip: true
      ) {
        mailbox.post(.input(.flipped(applier.apply(plan, resuming: isResumed))))
      })
  }

  private func note(_ severity: Severity, _ message: String, _ path: RelativePath?) {
    if trace.isKept { journal.append(path.map { "\(message) \($0)" } ?? message) }
    let isExpected = message.hasPrefix("The disk fails")
    if message.hasPrefix("Closed the connection") || (severity == .error && !isExpected) {
      complaints.append(message)
    }
  }

  /// What came into the journal since the last call.
  func takeJournal() -> [String] {
    defer { journal = [] }
    return journal
  }

  /// Whether it waits for a person.
  var isHeld: Bool { !engine.heldBecause.isEmpty }

  /// How the exchange with a node stands.
  func standing(of other: Int) throws(IndexError) -> PeerStanding {
    try engine.standing(of: Self.id(of: other))
  }

  /// What the engine has in flight.
  var summary: EngineSummary { engine.summary }
}
