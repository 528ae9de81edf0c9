import SyncCore
import SyncEngine

/// A few nodes that run the real engine over disks, indexes and connections in memory.
///
/// One thing happens at a time, and a generator chooses which of those that can happen: a worker
/// finishes something, a message arrives, the watcher tells of changes, a connection comes. Between
/// them come the happenings of a scenario. Everything follows from the scenario.
public final class World {
  /// A machine: what outlives a crash, and what runs on it.
  final class Machine {
    let disk: MemoryFileSystem
    var index: any Index
    /// A copy of it that somebody made.
    var copy: MemoryIndex?
    var process: Process?
    /// A crash that waits for its call of the disk.
    var crash: CrashProfile?
    /// Up to where its index was found to be a tree.
    var checkedSequence: UInt64 = 0
    /// How often it was started anew.
    var bootCount: Int64 = 0
    /// What it does not take part in; `nil` where nobody ignores anything.
    var localRules: IgnoreRules?
    /// How often a user or a flip has changed what users see.
    var touchCount = 0
    /// How far its wall clock is from the world's, in nanoseconds.
    var clockOffset: Int64 = 0
    /// By how many thousandths its clocks run faster than the world's.
    var drift: Int64 = 0

    init(disk: MemoryFileSystem, index: any Index) {
      self.disk = disk
      self.index = index
    }
  }

  let settings: WorldSettings
  private(set) var machines: [Machine] = []
  var contents = Contents()
  private(set) var problems: [Problem] = []
  let trace: Trace
  private var happenings: Happenings
  /// The order of events, and what else is left to chance.
  var chance: SplitMix64
  /// Numbers that must never meet: incarnations, and what engines draw from.
  var identities: SplitMix64
  var connections: [MemoryConnection] = []
  var lastConnection = 0
  /// Pairs of nodes that don't reach each other.
  var parted: Set<[Int]> = []
  /// Until when a node takes nothing of another's: the two, in this order.
  var stalls: [[Int]: Int64] = [:]
  let network: NetworkFaults
  /// How often what makes a world hard came about.
  public internal(set) var counts = FaultCounts()
  var now = Moment(monotonic: 0, wall: World.startTime + 100_000_000_000)
  /// How likely each kind of event is in this world.
  let weights: [Int]
  let faults: WatchFaults
  /// The node whose disk refuses extended attributes; those of others aren't compared then.
  private(set) var refusingNode: Int?
  /// What has been done since everything was at rest.
  var phase = Phase()
  /// What bundles were in the states that nodes made of them.
  var bundleStates: [Dot: BundleContents] = [:]
  /// In which bundles changes were made.
  var origins: [Change: DirectoryID?] = [:]
  /// Where each node had what it has, and as whose change.
  var standings: [Standing: [(place: Place, change: Change)]] = [:]

  static let startTime: Int64 = 1_700_000_000_000_000_000
  private static let kindCount = 11
  /// What can happen next, in a place that is used again.
  private var events: [(event: Event, weight: Int)] = []

  /// A world in which nothing has happened yet. Only if it `isTraced` it can tell what did.
  public convenience init(_ scenario: Scenario, isTraced: Bool = true) throws {
    try self.init(
      scenario, settings: scenario.profile.settings(seed: scenario.seed), isTraced: isTraced)
  }

  /// The same with other settings than those of the profile.
  init(_ scenario: Scenario, settings: WorldSettings, isTraced: Bool = true) throws {
    self.settings = settings
    trace = Trace(isKept: isTraced)
    happenings = Happenings(scenario.happenings, settings: settings, seed: scenario.seed &+ 1)
    chance = SplitMix64(seed: scenario.seed ^ scenario.schedule &* 0x9e37_79b9_7f4a_7c15)
    identities = SplitMix64(seed: ~scenario.seed)
    var weights: [Int] = []
    for _ in 0..<Self.kindCount {
      weights.append([1, 3, 10].randomElement(using: &chance) ?? 1)
    }
    self.weights = weights
    faults = WatchFaults(settings, using: &chance)
    network = NetworkFaults(settings)
    var fate = SplitMix64(seed: scenario.seed ^ 0x6174_7472)
    if Int.random(in: 0..<100, using: &fate) < settings.refusalPercent {
      refusingNode = Int.random(in: 0..<settings.nodeCount, using: &fate)
    }
    var pace = SplitMix64(seed: scenario.seed ^ 0x6472_6966_74)
    for number in 0..<settings.nodeCount {
      machines.append(
        Machine(disk: MemoryFileSystem(time: Self.startTime), index: try newIndex(number)))
      machines[number].disk.leaveOpen(percent: faults.leftOpenPercent)
      machines[number].drift = drift(using: &pace)
      if settings.ignores { machines[number].localRules = Habits.localRules(using: &pace) }
      if number == refusingNode { machines[number].disk.refuseAttributes() }
      try putAnchor(on: number)
      try start(number)
      phase.users.insert(number)
    }
  }

