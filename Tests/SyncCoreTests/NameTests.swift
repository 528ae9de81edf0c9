import Testing

@testable import SyncCore

/// Names, paths and ids, and how they are shown.
@Suite struct NameTests {
  @Test(arguments: [
    [], Array(".".utf8), Array("..".utf8), Array("a/b".utf8), Array("/".utf8), [0],
    Array("a\0b".utf8), [UInt8](repeating: 97, count: 256),
  ])
  func impossibleNamesAreRefused(bytes: [UInt8]) { #expect(Name(bytes) == nil) }

  @Test(arguments: [
    Array("...".utf8), Array(" ".utf8), Array(".a".utf8), [0xFF, 0xFE], [1], [0x7F],
    [UInt8](repeating: 97, count: 255), Array("a\nb".utf8), Array("e\u{301}".utf8),
  ])
  func everyOtherNameIsTakenByteForByte(bytes: [UInt8]) { #expect(Name(bytes)?.bytes == bytes) }

  @Test func namesThatOnlyLookAlikeAreTwoNames() {
    #expect(Name(Array("\u{E9}".utf8)) != Name(Array("e\u{301}".utf8)))
  }

  @Test(arguments: ["/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "a\0", "../a"])
  func pathsThatLeaveTheShareOrAreNotPlainAreRefused(text: String) {
    #expect(RelativePath(bytes: Array(text.utf8)) == nil)
  }

  @Test func aPathWithATooLongComponentIsRefused() {
    #expect(RelativePath(bytes: Array("a/".utf8) + [UInt8](repeating: 97, count: 256)) == nil)
  }

  @Test(arguments: ["", "a", "a/b/c", ".leftd/x", "a/.../b"])
  func pathsAreReadAsTheyAreWritten(text: String) {
    #expect(RelativePath(bytes: Array(text.utf8))?.bytes == Array(text.utf8))
  }

  @Test func pathsKnowWhatLiesWithinThem() {
    func path(_ text: String) -> RelativePath { RelativePath(bytes: Array(text.utf8))! }
    #expect(path("a/b").isWithin(path("a")) && path("a").isWithin(path("a")))
    #expect(!path("ab").isWithin(path("a")) && path("a").isWithin(.root))
    #expect(path("a/b/c").replacingPrefix(path("a/b"), with: path("x")) == path("x/c"))
    #expect(path("a/bc").replacingPrefix(path("a/b"), with: path("x")) == nil)
    #expect(path("a/b").parent == path("a") && path("a").parent == .root)
    #expect(RelativePath.root.parent == nil && RelativePath.root.name == nil)
    #expect(path("a").appending(Name(testing: "b")) == path("a/b"))
    #expect(path("a") < path("a/b") && path("a/b") < path("a!"))
    #expect(path(".leftd/x").isReserved && !path("a/.leftd").isReserved)
    #expect(RelativePath.root.description == "." && path("a\nb").description == "a\\nb")
  }

  // MARK: Text

  @Test(
    arguments: [
      ([], ""), (Array("plain ä\u{1F600}".utf8), "plain ä\u{1F600}"),
      ([0x1B, 0x5B, 0x31, 0x6D], "\\x1b[1m"), ([0x0A], "\\n"), ([0x0D, 9], "\\x0d\\x09"),
      ([0x7F], "\\x7f"), ([0xC2, 0x9B], "\\x9b"), ([0x5C], "\\\\"), ([0xFF, 0x61], "\\xffa"),
      ([0xC3, 0xA4, 0xFF], "\\xc3\\xa4\\xff"), (Array("\u{FFFD}".utf8), "\\xef\\xbf\\xbd"),
    ] as [([UInt8], String)])
  func textForPeopleHasNothingThatSteersATerminal(bytes: [UInt8], text: String) {
    #expect(DisplayText.escape(bytes) == text)
  }

  @Test(arguments: [
    ("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"),
    ("fooba", "mzxw6ytb"), ("foobar", "mzxw6ytboi"),
  ])
  func base32IsThatOfTheRFC(plain: String, text: String) {
    #expect(Base32.encode(Array(plain.utf8)) == text)
    #expect(Base32.decode(text.utf8) == Array(plain.utf8))
    #expect(Base32.decode(text.uppercased().utf8) == Array(plain.utf8))
  }

  @Test(arguments: ["1", "a", "m", "mz1q", "mzxq====", "mzxr", "mzx", "aaaaaa", "ä"])
  func base32OfNothingIsRefused(text: String) { #expect(Base32.decode(text.utf8) == nil) }

  @Test func hexadecimalIsReadAsItIsWritten() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Hexadecimal.decode(Hexadecimal.encode(bytes).utf8) == bytes)
    #expect(Hexadecimal.encode([0x0F, 0xA0]) == "0fa0")
    for text in ["0", "0g", "0F", "abc"] { #expect(Hexadecimal.decode(text.utf8) == nil) }
  }

  @Test func idsAreReadAsTheyAreWritten() {
    var samples = Samples(seed: 14)
    for _ in 0..<100 {
      let id = samples.nodeID()
      #expect(NodeID(text: id.description) == id)
      #expect(id.description.utf8.count == 52 && id.description.hasPrefix(id.short))
      #expect(Actor(node: id.prefix, incarnation: 0).shortNode == id.short)
      let content = samples.content()
      #expect(ContentID(bytes: content.bytes) == content)
      #expect(Hexadecimal.encode(content.bytes) == content.description)
    }
    #expect(NodeID(bytes: [1]) == nil && NodeID(text: "") == nil && NodeID(text: "aaaa") == nil)
    #expect(ContentID(bytes: [UInt8](repeating: 0, count: 33)) == nil)
    #expect(DirectoryID.root.description == String(repeating: "0", count: 32))
    #expect(DirectoryID(high: 1, low: .max).description == "0000000000000001ffffffffffffffff")
  }
}
