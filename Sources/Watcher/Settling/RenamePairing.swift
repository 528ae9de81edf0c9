/// Things that have been renamed away and whose new place isn't known yet. The two halves of a
/// rename carry the same cookie, mostly follow each other, but can be in different reads, and other
/// events can be between them; the second never comes if the thing left the tree.
struct RenamePairing: Sendable {
  /// A thing between two places.
  struct Transit: Sendable {
    var source: Slot
    var thing: Thing
    /// Its node, if it is a directory that is watched.
    var directory: DirectoryKey?
    /// What had arrived where it left, just before: then they may have been exchanged, and that
    /// one stands there.
    var arrival: Settler.Arrival?
    /// The state of its record where it left.
    var openness: Openness
    var hasWriter: Bool
    var timing: Timing
    /// When it counts as having left the tree.
    var deadline: Int64
  }

  private var transits: [UInt32: Transit] = [:]

  var isEmpty: Bool { transits.isEmpty }

  /// When the first wait ends; `nil` if nothing waits.
  var deadline: Int64? { transits.values.map(\.deadline).min() }

  /// The earliest event that is on its way.
  var firstSequence: UInt64? { transits.values.map(\.timing.sequence).min() }

  /// The slots that things on their way were reported in.
  var origins: [Slot] {
    transits.values.compactMap { if case .slot(let slot) = $0.thing.origin { slot } else { nil } }
  }

  /// First half. Cookies wrap around after 2³²; what had this one before is given back.
  mutating func depart(_ transit: Transit, cookie: UInt32) -> Transit? {
    transits.updateValue(transit, forKey: cookie)
  }

  /// Second half; `nil` if the thing came from outside.
  mutating func arrive(cookie: UInt32) -> Transit? { transits.removeValue(forKey: cookie) }

  /// Something else has come to a place: what had arrived there before is there no more.
  mutating func noteOccupied(_ slot: Slot) {
    for (cookie, transit) in transits where transit.arrival?.slot == slot {
      transits[cookie]?.arrival = nil
    }
  }

  /// Those whose second half did not come in time.
  mutating func expire(now: Int64) -> [Transit] {
    let expired = transits.filter { $0.value.deadline <= now }
    for cookie in expired.keys { transits[cookie] = nil }
    // What took over an earlier beginning can share its number.
    return expired.sorted {
      ($0.value.timing.sequence, $0.key) < ($1.value.timing.sequence, $1.key)
    }
    .map(\.value)
  }
}
