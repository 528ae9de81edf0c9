import Testing

@testable import SyncCore

/// What patterns of `.leftignore` files mean: a table, and bounds.
@Suite struct IgnoreTests {
  /// A file's content, what is looked at (a slash at the end marks a directory), and what comes of
  /// it.
  struct Case: CustomTestStringConvertible {
    var file: String
    var path: String
    var isIgnored: Bool

    init(_ file: String, _ path: String, _ isIgnored: Bool) {
      (self.file, self.path, self.isIgnored) = (file, path, isIgnored)
    }

    var testDescription: String { "\(file.debugDescription) on \(path.debugDescription)" }
  }

  @Test(arguments: IgnoreCases.all) func thePatternsMeanWhatGitSays(test: Case) throws {
    let scope = IgnoreScope(local: IgnoreRules(), rules: try rules(test.file))
    #expect(isIgnored(test.path, in: scope) == test.isIgnored)
  }

  @Test func thereAreEnoughCases() { #expect(IgnoreCases.all.count >= 80) }

  @Test func aDeeperFileOutranksOneAbove() throws {
    let root = IgnoreScope(local: IgnoreRules(), rules: try rules("*.o\nbuild/"))
    let inner = root.entering(name("a"), rules: try? rules("!*.o\n/only"))
    #expect(inner.ignores(name("x.o"), isDirectory: false) == nil)
    #expect(inner.ignores(name("only"), isDirectory: false) != nil)
    let deep = inner.entering(name("b"), rules: nil)
    #expect(deep.ignores(name("x.o"), isDirectory: false) == nil)
    #expect(deep.ignores(name("only"), isDirectory: false) == nil)
    #expect(root.ignores(name("x.o"), isDirectory: false)?.pattern.line == 1)
  }

  @Test func nothingBelowAnIgnoredDirectoryComesBack() throws {
    let root = IgnoreScope(local: IgnoreRules(), rules: try rules("build\n!build/keep"))
    let build = root.entering(name("build"), rules: try? rules("!*"))
    let reason = try #require(build.ignores(name("keep"), isDirectory: false))
    #expect(reason.path == path("build") && reason.pattern.line == 1)
    #expect(build.entering(name("d"), rules: nil).reason == reason)
  }

  @Test func theConfigurationOutranksEveryFile() throws {
    let local = try IgnoreRules(lines: [Array("*.iso".utf8), Array("!/a/keep.o".utf8)])
    let root = IgnoreScope(local: local, rules: try rules("*.o\n!*.iso"))
    #expect(root.ignores(name("x.iso"), isDirectory: false)?.source == .configuration)
    #expect(root.ignores(name("x.o"), isDirectory: false)?.source == .file(in: .root))
    let inner = root.entering(name("a"), rules: nil)
    #expect(inner.ignores(name("keep.o"), isDirectory: false) == nil)
  }

  @Test func patternsAndNamesAreBytes() throws {
    let rules = try IgnoreRules(file: [0xFF, UInt8(ascii: "*"), 0x0A] + Array("caf\u{E9}".utf8))
    let scope = IgnoreScope(local: IgnoreRules(), rules: rules)
    #expect(scope.ignores(try #require(Name([0xFF, 0xFE])), isDirectory: false) != nil)
    #expect(scope.ignores(try #require(Name([0xFE, 0xFF])), isDirectory: false) == nil)
    #expect(scope.ignores(name("caf\u{E9}"), isDirectory: false) != nil)
    #expect(scope.ignores(name("cafe\u{301}"), isDirectory: false) == nil)
  }

  @Test func whatIsTooLargeIsRefusedAsAWhole() throws {
    func error(_ text: String) -> String {
      do throws(IgnoreError) {
        _ = try IgnoreRules(file: Array(text.utf8))
        return ""
      } catch { return error.description }
    }
    let line = String(repeating: "a", count: Limits.ignorePatternByteCount)
    #expect(error(line) == "")
    #expect(error("b\n" + line + "a") == "line 2 has more than 1024 bytes")
    let many = String(repeating: "a\n", count: Limits.ignorePatternCount)
    #expect(error(many + "# one more line, but no pattern") == "")
    #expect(error(many + "a") == "it has more than 1024 patterns")
    let long = String(repeating: "#\n", count: Limits.ignoreFileByteCount / 2)
    #expect(error(long) == "")
    #expect(error(long + "#") == "it has more than 65536 bytes")
  }

  /// With backtracking each of these takes longer than the universe will last.
  @Test(arguments: [
    String(repeating: "*a", count: 400) + "b", String(repeating: "**/a", count: 200) + "/b",
    String(repeating: "**/*a*/", count: 100) + "b", String(repeating: "[!b]*", count: 150) + "b",
  ])
  func noPatternTakesLong(pattern: String) throws {
    let scope = IgnoreScope(local: IgnoreRules(), rules: try rules("/" + pattern))
    let long = name(String(repeating: "a", count: 255))
    let clock = ContinuousClock()
    let duration = clock.measure {
      var inner = scope
      for _ in 0..<3 { inner = inner.entering(long, rules: nil) }
      #expect(inner.ignores(long, isDirectory: false) == nil)
    }
    // Four comparisons of up to 1 KB with 1000 tokens each, without optimisation.
    #expect(duration < .seconds(30))
  }

  /// And what stands in the way in them.
  @Test func directoriesThatGetOtherIDsKeepTheirRules() throws {
    let (old, new) = (DirectoryID(high: 0, low: 2), DirectoryID(high: 0, low: 1))
    var tree = IgnoreTree()
    let (kept, dropped) = (try rules("a"), try rules("b"))
    let areTaken = [tree.set(kept, in: old), tree.set(dropped, in: new)]
    #expect(areTaken == [true, true])
    tree.block(Place(parent: old, name: name("c")), for: .others)
    tree.follow([old: new])
    #expect(tree.rules(in: old).isEmpty)
    #expect(tree.rules(in: new) == kept)
    #expect(Array(tree.blocked.keys) == [Place(parent: new, name: name("c"))])
  }

  // MARK: Tools

  private func rules(_ text: String) throws -> IgnoreRules {
    try IgnoreRules(file: Array(text.utf8))
  }

  private func name(_ text: String) -> Name { Name(Array(text.utf8))! }

  private func path(_ text: String) -> RelativePath { RelativePath(bytes: Array(text.utf8))! }

  private func isIgnored(_ text: String, in scope: IgnoreScope) -> Bool {
    let isDirectory = text.hasSuffix("/")
    let path = path(isDirectory ? String(text.dropLast()) : text)
    var inner = scope
    for component in path.components.dropLast() { inner = inner.entering(component, rules: nil) }
    return inner.ignores(path.components.last!, isDirectory: isDirectory) != nil
  }
}
