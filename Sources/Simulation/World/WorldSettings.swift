/// What may happen in a world.
public struct WorldSettings: Sendable {
  /// Nodes, each connected with every other from time to time.
  public var nodeCount = 2
  /// How often a user does something.
  public var userStepCount = 30
  /// Names that users use in each directory, from `a`.
  public var nameCount: UInt8 = 3
  /// How deep users' paths are.
  public var depth = 3
  /// How many of the files written are above `Limits.smallContentByteCount`.
  public var largePercent = 5
  /// How often a connection breaks.
  public var breakCount = 3
  /// How often a node crashes.
  public var crashCount = 0
  /// What the disk may lose in a crash.
  public var crashProfiles: [CrashProfile] = CrashProfile.allCases
  /// How many events the kernel keeps for a watcher.
  public var queueLimit = 16_384
  /// How many directories a watcher may watch.
  public var watchLimit = 65_536
  /// In how many worlds each thing that makes watching hard happens: a short queue, few watches,
  /// events read in pieces, files left open after writing.
  public var watchFaultPercent = 20

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

  /// Two nodes that crash, where most things that make watching hard happen.
  public static var watching: WorldSettings {
    var settings = crashes
    settings.crashCount = 2
    settings.watchFaultPercent = 60
    return settings
  }

  /// The settings that people call so.
  public static func named(_ name: String) -> WorldSettings? {
    switch name {
    case "calm": calm
    case "crashes": crashes
    case "trio": trio
    case "watching": watching
    default: nil
    }
  }
}
