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
  /// How often the watcher loses events and asks for a scan instead.
  public var overflowPercent = 5

  /// The defaults.
  public init() {}
}
