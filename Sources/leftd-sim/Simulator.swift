import Glibc
import Simulation

/// Runs worlds from their seeds and prints those that fail.
enum Simulator {
  static let usage = """
    usage: leftd-sim [--profile calm|crashes|trio] [--seed N] [--count N] [--shrink] [--trace]

    Runs the engine in worlds that follow from their seeds, and prints each that fails.

      --profile P  what happens in them: calm (two nodes, lost connections), crashes (the
                   same with crashes), trio (three nodes with crashes); default crashes
      --seed N     the first seed; default 0
      --count N    how many; default 1000
      --shrink     look for a short script that fails in the same way, and print that instead
      --trace      print everything that happened in a failing world, not only its end

    """

  static func main() {
    var seed: UInt64 = 0
    var count: UInt64 = 1000
    var settings = WorldSettings.crashes
    var showsAll = false
    var shrinks = false
    var arguments = CommandLine.arguments.dropFirst()
    while let option = arguments.popFirst() {
      switch option {
      case "--seed": seed = number(arguments.popFirst())
      case "--count": count = number(arguments.popFirst())
      case "--profile":
        guard let known = arguments.popFirst().flatMap(WorldSettings.named) else { refuse() }
        settings = known
      case "--shrink": shrinks = true
      case "--trace": showsAll = true
      default: refuse()
      }
    }
    run(seed..<(seed + count), settings, shrinks: shrinks, showsAll: showsAll)
  }

  private static func number(_ text: String?) -> UInt64 {
    guard let number = text.flatMap({ UInt64($0) }) else { refuse() }
    return number
  }

  private static func refuse() -> Never {
    print(usage, terminator: "")
    exit(64)
  }

  private static func run(
    _ seeds: Range<UInt64>, _ settings: WorldSettings, shrinks: Bool, showsAll: Bool
  ) {
    let start = processorSeconds()
    var failed = 0
    for seed in seeds {
      do {
        var world = try World(seed: seed, settings: settings)
        var problems = try world.run()
        guard let first = problems.first else { continue }
        failed += 1
        if shrinks {
          var shrinker = Shrinker(
            seed: seed, settings: settings, choices: world.choices, kind: first.kind,
            runCount: 3000)
          shrinker.shrink()
          let script = shrinker.script
          world = try World(seed: seed, choices: Choices(script: script), settings: settings)
          problems = try world.run()
          print("seed: \(seed), choices: \(script)")
        }
        print("seed \(seed):", problems.map(\.description).joined(separator: "\n  "))
        if showsAll { print(world.lines.joined(separator: "\n")) }
      } catch {
        failed += 1
        print("seed \(seed): \(error)")
      }
    }
    let seconds = max(processorSeconds() - start, 0.001)
    let rate = Int(Double(seeds.count) / seconds * 3600)
    print("\(seeds.count) worlds, \(failed) failed; \(rate) in an hour of processor time")
    exit(failed == 0 ? 0 : 1)
  }

  private static func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
