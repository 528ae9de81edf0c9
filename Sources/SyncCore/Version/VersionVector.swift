/// For each actor the highest change seen: a causal past in a few bytes.
///
/// Kept as an array sorted by actor, so that equal vectors are equal arrays and everything that
/// walks one does so in the same order on every node.
public struct VersionVector: Hashable, Sendable {
  /// One actor's part.
  public struct Component: Hashable, Sendable {
    /// Whose changes.
    public let actor: Actor
    /// The highest of them that was seen.
    public var counter: UInt64

    /// A component.
    public init(actor: Actor, counter: UInt64) {
      self.actor = actor
      self.counter = counter
    }
  }

  /// Sorted by actor, each actor once, no counter 0.
  public private(set) var components: [Component]

  /// The vector that has seen nothing.
  public init() { components = [] }

  /// Takes components in strictly rising order of actor with counters above 0; `nil` otherwise.
  public init?(sorted components: [Component]) {
    for (index, component) in components.enumerated() {
      guard component.counter > 0 else { return nil }
      guard index == 0 || components[index - 1].actor < component.actor else { return nil }
    }
    self.components = components
  }

  /// Whether the change `dot` is in the past that this vector describes.
  public func includes(_ dot: Dot) -> Bool {
    counter(of: dot.actor) >= dot.counter
  }

  /// Whether all of another past is in this one.
  func includes(_ other: VersionVector) -> Bool { merged(with: other) == self }

  /// The highest change of `actor` that was seen; 0 if none.
  public func counter(of actor: Actor) -> UInt64 {
    components.first { $0.actor == actor }?.counter ?? 0
  }

  /// This past without one of its changes, and what its actor did later.
  func before(_ dot: Dot) -> VersionVector {
    var past = self
    guard let index = components.firstIndex(where: { $0.actor == dot.actor }),
      components[index].counter >= dot.counter
    else { return past }
    past.components[index].counter = dot.counter - 1
    if dot.counter == 1 { past.components.remove(at: index) }
    return past
  }

  /// Adds one change to the past.
  public mutating func include(_ dot: Dot) {
    let index = components.firstIndex { $0.actor >= dot.actor } ?? components.endIndex
    if index < components.endIndex, components[index].actor == dot.actor {
      components[index].counter = max(components[index].counter, dot.counter)
    } else {
      components.insert(Component(actor: dot.actor, counter: dot.counter), at: index)
    }
  }

  /// The same past without what it says of deletions.
  var withoutMarks: VersionVector {
    let marks = Set(components.map(\.actor.deleting))
    return filtered { !marks.contains($0.actor) }
  }

  /// Of each actor the last change, unless that was that it deleted a directory: so it had seen all
  /// that it had done to it before, and nothing of that is there any more.
  var changes: VersionVector {
    withoutMarks.filtered { counter(of: $0.actor.deleting) < $0.counter }
  }

  /// What this past has of the actors of another.
  func restricted(to other: VersionVector) -> VersionVector {
    filtered { other.counter(of: $0.actor) > 0 }
  }

  private func filtered(_ isIncluded: (Component) -> Bool) -> VersionVector {
    var filtered = self
    filtered.components = components.filter(isIncluded)
    return filtered
  }

  /// This past as that of actors of its own, of which each stands for one in `alias`. What it says
  /// of their deletions it says of those.
  func transplanted(from alias: DirectoryID) -> VersionVector {
    var transplanted = VersionVector()
    for component in withoutMarks.components {
      let actor = component.actor.transplanted(from: alias)
      transplanted.include(Dot(actor: actor, counter: component.counter))
      let deleted = counter(of: component.actor.deleting)
      if deleted > 0 { transplanted.include(Dot(actor: actor.deleting, counter: deleted)) }
    }
    return transplanted
  }

  /// The union of both pasts.
  public func merged(with other: VersionVector) -> VersionVector {
    if components == other.components { return self }
    var union = self
    for component in other.components {
      union.include(Dot(actor: component.actor, counter: component.counter))
    }
    return union
  }
}
