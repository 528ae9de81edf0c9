import Testing

@testable import SyncCore

/// Names of conflict copies, read again.
@Suite struct ConflictCopyTests {
  private func copy(_ text: String) -> ConflictCopy? {
    Name(text.utf8).flatMap(ConflictCopy.init)
  }

  @Test(arguments: ["report.pdf", "report", ".profile", "a.tar.gz", "a.", "a.conflict-x.txt"])
  func whatIsMadeIsReadAgain(original: String) throws {
    for time: Int64 in [0, 951_782_400, 951_868_799, 1_795_256_100, 4_102_444_800, 1_709_164_800] {
      let actor = Actor(node: 0x0123_4567_89AB_CDEF, incarnation: 7)
      let loser = Entry(
        place: Place(parent: .root, name: Name(original.utf8)!),
        body: .file(ContentID(testing: 1), size: 1), mode: 0o644, mtime: 0,
        version: Version(
          dot: Dot(actor: actor, counter: 1), after: nil, time: time * 1_000_000_000 + 17))
      let copy = ConflictCopy(name: ConflictName.name(for: loser))
      // A name that looks like half a conflict is ended by the first one that is whole.
      guard original != "a.conflict-x.txt" else { continue }
      #expect(copy?.original == Name(original.utf8))
      #expect(copy?.node == actor.shortNode)
      #expect(copy?.time == time * 1_000_000_000)
    }
  }

  @Test(arguments: [
    "report.pdf", "a.conflict-", ".conflict-aerukz4-20261121-101500-26ea19",
    "a.conflict-aerukz4-20261121-101500-26ea1", "a.conflict-aerukz4-20261121-101500-26ea19x",
    "a.conflict-aerukz4-20261131-101500-26ea19", "a.conflict-aerukz4-20261121-241500-26ea19",
    "a.conflict-aerukz4-20260229-101500-26ea19", "a.conflict-aerukz4-20261121-101560-26ea19",
    "a.conflict-aerukz4-20261321-101500-26ea19", "a.conflict-aerukz4-2026112a-101500-26ea19",
    "a.conflict-AERUKZ4-20261121-101500-26ea19", "a.conflict-aerukz4-20261121-101500-26EA19",
    "a.conflict-aeruk-4-20261121-101500-26ea19", "a.conflict-aerukz4-18991121-101500-26ea19",
  ])
  func whatNoConflictMakesIsNone(name: String) { #expect(copy(name) == nil) }

  @Test func anythingIsReadWithoutATrap() {
    var samples = Samples(seed: 23)
    for _ in 0..<2000 {
      let bytes = Array("a.conflict-".utf8) + samples.name().bytes.prefix(244)
      if let name = Name(bytes) { _ = ConflictCopy(name: name) }
    }
  }

  @Test(arguments: [
    ("report.pdf", 2, "report-2.pdf"), ("report", 10, "report-10"), (".profile", 2, ".profile-2"),
  ])
  func numberedNamesAreOrdinary(text: String, number: Int, expected: String) {
    #expect(Name(text.utf8)?.numbered(number) == Name(expected.utf8))
  }

  @Test func numberedNamesStayWithinTheBound() {
    let long = Name(Array(repeating: UInt8(ascii: "x"), count: 251) + Array(".pdf".utf8))!
    #expect(long.numbered(7).bytes.count == 255)
    #expect(long.numbered(7).bytes.suffix(6) == Array("-7.pdf".utf8))
  }
}
