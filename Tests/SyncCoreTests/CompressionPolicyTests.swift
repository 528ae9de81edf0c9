import Testing

@testable import SyncCore

@Suite struct CompressionPolicyTests {
  /// Takes so many samples, each a millisecond; shares in per mille.
  private static func take(
    _ count: Int, blocked: Int64, delayed: Int64 = 0, in policy: inout CompressionPolicy
  ) {
    for _ in 0..<count {
      policy.take(
        CompressionPolicy.Sample(
          elapsed: 1000, blocked: blocked, running: 1000 - delayed, delayed: delayed))
    }
  }

  @Test func aSlowNetworkIsWorthAllEffort() {
    var policy = CompressionPolicy()
    Self.take(40, blocked: 900, in: &policy)
    #expect(policy.effort == .high)
  }

  @Test func aNetworkThatTakesEverythingIsWorthNone() {
    var policy = CompressionPolicy()
    Self.take(4, blocked: 20, in: &policy)
    #expect(policy.effort == .none)
  }

  @Test func whereProcessorsAreScarceTheNetworkDoesNotCount() {
    var policy = CompressionPolicy()
    Self.take(40, blocked: 900, delayed: 500, in: &policy)
    #expect(policy.effort == .none)
  }

  @Test func whoHasLittleToDoMayWaitForAProcessor() {
    var policy = CompressionPolicy()
    for _ in 0..<40 {
      policy.take(
        CompressionPolicy.Sample(elapsed: 1000, blocked: 900, running: 150, delayed: 200))
    }
    #expect(policy.effort == .high)
  }

  @Test func whereNobodyHasMuchToDoItStaysAsItIs() {
    var policy = CompressionPolicy()
    let before = policy.effort
    for _ in 0..<40 {
      policy.take(CompressionPolicy.Sample(elapsed: 1000, blocked: 0, running: 200, delayed: 100))
    }
    #expect(policy.effort == before)
  }

  @Test func inBetweenItStaysAsItIs() {
    var policy = CompressionPolicy()
    let before = policy.effort
    Self.take(40, blocked: 300, delayed: 100, in: &policy)
    #expect(policy.effort == before)
  }

  @Test func whatIsTooMuchIsTriedEverMoreRarely() {
    // Anything above `none` starves the processors.
    var policy = CompressionPolicy()
    var tries: [Int] = []
    for sample in 0..<600 {
      let isPacking = policy.effort > .none
      if isPacking { tries.append(sample) }
      Self.take(1, blocked: 900, delayed: isPacking ? 600 : 0, in: &policy)
    }
    // Once in 64 samples at the end, and the first ones close together.
    #expect(tries.count < 20)
    #expect(tries.filter { $0 >= 300 }.count >= 3)
    #expect(tries.filter { $0 >= 300 }.count <= 6)
  }

  @Test func aNetworkThatGetsSlowIsNoticedSoon() {
    var policy = CompressionPolicy()
    Self.take(100, blocked: 0, in: &policy)
    #expect(policy.effort == .none)
    Self.take(12, blocked: 900, in: &policy)
    #expect(policy.effort == .high)
  }

  @Test func samplesWithoutTimeSayNothing() {
    var policy = CompressionPolicy()
    let before = policy
    policy.take(CompressionPolicy.Sample(elapsed: 0, blocked: 0, running: 0, delayed: 0))
    #expect(policy == before)
  }
}
