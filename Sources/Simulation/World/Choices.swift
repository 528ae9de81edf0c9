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

  /// What is chosen where nothing is left to chance: the first of what there is. (Not 0, for which
  /// `Int.random` would ask again for ever.)
  static let first: UInt64 = 1 << 32

  /// A script. After its end the first that can happen, happens.
  public init(script: [UInt64]) {
    source = SplitMix64(seed: 0)
    self.script = script
  }

  /// Whether a script has come to its end.
  public var isOver: Bool { script.map { made.count >= $0.count } ?? false }

  /// The next choice.
  public mutating func next() -> UInt64 {
    let choice =
      if let script { made.count < script.count ? script[made.count] : Self.first } else { source.next() }
    made.append(choice)
    return choice
  }
}
