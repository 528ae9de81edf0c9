import SyncEngine
import Testing

@testable import SyncCore

/// What a command does while its changes are held together is one unit.
@Suite struct EngineHoldTests {
  private static let held = UInt64(1)

  private func holding(_ directory: String) throws -> EngineBench {
    var bench = try EngineBench()
    try bench.scan()
    _ = try bench.connect(1)
    _ = try bench.step(.holdBegan(Self.held, EngineBench.path(directory)))
    return bench
  }

  /// What is looked at since a path has settled.
  private func settle(_ path: String, in bench: inout EngineBench) throws -> [JobID] {
    let change = Change.created(EngineBench.path(path), isDirectory: false)
    return try bench.step(.changed(ChangeSet(changes: [change]))).looks
  }

  @Test func whatSettlesOneAfterTheOtherIsToldAsOne() throws {
    var bench = try holding("")
    for name in ["a", "b"] {
      #expect(try settle(name, in: &bench) == [], "it is looked at in the end")
      bench.now.monotonic += 60_000_000_000
    }
    let jobs = try bench.step(.holdEnded(Self.held)).looks
    try #require(jobs.count == 1)
    let found = ["a", "b"].enumerated().map { number, name in
      (
        name: Name(name.utf8)!,
        found: Found.symlink(EngineBench.stamp(UInt64(number) + 7, kind: .symlink), target: [1])
      )
    }
    let effects =
      try bench.step(.looked(jobs[0], EngineBench.listing(found)))
      + bench.step(.lookEnded(jobs[0]))
    let units = effects.compactMap { effect in
      if case .send(_, .announce(let entries, _, true)) = effect { entries.count } else { nil }
    }
    #expect(units == [2])
  }

  @Test func theRestOfTheShareIsLeftAlone() throws {
    var bench = try holding("d")
    #expect(try settle("d/x", in: &bench) == [])
    #expect(try settle("x", in: &bench).count == 1)
  }
}
