/// How much work contents are worth on their way to one peer.
public enum CompressionEffort: Int, Hashable, Sendable, Comparable, CaseIterable {
  /// They go as they are.
  case none
  /// As little as possible.
  case least
  /// What a fast network is worth.
  case low
  /// What a network is worth that processors easily keep busy.
  case medium
  /// What a slow network is worth.
  case high

  /// By the work.
  public static func < (left: CompressionEffort, right: CompressionEffort) -> Bool {
    left.rawValue < right.rawValue
  }

  fileprivate var more: CompressionEffort { CompressionEffort(rawValue: rawValue + 1) ?? self }
  fileprivate var less: CompressionEffort { CompressionEffort(rawValue: rawValue - 1) ?? self }
}

/// Chooses the effort by what is scarce just now: more while the network keeps the sender waiting,
/// less while work waits for a processor, or while the network takes all that it is given.
///
/// One for each connection, asked again while contents flow. What is tried and turns out to be too
/// much is tried again after twice as long.
public struct CompressionPolicy: Hashable, Sendable {
  /// What was seen while contents flowed; all in nanoseconds.
  public struct Sample: Hashable, Sendable {
    /// How long it was.
    public var elapsed: Int64
    /// For how much of that the network took nothing, though something waited.
    public var blocked: Int64
    /// How long those that prepare contents ran.
    public var running: Int64
    /// How long they could have run, but had no processor.
    public var delayed: Int64

    /// A sample of its parts.
    public init(elapsed: Int64, blocked: Int64, running: Int64, delayed: Int64) {
      (self.elapsed, self.blocked) = (elapsed, blocked)
      (self.running, self.delayed) = (running, delayed)
    }
  }

  /// What the next contents are worth.
  public private(set) var effort = CompressionEffort.low
  /// Samples until more is tried.
  private var waitCount = 0
  /// How many it will be after the next failure.
  private var patience = 1
  /// Samples since more was tried, while that lasts.
  private var sinceRise: Int?

  /// Longest wait, in samples.
  static let longestPatience = 64
  /// After so many samples what was tried has proved itself.
  static let probation = 8

  /// Begins with low effort.
  public init() {}

  /// Takes what was seen since the last choice.
  public mutating func take(_ sample: Sample) {
    guard sample.elapsed > 0 else { return }
    sinceRise = sinceRise.map { $0 + 1 }
    if sinceRise == Self.probation { patience = 1 }
    // Who has little to do may wait for a processor without anybody waiting for it, and a network
    // whose buffers are not full yet is not fast for that.
    let isBusy = (sample.running + sample.delayed) * 2 > sample.elapsed
    let isProcessorScarce = sample.delayed * 3 > sample.running
    let isNetworkIdle = sample.blocked * 8 < sample.elapsed
    if isBusy, isProcessorScarce || isNetworkIdle {
      fall()
    } else if sample.blocked * 2 > sample.elapsed {
      rise()
    }
  }

  private mutating func rise() {
    waitCount -= 1
    guard waitCount < 0, effort != effort.more else { return }
    effort = effort.more
    sinceRise = 0
  }

  private mutating func fall() {
    guard effort != .none else { return }
    effort = effort.less
    if let count = sinceRise, count < Self.probation {
      patience = min(2 * patience, Self.longestPatience)
    }
    sinceRise = nil
    waitCount = patience
  }
}
