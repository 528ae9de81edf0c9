import Glibc
import Simulation

/// Runs cases of the planner level and prints those that fail.
struct PlannerRuns {
  enum Profile: String {
    /// Random cases from their seeds.
    case planner
    /// All small ones, by their numbers.
    case small
  }

  private let profile: Profile
  private var seed: UInt64 = 0
  private var count: UInt64?
  private var orders: UInt64 = 4
  private var seconds: UInt64?
  private var endsAtFirst = false
  private var shrinks = false
  private var showsAll = false

  /// Runs of what the arguments say; `nil` if they name no profile of this level, or are wrong.
  init?(_ arguments: [String]) {
    guard let option = arguments.firstIndex(of: "--profile"), option + 1 < arguments.count,
      let profile = Profile(rawValue: arguments[option + 1])
    else { return nil }
    self.profile = profile
    var rest = arguments[...]
    while let option = rest.popFirst() {
      switch option {
      case "--profile": _ = rest.popFirst()
      case "--first": endsAtFirst = true
      case "--shrink": shrinks = true
      case "--trace": showsAll = true
      case "--seed", "--count", "--seconds", "--orders":
        guard let number = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        switch option {
        case "--seed": seed = number
        case "--count": count = number
        case "--seconds": seconds = number
        default: orders = max(1, number)
        }
      default: return nil
      }
    }
  }

  /// Runs them; whether all were as they must be.
  func run() -> Bool {
    let small = profile == .small ? SmallCases() : nil
    let end = small.map { min($0.count, seed + (count ?? $0.count)) } ?? seed + (count ?? 100_000)
    if let small { print("\(small.count) small cases") }
    let clock = ContinuousClock()
    let deadline = seconds.map { clock.now + .seconds($0) }
    let start = Simulator.processorSeconds()
    var done: UInt64 = 0
    var kinds: [PlannerProblem.Kind: Int] = [:]
    for number in seed..<max(seed, end) {
      if done % 64 == 0, let deadline, clock.now >= deadline { break }
      if endsAtFirst, !kinds.isEmpty { break }
      let plannerCase = small?.plannerCase(number) ?? RandomCases.plannerCase(seed: number)
      done += 1
      guard let problem = plannerCase.problems(orders: orders).first else { continue }
      kinds[problem.kind, default: 0] += 1
      show(plannerCase, number, problem)
    }
    let seconds = max(Simulator.processorSeconds() - start, 0.001)
    let rate = Int(Double(done * orders) / seconds * 3600)
    let failed = kinds.values.reduce(0, +)
    let list = kinds.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key) \($0.value)" }
    print(
      "\(done) cases in \(orders) orders each, \(failed) failed",
      failed > 0 ? "(\(list.joined(separator: ", ")));" : ";",
      "\(rate) in an hour of processor time")
    return failed == 0
  }

  private func show(_ failing: PlannerCase, _ number: UInt64, _ problem: PlannerProblem) {
    guard shrinks else {
      print("seed \(number): \(problem)\n\(failing)")
      if showsAll { print(failing.history(orders: orders).joined(separator: "\n")) }
      return
    }
    var shrinker = PlannerShrinker(failing, kind: problem.kind, orders: orders)
    shrinker.shrink()
    let shortest = shrinker.shortest
    let text = shortest.problems(orders: orders).map(\.description).joined(separator: "\n  ")
    print("seed \(number): \(text)\n\(shortest)")
    if showsAll { print(shortest.history(orders: orders).joined(separator: "\n")) }
  }
}
