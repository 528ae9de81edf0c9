import Glibc
import Simulation

/// Runs worlds from their seeds and prints those that fail.
enum Simulator {
  static let usage = """
    usage: leftd-sim [--profile calm|crashes|trio|watching] [--seed N]
                     [--count N] [--seconds N] [--first] [--shrink] [--trace]

    Runs the engine in worlds that follow from their seeds, and prints each that fails.

      --profile P  what happens in them: calm (two nodes, lost connections), crashes (the
                   same with crashes), trio (three nodes with crashes), watching (two
                   nodes that lose events or have too few watches); default crashes
      --seed N     the first seed; default 0
      --count N    how many; default 1000
      --seconds N  begin no world after so many seconds
      --first      stop at the first world that fails
      --shrink     look for a short script that fails in the same way, and print that instead
      --trace      print everything that happened in a failing world, not only its end

    """

  static func main() {
    var seed: UInt64 = 0
    var count: UInt64 = 1000
    var settings = WorldSettings.crashes
    var options = Options()
    var arguments = CommandLine.arguments.dropFirst()
    while let option = arguments.popFirst() {
      switch option {
      case "--seed": seed = number(arguments.popFirst())
      case "--count": count = number(arguments.popFirst())
      case "--profile":
        guard let known = arguments.popFirst().flatMap(WorldSettings.named) else { refuse() }
        settings = known
      case "--seconds": options.seconds = number(arguments.popFirst())
      case "--first": options.endsAtFirst = true
      case "--shrink": options.shrinks = true
      case "--trace": options.showsAll = true
      default: refuse()
      }
    }
    run(seed..<(seed + count), settings, options)
  }

  private struct Options {
    var seconds: UInt64?
    var endsAtFirst = false
    var shrinks = false
    var showsAll = false
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
    _ seeds: Range<UInt64>, _ settings: WorldSettings, _ options: Options
  ) {
    let start = processorSeconds()
    let clock = ContinuousClock()
    let end = options.seconds.map { clock.now + .seconds($0) }
    var count = 0
    var failed = 0
    for seed in seeds {
      if let end, clock.now >= end { break }
      if options.endsAtFirst, failed > 0 { break }
      count += 1
      do {
        var world = try World(seed: seed, settings: settings)
        var problems = try world.run()
        guard let first = problems.first else { continue }
        failed += 1
        if options.shrinks {
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
        if options.showsAll { print(world.lines.joined(separator: "\n")) }
      } catch {
        failed += 1
        print("seed \(seed): \(error)")
      }
    }
    let seconds = max(processorSeconds() - start, 0.001)
    let rate = Int(Double(count) / seconds * 3600)
    print("\(count) worlds, \(failed) failed; \(rate) in an hour of processor time")
    exit(failed == 0 ? 0 : 1)
  }

  private static func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