  /// What came over it so far: as a script it happens again.
  public var script: [Happening] { happenings.made }

  /// A hash of everything that happened.
  public var traceHash: UInt64 { trace.hash }

  /// Everything that happened, a line each.
  public var lines: [String] { trace.lines }

  /// Lets everything happen, then lets it come to rest; what went wrong, if anything did.
  public func run() throws -> [Problem] {
    while problems.isEmpty {
      for _ in 0..<Int.random(in: 0..<settings.pace, using: &chance) where problems.isEmpty {
        auditNow()
        try step()
      }
      guard try happenings.next({ try happen($0) }) else { break }
    }
    try heal()
    try checkRest()
    if problems.isEmpty { try checkSilence() }
    if problems.isEmpty, !settings.ignores { try checkMove() }
    if problems.isEmpty { try checkAudit() }
    if !problems.isEmpty, trace.isKept { try noteIndexes() }
    return problems
  }

  private func noteIndexes() throws {
    for (number, machine) in machines.enumerated() {
      let audit = try IndexAudit(machine.index, machine.disk, ignoring: machine.localRules)
      let lines = try IndexAudit.lines(machine.index) + audit.differences
      for line in lines { note("\(number) \(line)") }
    }
  }

  /// Goes on until nothing can happen any more.
  func rest() throws {
    var count = 0
    while problems.isEmpty, try step() {
      count += 1
      if count > 20_000 { fail(.restlessness, "does not come to rest") }
    }
  }

  func fail(_ kind: Problem.Kind, _ description: String) {
    problems.append(Problem(kind: kind, description: description))
  }

  func note(_ line: @autoclosure () -> String) { trace.note(line()) }

  /// What a node takes for the time.
  func moment(of node: Int) -> Moment {
    let machine = machines[node]
    let ahead = now.monotonic * machine.drift / 1000
    return Moment(
      monotonic: now.monotonic + ahead, wall: now.wall + ahead + machine.clockOffset)
  }

  /// When the clock of a node shows a time, by the world's.
  private func time(_ time: Int64, of node: Int) -> Int64 {
    let drift = machines[node].drift
    if drift == 0 { return time }
    var guess = time * 1000 / (1000 + drift) - 1
    while guess + guess * drift / 1000 < time { guess += 1 }
    return guess
  }

  private func drift(using generator: inout SplitMix64) -> Int64 {
    let most = settings.driftPermille
    return most == 0 ? 0 : Int64.random(in: -most...most, using: &generator)
  }

  /// When something is to be done that can't be done yet.
  private var nextTime: Int64? {
    var times = stalls.values.filter { $0 > now.monotonic }
    for (number, machine) in machines.enumerated() {
      guard let process = machine.process else { continue }
      for wake in [process.nextWake, process.watcher.nextWake].compactMap(\.self) {
        times.append(time(wake, of: number))
      }
    }
    return times.min()
  }

  /// Lets one thing happen; `false` if nothing can, now or later.
  @discardableResult
  private func step() throws -> Bool {
    breakClosed()
    findEvents(&events)
    guard !events.isEmpty else {
      guard let time = nextTime else { return false }
      now.wall += max(0, time - now.monotonic)
      now.monotonic = max(now.monotonic, time)
      return true
    }
    var ticket = Int.random(in: 0..<events.reduce(0) { $0 + $1.weight }, using: &chance)
    let event = events.first { event in
      ticket -= event.weight
      return ticket < 0
    }
    if let event { try perform(event.event) }
    let pause = Int64.random(in: 0..<2_000_000, using: &chance)
    now.monotonic += pause
    now.wall += pause
    return true
  }
}
