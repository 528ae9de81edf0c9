import Simulation
import Testing

/// Whatever users do on nodes that don't hear of each other, all trees become equal, nothing that
/// was written is lost and nothing that was deleted comes back.
@Suite struct PlannerCaseTests {
  /// Cases in which something was wrong once.
  private static let kept = [
    // One node hears at once where an alias belongs, another step by step.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [.mkdir("a")],
      steps: [
        .on(2, .mkdir("c")),
        .on(1, .mkdir("c")),
        .on(2, .write("c/c")),
        .tell(2, 1, sets: nil),
        .on(0, .move("a", "c")),
        .on(1, .remove("c/c")),
      ]),
    // Two deletions, of which one has seen what won over the other.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [.mkdir("b"), .mkdir("b/a")],
      steps: [
        .on(1, .write("b")),
        .on(0, .move("b/a", "a")),
        .on(2, .write("b")),
        .tell(1, 2, sets: nil),
        .tell(0, 2, sets: nil),
        .on(0, .remove("a")),
      ]),
    // Who deletes a merged directory has seen both.
    PlannerCase(
      nodes: 2, clocks: [0, 1], ranks: [0, 1],
      base: [],
      steps: [
        .on(1, .mkdir("b")),
        .tell(1, 0, sets: nil),
        .on(1, .move("b", "a")),
        .on(0, .mkdir("a")),
        .tell(1, 0, sets: nil),
        .on(0, .remove("a")),
      ]),
    PlannerCase(
      nodes: 2, clocks: [0, 1], ranks: [1, 0],
      base: [],
      steps: [
        .on(1, .mkdir("a")),
        .on(0, .mkdir("a")),
        .tell(0, 1, sets: nil),
        .on(1, .remove("a")),
      ]),
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 2, 1],
      base: [],
      steps: [
        .on(2, .mkdir("a")),
        .on(1, .mkdir("a")),
        .tell(1, 0, sets: nil),
        .tell(0, 2, sets: nil),
        .on(2, .write("a")),
      ]),
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [],
      steps: [
        .on(1, .mkdir("b")),
        .on(0, .mkdir("b")),
        .tell(1, 2, sets: nil),
        .tell(2, 0, sets: nil),
        .on(0, .move("b", "c")),
        .on(0, .remove("c")),
      ]),
    // Whether two directories at one place are one is not a question of who hears first.
    PlannerCase(
      nodes: 2, clocks: [0, 1], ranks: [0, 1],
      base: [.mkdir("a")],
      steps: [
        .on(0, .move("a", "b")),
        .on(1, .mkdir("b")),
      ]),
    // Of two versions that were merged with each other the one that knows more is right.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [.mkdir("b")],
      steps: [
        .on(0, .chmod("b")),
        .tell(0, 1, sets: nil),
        .on(1, .remove("b")),
        .on(2, .remove("b")),
      ]),
    PlannerCase(
      nodes: 3, clocks: [1, 2, 1], ranks: [0, 1, 2],
      base: [.mkdir("b")],
      steps: [
        .on(1, .remove("b")),
        .on(2, .move("b", "a")),
        .tell(1, 0, sets: nil),
        .tell(2, 0, sets: nil),
        .on(2, .remove("a")),
      ]),
    // What a node moved away and back is not taken for what a lost index left.
    PlannerCase(
      nodes: 2, clocks: [0, 1], ranks: [0, 1],
      base: [.write("a")],
      steps: [
        .on(0, .move("a", "b")),
        .on(0, .move("b", "a")),
        .on(1, .move("a", "b")),
      ]),
    // A file that its user deletes in a directory that turns out to be an alias.
    PlannerCase(
      nodes: 2, clocks: [0, 1], ranks: [2, 0],
      base: [],
      steps: [
        .on(0, .mkdir("a")),
        .on(0, .write("a/a")),
        .on(1, .mkdir("a")),
        .tell(0, 1, sets: nil),
        .on(0, .remove("a/a")),
      ]),
    // A directory that was moved and deleted lives again in one place, whoever revives it.
    PlannerCase(
      nodes: 2, clocks: [0, 1], ranks: [0, 1],
      base: [.mkdir("a")],
      steps: [
        .on(1, .move("a", "b")),
        .on(0, .link("a/a")),
        .on(1, .remove("b")),
      ]),
    // What an alias held goes over a file that is to be deleted.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [.mkdir("b"), .write("b/b")],
      steps: [
        .on(2, .move("b", "a")),
        .on(1, .mkdir("a")),
        .on(1, .write("a/b")),
        .on(0, .write("b")),
      ]),
    // A directory lives again that was in one which has become an alias since.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [2, 1, 0],
      base: [.mkdir("a"), .mkdir("b"), .mkdir("b/a")],
      steps: [
        .on(2, .remove("a")),
        .on(2, .mkdir("a")),
        .on(1, .remove("a")),
        .on(1, .write("b/a")),
        .on(1, .move("b", "a")),
        .tell(1, 2, sets: nil),
        .on(0, .move("a", "b/a/a")),
      ]),
    // What loses to one version and has the content of another that wins over that stays.
    PlannerCase(
      nodes: 3, clocks: [1, 1, 0], ranks: [0, 1, 2],
      base: [],
      steps: [
        .on(1, .write("b")),
        .tell(1, 2, sets: nil),
        .on(1, .chmod("b")),
        .on(0, .link("b")),
        .on(2, .chmod("b")),
      ]),
    // Two directories are deleted, and merged by who has not heard of it yet.
    PlannerCase(
      nodes: 3, clocks: [2, 1, 2], ranks: [2, 0, 1],
      base: [],
      steps: [
        .on(0, .mkdir("a")),
        .tell(0, 2, sets: nil),
        .on(2, .remove("a")),
        .on(1, .mkdir("a")),
        .tell(1, 0, sets: nil),
        .tell(2, 1, sets: nil),
        .on(1, .link("a")),
      ]),
    PlannerCase(
      nodes: 3, clocks: [2, 0, 1], ranks: [2, 0, 1],
      base: [],
      steps: [
        .on(1, .mkdir("b")),
        .on(0, .mkdir("b")),
        .tell(0, 2, sets: nil),
        .on(0, .write("b")),
        .tell(1, 0, sets: nil),
        .on(0, .write("b")),
      ]),
    // Who deletes two directories that were merged has not seen that one of them was moved.
    PlannerCase(
      nodes: 2, clocks: [0, 1], ranks: [0, 1],
      base: [.mkdir("a"), .mkdir("a/b")],
      steps: [
        .on(0, .move("a/b", "b")),
        .on(1, .mkdir("b")),
        .tell(1, 0, sets: nil),
        .on(1, .write("b")),
        .on(1, .remove("a")),
      ]),
    // Who deletes a directory has not heard that another was changed, or lives, which is merged
    // into that one.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [2, 0, 1],
      base: [.mkdir("a")],
      steps: [
        .on(0, .move("a", "b")),
        .on(2, .mkdir("b")),
        .tell(0, 2, sets: nil),
        .on(2, .remove("b")),
        .on(1, .chmod("a")),
      ]),
    PlannerCase(
      nodes: 3, clocks: [2, 0, 0], ranks: [2, 1, 0],
      base: [.mkdir("a")],
      steps: [
        .on(2, .mkdir("b")),
        .tell(2, 1, sets: nil),
        .on(0, .mkdir("b")),
        .on(1, .move("b", "a/a")),
        .tell(0, 1, sets: nil),
        .on(1, .write("a")),
      ]),
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [],
      steps: [
        .on(1, .mkdir("b")),
        .tell(1, 2, sets: nil),
        .on(2, .move("b", "a")),
        .on(0, .mkdir("b")),
        .tell(0, 1, sets: nil),
        .tell(2, 0, sets: nil),
        .on(0, .remove("b")),
      ]),
    // Two directories that were merged are deleted by who knew all of both; one has lived again in
    // between where it was deleted, too.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [],
      steps: [
        .on(0, .mkdir("a")),
        .tell(0, 1, sets: nil),
        .on(2, .mkdir("a")),
        .on(0, .write("a")),
        .tell(2, 0, sets: nil),
        .tell(1, 2, sets: nil),
        .on(0, .remove("a")),
        .on(1, .write("a")),
      ]),
    // One of them was deleted as part of another than the one that is told to be its heir.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [],
      steps: [
        .on(0, .mkdir("a")),
        .tell(0, 1, sets: nil),
        .on(2, .mkdir("a")),
        .on(0, .write("a")),
        .on(0, .mkdir("a")),
        .tell(2, 0, sets: nil),
        .tell(1, 2, sets: nil),
        .on(0, .remove("a")),
        .on(1, .write("a")),
      ]),
    // Two put one content at one place, and who knew only of his own changes the copy of it that a
    // conflict has made.
    PlannerCase(
      nodes: 3, clocks: [0, 1, 2], ranks: [0, 1, 2],
      base: [.link("b")],
      steps: [
        .on(0, .move("b", "a")),
        .on(1, .move("b", "a")),
        .on(2, .write("a")),
        .tell(1, 0, sets: nil),
        .tell(2, 1, sets: nil),
        .on(1, .write("x")),
      ]),
    // What an alias was merged into here, and what somebody else merged it into after another had
    // deleted that, were two: what was deleted with the alias came back in one of them.
    PlannerCase(
      nodes: 3, clocks: [0, 0, 0], ranks: [2, 0, 1],
      base: [.mkdir("a"), .mkdir("a/b"), .write("a/b/b")],
      steps: [
        .on(0, .move("a/b", "b")),
        .on(1, .mkdir("b")),
        .on(2, .mkdir("b")),
        .tell(0, 1, sets: nil),
        .tell(2, 0, sets: nil),
        .on(2, .write("b")),
        .on(0, .link("a/b")),
        .on(2, .link("a")),
      ]),
    // What somebody moved from one directory into another, which a third merges, is the same as
    // what comes home from the alias: with that one's dot it would be what the move deleted there.
    PlannerCase(
      nodes: 3, clocks: [2, 0, 1], ranks: [1, 2, 0],
      base: [.mkdir("b"), .write("b/b"), .remove("b/b")],
      steps: [
        .on(2, .mkdir("a")),
        .on(0, .move("b", "a")),
        .on(2, .write("b/b")),
        .tell(2, 0, sets: nil),
        .on(2, .move("b/b", "a/b")),
      ]),
    // What lives in a deleted directory is in the place that the deletion names, whoever has that.
    PlannerCase(
      nodes: 2, clocks: [2, 2], ranks: [0, 1],
      base: [.mkdir("a"), .chmod("a"), .link("a/a"), .move("a/a", "a")],
      steps: [
        .on(0, .move("a", "b")),
        .on(1, .mkdir("b")),
        .on(1, .write("a/b")),
        .on(0, .remove("b")),
      ]),
    // Who had deleted one of two directories knew them as two, whoever heard of which first.
    PlannerCase(
      nodes: 2, clocks: [0, 1], ranks: [1, 0], base: [],
      steps: [
        .on(0, .mkdir("b")),
        .on(0, .mkdir("b/b")),
        .on(1, .mkdir("b")),
        .tell(0, 1, sets: nil),
        .on(1, .remove("b/b")),
        .on(1, .mkdir("b/a")),
        .on(0, .move("b/b", "b/a")),
      ]),
  ]

  @Test func `what was wrong once is right`() {
    for plannerCase in Self.kept {
      let problems = plannerCase.problems(orders: 20)
      #expect(problems == [], "\(plannerCase)")
    }
  }

  /// Whichever node merged which two of the directories first.
  @Test func `of three files in three directories of one name each is there once`() {
    for ranks in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      let plannerCase = PlannerCase(
        nodes: 3, clocks: [0, 1, 2], ranks: ranks, base: [],
        steps: (0..<3).flatMap { [.on($0, .mkdir("a")), .on($0, .write("a/a"))] })
      for order in 0..<50 as Range<UInt64> {
        var run = PlannerRun(plannerCase, order: order)
        run.run()
        #expect(run.problems.isEmpty && run.tree.count == 4, "\(ranks) \(order): \(run.tree)")
      }
    }
  }

  @Test func `random cases`() {
    for seed in 0..<600 as Range<UInt64> { expectGood(RandomCases.plannerCase(seed: seed)) }
  }

  @Test func `some of all small cases`() {
    let small = SmallCases()
    #expect(small.count > 1_000_000)
    for number in stride(from: 0, to: small.count, by: 2503) {
      expectGood(small.plannerCase(number))
    }
  }

  private func expectGood(_ plannerCase: PlannerCase) {
    let problems = plannerCase.problems(orders: 4)
    guard !problems.isEmpty else { return }
    let history = plannerCase.history(orders: 4).joined(separator: "\n")
    Issue.record("\(problems) \(plannerCase)\n\(history)")
  }
}
