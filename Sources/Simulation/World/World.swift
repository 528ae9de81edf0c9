import SyncCore
import SyncEngine

/// Two or three nodes that run the real engine over disks, indexes and connections in memory.
///
/// One thing happens at a time, and a generator chooses which of those that can happen: a worker
/// finishes something, a message arrives, the watcher tells of changes, a user does something, a
/// connection comes or goes, a node crashes. Everything follows from the seed.
public final class World {
  /// A machine: what outlives a crash, and what runs on it.
  final class Machine {
    let disk: MemoryFileSystem
    var index: SQLiteIndex
    var process: Process?

    init(disk: MemoryFileSystem, index: SQLiteIndex) {
      self.disk = disk
      self.index = index
    }
  }

  /// One thing that can happen now.
  private enum Event {
    case handle(Int)
    case diskWork(Int)
    case longWork(Int)
    case work(Int)
    case wake(Int)
    case watch(Int)
    case transmit(MemoryConnection.End, MemoryConnection)
    case deliver(MemoryConnection.End, MemoryConnection)
    case user(Int)
    case connect(Int, Int)
    case breakDown(MemoryConnection)
    case crash(Int)
    case restart(Int)

    /// Tells it from every other that can happen at the same time.
    var number: UInt64 {
      func number(_ kind: UInt64, _ left: Int, _ right: Int = 0) -> UInt64 {
        kind << 16 | UInt64(left) << 8 | UInt64(right)
      }
      return switch self {
      case .handle(let node): number(1, node)
      case .diskWork(let node): number(2, node)
      case .longWork(let node): number(3, node)
      case .work(let node): number(4, node)
      case .wake(let node): number(5, node)
      case .watch(let node): number(6, node)
      case .transmit(let end, let connection):
        number(7, end.node, connection.end(facing: end.node).node)
      case .deliver(let end, let connection):
        number(8, end.node, connection.end(facing: end.node).node)
      case .user(let node): number(9, node)
      case .connect(let left, let right): number(10, left, right)
      case .breakDown(let connection):
        number(11, connection.ends[0].node, connection.ends[1].node)
      case .crash(let node): number(12, node)
      case .restart(let node): number(13, node)
      }
    }
  }

  let settings: WorldSettings
  private(set) var machines: [Machine] = []
  private(set) var contents = Contents()
  private(set) var problems: [Problem] = []
  private(set) var trace = Trace()
  private var remaining: Choices
  /// What follows from the latest choice.
  private var chance: SplitMix64
  /// Numbers that must never meet: incarnations, and what engines draw from.
  private var identities: SplitMix64
  private var connections: [MemoryConnection] = []
  private var lastConnection = 0
  private var now = Moment(monotonic: 0, wall: World.startTime + 100_000_000_000)
  private var userStepsLeft: Int
  private var breaksLeft: Int
  private var crashesLeft: Int
  /// How likely each kind of event is in this world.
  private var weights: [Int]
  private let faults: WatchFaults

  private static let startTime: Int64 = 1_700_000_000_000_000_000
  private static let kindCount = 13

  /// A world in which nothing has happened yet.
  public convenience init(seed: UInt64, settings: WorldSettings = WorldSettings()) throws {
    try self.init(seed: seed, choices: Choices(seed: seed), settings: settings)
  }

  /// A world in which nothing has happened yet; what is to happen is given.
  public init(seed: UInt64, choices: Choices, settings: WorldSettings) throws {
    self.settings = settings
    remaining = choices
    chance = SplitMix64(seed: seed)
    identities = SplitMix64(seed: ~seed)
    userStepsLeft = settings.userStepCount
    breaksLeft = settings.breakCount
    crashesLeft = settings.crashCount
    weights = []
    for _ in 0..<Self.kindCount {
      weights.append([1, 3, 10].randomElement(using: &chance) ?? 1)
    }
    faults = WatchFaults(settings, using: &chance)
    for number in 0..<settings.nodeCount {
      let index = try SQLiteIndex(
        path: nil, node: Process.id(of: number), randomIncarnation: identities.next())
      machines.append(Machine(disk: MemoryFileSystem(time: Self.startTime), index: index))
      machines[number].disk.leaveOpen(percent: faults.leftOpenPercent)
      try putAnchor(on: number)
      try start(number)
    }
  }

