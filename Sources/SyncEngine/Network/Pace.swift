import SyncCore

/// How contents for one peer are packed, chosen anew as they flow.
struct Pace {
  /// What the peer understands and packs best.
  var encoding = Encoding.deflate
  private var policy = CompressionPolicy()
  private var start: Int64 = 0
  private var blockedAtStart: Int64 = 0
  private var running: Int64 = 0
  private var delayed: Int64 = 0

  /// How contents are to be packed just now.
  var packing: Packing { Packing(encoding: encoding, effort: policy.effort) }

  /// A worker has prepared contents; `blocked` is for how long the network has taken nothing in
  /// all. All in nanoseconds.
  mutating func note(running: Int64, delayed: Int64, blocked: Int64, now: Int64) {
    self.running += running
    self.delayed += delayed
    let elapsed = now - start
    guard elapsed >= Limits.paceNanoseconds else { return }
    // What was seen over a pause says nothing.
    if elapsed < 10 * Limits.paceNanoseconds {
      policy.take(
        CompressionPolicy.Sample(
          elapsed: elapsed, blocked: blocked - blockedAtStart, running: self.running,
          delayed: self.delayed))
    }
    (start, blockedAtStart) = (now, blocked)
    (self.running, self.delayed) = (0, 0)
  }
}
