import Glibc
import Simulation

/// Runs worlds from their seeds and prints those that fail.
enum Simulator {
  static let usage = """
    usage: leftd-sim [--profile swarm|wide|modes|ignoring|calm|crashes|trio|careless|
                                watching|audited|bundles|forgetful]
                     [--seed N] [--count N] [--seconds N] [--first] [--shrink] [--trace]
                     [--hash]
           leftd-sim --profile planner|small [--orders N] and the same options

    Runs the engine in worlds that follow from their seeds, and prints each that fails.

      --profile P  what happens in them: swarm (two to four nodes, each world with faults
                   of its own), calm (two nodes, lost connections), crashes (the same with
                   crashes), trio (three nodes with crashes), careless (the same with
                   users who flush nothing), watching (two nodes that lose events or
                   have too few watches), audited (two nodes that are audited all the
                   time), wide (swarm, and connections cut within frames, readers
                   that stall, clocks that run fast or slow, users who wait until all
                   is recorded), modes (a source, a replica or a preferred node),
                   bundles (the same with directories that belong together),
                   forgetful (swarm, and nodes that forget what deletions all know),
                   ignoring (nodes that ignore things, users who change what: not all
                   of these hold yet); default swarm.
                   Without engine and disk: planner (random cases of index and planner),
                   small (all cases with small trees and an action of each user; their
                   numbers are the seeds)
      --orders N   in how many orders of exchange a case of these two runs; default 4
      --seed N     the first seed; default 0
      --count N    how many; default 1000
      --seconds N  begin no world after so many seconds
      --first      stop at the first world that fails
      --shrink     look for a short script that fails in the same way, for five minutes of
                   processor time at most, and print it as Swift
      --trace      print everything that happened in a failing world, not only its end
      --hash       print a hash of everything that happened in each world, with --trace all of it

    """

  static func main() {
    if let runs = PlannerRuns(Array(CommandLine.arguments.dropFirst())) {
      exit(runs.run() ? 0 : 1)
    }
    var options = Options()
    var arguments = CommandLine.arguments.dropFirst()
    while let option = arguments.popFirst() {
      switch option {
      case "--seed": options.seed = number(arguments.popFirst())
      case "--count": options.count = number(arguments.popFirst())
      case "--profile":
        guard let known = arguments.popFirst().flatMap(WorldProfile.init) else { refuse() }
        options.profile = known
      case "--seconds": options.seconds = number(arguments.popFirst())
      case "--first": options.endsAtFirst = true
      case "--shrink": options.shrinks = true
      case "--trace": options.showsAll = true
      case "--hash": options.showsHash = true
      default: refuse()
      }
    }
    run(options)
  }

  private struct Options {
    var profile = WorldProfile.swarm
    var seed: UInt64 = 0
    var count: UInt64 = 1000
    var seconds: UInt64?
    var endsAtFirst = false
    var shrinks = false
    let shrinkSeconds = 300.0
    var showsAll = false
    var showsHash = false
  }

  private static func number(_ text: String?) -> UInt64 {
    guard let number = text.flatMap({ UInt64($0) }) else { refuse() }
    return number
  }

  private static func refuse() -> Never {
    print(usage, terminator: "")
    exit(64)
  }

  private static func run(_ options: Options) {
    let start = processorSeconds()
    let clock = ContinuousClock()
    let end = options.seconds.map { clock.now + .seconds($0) }
    var count = 0
    var failed = 0
    for seed in options.seed..<(options.seed + options.count) {
      if let end, clock.now >= end { break }
      if options.endsAtFirst, failed > 0 { break }
      count += 1
      if !runOne(Scenario(options.profile, seed: seed), options) { failed += 1 }
    }
    let seconds = max(processorSeconds() - start, 0.001)
    let rate = Int(Double(count) / seconds * 3600)
    print("\(count) worlds, \(failed) failed; \(rate) in an hour of processor time")
    exit(failed == 0 ? 0 : 1)
  }

  /// Whether the world held.
  private static func runOne(_ scenario: Scenario, _ options: Options) -> Bool {
    do {
      let world = try World(scenario, isTraced: options.showsAll || options.showsHash)
      let problems = try world.run()
      if options.showsHash {
        print("seed \(scenario.seed): \(world.traceHash)")
        if options.showsAll { print(world.lines.joined(separator: "\n")) }
      }
      guard let first = problems.first else { return true }
      guard options.shrinks else {
        show(scenario, world, problems, options)
        return false
      }
      let end = processorSeconds() + options.shrinkSeconds
      var shrinker = Shrinker(
        scenario, script: world.script, kind: first.kind, isOver: { processorSeconds() >= end })
      shrinker.shrink()
      let short = try World(shrinker.scenario, isTraced: options.showsAll)
      show(shrinker.scenario, short, try short.run(), options)
    } catch {
      print("\(scenario): \(error)")
    }
    return false
  }

  private static func show(
    _ scenario: Scenario, _ world: World, _ problems: [Problem], _ options: Options
  ) {
    print("\(scenario):\n  " + problems.map(\.description).joined(separator: "\n  "))
    if options.showsAll { print(world.lines.joined(separator: "\n")) }
  }

  static func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
