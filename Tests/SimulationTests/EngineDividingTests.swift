import SyncEngine
import Testing

@testable import SyncCore

/// A member that can't be applied: its unit is held whole for a while and then goes on without it.
@Suite struct EngineDividingTests {
  /// Answers a flip: what `fails` says of a name is refused by the kernel, what `writers` says is
  /// open for writing, all else done.
  private func answer(
    _ effects: [Effect], in bench: inout EngineBench, failing fails: Set<String>,
    open writers: Set<String> = []
  ) throws -> [Effect] {
    var answers: [Effect] = []
    for (plan, _) in effects.flips {
      let failing = plan.operations.map { fails.contains("\($0.target.name)") }
      let isUntouched = plan.isHeldWhole && failing.contains(true)
      let isOpen = plan.operations.contains { writers.contains("\($0.target.name)") }
      if isOpen, plan.waitsForWriters, !isUntouched {
        let refused = plan.operations.map { _ in OperationResult.refused }
        let result = FlipResult(id: plan.id, results: refused, ending: .awaitsWriter)
        answers += try bench.step(.flipped(result))
        continue
      }
      let results = plan.operations.enumerated().map { number, operation in
        if failing[number] { return OperationResult.failed(1) }
        if isUntouched { return .refused }
        let kind: FileKind = if case .makeDirectory = operation { .directory } else { .symlink }
        return .done(EngineBench.stamp(UInt64(plan.id) * 16 + UInt64(number) + 100, kind: kind))
      }
      answers += try bench.step(
        .flipped(
          FlipResult(id: plan.id, results: results, ending: isUntouched ? .heldWhole : .tried)))
    }
    return answers
  }

  /// Lets time pass and flips be answered; everything wanted meanwhile.
  private func pass(
    _ seconds: Int, in bench: inout EngineBench, failing fails: Set<String>,
    open writers: Set<String> = []
  ) throws -> [Effect] {
    var all: [Effect] = []
    for _ in 0..<seconds * 10 {
      bench.now.monotonic += 100_000_000
      var effects = try bench.step(.woken)
      while !effects.isEmpty {
        all += effects
        effects = try answer(effects, in: &bench, failing: fails, open: writers)
      }
    }
    return all
  }

  private static func symlink(_ name: String, _ number: UInt64, _ version: UInt64 = 0) -> Entry {
    var entry = EngineBench.file(name, number, size: 0)
    entry.body = .symlink(target: [UInt8(version)])
    entry.mode = 0
    return entry
  }

  private func announce(
    _ entries: [Entry], _ upTo: UInt64, in bench: inout EngineBench, failing fails: Set<String>
  ) throws -> [Effect] {
    let effects = try bench.receive(.announce(entries: entries, upTo: upTo, isLast: true))
    return try effects + answer(effects, in: &bench, failing: fails)
  }

  private func isHere(_ name: String, in bench: EngineBench) throws -> Bool {
    try bench.index.row(.place(EngineBench.place(name)))?.entry.isAlive == true
  }

  @Test func aUnitGoesOnWithoutWhatCannotBeApplied() throws {
    var bench = try EngineBench.connected()
    let entries = [Self.symlink("a", 1), Self.symlink("bad", 2), Self.symlink("c", 3)]
    var effects = try announce(entries, 3, in: &bench, failing: ["bad"])
    effects += try pass(9, in: &bench, failing: ["bad"])
    #expect(try !isHere("a", in: bench), "it is held whole")
    // What has nothing to do with it overtakes.
    let other = try announce([Self.symlink("other", 4)], 4, in: &bench, failing: ["bad"])
    #expect(other.acknowledgements == [4])
    effects += try pass(2, in: &bench, failing: ["bad"])
    #expect(try isHere("a", in: bench) && isHere("c", in: bench) && !isHere("bad", in: bench))
    #expect(effects.acknowledgements == [], "the rest is no acknowledgement")
    effects += try pass(60, in: &bench, failing: ["bad"])
    #expect(effects.warnings.count == 2, "once that it fails, once that the others go on")
    #expect(bench.engine.leftOver.count == 1)
    #expect(bench.engine.leftOver.first.map(\.path) == [EngineBench.path("bad")])
    let tries = effects.flips.count
    #expect(tries < 30)
    #expect(bench.engine.sessions[0].received == 0)
    effects = try pass(6, in: &bench, failing: [])
    #expect(effects.acknowledgements == [3])
    #expect(try isHere("bad", in: bench) && bench.engine.leftOver.count == 0)
    #expect(bench.engine.units.isEmpty && bench.engine.sessions[0].received == 4)
    #expect(try bench.index.progress(of: EngineBench.peer)?.received == 4)
  }

  @Test func whatGoesOnWaitsForAWriterNoLongerThanOthers() throws {
    var bench = try EngineBench.connected()
    let directory = DirectoryID(high: 5, low: 5)
    var entries = [Self.symlink("d", 1), Self.symlink("bad", 2), Self.symlink("open", 3)]
    (entries[0].body, entries[0].mode) = (.directory(directory), 0o755)
    for number in 1...2 { entries[number].place.parent = directory }
    _ = try announce(entries, 3, in: &bench, failing: ["bad"])
    let seconds = Int(
      (Limits.heldWholeNanoseconds + Limits.writerPatienceNanoseconds) / 1_000_000_000)
    _ = try pass(seconds - 2, in: &bench, failing: ["bad"], open: ["open"])
    #expect(try bench.index.row(entries[2].key) == nil)
    _ = try pass(6, in: &bench, failing: ["bad"], open: ["open"])
    #expect(try bench.index.row(entries[2].key)?.entry.isAlive == true)
    #expect(bench.engine.leftOver.first.map(\.path) == [EngineBench.path("d/bad")])
  }

