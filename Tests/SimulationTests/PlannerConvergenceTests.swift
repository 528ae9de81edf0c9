import SyncEngine
import Testing

@testable import SyncCore

/// Whatever users do on nodes that don't hear of each other, all trees become equal and nothing
/// that lives is lost.
@Suite struct PlannerConvergenceTests {
  /// What is wrong after a run from a seed; empty if nothing is.
  private func run(seed: UInt64) throws -> (problems: [String], history: [String]) {
    var world = PlannerWorld(nodeCount: 2 + Int(seed % 3), seed: seed)
    for _ in 0..<3 {
      for _ in 0..<world.below(14) { try world.change(world.below(world.nodes.count)) }
      for _ in 0..<world.below(3) {
        let from = world.below(world.nodes.count)
        let to = (from + 1 + world.below(world.nodes.count - 1)) % world.nodes.count
        _ = try world.exchange(from: from, to: to)
      }
    }
    guard try world.settle(maximumRounds: 20) != nil else {
      return (world.problems + ["no end"], world.history)
    }
    return (world.problems + (try world.verdict()), world.history)
  }

  @Test func treesBecomeEqualAndNothingIsLost() throws {
    var failures: [UInt64] = []
    var kinds: [String: Int] = [:]
    for seed in 0..<1500 as Range<UInt64> {
      let (problems, history) = try run(seed: seed)
      guard let problem = problems.first else { continue }
      failures.append(seed)
      let words = problem.split(separator: " ").prefix(2).joined(separator: " ")
      kinds[problem.contains("lost") ? "lost" : words, default: 0] += 1
      if failures.count <= 2 {
        Issue.record("seed \(seed): \(problems.prefix(4)) \(history.joined(separator: "\n"))")
      }
    }
    #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(20)) \(kinds)")
  }
}
