import SyncCore

/// What a world is like, and how much happens in it.
public struct WorldSettings: Hashable, Sendable {
  /// Nodes, each connected with every other where nothing keeps them apart.
  public var nodeCount = 2
  /// How often a user does something.
  public var userStepCount = 30
  /// Whether each is connected with the next one only.
  public var isChain = false
  /// How many events there are at most between two happenings.
  public var pace = 20
  /// How often a connection breaks, or two nodes are kept apart for a while.
  public var breakCount = 3
  /// How often a node crashes.
  public var crashCount = 0
  /// What the disk may lose in a crash.
  public var crashProfiles: [CrashProfile] = CrashProfile.allCases
  /// Whether users flush nothing: what they did last may be gone or undone after a crash.
  public var hasCarelessUsers = false
  /// How often calls of a disk fail.
  public var faultCount = 0
  /// How often somebody sets a clock.
  public var clockStepCount = 0
  /// How often an index is lost or restored from a copy.
  public var indexLossCount = 0
  /// Whether indexes are real ones, which can't be copied.
  public var usesSQLite = true
  /// How often everything comes to rest before the end.
  public var restCount = 0
  /// How many events the kernel keeps for a watcher.
  public var queueLimit = 16_384
  /// How many directories a watcher may watch.
  public var watchLimit = 65_536
  /// In how many worlds each thing that makes watching hard happens: a short queue, few watches,
  /// events read in pieces, files left open after writing.
  public var watchFaultPercent = 20
  /// In how many worlds one node's disk refuses extended attributes.
  public var refusalPercent = 10
  /// The step of the disks' clocks in nanoseconds: changes within one look alike.
  public var timeGrain: Int64 = 1000
  /// How often, in percent of the events, an audit looks on; slices come much faster than in life.
  public var auditPercent = 0
  /// Whether what is sent comes in pieces of any length, and connections break within frames.
  public var splitsFrames = false
  /// How often a node takes nothing of what another sends, for a while.
  public var stallCount = 0
  /// How many bytes are on their way to one node at most.
  public var windowByteCount = Int.max
  /// For how many bytes each counts that waits to be sent.
  public var queueWeight = 1
  /// By how many thousandths at most clocks run fast or slow, each by its own.
  public var driftPermille: Int64 = 0
  /// How often a user asks to be told when everything is recorded.
  public var flushCount = 0
  /// How often a node forgets what deletions everyone knows, however young they are.
  public var forgetCount = 0
  /// The node whose tree is the truth.
  public var sourceNode: Int?
  /// The node that only takes.
  public var replicaNode: Int?
  /// The node whose version wins of two.
  public var preferredNode: Int?
  /// Whether users write files with rules of what is ignored, and machines have such rules.
  public var ignores = false
  /// Whether directories of one name are bundles.
  public var hasBundles = false
  /// What users like to do.
  var habits = Habits()

  /// The defaults.
  public init() {}
}

extension WorldSettings {
  /// Two nodes; only connections break.
  public static let calm = WorldSettings()

  /// Two nodes that crash, and users who do more.
  public static var crashes: WorldSettings {
    var settings = WorldSettings()
    settings.userStepCount = 40
    settings.crashCount = 5
    return settings
  }

  /// Three nodes that crash.
  public static var trio: WorldSettings {
    var settings = crashes
    settings.nodeCount = 3
    return settings
  }

  /// Three nodes on which the power fails, and users who flush nothing.
  public static var careless: WorldSettings {
    var settings = trio
    settings.crashProfiles = [.btrfs, .btrfs, .processOnly]
    settings.hasCarelessUsers = true
    return settings
  }

  /// Two nodes that crash, where most things that make watching hard happen.
  public static var watching: WorldSettings {
    var settings = crashes
    settings.crashCount = 2
    settings.watchFaultPercent = 60
    return settings
  }

  /// Two nodes that crash, of whose audits nobody should notice anything.
  public static var audited: WorldSettings {
    var settings = crashes
    settings.watchFaultPercent = 40
    settings.auditPercent = 10
    return settings
  }

  /// Two to four nodes and a hundred actions of users; which faults there are, and how much of
  /// each, follows from the seed: some schedules need that something does not happen (swarm
  /// testing: A. Groce et al., 2012).
  public static func swarm(seed: UInt64) -> WorldSettings {
    var random = SplitMix64(seed: seed ^ 0x5157_4152_4d00)
    func some(_ values: Int...) -> Int { values.randomElement(using: &random) ?? 0 }
    var settings = WorldSettings()
    settings.nodeCount = some(2, 2, 3, 4)
    settings.userStepCount = 100
    settings.pace = some(2, 10, 40, 100)
    settings.breakCount = some(0, 3, 10)
    settings.crashCount = some(0, 3, 10)
    settings.crashProfiles =
      some(0, 1) == 0
      ? CrashProfile.allCases : [CrashProfile.allCases.randomElement(using: &random) ?? .worst]
    settings.faultCount = some(0, 0, 3, 10)
    // Of a disk that leaves nothing that nobody wrote.
    settings.hasCarelessUsers = settings.crashProfiles == [.btrfs] && settings.faultCount == 0
    settings.clockStepCount = some(0, 0, 3)
    settings.indexLossCount = some(0, 0, 0, 1, 2)
    settings.usesSQLite = false
    settings.restCount = some(0, 2, 10)
    settings.watchFaultPercent = some(0, 20, 60)
    settings.timeGrain = Int64(some(1000, 1000, 4_000_000))
    settings.habits = Habits.random(using: &random)
    return settings
  }
}

