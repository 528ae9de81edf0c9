/// What the watcher cannot see, for those who show it.
public struct WatchGaps: Hashable, Sendable {
  /// Directories without a watch; what is below them isn't counted.
  public var directoryCount = 0
  /// How many of them the user may not watch: no watches are left.
  public var overLimitCount = 0
  /// How often they are compared instead, in seconds.
  public var rescanSeconds: Int64 = 0
  /// How often the kernel has dropped events since the watcher began; everything was compared then.
  public var overflowCount = 0

  /// None.
  public init() {}
}
