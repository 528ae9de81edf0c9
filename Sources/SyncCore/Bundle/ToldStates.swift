/// The states of one bundle that are told in a unit.
struct ToldStates {
  /// All of them.
  let all: [BundleVersion]
  /// The one that stands, with all that is known of it.
  let standing: BundleVersion
  /// Those that had not seen it.
  let disputed: [BundleVersion]
  /// Those that give way to it. Who holds one that did so before may have put something back for it
  /// without having heard that.
  let losers: [BundleVersion]

  /// `nil` without any.
  init?(_ all: [BundleVersion], preferring preferred: NodeID?) {
    guard let first = all.first else { return nil }
    let standing = all.dropFirst().reduce(first) {
      Self.winner(of: $0, $1, preferring: preferred)
    }
    self.all = all
    self.standing = standing
    disputed = all.filter { $0.version.order(to: standing.version) == .concurrent }
    losers = disputed + all.filter { $0.hasGivenWay(to: standing) }
  }

  /// Whether the bundle is gone on all sides: then nothing is put back to anything.
  var areGone: Bool { all.allSatisfy(\.isGone) }

  /// Whether anybody who tells the state that stands had heard of one.
  func cover(_ state: BundleVersion) -> Bool {
    all.contains {
      $0.version.dot == standing.version.dot && $0.version.vector.includes(state.version.dot)
    }
  }

  /// Of two states that are told the one that stands, with all that is known of it.
  static func winner(
    of one: BundleVersion, _ other: BundleVersion, preferring preferred: NodeID?
  ) -> BundleVersion {
    let isFirst = one.stands(beside: other, preferring: preferred)
    let (winner, loser) = isFirst ? (one, other) : (other, one)
    let isConflict = winner.version.order(to: loser.version) == .concurrent
    return isConflict ? winner : winner.absorbing(loser)
  }
}
