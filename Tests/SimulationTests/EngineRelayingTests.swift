import SyncEngine
import Testing

@testable import SyncCore

/// A node between others: what came from one is told to the rest, and what these have durably goes
/// back to where it came from.
@Suite struct EngineRelayingTests {
  private static let far = NodeID(bytes: [UInt8](repeating: 7, count: 32))!

  /// A unit of two came over the first connection and was applied; what followed, and the sequence
  /// under which it was told on the second.
  private func passedOn() throws -> (bench: EngineBench, effects: [Effect], sequence: UInt64) {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    _ = try bench.connect(2, EngineBench.other)
    let links = [EngineBench.symlink("a", 1), EngineBench.symlink("b", 2)]
    let flips = try bench.receive(.announce(entries: links, upTo: 5, isLast: true)).flips
    try #require(flips.count == 1)
    let stamps = [100, 101].map { EngineBench.stamp($0, kind: .symlink) }
    let effects = try bench.step(
      .flipped(FlipResult(id: flips[0].plan.id, results: stamps.map { .done($0) })))
    return (bench, effects, bench.index.sequence)
  }

  @Test func whatCameAsAUnitIsToldAsOne() throws {
    let (_, effects, sequence) = try passedOn()
    let told = effects.compactMap { effect -> String? in
      guard case .send(let link, .announce(let entries, let upTo, let isLast)) = effect else {
        return nil
      }
      return "\(link.number): \(entries.map { "\($0.place.name)" }) \(upTo) \(isLast)"
    }
    #expect(told == ["2: [\"a\", \"b\"] \(sequence) true"])
  }

  @Test func whoHasItIsToldToWhereItCameFrom() throws {
    var (bench, effects, sequence) = try passedOn()
    #expect(effects.acknowledgements == ["1: here 5"], "nobody else has it yet")
    effects = try bench.receive(
      .acknowledge(member: EngineBench.other, sequence: sequence), on: 2)
    #expect(effects.acknowledgements == ["1: other 5"])
  }

  @Test func whoIsFurtherAwayIsToldToo() throws {
    var (bench, _, sequence) = try passedOn()
    _ = try bench.receive(.acknowledge(member: EngineBench.other, sequence: sequence), on: 2)
    let member = Message.acknowledge(member: Self.far, sequence: sequence)
    #expect(try bench.receive(member, on: 2).acknowledgements == ["1: far 5"])
    #expect(try bench.receive(member, on: 2).acknowledgements == [], "once")
  }
}

extension [Effect] {
  /// Who is said to have what, on which connection.
  fileprivate var acknowledgements: [String] {
    compactMap { effect in
      guard case .send(let link, .acknowledge(let member, let sequence)) = effect else {
        return nil
      }
      let names = [EngineBench.node: "here", EngineBench.other: "other"]
      return "\(link.number): \(names[member] ?? "far") \(sequence)"
    }
  }
}
