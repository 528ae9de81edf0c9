import SyncCore

/// A world to be run again: what it is like, and what happens in it, in order. Which of its events
/// come when follows from the seed.
public struct Scenario: Hashable, Sendable {
  /// Where the profile's settings and the order of events follow from.
  public var seed: UInt64
  /// What the world is like.
  public var profile: WorldProfile
  /// What happens; from the seed, too, if `nil`.
  public var happenings: [Happening]?
  /// Another order of events than the seed's own; 0 for that.
  public var schedule: UInt64

  /// A world from its seed, or one in which given things happen.
  public init(
    _ profile: WorldProfile, seed: UInt64, schedule: UInt64 = 0, _ happenings: [Happening]? = nil
  ) {
    self.seed = seed
    self.profile = profile
    self.schedule = schedule
    self.happenings = happenings
  }
}

extension Scenario: CustomStringConvertible {
  /// As Swift, to be pasted into a test.
  public var description: String {
    let head =
      "Scenario(.\(profile), seed: \(seed)\(schedule == 0 ? "" : ", schedule: \(schedule)")"
    guard let happenings else { return head + ")" }
    return head + ",\n  [\n" + happenings.map { "    \($0),\n" }.joined() + "  ])"
  }
}