  /// All that was left to chance so far: as a script it happens again.
  public var choices: [Choice] { remaining.made }

  /// A hash of everything that happened.
  public var traceHash: UInt64 { trace.hash }

  /// Everything that happened, a line each.
  public var lines: [String] { trace.lines }

  /// Lets users work, then lets everything come to rest; what went wrong, if anything did.
  public func run() throws -> [Problem] {
    while userStepsLeft > 0, problems.isEmpty, !remaining.isOver { try step(isHealing: false) }
    userStepsLeft = 0
    if faults.closesAtEnd { for machine in machines { machine.disk.closeAll() } }
    breaksLeft = 0
    crashesLeft = 0
    try rest()
    if problems.isEmpty { try check() }
    if problems.isEmpty { try checkSilence() }
    if problems.isEmpty { try checkMove() }
    if !problems.isEmpty { try noteIndexes() }
    return problems
  }

  private func noteIndexes() throws {
    for (number, machine) in machines.enumerated() {
      let audit = try IndexAudit(machine.index, machine.disk)
      for line in audit.lines + audit.differences { note("\(number) \(line)") }
    }
  }

  /// Goes on until nothing can happen any more.
  func rest() throws {
    var count = 0
    while problems.isEmpty, try step(isHealing: true) {
      count += 1
      if count > 20_000 { fail(.restlessness, "does not come to rest") }
    }
  }

  func fail(_ kind: Problem.Kind, _ description: String) {
    problems.append(Problem(kind: kind, description: description))
  }

  func note(_ line: String) { trace.note(line) }

  // MARK: Choosing

  /// Lets one thing happen; `false` if nothing can, now or later.
  @discardableResult
  private func step(isHealing: Bool) throws -> Bool {
    breakClosed()
    let events = possibleEvents(isHealing: isHealing)
    guard !events.isEmpty else {
      let times = machines.compactMap(\.process).flatMap { [$0.nextWake, $0.watcher.nextWake] }
      guard let time = times.compactMap(\.self).min() else { return false }
      now.wall += max(0, time - now.monotonic)
      now.monotonic = max(now.monotonic, time)
      return true
    }
    let numbers = events.map { (number: $0.event.number, weight: $0.weight) }
    guard let (index, choice) = remaining.next(among: numbers) else { return true }
    chance = SplitMix64(seed: choice)
    try perform(events[index].event)
    let pause = Int64.random(in: 0..<2_000_000, using: &chance)
    now.monotonic += pause
    now.wall += pause
    return true
  }

  private func possibleEvents(isHealing: Bool) -> [(event: Event, weight: Int)] {
    var events: [(event: Event, weight: Int)] = []
    for (number, machine) in machines.enumerated() {
      guard let process = machine.process else {
        events.append((.restart(number), weights[12]))
        continue
      }
      if !process.mailbox.isEmpty { events.append((.handle(number), 2 * weights[0])) }
      if !process.diskQueue.isEmpty { events.append((.diskWork(number), weights[1])) }
      if !process.longQueue.isEmpty { events.append((.longWork(number), weights[2])) }
      if !process.workQueue.isEmpty { events.append((.work(number), weights[3])) }
      if let time = process.nextWake, time <= now.monotonic {
        events.append((.wake(number), weights[4]))
      }
      if process.watcher.hasWork(now: now.monotonic) {
        events.append((.watch(number), weights[5]))
      }
      if !isHealing {
        if userStepsLeft > 0 { events.append((.user(number), weights[8])) }
        if crashesLeft > 0 { events.append((.crash(number), 1)) }
      }
    }
    for connection in connections {
      for end in connection.ends {
        if !end.transport.isEmpty { events.append((.transmit(end, connection), 2 * weights[6])) }
        if connection.canDeliver(to: end) {
          events.append((.deliver(end, connection), 2 * weights[7]))
        }
      }
      if !isHealing, breaksLeft > 0 { events.append((.breakDown(connection), 1)) }
    }
    for left in machines.indices where machines[left].process != nil {
      for right in machines.indices[(left + 1)...] where machines[right].process != nil {
        if !connections.contains(where: { $0.ends[0].node == left && $0.ends[1].node == right }) {
          events.append((.connect(left, right), weights[9]))
        }
      }
    }
    return events
  }

