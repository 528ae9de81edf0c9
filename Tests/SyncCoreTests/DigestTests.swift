import Testing

@testable import SyncCore

/// Sums that tell whether something is as it was.
@Suite struct DigestTests {
  /// From the authors' list (http://www.isthe.com/chongo/tech/comp/fnv/).
  @Test(
    arguments: [
      ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c),
      ("foobar", 0x8594_4171_f739_67e8),
    ] as [(String, UInt64)])
  func fnvIsTheKnownOne(text: String, value: UInt64) {
    var sum = FNV1a()
    sum.mix(text.utf8)
    #expect(sum.value == value)
  }

  @Test func aNumberIsItsBytesTheLowestFirst() {
    var (number, bytes) = (FNV1a(), FNV1a())
    number.mix(0x0201 as UInt16)
    bytes.mix([1, 2, 0, 0, 0, 0, 0, 0] as [UInt8])
    #expect(number.value == bytes.value)
  }

  private static func stamp(_ change: (inout FileStamp) -> Void = { _ in }) -> FileStamp {
    var stamp = FileStamp(
      kind: .file, inode: 7, size: 8, mtime: 9, ctime: 10, btime: 11, mode: 0o644)
    change(&stamp)
    return stamp
  }

  private static func listing(_ path: String, _ entries: [(String, Found)]) -> Listing {
    Listing(
      directory: RelativePath(bytes: Array(path.utf8))!, stamp: nil, isComplete: true,
      entries: entries.map { (Name($0.utf8)!, $1) })
  }

  private static func digest(_ listings: [Listing]) -> BundleDigest {
    var digest = BundleDigest()
    for listing in listings { digest.add(listing) }
    return digest
  }

  @Test func aBundleIsAsItWasInWhateverOrderItIsListed() {
    let listings = [
      Self.listing(".git", [("HEAD", .entry(Self.stamp())), ("lock", .absent)]),
      Self.listing(".git/refs", [("main", .entry(Self.stamp()))]),
    ]
    #expect(Self.digest(listings) == Self.digest(listings.reversed()))
    #expect(Self.digest(listings) != Self.digest([listings[0]]))
    #expect(Self.digest(listings) != Self.digest([listings[0], Self.listing(".git/refs", [])]))
  }

  @Test func whateverChangesInABundleIsSeen() {
    let stamp = Self.stamp()
    let states: [Found] = [
      .absent, .special, .ignored, .unreadable(13), .unreadable(5), .entry(stamp),
      .symlink(stamp, target: [1]), .symlink(stamp, target: [2]),
      .entry(Self.stamp { $0.inode = 1 }), .entry(Self.stamp { $0.size = 1 }),
      .entry(Self.stamp { $0.mtime = 1 }), .entry(Self.stamp { $0.ctime = 1 }),
      .entry(Self.stamp { $0.btime = 1 }), .entry(Self.stamp { $0.mode = 0o600 }),
    ]
    let digests = states.map { Self.digest([Self.listing("a", [("b", $0)])]) }
    #expect(Set(digests).count == states.count)
    #expect(Self.digest([Self.listing("a", [("c", .absent)])]) != digests[0])
    #expect(Self.digest([Self.listing("d", [("b", .absent)])]) != digests[0])
  }
}
