import SyncCore
import Testing

@Suite struct TrafficTests {
  private static let peer = NodeID(bytes: [UInt8](repeating: 1, count: 32))!
  private static let other = NodeID(bytes: [UInt8](repeating: 2, count: 32))!
  private static let second: Int64 = 1_000_000_000

  private static func limits(up rate: Int64?) -> TrafficLimits {
    var limits = TrafficLimits()
    limits.up = RateSchedule([RateSchedule.Rule(rate: rate)])
    return limits
  }

  /// Bytes that a sender gets through from `start` on who always wants more, and sends whenever it
  /// may, but wakes up `late` nanoseconds after that.
  private static func sent(
    _ shaper: inout TrafficShaper, from start: Int64 = 0, for time: Int64, late: Int64 = 0
  ) -> Int {
    var (now, count) = (start, 0)
    while true {
      let grant = shaper.step(.up, peer, wanted: 1 << 20, now: now, minute: 0)
      guard let moment = grant.moment else { return .max }
      if moment > now { now = moment + late }
      guard now < start + time else { return count }
      count += grant.byteCount
    }
  }

  @Test(arguments: [10_000, 100_000, 1_000_000, 30_000_000, 1_000_000_000], [0, 1, 15] as [Int64])
  func theAverageIsTheRate(rate: Int64, lateMilliseconds: Int64) {
    var shaper = TrafficShaper()
    shaper.node = Self.limits(up: rate)
    let count = Self.sent(&shaper, for: 5 * Self.second, late: lateMilliseconds * 1_000_000)
    let ratio = Double(count) / Double(5 * rate)
    // One grant of 4 KiB is 8 % of what 10 kB/s are in five seconds.
    #expect(abs(ratio - 1) < (rate < 100_000 ? 0.11 : 0.05), "\(ratio)")
  }

  @Test func unusedTimeIsNotKept() {
    var shaper = TrafficShaper()
    shaper.node = Self.limits(up: 1_000_000)
    _ = Self.sent(&shaper, for: Self.second)
    let count = Self.sent(&shaper, from: 3600 * Self.second, for: Self.second)
    #expect((1_000_000...1_125_000).contains(count))
  }

  @Test func theLowerOfTwoLimitsCountsAndOthersKeepTheirs() {
    var shaper = TrafficShaper()
    shaper.node = Self.limits(up: 1_000_000)
    shaper.peers[Self.peer] = Self.limits(up: 200_000)
    #expect(shaper.rate(.up, Self.peer, minute: 0) == 200_000)
    #expect(shaper.rate(.up, Self.other, minute: 0) == 1_000_000)
    let count = Self.sent(&shaper, for: 5 * Self.second)
    #expect((950_000...1_050_000).contains(count))
    shaper.peers[Self.peer] = Self.limits(up: nil)
    #expect(shaper.rate(.up, Self.peer, minute: 0) == 1_000_000)
  }

  @Test func nothingIsLimitedWithoutALimitNorTheOtherWay() {
    var shaper = TrafficShaper()
    let free = shaper.step(.up, Self.peer, wanted: 7, now: 0, minute: 0)
    #expect(free.byteCount == 7 && free.moment == nil)
    shaper.node = Self.limits(up: 10_000)
    #expect(shaper.step(.down, Self.peer, wanted: 7, now: 0, minute: 0) == free)
    #expect(shaper.step(.up, Self.peer, wanted: 7, now: 0, minute: 0).moment != nil)
  }

  @Test func connectionsTakeTurns() {
    var shaper = TrafficShaper()
    shaper.node = Self.limits(up: 1_000_000)
    var moments: [NodeID: Int64] = [Self.peer: 0, Self.other: 0]
    var counts: [NodeID: Int] = [:]
    while let (peer, now) = moments.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }),
      now < 2 * Self.second
    {
      let grant = shaper.step(.up, peer, wanted: 1 << 20, now: now, minute: 0)
      counts[peer, default: 0] += grant.byteCount
      moments[peer] = max(now, grant.moment ?? 0)
    }
    #expect(counts.values.allSatisfy { (900_000...1_150_000).contains($0) })
  }

  @Test func aSmallGrantTakesItsTimeOnly() {
    var shaper = TrafficShaper()
    shaper.node = Self.limits(up: 10_000)
    let moments = (0..<4).map { _ in
      shaper.step(.up, Self.peer, wanted: 100, now: 0, minute: 0).moment ?? 0
    }
    #expect(moments == [-100_000_000, -90_000_000, -80_000_000, -70_000_000])
  }

  @Test func theFirstRuleThatHoldsCounts() {
    let schedule = RateSchedule([
      RateSchedule.Rule(rate: 1, begin: 480, end: 1080),
      RateSchedule.Rule(rate: 2, begin: 1320, end: 360),
      RateSchedule.Rule(rate: nil, begin: 1080, end: 1140),
      RateSchedule.Rule(rate: 3),
    ])
    let table: [(minute: Int, rate: Int64?)] = [
      (479, 3), (480, 1), (1079, 1), (1080, nil), (1139, nil), (1140, 3), (1319, 3), (1320, 2),
      (1439, 2), (0, 2), (359, 2), (360, 3),
    ]
    for row in table { #expect(schedule.rate(atMinute: row.minute) == row.rate, "\(row)") }
    #expect(RateSchedule.unlimited.rate(atMinute: 0) == nil)
    #expect(RateSchedule([.init(rate: 5, begin: 7, end: 7)]).rate(atMinute: 100) == 5)
  }

  @Test func theRateIsThatOfTheLastSecond() {
    let second: Int64 = 1_000_000_000
    var gauge = RateGauge()
    #expect(gauge.rate(now: 0) == 0)
    for tenth in 0..<30 { gauge.take(100_000, now: Int64(tenth) * second / 10) }
    #expect(gauge.rate(now: 3 * second) == 1_000_000)
    #expect(gauge.rate(now: 3 * second + second / 4) == 750_000)
    #expect(gauge.rate(now: 4 * second) == 0)
    gauge.take(5, now: 100 * second)
    #expect(gauge.rate(now: 100 * second) == 5)
    #expect(gauge.rate(now: 103 * second) == 0)
  }

  @Test func pausesEndInTheirTurn() {
    var pauses = Pauses()
    #expect(pauses.nextEnd == nil)
    pauses.pause(Self.peer, until: Pauses.endless)
    pauses.pause(Self.other, until: 10)
    #expect(pauses.nextEnd == 10)
    #expect(pauses.step(now: 9) == [])
    #expect(pauses.peers == [Self.peer, Self.other])
    #expect(pauses.step(now: 10) == [Self.other])
    #expect(pauses.nextEnd == nil)
    #expect(pauses.end(of: Self.other) == nil && pauses.end(of: Self.peer) == Pauses.endless)
    #expect(pauses.resume(Self.peer) && !pauses.resume(Self.peer))
    pauses.pause(Self.peer, until: 20, isHeard: true)
    #expect(!pauses.cuts(Self.peer) && pauses.heardOnly == [Self.peer])
    pauses.pause(Self.peer, until: 20)
    #expect(pauses.cuts(Self.peer) && pauses.heardOnly == [])
    pauses.pause(Self.peer, until: 20, isHeard: true)
    #expect(pauses.step(now: 20) == [Self.peer] && pauses.heardOnly == [])
  }
}