  @Test func whatLiesBelowWaitsWithIt() throws {
    var bench = try EngineBench.connected()
    let directory = DirectoryID(high: 5, low: 5)
    var top = Self.symlink("bad", 1)
    (top.body, top.mode) = (.directory(directory), 0o755)
    var below = Self.symlink("below", 2)
    below.place.parent = directory
    _ = try announce([top, below, Self.symlink("a", 3)], 3, in: &bench, failing: ["bad"])
    let effects = try pass(12, in: &bench, failing: ["bad"])
    #expect(try isHere("a", in: bench))
    #expect(try bench.index.row(below.key) == nil)
    #expect(effects.acknowledgements == [])
    #expect(try pass(6, in: &bench, failing: []).acknowledgements == [3])
    #expect(try bench.index.row(below.key)?.entry.isAlive == true)
  }

  @Test func whatIsChangedAgainAndAgainFillsNoWindow() throws {
    var bench = try EngineBench.connected()
    _ = try announce(
      [Self.symlink("a", 1), Self.symlink("bad", 2)], 2, in: &bench, failing: ["bad"])
    _ = try pass(12, in: &bench, failing: ["bad"])
    var version = Self.symlink("bad", 2).version
    var (link, connectionCount) = (UInt64(1), 1)
    let last = UInt64(3 * Limits.unacknowledgedUnitCount)
    for number in 3...last {
      var later = Self.symlink("bad", number, number % 250)
      version = Version(dot: later.version.dot, after: version, time: 7)
      later.version = version
      let with = Self.symlink("with\(number)", 1000 + number)
      var effects = try bench.receive(
        .announce(entries: [later, with], upTo: number, isLast: true), on: link)
      effects += try answer(effects, in: &bench, failing: ["bad"])
      effects += try pass(1, in: &bench, failing: ["bad"])
      #expect(effects.acknowledgements == [])
      #expect(try isHere("with\(number)", in: bench), "a set that touches it isn't held again")
      let open = bench.engine.sessions.map(\.undurableCount).max() ?? 0
      #expect(open < Limits.unacknowledgedUnitCount)
      guard !effects.closings.isEmpty else { continue }
      _ = try bench.step(.disconnected(Link(number: link)))
      (link, connectionCount) = (link + 1, connectionCount + 1)
      _ = try bench.connect(link)
      effects = try bench.receive(
        .announce(entries: [Self.symlink("a", 1), later, with], upTo: number, isLast: true),
        on: link)
      _ = try answer(effects, in: &bench, failing: ["bad"])
    }
    #expect((4...6).contains(connectionCount))
    #expect(try pass(6, in: &bench, failing: []).acknowledgements.last == last)
    #expect(bench.engine.units.isEmpty)
  }

  @Test func afterAReconnectionItIsNotHeldAgain() throws {
    var bench = try EngineBench.connected()
    let entries = [Self.symlink("a", 1), Self.symlink("bad", 2)]
    _ = try announce(entries, 2, in: &bench, failing: ["bad"])
    _ = try pass(12, in: &bench, failing: ["bad"])
    _ = try bench.step(.disconnected(Link(number: 1)))
    _ = try bench.connect(1)
    let all = entries + [Self.symlink("new", 3)]
    _ = try announce(all, 3, in: &bench, failing: ["bad"])
    _ = try pass(1, in: &bench, failing: ["bad"])
    #expect(try isHere("new", in: bench))
    #expect(try pass(6, in: &bench, failing: []).acknowledgements == [3])
  }

  @Test func aPersonLetsItGoOnAtOnce() throws {
    var bench = try EngineBench.connected()
    _ = try announce(
      [Self.symlink("a", 1), Self.symlink("bad", 2)], 2, in: &bench, failing: ["bad"])
    var effects = try bench.step(.released)
    while !effects.isEmpty { effects = try answer(effects, in: &bench, failing: ["bad"]) }
    #expect(try isHere("a", in: bench))
  }

  @Test func whatCanNotBeKeptIsLeftOver() throws {
    var bench = try EngineBench.connected()
    let entries = [EngineBench.file("big", 1, size: 10), Self.symlink("a", 2)]
    var effects = try bench.receive(.announce(entries: entries, upTo: 2, isLast: true))
    for _ in 0..<40 {
      var next: [Effect] = []
      for case .fetch(let link, let request, _) in effects {
        let places = request.items.map(\.place)
        next += try bench.step(
          .fetched(link, request: request.id, staged: [], missing: [], failed: places))
      }
      next += try answer(effects, in: &bench, failing: [])
      bench.now.monotonic += 500_000_000
      effects = try next + bench.step(.woken)
    }
    #expect(try isHere("a", in: bench))
    #expect(bench.engine.leftOver.first.map(\.path) == [EngineBench.path("big")])
    #expect(bench.engine.sessions[0].received == 0)
  }
}

extension [Effect] {
  fileprivate var acknowledgements: [UInt64] {
    compactMap {
      if case .send(_, .acknowledge(_, let sequence)) = $0 { sequence } else { nil }
    }
  }

  fileprivate var warnings: [String] {
    compactMap { if case .log(.warning, let text, _, _, _) = $0 { text } else { nil } }
  }
}
