/// The version of one entry: the change that made it what it is, and all that this change had seen.
///
/// Only a user's change makes a new dot. Merging takes the union of the vectors and keeps the
/// winner's dot, so that a merge done on every node ends in the same version everywhere (dotted
/// version vectors: Preguiça et al., 2010).
public struct Version: Hashable, Sendable {
  /// The change that made this content.
  public let dot: Dot
  /// Everything that change had seen; includes `dot` itself.
  public private(set) var vector: VersionVector
  /// When the dot's origin saw the change settle, nanoseconds since 1970 UTC. Data, not a clock: it
  /// orders concurrent versions and names conflict copies.
  public let time: Int64

  /// A version as it was recorded or received; the dot becomes part of the vector.
  public init(dot: Dot, vector: VersionVector, time: Int64) {
    self.dot = dot
    self.vector = vector
    self.time = time
    self.vector.include(dot)
  }

  /// The version of a user's change on top of `previous`.
  public init(dot: Dot, after previous: Version?, time: Int64) {
    self.init(dot: dot, vector: previous?.vector ?? VersionVector(), time: time)
  }

  /// The version of a change that makes `body` of what had the past `vector`.
  ///
  /// A directory's deletion says that it is one. Who takes over its past without having gone looks
  /// as if it had seen a change otherwise, for the sake of which it may live.
  package init(dot: Dot, vector: VersionVector, time: Int64, making body: Body) {
    self.init(dot: dot, vector: vector, time: time)
    guard case .deletedDirectory = body else { return }
    self.vector.include(Dot(actor: dot.actor.deleting, counter: dot.counter))
  }

  /// How one version stands to another of the same entry.
  public enum Order: Sendable, Equatable {
    /// The very same change.
    case same
    /// The other had seen this one.
    case obsolete
    /// This one had seen the other.
    case newer
    /// Neither had seen the other.
    case concurrent
  }

  /// How this version stands to `other`.
  public func order(to other: Version) -> Order {
    if dot == other.dot { return .same }
    switch (other.vector.includes(dot), vector.includes(other.dot)) {
    case (true, false): return .obsolete
    case (false, true): return .newer
    case (false, false): return .concurrent
    // Both were merged with the other or with what had seen it. Who knows more has merged more.
    case (true, true):
      let all = vector.merged(with: other.vector)
      if all == vector, all != other.vector { return .newer }
      if all == other.vector, all != vector { return .obsolete }
      return .concurrent
    }
  }

  /// This version after it won against `loser`, or was merged with it.
  public func absorbing(_ loser: Version) -> Version {
    Version(dot: dot, vector: vector.merged(with: loser.vector), time: time)
  }

  /// This version where `alias`, the directory in which it was told, turned out to be another one.
  ///
  /// A vector counts what was seen at one place, so it says nothing about the same name in the
  /// other directory: who wrote in both has counters there that would seem to cover each other. The
  /// past goes along as that of actors of its own, which every node names alike: versions from one
  /// alias compare as before, and with everything else as unknown to each other.
  func transplanted(from alias: DirectoryID) -> Version {
    Version(
      dot: Dot(actor: dot.actor.transplanted(from: alias), counter: dot.counter),
      vector: vector.transplanted(from: alias), time: time)
  }
}
