import Testing

@testable import SyncCore

@Suite struct ExtendedAttributesTests {
  private func pair(_ name: String, _ value: [UInt8]) -> (name: [UInt8], value: [UInt8]) {
    (Array(name.utf8), value)
  }

  @Test func theOrderInWhichTheyAreFoundIsOfNoAccount() {
    let one = ExtendedAttributes([pair("user.b", [2]), pair("user.a", [1])])
    #expect(one == ExtendedAttributes([pair("user.a", [1]), pair("user.b", [2])]))
    #expect(one != ExtendedAttributes([pair("user.a", [1]), pair("user.b", [3])]))
    #expect(one.pairs.map(\.value) == [[1], [2]])
    #expect(ExtendedAttributes(bytes: one.bytes) == one)
  }

  @Test(arguments: [
    "user.", "trusted.a", "security.selinux", "security.capability", "system.nfs4_acl", "users.a",
    "user.a\0b", "user." + String(repeating: "x", count: 251),
  ])
  func whatBelongsToAMachineIsNotTold(name: String) {
    #expect(ExtendedAttributes([pair(name, [1])]).isEmpty)
  }

  @Test func whatDoesNotFitIsLeftOut() {
    let large = [UInt8](repeating: 1, count: Limits.attributesByteCount)
    let attributes = ExtendedAttributes([pair("user.a", large), pair("user.b", [2])])
    #expect(attributes == ExtendedAttributes([pair("user.b", [2])]))
    let fitting = [UInt8](repeating: 1, count: Limits.attributesByteCount - 9)
    #expect(ExtendedAttributes([pair("user.a", fitting)]).bytes.count == Limits.attributesByteCount)
  }

  /// Two encodings of the same would be told to and fro.
  @Test func onlyTheOneEncodingIsRead() {
    let (a, b) = (
      ExtendedAttributes([pair("user.a", [1])]).bytes,
      ExtendedAttributes([pair("user.b", [2])]).bytes
    )
    #expect(ExtendedAttributes(bytes: a + b) != nil)
    #expect(ExtendedAttributes(bytes: b + a) == nil)
    #expect(ExtendedAttributes(bytes: a + a) == nil)
    #expect(ExtendedAttributes(bytes: a.dropLast()) == nil)
    #expect(ExtendedAttributes(bytes: a + [0]) == nil)
    #expect(ExtendedAttributes(bytes: [7] + Array("trusted".utf8) + [0]) == nil)
  }

  @Test func ofConcurrentEntriesOfOneContentTheWinnersAreKept() {
    func entry(_ node: UInt64, _ time: Int64, _ value: UInt8) -> Entry {
      Entry(
        place: Place(parent: .root, name: Name(literal: "a")),
        body: .file(ContentID(words: (1, 2, 3, 4)), size: 5), mode: 0o644, mtime: time,
        attributes: ExtendedAttributes([pair("user.a", [value])]),
        version: Version(
          dot: Dot(actor: Actor(node: node, incarnation: 1), counter: 1), after: nil, time: 100))
    }
    let merge = Reconciler.merge(entry(1, 7, 1), entry(2, 9, 2))
    #expect(merge.copy == nil)
    #expect(merge.kept.attributes == entry(2, 9, 2).attributes)
    // One dot, two sets of attributes: a number that was given twice.
    let twice = Reconciler.merge(entry(1, 7, 1), entry(1, 7, 2))
    #expect(twice == Reconciler.merge(entry(1, 7, 2), entry(1, 7, 1)))
  }

  /// A disk that shows none of what is told, and a user who sets one there.
  @Test func onlyWhatChangedIsTold() {
    let told = ExtendedAttributes([pair("user.a", [1]), pair("user.b", [2])])
    let set = ExtendedAttributes([pair("user.c", [3])])
    let both = told.changed(from: .empty, to: set)
    #expect(both.pairs.map(\.value) == [[1], [2], [3]])
    #expect(both.changed(from: set, to: .empty) == told)
    #expect(told.changed(from: told, to: set) == set)
    #expect(told.changed(from: set, to: set) == told)
  }

  @Test func whatWasTooLargeIsRemembered() {
    let large = [UInt8](repeating: 1, count: Limits.attributesByteCount)
    #expect(ExtendedAttributes([pair("user.a", large)]).isCut)
    #expect(!ExtendedAttributes([pair("user.a", [1]), pair("trusted.a", large)]).isCut)
    // It makes no difference to what is told.
    #expect(ExtendedAttributes([pair("user.a", large)]) == .empty)
  }
}
