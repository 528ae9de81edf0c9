/// How many bytes pass in a second, as the last one or two show.
public struct RateGauge: Sendable {
  private static let second: Int64 = 1_000_000_000

  /// When the second began that is being counted.
  private var begin: Int64 = 0
  private var current: Int64 = 0
  private var previous: Int64 = 0

  /// Nothing has passed.
  public init() {}

  /// So many bytes have passed. `now` is in nanoseconds of any clock that runs forward.
  public mutating func take(_ byteCount: Int, now: Int64) {
    advance(to: now)
    current += Int64(byteCount)
  }

  /// Bytes in the second before `now`; those of the last whole second are taken for spread evenly.
  public mutating func rate(now: Int64) -> Int64 {
    advance(to: now)
    let left = Self.second - (now - begin)
    return current + previous / 1000 * (left / 1_000_000)
  }

  private mutating func advance(to now: Int64) {
    let elapsed = now - begin
    guard elapsed >= Self.second else { return }
    let isNext = elapsed < 2 * Self.second
    previous = isNext ? current : 0
    begin = isNext ? begin + Self.second : now
    current = 0
  }
}
