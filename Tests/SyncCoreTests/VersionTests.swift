import Testing

@testable import SyncCore

/// The laws that versions keep, over random ones.
@Suite struct VersionTests {
  private func vector(_ samples: inout Samples) -> VersionVector {
    var vector = VersionVector()
    for _ in 0..<samples.below(5) {
      let actor = Actor(node: UInt64(samples.below(3)), incarnation: UInt64(samples.below(2)))
      vector.include(Dot(actor: actor, counter: UInt64(samples.below(4) + 1)))
    }
    return vector
  }

  private var dots: [Dot] {
    (0..<3).flatMap { node in
      (0..<2).flatMap { incarnation in
        (1...4).map { counter in
          Dot(actor: Actor(node: node, incarnation: incarnation), counter: counter)
        }
      }
    }
  }

  @Test func mergingVectorsIsTheUnionOfTheirPasts() {
    var samples = Samples(seed: 11)
    for _ in 0..<300 {
      let (a, b, c) = (vector(&samples), vector(&samples), vector(&samples))
      let union = a.merged(with: b)
      for dot in dots { #expect(union.includes(dot) == (a.includes(dot) || b.includes(dot))) }
      #expect(union == b.merged(with: a))
      #expect(union.merged(with: c) == a.merged(with: b.merged(with: c)))
      #expect(a.merged(with: a) == a)
      #expect(a.merged(with: VersionVector()) == a)
      #expect(VersionVector(sorted: union.components) == union)
    }
  }

  @Test func whatWasSeenBeforeAChangeIsAllButItAndWhatItsActorDidLater() {
    var samples = Samples(seed: 12)
    for _ in 0..<300 {
      let past = vector(&samples)
      for change in dots {
        let before = past.before(change)
        #expect(VersionVector(sorted: before.components) == before)
        for dot in dots {
          let isLater = dot.actor == change.actor && dot.counter >= change.counter
          #expect(before.includes(dot) == (past.includes(dot) && !isLater))
        }
      }
    }
  }

  @Test func componentsAreTakenInOrderAndAboveZeroOnly() {
    let (a, b) = (Actor(node: 1, incarnation: 2), Actor(node: 2, incarnation: 1))
    typealias Component = VersionVector.Component
    #expect(VersionVector(sorted: []) == VersionVector())
    #expect(
      VersionVector(sorted: [Component(actor: a, counter: 1), Component(actor: b, counter: 1)])
        != nil)
    #expect(
      VersionVector(sorted: [Component(actor: b, counter: 1), Component(actor: a, counter: 1)])
        == nil)
    #expect(
      VersionVector(sorted: [Component(actor: a, counter: 1), Component(actor: a, counter: 2)])
        == nil)
    #expect(VersionVector(sorted: [Component(actor: a, counter: 0)]) == nil)
  }

  @Test func orderIsAntisymmetricAndKnowsItsOwnSuccessors() {
    var samples = Samples(seed: 12)
    for _ in 0..<500 {
      let (a, b) = (samples.version(), samples.version())
      #expect(a.order(to: a) == .same)
      switch a.order(to: b) {
      case .same: #expect(b.order(to: a) == .same)
      case .newer: #expect(b.order(to: a) == .obsolete)
      case .obsolete: #expect(b.order(to: a) == .newer)
      case .concurrent: #expect(b.order(to: a) == .concurrent)
      }
      let dot = Dot(actor: Actor(node: 77, incarnation: 0), counter: 1)
      let next = Version(dot: dot, after: a, time: 0)
      #expect(next.order(to: a) == .newer)
      #expect(next.vector.includes(a.dot) && next.vector.includes(dot))
    }
  }

  @Test func absorbingKeepsTheDotAndTheTime() {
    var samples = Samples(seed: 13)
    for _ in 0..<300 {
      let (a, b) = (samples.version(), samples.version())
      let merged = a.absorbing(b)
      #expect(merged.dot == a.dot && merged.time == a.time)
      #expect(merged.vector == a.vector.merged(with: b.vector))
      #expect(merged.absorbing(b) == merged)
      #expect(merged.vector.includes(b.dot))
    }
  }

  @Test func transplantedVersionsCompareAsBeforeAndWithNothingElse() {
    var samples = Samples(seed: 14)
    let alias = DirectoryID(high: 1, low: 2)
    for _ in 0..<300 {
      let left = Version(dot: dots[samples.below(24)], vector: vector(&samples), time: 1)
      let right = Version(dot: dots[samples.below(24)], vector: vector(&samples), time: 1)
      let there = right.transplanted(from: alias)
      #expect(left.transplanted(from: alias).order(to: there) == left.order(to: right))
      #expect(left.order(to: there) == .concurrent)
      #expect(
        there.order(to: right.transplanted(from: DirectoryID(high: 2, low: 1))) == .concurrent)
      #expect(there.time == right.time && there.dot.actor.node == right.dot.actor.node)
    }
  }

  /// Wherever a past goes, it says of its actors whose last change was a directory's deletion.
  @Test func aDeletionIsNoChange() {
    let id = DirectoryID(high: 1, low: 2)
    let (a, b) = (Actor(node: 5, incarnation: 6), Actor(node: 7, incarnation: 8))
    let made = Version(dot: Dot(actor: a, counter: 1), after: nil, time: 1)
    let deleted = Version(
      dot: Dot(actor: b, counter: 2), vector: made.vector, time: 2, making: .deletedDirectory(id))
    #expect(deleted.order(to: made) == .newer)
    #expect(deleted.vector.includes(deleted.dot) && deleted.vector.components.count == 3)
    #expect(deleted.vector.changes == made.vector)
    #expect(deleted.transplanted(from: id).vector.changes == made.transplanted(from: id).vector)
    let moved = Version(
      dot: Dot(actor: b, counter: 3), vector: deleted.vector, time: 3, making: .directory(id))
    #expect(moved.vector.changes == moved.vector.withoutMarks)
    #expect(moved.vector.changes.components.map(\.counter) == [1, 3])
    let again = Version(
      dot: Dot(actor: b, counter: 4), vector: moved.vector, time: 4, making: .deletedDirectory(id))
    #expect(again.vector.changes == made.vector)
    #expect(again.order(to: moved) == .newer && moved.order(to: deleted) == .newer)
  }

  /// Every node must come to the same.
  @Test func marksAreThoseOfTheSpecification() {
    let version = Version(
      dot: Dot(actor: Actor(node: 5, incarnation: 6), counter: 7), vector: VersionVector(), time: 1,
      making: .deletedDirectory(DirectoryID(high: 1, low: 2)))
    let mark = Actor(node: 5, incarnation: 0xEC1E_1864_4382_2970)
    #expect(version.vector.counter(of: mark) == 7)
  }

  /// One node has merged a directory into the last of several at once, another step by step.
  @Test func whatWasTransplantedStaysWhatItIsWhereverItGoesOnTo() {
    let version = Version(
      dot: Dot(actor: Actor(node: 5, incarnation: 6), counter: 7), after: nil, time: 1)
    let there = version.transplanted(from: DirectoryID(high: 1, low: 2))
    #expect(there.transplanted(from: DirectoryID(high: 1, low: 1)) == there)
  }

  /// Every node must come to the same.
  @Test func transplantedActorsAreThoseOfTheSpecification() {
    let version = Version(
      dot: Dot(actor: Actor(node: 5, incarnation: 6), counter: 7), after: nil, time: 1)
    let there = version.transplanted(from: DirectoryID(high: 1, low: 2))
    #expect(there.dot == Dot(actor: Actor(node: 5, incarnation: 0x8BC4_4036_4068_FD88), counter: 7))
    #expect(there.vector.components.count == 1)
  }
}