extension WorldSettings {
  /// As `swarm` with the same seed, and what that doesn't have: pieces of frames, slow readers,
  /// clocks that run fast or slow, and users who wait. Which of them follows from the seed too.
  ///
  /// These are drawn from a stream of their own, so that worlds of `swarm` that tests keep stay
  /// what they are.
  public static func wide(seed: UInt64) -> WorldSettings {
    var random = SplitMix64(seed: seed ^ 0x7769_6465)
    func some(_ values: Int...) -> Int { values.randomElement(using: &random) ?? 0 }
    var settings = swarm(seed: seed)
    settings.splitsFrames = some(0, 1) == 1
    settings.stallCount = some(0, 3, 10)
    settings.windowByteCount = some(.max, 1, 300, 5000)
    settings.queueWeight = some(1, 10_000, 100_000)
    settings.driftPermille = Int64(some(0, 5, 100))
    settings.flushCount = some(0, 5, 20)
    return settings
  }
}

extension WorldSettings {
  /// Two to four nodes, of which one is the source or a replica, or wins.
  public static func modes(seed: UInt64) -> WorldSettings {
    var random = SplitMix64(seed: seed ^ 0x6d6f_6465)
    func some(_ values: Int...) -> Int { values.randomElement(using: &random) ?? 0 }
    var settings = WorldSettings()
    settings.nodeCount = some(2, 3, 3, 4)
    settings.userStepCount = some(10, 40, 80)
    settings.pace = some(2, 10, 40)
    settings.breakCount = some(0, 3, 10)
    settings.crashCount = some(0, 0, 3)
    settings.clockStepCount = some(0, 0, 3)
    settings.usesSQLite = false
    settings.restCount = some(0, 3, 10)
    settings.watchFaultPercent = some(0, 0, 20)
    settings.habits = Habits.random(using: &random)
    let (first, kind) = (some(0, 1), some(0, 1, 2, 3))
    if kind == 0 || kind == 3 { settings.sourceNode = first }
    if kind == 1 { settings.replicaNode = first }
    if kind == 3 { settings.replicaNode = 1 - first }
    if kind == 2 { settings.preferredNode = first }
    return settings
  }
}

extension WorldSettings {
  /// Two to four nodes that don't take part in everything, and users who change in what.
  public static func ignoring(seed: UInt64) -> WorldSettings {
    var settings = modes(seed: seed)
    (settings.sourceNode, settings.replicaNode, settings.preferredNode) = (nil, nil, nil)
    settings.ignores = true
    settings.habits.rulesPercent = 10
    return settings
  }
}

extension WorldSettings {
  /// Two to four nodes with bundles, of which one may be the source, a replica, or win.
  public static func bundles(seed: UInt64) -> WorldSettings {
    var settings = modes(seed: seed)
    settings.hasBundles = true
    return settings
  }
}

extension WorldSettings {
  /// As `swarm` with the same seed, with nodes that forget what deletions everyone knows whom they
  /// are connected with.
  public static func forgetful(seed: UInt64) -> WorldSettings {
    var random = SplitMix64(seed: seed ^ 0x666f_7267)
    func some(_ values: Int...) -> Int { values.randomElement(using: &random) ?? 0 }
    var settings = swarm(seed: seed)
    settings.forgetCount = some(5, 20, 60)
    settings.indexLossCount = some(0, 0, 2)
    settings.usesSQLite = settings.indexLossCount == 0 && some(0, 1, 2) == 0
    settings.restCount = some(2, 10)
    settings.isChain = some(0, 1) == 0
    return settings
  }
}

/// The kinds of worlds that have names.
public enum WorldProfile: String, Sendable, CaseIterable {
  /// Two nodes; only connections break.
  case calm
  /// Two nodes that crash.
  case crashes
  /// Three nodes that crash.
  case trio
  /// Three nodes on which the power fails, and users who flush nothing.
  case careless
  /// Two nodes that lose events or have too few watches.
  case watching
  /// Two nodes that are audited all the time.
  case audited
  /// Two to four nodes, and anything.
  case swarm
  /// The same with slow networks, clocks and users.
  case wide
  /// Two to four nodes that are not all alike.
  case modes
  /// Two to four nodes that don't take part in everything.
  case ignoring
  /// Two to four nodes with directories that belong together.
  case bundles
  /// Two to four nodes that forget what was deleted.
  case forgetful

  /// What a world with this seed is like.
  public func settings(seed: UInt64) -> WorldSettings {
    switch self {
    case .calm: .calm
    case .crashes: .crashes
    case .trio: .trio
    case .careless: .careless
    case .watching: .watching
    case .audited: .audited
    case .swarm: .swarm(seed: seed)
    case .wide: .wide(seed: seed)
    case .modes: .modes(seed: seed)
    case .ignoring: .ignoring(seed: seed)
    case .bundles: .bundles(seed: seed)
    case .forgetful: .forgetful(seed: seed)
    }
  }
}
