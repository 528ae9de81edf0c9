import Testing

@testable import SyncCore

/// What nodes of a share tell each other about whose word counts.
@Suite struct ShareRulesTests {
  private let node = NodeID(bytes: [UInt8](repeating: 1, count: 32))!
  private let other = NodeID(bytes: [UInt8](repeating: 2, count: 32))!

  @Test func whatIsToldIsUnderstood() {
    for role in [ShareRules.Role.twoWay, .source, .replica] {
      for preferred in [nil, node] {
        let rules = ShareRules(role: role, preferred: preferred)
        #expect(ShareRules(features: rules.features) == rules)
      }
    }
    #expect(ShareRules(features: ["zstd", "prefer=nobody"]) == ShareRules())
  }

  @Test func twoThatAreAlikeExchangeEverything() {
    let rules = ShareRules(preferred: node)
    #expect(rules.objection(to: rules, hasSource: false) == nil)
    let replica = ShareRules(role: .replica)
    #expect(ShareRules(role: .source).objection(to: replica, hasSource: true) == nil)
  }

  @Test func differentPreferencesAreNamed() throws {
    let sentence = try #require(
      ShareRules(preferred: node).objection(to: ShareRules(preferred: other), hasSource: false))
    #expect(sentence.contains(node.short) && sentence.contains(other.short))
    let plain = try #require(
      ShareRules().objection(to: ShareRules(preferred: other), hasSource: false))
    #expect(plain.contains("newest") && plain.contains(other.short))
    #expect(ShareRules(preferred: node).objection(to: ShareRules(), hasSource: false) != nil)
  }

  @Test func whatBundlesAreIsToldAndCompared() throws {
    for names in [[], [".git"], [".git", ".hg"], ["a b"]] {
      var rules = ShareRules()
      rules.bundles = BundleRules(names: Set(names.map { Name($0.utf8)! }))
      #expect(ShareRules(features: rules.features) == rules)
      #expect(rules.objection(to: rules, hasSource: false) == nil)
      let plain = ShareRules().objection(to: rules, hasSource: false)
      #expect((plain == nil) == (names == [".git"]))
      if names == [] { #expect(try #require(plain).contains("none")) }
    }
    #expect(ShareRules(features: ["bundle=xyz"]).bundles.names.isEmpty)
  }

  @Test func aSecondSourceIsRefused() {
    let source = ShareRules(role: .source)
    #expect(source.objection(to: source, hasSource: false) != nil)
    #expect(ShareRules().objection(to: source, hasSource: true) != nil)
    #expect(ShareRules().objection(to: source, hasSource: false) == nil)
  }
}
