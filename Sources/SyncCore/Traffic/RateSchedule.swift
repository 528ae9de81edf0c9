/// How many bytes a second may pass, by the time of day.
public struct RateSchedule: Hashable, Sendable {
  /// A rate, and when it holds.
  public struct Rule: Hashable, Sendable {
    /// Bytes a second, at least `Limits.lowestRate`; `nil` for as many as there are.
    public let rate: Int64?
    /// Minute of the day at which it begins; `nil` if it always holds.
    public let begin: Int?
    /// Minute of the day before which it ends; one before `begin` lies in the next day.
    public let end: Int

    /// A rule from `begin` to before `end`, in minutes of the day; both the same is a whole day.
    public init(rate: Int64?, begin: Int, end: Int) {
      (self.rate, self.begin, self.end) = (rate, begin, end)
    }

    /// A rule that always holds.
    public init(rate: Int64?) {
      (self.rate, begin, end) = (rate, nil, 0)
    }

    fileprivate func holds(at minute: Int) -> Bool {
      guard let begin else { return true }
      return begin < end
        ? (begin..<end).contains(minute) : minute >= begin || minute < end
    }
  }

  /// The first that holds counts; where none does there is no limit.
  public let rules: [Rule]

  /// A schedule of its rules.
  public init(_ rules: [Rule]) { self.rules = rules }

  /// No limit at any time.
  public static let unlimited = RateSchedule([])

  /// Bytes a second at a minute of the day, 0 to 1439; `nil` for no limit.
  public func rate(atMinute minute: Int) -> Int64? {
    rules.first { $0.holds(at: minute) }?.rate
  }
}

/// The limits of a node, or of one of its peers.
public struct TrafficLimits: Hashable, Sendable {
  /// For what is sent.
  public var up = RateSchedule.unlimited
  /// For what is received.
  public var down = RateSchedule.unlimited

  /// No limits.
  public init() {}
}
