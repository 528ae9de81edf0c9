import SyncCore
import Testing

@testable import Watcher

/// Random operations in a small tree with few names, so that they collide; after each burst the
/// reported changes, replayed over what the tree was before, must give what it is now. Renames are
/// replayed without looking at the disk.
@Suite(.serialized) struct ReplayTests {
  struct Generator {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  static let names = ["a", "b", "c"]

  @Test(arguments: [1, 2, 3] as [UInt64]) func everyBurstIsToldWhole(_ seed: UInt64) throws {
    var random = Generator(state: seed)
    let tree = TemporaryTree()
    let observer = try Observer(tree)
    func look(_ path: String) -> [String: Content] {
      var found: [String: Content] = [:]
      tree.walk(path, into: &found)
      return found
    }
    var told = Replay(look)
    for round in 0..<250 {
      var log: [String] = []
      for _ in 0...random.next(10) { log.append(Self.act(in: tree, &random, round)) }
      let sets = observer.changes()
      for change in sets.joined() { told.take(change) }
      let actual = look("")
      let words = sets.map { $0.map(\.word).joined(separator: " ") }
      #expect(told.tree == actual, "round \(round): \(log) told \(words)")
      if told.tree != actual { return }
    }
  }

  private static func act(
    in tree: TemporaryTree, _ random: inout Generator, _ round: Int
  ) -> String {
    func somewhere() -> String {
      (0...random.next(3)).map { _ in names[random.next(names.count)] }.joined(separator: "/")
    }
    let place = somewhere()
    switch random.next(14) {
    case 0, 1, 2:
      tree.write(place, "\(round) \(random.next(1 << 30))")
      return "write \(place)"
    case 3:
      tree.write(place, "+", append: true)
      return "append \(place)"
    case 4, 5:
      tree.mkdir(place)
      return "mkdir \(place)"
    case 6:
      tree.unlink(place)
      return "unlink \(place)"
    case 7:
      tree.removeAll(place)
      return "rm -r \(place)"
    case 8:
      tree.symlink(to: "\(round)", place)
      return "symlink \(place)"
    case 9:
      let out = tree.rename(place, "../outside/x")
      if random.next(2) == 0 { _ = tree.rename("../outside/x", somewhere()) }
      tree.removeAll("../outside/x")
      return "out \(place) \(out)"
    default:
      let target = somewhere()
      return "\(tree.rename(place, target) ? "" : "no ")rename \(place) \(target)"
    }
  }
}
