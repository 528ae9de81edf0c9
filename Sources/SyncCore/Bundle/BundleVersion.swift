/// The version of a bundle as a whole: on the entry of its directory, beside that one's own.
///
/// Each state of the bundle that a node records is a change of its own. Of two states that had not
/// seen each other one stands, whole; whoever holds it puts back what the other changed, and
/// whoever made the other keeps that beside.
///
/// In a directory that turns out to be another one it stays what it is, other than the versions of
/// entries: a state that has come there on two ways must be recognised as one.
public struct BundleVersion: Hashable, Sendable {
  /// The change that made the state, and the states that it had seen.
  public let version: Version
  /// Whether the change was that it went, with all that was in it.
  public let isGone: Bool
  /// States that gave way to this one, or to one before it.
  public let overruled: VersionVector

  /// A state as it was recorded or received.
  public init(
    version: Version, isGone: Bool = false, overruled: VersionVector = VersionVector()
  ) {
    self.version = version
    self.isGone = isGone
    self.overruled = overruled
  }

  /// The state that a change made here makes of `known`. By no clock is it as old as that: it would
  /// lose to what that had won against.
  init(after known: BundleVersion?, in index: any Index, counter: UInt64, time: Int64) {
    let past = known.map { $0.version.time.addingClamped(1) } ?? time
    self.init(after: known, in: index, counter: counter, at: max(time, past), isGone: false)
  }

  /// The state that its going makes of `known`. It is as old as that: it loses to whatever else was
  /// made of it, but not to what that had won against.
  init(goneAfter known: BundleVersion?, in index: any Index, counter: UInt64) {
    self.init(
      after: known, in: index, counter: counter, at: known?.version.time ?? 0, isGone: true)
  }

  private init(
    after known: BundleVersion?, in index: any Index, counter: UInt64, at time: Int64, isGone: Bool
  ) {
    let dot = Dot(actor: index.writer(over: known?.version), counter: counter)
    self.init(
      version: Version(dot: dot, after: known?.version, time: time), isGone: isGone,
      overruled: known?.overruled ?? VersionVector())
  }

  /// The state that a change made here makes of this one. What a replica changes is no state:
  /// nobody is told of it.
  func next(in index: any Index, counter: UInt64, time: Int64) -> BundleVersion {
    if index.replicaSince != nil { return self }
    return BundleVersion(after: self, in: index, counter: counter, time: time)
  }

  /// The state that its going makes of a bundle. One in which nothing was recorded since it was
  /// called one has none before.
  static func gone(
    _ entry: Entry, _ rules: BundleRules, in index: any Index, counter: UInt64
  ) throws(IndexError) -> BundleVersion? {
    if index.replicaSince != nil { return entry.bundle }
    if let known = entry.bundle {
      return BundleVersion(goneAfter: known, in: index, counter: counter)
    }
    guard let directory = entry.directory, rules.names.contains(entry.place.name) else {
      return nil
    }
    var membership = BundleMembership(rules, of: [], index: index)
    guard try membership.bundle(of: entry) == directory else { return nil }
    return BundleVersion(goneAfter: nil, in: index, counter: counter)
  }

  /// Whether this state had to give way where `other` stands.
  func hasGivenWay(to other: BundleVersion) -> Bool { other.overruled.includes(version.dot) }

  /// Whether who made `other` had seen this state, and all that this one has won against since.
  func isCovered(by other: BundleVersion) -> Bool {
    version.dot == other.version.dot || other.version.vector.includes(version.vector)
  }

  /// Whether something may have been put back for this state of which who made or tells `other`, a
  /// later one, has not heard. `last` says which states have given way.
  func isFollowed(by other: BundleVersion, accordingTo last: BundleVersion) -> Bool {
    if version.order(to: other.version) == .obsolete, !isCovered(by: other) { return true }
    return hasGivenWay(to: last) && !other.hasGivenWay(to: last) && other.isCovered(by: last)
  }

  /// This state, which had seen `other` or wins against it.
  func absorbing(_ other: BundleVersion) -> BundleVersion {
    BundleVersion(
      version: version.absorbing(other.version), isGone: isGone,
      overruled: overruled.merged(with: other.overruled))
  }

  /// This state, which stands where `other` gives way, or had seen that.
  func overruling(_ other: BundleVersion) -> BundleVersion {
    let order = version.order(to: other.version)
    if order == .newer { return self }
    let absorbed = absorbing(other)
    guard order == .concurrent else { return absorbed }
    var overruled = absorbed.overruled
    overruled.include(other.version.dot)
    return BundleVersion(version: absorbed.version, isGone: isGone, overruled: overruled)
  }

  /// The state of a bundle of which two are told.
  static func merged(
    _ one: BundleVersion?, _ other: BundleVersion?, preferring preferred: NodeID? = nil
  ) -> BundleVersion? {
    guard let one, let other else { return one ?? other }
    return one.stands(beside: other, preferring: preferred)
      ? one.overruling(other) : other.overruling(one)
  }

  /// Whether this state stands where `other` is told, too: it had seen that, or wins.
  func stands(beside other: BundleVersion, preferring preferred: NodeID?) -> Bool {
    switch version.order(to: other.version) {
    case .newer, .same: true
    case .obsolete: false
    case .concurrent: wins(over: other, preferring: preferred)
    }
  }

  /// The total order among states that had not seen each other, everywhere alike: that which has
  /// seen more of the `preferred` node, the later one. What follows a state has both of it, so no
  /// state can lose to what one before it had won against.
  func wins(over other: BundleVersion, preferring preferred: NodeID?) -> Bool {
    let (seen, otherSeen) = (counter(of: preferred), other.counter(of: preferred))
    return (seen, version.time, version.dot) > (otherSeen, other.version.time, other.version.dot)
  }

  /// The highest number of a node's changes that this state has seen; what it wins against has none
  /// that is higher. 0 without any.
  private func counter(of node: NodeID?) -> UInt64 {
    let own = version.vector.components.lazy.filter { $0.actor.node == node?.prefix }
    return own.map(\.counter).max() ?? 0
  }
}
