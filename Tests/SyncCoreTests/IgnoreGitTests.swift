import Foundation
import Testing

@testable import SyncCore

/// Patterns mean what git takes them for: random ones on random paths, both asked.
@Suite struct IgnoreGitTests {
  /// Directories with the same tree and other patterns, so that git is started once for many.
  private static let worldCount = 20
  private static let ruleDirectories = ["", "a/", "b/a/"]

  @Test(.enabled(if: IgnoreGitTests.hasGit), arguments: 0..<UInt64(6))
  func gitDecidesAlike(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let root = FileManager.default.temporaryDirectory
      .appendingPathComponent("leftd-ignore-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: root) }
    try #require(Self.git(["init", "-q", "."], in: root, input: "") != nil)
    let tree = Self.tree(&random)
    var worlds: [[String: String]] = []
    for number in 0..<Self.worldCount {
      worlds.append(Self.files(&random))
      try Self.make(tree, worlds[number], in: root.appendingPathComponent("\(number)"))
    }
    let paths = worlds.indices.flatMap { number in tree.map { "\(number)/" + Self.trimmed($0) } }
    let theirs = try #require(
      Self.git(
        ["check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"], in: root,
        input: paths.joined(separator: "\0") + "\0"))
    let fields = theirs.split(separator: "\0", omittingEmptySubsequences: false)
    try #require(fields.count == 4 * paths.count + 1)
    var decidedCount = 0
    var differences: [String] = []
    for (number, files) in worlds.enumerated() {
      let rules = try files.mapValues { try IgnoreRules(file: Array($0.utf8)) }
      for (position, path) in tree.enumerated() {
        let field = 4 * (number * tree.count + position)
        let verdict = fields[field].isEmpty ? "" : "\(fields[field]):\(fields[field + 1])"
        let mine = try decision(path, rules).map { "\(number)/\($0)" } ?? ""
        if mine != verdict { differences.append("\(files) on \(path): \(mine), not \(verdict)") }
        decidedCount += verdict.isEmpty ? 0 : 1
      }
    }
    #expect(differences == [])
    // Where patterns decide nothing, nothing was compared.
    #expect(decidedCount > tree.count * Self.worldCount / 20)
  }

  private static func files(_ random: inout SplitMix64) -> [String: String] {
    var files: [String: String] = [:]
    for directory in ruleDirectories where directory.isEmpty || random.next() % 3 == 0 {
      files[directory] = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        pattern(&random)
      }.joined(separator: "\n")
    }
    return files
  }

  private static func make(_ tree: [String], _ files: [String: String], in root: URL) throws {
    for path in tree {
      let url = root.appendingPathComponent(path)
      if path.hasSuffix("/") {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      } else {
        try Data().write(to: url)
      }
    }
    for (directory, text) in files {
      let url = root.appendingPathComponent(directory + ".gitignore")
      try text.write(to: url, atomically: false, encoding: .utf8)
    }
  }

  /// `FILE:LINE` of the pattern that decides, as git tells it.
  private func decision(_ text: String, _ rules: [String: IgnoreRules]) throws -> String? {
    let path = try #require(RelativePath(bytes: Array(Self.trimmed(text).utf8)))
    var scope = IgnoreScope(local: IgnoreRules(), rules: rules[""])
    for name in path.components.dropLast() {
      let directory = "\(scope.directory.appending(name))/"
      scope = scope.entering(name, rules: rules[directory])
    }
    let name = try #require(path.name)
    let reason = scope.reason ?? scope.decision(on: name, isDirectory: text.hasSuffix("/"))
    guard let reason, case .file(let directory) = reason.source else { return nil }
    return "\(directory.isRoot ? "" : "\(directory)/").gitignore:\(reason.pattern.line)"
  }

  // MARK: Random patterns and paths

  private static func tree(_ random: inout SplitMix64) -> [String] {
    var paths: Set<String> = ["a/", "b/", "b/a/"]
    let names = ["a", "b", "ab", "ba", "a.b", "aab", "-", "]", "a b", "b ", "#a", "!a", "\\"]
    for _ in 0..<60 {
      var path = ""
      for _ in 1..<Int.random(in: 2...4, using: &random) {
        path += names.randomElement(using: &random)! + "/"
        paths.insert(path)
      }
      paths.insert(path + names.randomElement(using: &random)!)
    }
    // What became a directory later is none of the files.
    return paths.filter { !paths.contains($0 + "/") }.sorted()
  }

  private static func pattern(_ random: inout SplitMix64) -> String {
    let pieces = [
      "a", "b", "a", "b", "ab", ".", "*", "*", "**", "?", "/", "/", "**/", "/**", "/**/", "[ab]",
      "[!a]", "[^b]", "[a-b]", "[]]", "[!]-]", "[[:alpha:]]", "[[:punct:]]", "[a", "\\a", "\\*",
      "\\", " ", "\\ ", "-", "]", "***",
    ]
    var pattern = random.next() % 4 == 0 ? "!" : ""
    if random.next() % 20 == 0 {
      pattern += ["#", "\\#", "\\!", "!"].randomElement(using: &random)!
    }
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      pattern += pieces.randomElement(using: &random)!
    }
    if random.next() % 4 == 0 { pattern += "/" }
    if random.next() % 10 == 0 { pattern += " " }
    return pattern
  }

  private static func trimmed(_ path: String) -> String {
    path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  // MARK: Git

  private static let hasGit =
    git(["--version"], in: FileManager.default.temporaryDirectory, input: "") != nil

  private static func git(_ arguments: [String], in directory: URL, input: String) -> String? {
    let process = Process()
    let (stdin, stdout) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    process.currentDirectoryURL = directory
    process.environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": directory.path, "GIT_CONFIG_NOSYSTEM": "1",
    ]
    (process.standardInput, process.standardOutput) = (stdin, stdout)
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    stdin.fileHandleForWriting.write(Data(input.utf8))
    try? stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    // 1: nothing is ignored.
    guard process.terminationStatus <= 1 else { return nil }
    return String(decoding: output, as: UTF8.self)
  }
}