  private func perform(_ event: Event) throws {
    switch event {
    case .handle(let node):
      guard let process = machines[node].process else { return }
      let line = try process.handle(now: now, connections: connections)
      note("\(node) \(line)")
      for line in process.takeJournal() { note("\(node)   says \(line)") }
      for complaint in process.complaints { fail(.complaint, "\(node) complains: \(complaint)") }
      checkPromises(of: process)
    case .diskWork(let node): runTask(of: node, \.diskQueue, at: 0)
    case .longWork(let node): runTask(of: node, \.longQueue, at: 0)
    case .work(let node):
      let count = machines[node].process?.workQueue.count ?? 0
      runTask(of: node, \.workQueue, at: Int.random(in: 0..<count, using: &chance))
    case .wake(let node):
      note("\(node) woken")
      try machines[node].process?.wake(now: now)
    case .watch(let node): watch(node)
    case .transmit(let end, let connection):
      guard let frame = end.transport.take() else { return }
      connection.end(facing: end.node).arriving.append(frame)
    case .deliver(let end, let connection):
      let line = machines[end.node].process?.receive(end.arriving.removeFirst(), on: connection)
      note("\(end.node) gets \(line ?? "")")
    case .user(let node): act(on: node)
    case .connect(let left, let right): connect(left, right)
    case .breakDown(let connection):
      breaksLeft -= 1
      connection.breakDown()
      note("break \(connection.ends[0].node)-\(connection.ends[1].node)")
    case .crash(let node): crash(node, isFlipping: false)
    case .restart(let node):
      note("\(node) restarts")
      try start(node)
    }
  }

  // MARK: Nodes

  /// A file that no user touches: a share that is found empty is held, which is for people to mend.
  private func putAnchor(on node: Int) throws {
    let disk = machines[node].disk
    guard let name = Name("anchor-\(node)".utf8) else { return }
    disk.close(try disk.create(name, in: disk.root, mode: 0o644))
    try disk.flushAll()
  }

  private func start(_ node: Int) throws {
    let machine = machines[node]
    machine.process = try Process(
      node: node, id: Process.id(of: node), disk: machine.disk, index: machine.index,
      seed: identities.next(), faults: faults, now: now)
  }

  private func runTask(
    of node: Int, _ queue: ReferenceWritableKeyPath<Process, [Process.Task]>, at position: Int
  ) {
    guard let process = machines[node].process else { return }
    let task = process[keyPath: queue].remove(at: position)
    note("\(node) does \(task.label)")
    let isCrashing = crashesLeft > 0 && Int.random(in: 0..<20, using: &chance) == 0
    guard isCrashing else { return task.run() }
    let disk = machines[node].disk
    disk.stop(at: Int.random(in: 1...40, using: &chance))
    task.run()
    if disk.isReached { return crash(node, isFlipping: task.isFlip) }
    disk.stop(at: .max)
  }

  private func watch(_ node: Int) {
    let line = machines[node].process?.watcher.step(now: now.monotonic, using: &chance)
    note("\(node) watcher: \(line ?? "")")
  }

