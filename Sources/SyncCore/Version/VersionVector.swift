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

  /// Adds one change to the past.
  public mutating func include(_ dot: Dot) {
    let index = components.firstIndex { $0.actor >= dot.actor } ?? components.endIndex
    if index < components.endIndex, components[index].actor == dot.actor {
      components[index].counter = max(components[index].counter, dot.counter)
    } else {
      components.insert(Component(actor: dot.actor, counter: dot.counter), at: index)
    }
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
