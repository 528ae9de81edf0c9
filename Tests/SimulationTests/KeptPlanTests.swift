import Simulation
import Testing

/// Worlds in which the plan of a unit had no end.
@Suite struct KeptPlanTests {
  /// Two directories at one place had one conflict name, and each round gave it to the same one.
  @Test func `of two with one conflict name one gets another`() throws {
    try expectGood(
      Scenario(
        .bundles, seed: 24968, schedule: 14,
        [
          .setClock(0, seconds: -3),
          .disconnect(0, 1),
          .user(3, .makeDirectory("d")),
          .disconnect(2, 3),
          .user(2, .makeDirectory("b")),
          .user(0, .save("a", .init(seed: 795, wordCount: 4))),
          .user(2, .makeDirectory("a")),
          .user(0, .write("c/b", .init(seed: 951, wordCount: 4))),
          .user(0, .link("d", target: 104)),
          .user(1, .remove("b")),
          .user(3, .remove("d")),
          .user(3, .write("b", .init(seed: 332, wordCount: 4))),
          .setClock(0, seconds: 3),
          .part(1, 3),
          .user(0, .remove("c")),
          .user(1, .edit("c", isAtEnd: false)),
          .user(1, .makeDirectory("d/c")),
          .user(3, .save("b", .init(seed: 705, wordCount: 4))),
          .user(0, .makeDirectory("c")),
          .user(3, .makeDirectory("b")),
          .user(0, .remove("d")),
          .user(0, .makeDirectory("d")),
          .user(0, .write("c/d", .init(seed: 963, wordCount: 4))),
          .user(1, .edit("a", isAtEnd: false)),
          .user(3, .write("c", .init(seed: 246, wordCount: 4))),
          .user(2, .makeDirectory("d/a/c")),
          .user(2, .move("a", to: "d/b")),
          .user(3, .remove("b")),
          .user(3, .makeDirectory("d/b")),
          .user(3, .makeDirectory("b")),
          .user(0, .write("a", .init(seed: 637, wordCount: 4))),
          .user(0, .edit("a", isAtEnd: true)),
          .user(1, .setAttribute("a", 65)),
          .user(2, .write("c", .init(seed: 786, wordCount: 4))),
          .user(2, .link("a", target: 98)),
          .user(1, .remove("a")),
          .user(0, .move("c", to: "b")),
          .user(0, .setAttribute("b", 0)),
        ]))
  }
}