  private func act(on node: Int) {
    let user = User(disk: machines[node].disk, settings: settings)
    if let closed = user.disk.closeOne(using: &chance) { note("\(node) user: close \(closed)") }
    let last = contents.lastNumber
    guard let done = user.act(&contents, using: &chance) else { return }
    userStepsLeft -= 1
    let made = contents.lastNumber
    note("\(node) user: \(done)\(made == last ? "" : ", content \(made)")")
  }

  /// Ends the process; unless it is in the midst of a flip, nothing that is in the share may
  /// change.
  private func crash(_ node: Int, isFlipping: Bool) {
    crashesLeft -= 1
    let machine = machines[node]
    machine.disk.stop(at: .max)
    let profile = settings.crashProfiles.randomElement(using: &chance) ?? .processOnly
    let tree = Tree(machine.disk)
    note("\(node) crashes, \(profile)")
    for connection in connections where connection.ends.contains(where: { $0.node == node }) {
      connection.breakDown()
    }
    machine.process = nil
    var fate = SplitMix64(seed: chance.next())
    machine.disk.crash(profile, using: &fate)
    guard !isFlipping else { return }
    for difference in tree.differences(to: Tree(machine.disk)) {
      fail(.crash, "\(node) lost in a crash: \(difference)")
    }
  }

  // MARK: Connections

  private func connect(_ left: Int, _ right: Int) {
    lastConnection += 1
    let connection = MemoryConnection(number: lastConnection, left, right)
    connections.append(connection)
    note("connect \(left)-\(right)")
    for end in connection.ends {
      machines[end.node].process?.mailbox.post(.up(connection: connection.number))
    }
  }

  /// Tells both sides of connections that were broken or closed; what was under way is lost.
  private func breakClosed() {
    for connection in connections where !connection.isOpen {
      for end in connection.ends { machines[end.node].process?.noteBroken(connection) }
    }
    connections.removeAll { !$0.isOpen }
  }

  // MARK: Checking

  private func check() throws {
    for (number, machine) in machines.enumerated() {
      let audit = try IndexAudit(machine.index, machine.disk)
      for difference in audit.differences { fail(.index, "\(number): \(difference)") }
    }
    let trees = machines.map { Tree($0.disk) }
    for (number, tree) in trees.enumerated().dropFirst() {
      for difference in trees[0].differences(to: tree) {
        fail(.difference, "0 and \(number): \(difference)")
      }
    }
    let found = Set(trees.flatMap(\.files).compactMap { contents.number(of: $0.content) })
    for number in contents.kept where !found.contains(number) {
      fail(.loss, "lost content \(number)")
    }
    for (node, machine) in machines.enumerated() {
      guard let summary = machine.process?.summary else { continue }
      if summary.incomingEntries > 0 {
        fail(.restlessness, "\(node) never applies \(summary.incomingEntries)")
      }
      if summary.pendingChanges > 0 {
        fail(.restlessness, "\(node) never records \(summary.pendingChanges)")
      }
    }
    for (node, tree) in trees.enumerated() {
      for file in tree.files where !file.content.isEmpty && contents.number(of: file.content) == nil
      {
        fail(.invention, "\(node) has at \(file.path) what nobody wrote")
      }
    }
  }

  /// A converged world is silent: neither a scan nor a new connection brings anything.
  private func checkSilence() throws {
    let sequences = machines.map(\.index.sequence)
    for connection in connections { connection.breakDown() }
    for machine in machines {
      machine.process?.mailbox.post(.input(.changed(ChangeSet(changes: [.rescan(.root)]))))
      machine.process?.sentCount = 0
    }
    note("scan and connect again")
    try rest()
    for (number, machine) in machines.enumerated() {
      if machine.index.sequence != sequences[number] {
        fail(.noise, "\(number) recorded without a change")
      }
      let sent = (machine.process?.sentCount ?? 0) - (machines.count - 1)
      if sent != 0 { fail(.noise, "\(number) sent \(sent) messages without a change") }
    }
  }
}
