import SyncCore

/// What users of a world like to do: random operations on few names, so that they meet.
struct Habits: Hashable, Sendable {
  /// Names in each directory, from `a`.
  var nameCount: UInt8 = 3
  /// How deep paths are.
  var depth = 3
  /// How many of the files written are above `Limits.smallContentByteCount`.
  var largePercent = 5
  /// How many actions, in percent, change what is ignored.
  var rulesPercent = 0
  /// How often each kind of action is chosen, in the order of `UserAction`.
  var weights = [4, 2, 2, 3, 3, 3, 1, 1, 1, 1]

  /// The next thing to do.
  func action(using generator: inout SplitMix64) -> UserAction {
    if rulesPercent > 0, Int.random(in: 0..<100, using: &generator) < rulesPercent {
      let isAtRoot = Bool.random(using: &generator)
      let count = Int.random(in: 0...2, using: &generator)
      return .ignore(
        isAtRoot ? nil : path(using: &generator),
        (0..<count).map { _ in Self.pattern(using: &generator) })
    }
    let path = path(using: &generator)
    var ticket = Int.random(in: 0..<weights.reduce(0, +), using: &generator)
    let kind = weights.firstIndex { weight in
      ticket -= weight
      return ticket < 0
    }
    switch kind ?? 0 {
    case 0: return .write(path, content(using: &generator))
    case 1: return .save(path, content(using: &generator))
    case 2: return .edit(path, isAtEnd: Bool.random(using: &generator))
    case 3: return .makeDirectory(path)
    case 4: return .remove(path)
    case 5: return .move(path, to: self.path(using: &generator))
    case 6: return .exchange(path, self.path(using: &generator))
    case 7: return .link(path, target: UInt8.random(in: 97..<107, using: &generator))
    case 8:
      let values: [UInt8] = [0, 65, 66]
      return .setAttribute(path, values.randomElement(using: &generator) ?? 0)
    default:
      let modes: [UInt16] = [0o644, 0o600, 0o755, 0o700]
      return .setMode(path, modes.randomElement(using: &generator) ?? 0o644)
    }
  }

  /// Habits of which nobody knows beforehand where they lead.
  static func random(using generator: inout SplitMix64) -> Habits {
    var habits = Habits()
    habits.nameCount = UInt8.random(in: 2...4, using: &generator)
    habits.depth = Int.random(in: 1...4, using: &generator)
    habits.largePercent = [0, 0, 5, 20].randomElement(using: &generator) ?? 0
    habits.weights = habits.weights.map { weight in
      weight * ([0, 1, 1, 1, 4].randomElement(using: &generator) ?? 1)
    }
    // Without files there is nothing to lose.
    habits.weights[0] = max(2, habits.weights[0])
    return habits
  }

  /// A pattern that something is likely to match.
  private static func pattern(using generator: inout SplitMix64) -> IgnoreLine {
    let patterns: [IgnoreLine] = ["a", "b", "/a", "/c", "b/", "/a/b", "c/*", "!a", "!b/", "*/a"]
    return patterns.randomElement(using: &generator) ?? "a"
  }

  /// What one machine in three does not take part in.
  static func localRules(using generator: inout SplitMix64) -> IgnoreRules {
    guard Int.random(in: 0..<3, using: &generator) == 0 else { return IgnoreRules() }
    return (try? IgnoreRules(lines: [pattern(using: &generator).bytes])) ?? IgnoreRules()
  }

  private func content(using generator: inout SplitMix64) -> UserContent {
    let isLarge = Int.random(in: 0..<100, using: &generator) < largePercent
    let wordCount = isLarge ? Int.random(in: 17_000..<40_000, using: &generator) : 4
    return UserContent(seed: generator.next() % 1000, wordCount: wordCount)
  }

  private func path(using generator: inout SplitMix64) -> UserPath {
    let depth = Int.random(in: 1...depth, using: &generator)
    return UserPath(
      RelativePath(
        components: (0..<depth).map { _ in
          let letter = UInt8.random(in: 97..<(97 + nameCount), using: &generator)
          guard let name = Name([letter]) else { preconditionFailure("a letter is a name") }
          return name
        }))
  }
}
