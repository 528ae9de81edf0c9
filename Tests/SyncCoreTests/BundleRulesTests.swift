import SyncCore
import Testing

@Suite struct BundleRulesTests {
  private static func path(_ text: String) -> RelativePath {
    RelativePath(bytes: Array(text.utf8))!
  }

  @Test func aBundleIsTheOutermostDirectoryOfItsName() {
    let rules = BundleRules()
    #expect(rules.root(of: Self.path("a/.git/modules/b/.git/HEAD")) == Self.path("a/.git"))
    #expect(rules.root(of: Self.path(".git")) == Self.path(".git"))
    #expect(rules.root(of: Self.path("a/b.git/HEAD")) == nil)
    #expect(BundleRules(names: []).root(of: Self.path(".git/HEAD")) == nil)
  }

  @Test func whatLeadsToOtherThingsComesAfterThem() {
    let rules = BundleRules()
    func turn(_ text: String) -> BundleRules.Turn { rules.turn(of: Self.path(text)) }
    #expect(turn("a/.git/objects/ab/cdef") == .objects)
    #expect(turn("a/.git/objects/pack/pack-1.pack") == .objects)
    #expect(turn("a/.git/objects/pack/pack-1.idx") == .indexes)
    #expect(turn("a/.git/objects/info/commit-graph") == .indexes)
    #expect(turn("a/.git/index") == .others)
    #expect(turn("a/.git/logs/refs/heads/main") == .others)
    #expect(turn("a/.git/refs/heads/objects/x") == .references)
    #expect(turn("a/.git/packed-refs") == .references)
    #expect(turn("a/.git/HEAD") == .references)
    #expect(turn("a/.git/modules/m/objects/ab/cd") == .objects)
    #expect(turn("a/.git/modules/m/refs/heads/main") == .references)
    #expect(turn("a/refs/heads/main") == .others)
    #expect(BundleRules.Turn.allCases == BundleRules.Turn.allCases.sorted())
  }

  @Test func locksAreKnownByTheirNames() {
    for name in ["index.lock", "HEAD.lock", "gc.pid"] {
      #expect(BundleRules.isLock(Name(name.utf8)!))
    }
    #expect(!BundleRules.isLock(Name("lock".utf8)!))
  }
}
