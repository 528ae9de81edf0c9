import Testing

@testable import SyncCore

/// Names of conflict copies, which all nodes must agree on: pinned.
@Suite struct ConflictNameTests {
  private func loser(
    _ name: [UInt8], counter: UInt64 = 1, time: Int64 = 1_795_256_100_000_000_000,
    content: UInt64 = 1
  ) -> Entry {
    let actor = Actor(node: 0x0123_4567_89AB_CDEF, incarnation: 7)
    return Entry(
      place: Place(parent: .root, name: Name(name)!),
      body: .file(ContentID(testing: content), size: 1), mode: 0o644, mtime: 0,
      version: Version(dot: Dot(actor: actor, counter: counter), after: nil, time: time))
  }

  private func name(_ text: String) -> String {
    String(decoding: ConflictName.name(for: loser(Array(text.utf8))).bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("report.pdf", "report", ".pdf"), ("report", "report", ""), (".profile", ".profile", ""),
    (".a.txt", ".a", ".txt"), ("a.tar.gz", "a.tar", ".gz"), ("a.", "a", "."),
    ("a.seventeen-bytes-x", "a.seventeen-bytes-x", ""),
    ("a.conflict-x.txt", "a.conflict-x", ".txt"),
  ])
  func theExtensionStaysAtTheEnd(text: String, base: String, suffix: String) {
    let name = name(text)
    #expect(name.hasPrefix(base + ".conflict-aerukz4-20261121-101500-"))
    #expect(name.hasSuffix(suffix))
    #expect(name.utf8.count == base.utf8.count + 40 + suffix.utf8.count)
  }

  @Test func namesArePinned() {
    #expect(name("report.pdf") == "report.conflict-aerukz4-20261121-101500-26ea19.pdf")
  }

  @Test(arguments: ["report.pdf", "report", ".profile", "a.tar.gz"])
  func anOlderConflictIsTakenOff(text: String) {
    let first = ConflictName.name(for: loser(Array(text.utf8)))
    #expect(ConflictName.name(for: loser(first.bytes)) == first)
    let later = ConflictName.name(for: loser(first.bytes, counter: 2, time: 0))
    #expect(later != first && later.bytes.count == first.bytes.count)
  }

  @Test func namesStayWithinTheBoundWhateverTheyAreMadeOf() {
    var samples = Samples(seed: 15)
    for _ in 0..<2000 {
      let name = ConflictName.name(
        for: loser(samples.name().bytes, counter: (samples.random.next() >> 1) + 1))
      #expect(name.bytes.count <= 255)
    }
    let multiByte = Array(String(repeating: "\u{1F600}", count: 63).utf8) + Array(".ä".utf8)
    let cut = ConflictName.name(for: loser(multiByte)).bytes
    #expect(cut.count <= 255 && cut.suffix(3) == Array(".ä".utf8))
  }

  @Test func distinctLosersGetDistinctNames() {
    var names: Set<Name> = []
    for counter in 1...30 as ClosedRange<UInt64> {
      for content in 1...30 as ClosedRange<UInt64> {
        names.insert(
          ConflictName.name(for: loser(Array("a".utf8), counter: counter, content: content)))
      }
    }
    #expect(names.count == 900)
  }

  @Test(
    arguments: [
      (0, "19700101-000000"), (-1, "19700101-000000"), (.min, "19700101-000000"),
      (951_782_399_999_999_999, "20000228-235959"), (951_782_400_000_000_000, "20000229-000000"),
      (951_868_800_000_000_000, "20000301-000000"), (4_107_542_399_000_000_000, "21000228-235959"),
      (4_107_542_400_000_000_000, "21000301-000000"),
      (1_709_164_800_000_000_000, "20240229-000000"),
      (1_735_689_599_000_000_000, "20241231-235959"), (.max, "22620411-234716"),
    ] as [(Int64, String)])
  func stampsAreUTC(time: Int64, text: String) { #expect(ConflictName.stamp(time) == text) }
}
