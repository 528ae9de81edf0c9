import SyncCore

/// One step of a world: what happens, and the chance that it takes.
public struct Choice: Hashable, Sendable {
  /// Which of the events that are possible; nothing happens if it isn't.
  public let event: UInt64
  /// What else of the step is left to chance follows from this.
  public let chance: UInt64

  /// A step.
  public init(_ event: UInt64, _ chance: UInt64) {
    self.event = event
    self.chance = chance
  }
}

extension Choice: CustomStringConvertible {
  /// As Swift.
  public var description: String { ".init(\(event), \(chance))" }
}

/// Where the steps of a world come from: by chance from a seed, or from a script.
public struct Choices: Sendable {
  private var source: SplitMix64
  private let script: [Choice]?
  /// The steps so far; as a script they happen again.
  public private(set) var made: [Choice] = []

  /// Everything by chance.
  public init(seed: UInt64) {
    source = SplitMix64(seed: seed)
    script = nil
  }

  /// A script. After its end the first that can happen, happens.
  public init(script: [Choice]) {
    source = SplitMix64(seed: 0)
    self.script = script
  }

  /// Whether a script has come to its end.
  public var isOver: Bool { script.map { made.count >= $0.count } ?? false }

  /// The next step among the events that are possible, told by their numbers; `nil` if the script
  /// wants one that isn't.
  mutating func next(among events: [(number: UInt64, weight: Int)]) -> (index: Int, chance: UInt64)?
  {
    guard let script else {
      let chance = source.next()
      var ticket = Int(source.next() % UInt64(events.reduce(0) { $0 + $1.weight }))
      let index = events.firstIndex { event in
        ticket -= event.weight
        return ticket < 0
      }
      guard let index else { preconditionFailure("nothing is possible") }
      made.append(Choice(events[index].number, chance))
      return (index, chance)
    }
    guard made.count < script.count else { return (0, 0) }
    let choice = script[made.count]
    made.append(choice)
    return events.firstIndex { $0.number == choice.event }.map { ($0, choice.chance) }
  }
}
