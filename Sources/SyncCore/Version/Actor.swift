/// Who made a change: a node in one life of its index.
///
/// A node whose index was lost or rolled back counts from anew; a new incarnation keeps its new
/// counters apart from those that peers remember.
public struct Actor: Hashable, Sendable {
  /// The first eight bytes of the node's id.
  public let node: UInt64
  /// Random, made with the index; of the two highest bits see `isTransplanted` and `isDoubt(of:)`.
  public let incarnation: UInt64

  /// An actor from its two parts.
  public init(node: UInt64, incarnation: UInt64) {
    self.node = node
    self.incarnation = incarnation
  }

  /// The first seven base32 digits of the node's id, as in `NodeID.short`.
  public var shortNode: String {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: node >> UInt64(56 - 8 * $0)) }
    return String(Base32.encode(bytes).prefix(7))
  }
}

extension Actor {
  private static let transplantedBit: UInt64 = 1 << 63
  private static let doubtBit: UInt64 = 1 << 62
  /// What an actor's doubts have in common with it.
  private static let ownBits: UInt64 = 0xFFFF_FFFF

  /// Whether it stands for another one's changes in a directory that was merged into another.
  var isTransplanted: Bool { incarnation & Self.transplantedBit != 0 }

  /// An incarnation for a new index.
  public static func incarnation(from random: UInt64) -> UInt64 {
    random & ~(transplantedBit | doubtBit)
  }

  /// Whose dots say what this one's disk had after a power cut: someone's who has seen nothing.
  func doubting(_ random: UInt64) -> Actor {
    let bits = random & ~(Self.transplantedBit | Self.ownBits) | Self.doubtBit
    return Actor(node: node, incarnation: bits | incarnation & Self.ownBits)
  }

  /// Whether it stands for what `actor`, in its present life, found after a power cut. Who changes
  /// that goes on under its name: the actor's own dots say that it has seen its earlier ones.
  func isDoubt(of actor: Actor) -> Bool {
    let kind = incarnation & (Self.transplantedBit | Self.doubtBit)
    return node == actor.node && kind == Self.doubtBit
      && (incarnation ^ actor.incarnation) & Self.ownBits == 0
  }

  /// Whose counter says up to which of its own sequences a node had forgotten what was deleted when
  /// it made a version: what nobody had seen before was not found there by one that lost its index.
  var forgetting: Actor { Actor(node: node, incarnation: 0) }

  /// Whose counter in a past says up to which of its changes this one has deleted a directory.
  var deleting: Actor {
    var mixer = SplitMix64(seed: ~incarnation)
    return Actor(node: node, incarnation: mixer.next() | Self.transplantedBit)
  }

  /// Stands for this one's changes in `alias`, everywhere alike. One that stands for changes in a
  /// directory does so wherever they are moved on to: not every node knows of each step.
  func transplanted(from alias: DirectoryID) -> Actor {
    if isTransplanted { return self }
    var mixer = SplitMix64(seed: alias.high)
    let high = mixer.next()
    mixer = SplitMix64(seed: high ^ alias.low)
    let low = mixer.next()
    mixer = SplitMix64(seed: low ^ incarnation)
    return Actor(node: node, incarnation: mixer.next() | Self.transplantedBit)
  }
}

extension Actor: Comparable {
  /// By node, then incarnation.
  public static func < (left: Actor, right: Actor) -> Bool {
    (left.node, left.incarnation) < (right.node, right.incarnation)
  }
}

/// One change by one actor. A dot is made once and names that change for ever.
public struct Dot: Hashable, Sendable {
  /// Who made the change.
  public let actor: Actor
  /// The actor's how manieth, from 1.
  public let counter: UInt64

  /// The change number `counter` of `actor`.
  public init(actor: Actor, counter: UInt64) {
    precondition(counter > 0)
    self.actor = actor
    self.counter = counter
  }
}

extension Dot: Comparable {
  /// By actor, then counter.
  public static func < (left: Dot, right: Dot) -> Bool {
    (left.actor, left.counter) < (right.actor, right.counter)
  }
}
