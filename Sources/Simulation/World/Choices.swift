import SyncCore

/// What chance decides in a world: drawn from a seed and remembered, or played again from a script.
public struct Choices: RandomNumberGenerator, Sendable {
  private var source: SplitMix64
  private let script: [UInt64]?
  /// What was drawn so far; as a script it plays the same again.
  public private(set) var made: [UInt64] = []

  /// Everything by chance.
  public init(seed: UInt64) {
    source = SplitMix64(seed: seed)
    script = nil
  }

  /// A script. After its end everything is 0: the first that can happen, happens.
  public init(script: [UInt64]) {
    source = SplitMix64(seed: 0)
    self.script = script
  }

  /// Whether a script has come to its end.
  public var isOver: Bool { script.map { made.count >= $0.count } ?? false }

  /// The next choice.
  public mutating func next() -> UInt64 {
    let choice =
      if let script { made.count < script.count ? script[made.count] : 0 } else { source.next() }
    made.append(choice)
    return choice
  }
}
