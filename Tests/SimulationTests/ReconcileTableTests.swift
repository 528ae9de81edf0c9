import SyncCore
import Testing

@testable import Simulation

/// The table in `Cases`, run by the reconciler and the planner as they are, in many orders of the
/// same exchanges.
@Suite struct ReconcileTableTests {
  /// In every fourth order sets are split, and names may come out otherwise.
  private static let orders: Range<UInt64> = 0..<16

  @Test func noTwoCasesHaveOneName() {
    let names = ReconcileCase.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.count >= 150)
  }

  @Test(arguments: ReconcileCase.all) func allEndAsExpected(_ example: ReconcileCase) throws {
    try check(example.plannerCase, example.expected)
  }

  /// What becomes of two changes doesn't depend on which of the machines each was made.
  @Test(arguments: ReconcileCase.all.filter { $0.isMirrored && $0.nodes == 2 })
  func exchangedNodesEndAlike(_ example: ReconcileCase) throws {
    let (plannerCase, expected) = example.mirrored
    try check(plannerCase, expected)
  }

  private func check(_ plannerCase: PlannerCase, _ expected: [String]) throws {
    var found: [String: UInt64] = [:]
    var wrong: [String: UInt64] = [:]
    for order in Self.orders {
      var run = PlannerRun(plannerCase, order: order)
      run.run()
      for problem in run.problems where Self.counts(problem, in: plannerCase) {
        wrong["\(problem)"] = order
      }
      if run.isSplit { continue }
      for node in 0..<plannerCase.nodes {
        found[try Self.tree(run.living(on: node), wildcard: expected)] = order
      }
    }
    let surprise = found.first { !expected.contains($0.key) } ?? wrong.first
    let history = surprise.map { Self.history(of: plannerCase, order: $0.value) } ?? ""
    #expect(found.keys.sorted() == expected.sorted(), "\(history)")
    #expect(wrong.keys.sorted() == [], "\(history)")
  }

  /// That one content is in two places is in the expectation, where it is right. A node that lost
  /// its index doesn't know what it deleted, nor that its files are what others have.
  private static func counts(_ problem: PlannerProblem, in plannerCase: PlannerCase) -> Bool {
    switch problem.kind {
    case .duplicate: return false
    case .conflict, .resurrection:
      return !plannerCase.steps.contains { if case .lose = $0 { true } else { false } }
    case .restlessness, .difference, .loss, .order, .noise, .plan: return true
    }
  }

  private static func history(of plannerCase: PlannerCase, order: UInt64) -> String {
    var run = PlannerRun(plannerCase, order: order, tellsHistory: true)
    run.run()
    return run.history.joined(separator: "\n")
  }

  // MARK: What is there, in the words of the table

  private static func tree(
    _ living: [(path: [Name], entry: Entry)], wildcard expected: [String]
  ) -> String {
    let tree = living.map(word).sorted().joined(separator: " ")
    guard expected.contains(where: { $0.contains("~?") }) else { return tree }
    return tree.replacing(#/~[0-9]/#, with: "~?")
  }

  private static func word(_ path: [Name], _ entry: Entry) -> String {
    let text = path.map(label).joined(separator: "/")
    let content = entry.body.number.map { String(UnicodeScalar(UInt8($0 + 64))) } ?? ""
    switch entry.body {
    case .directory: return "\(text)/" + (entry.mode == 0o755 ? "" : "%")
    case .symlink: return "\(text)@\(content)"
    case .file, .deleted, .deletedDirectory, .merged:
      return "\(text)=\(content)" + (entry.mode == 0o644 ? "" : "%")
    }
  }

  private static func label(_ name: Name) -> String {
    guard let copy = ConflictCopy(name: name) else { return "\(name)" }
    let node = (1...4 as ClosedRange<UInt8>).first { PlannerNode.id($0).short == copy.node }
    return "\(copy.original)~\(node.map { "\($0 - 1)" } ?? "?")"
  }
}
