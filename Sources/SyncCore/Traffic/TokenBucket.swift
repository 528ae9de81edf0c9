/// Lets bytes through at a rate. Who comes gets a moment, in the order of coming, so that none of
/// several senders starves; what was let through is paid for by the moments of those after it.
struct TokenBucket: Hashable, Sendable {
  /// When all that was let through is paid for, in nanoseconds.
  private var paidAt = Int64.min

  /// The moment from which on so many bytes may pass; not after `now` if at once. `rate` is in
  /// bytes a second. Time that nobody used is kept for `Limits.rateSlackNanoseconds` only.
  mutating func step(_ byteCount: Int, rate: Int64, now: Int64) -> Int64 {
    let moment = max(paidAt, now - Limits.rateSlackNanoseconds)
    paidAt = moment + Int64(byteCount) * 1_000_000_000 / rate
    return moment
  }
}
