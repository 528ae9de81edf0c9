import Foundation
import Testing

/// The rules of the house that no compiler keeps. Each test lists the places that break its rule.
@Suite struct TidyTests {
  private let sources = Repository.files(in: ["Sources"], endings: [".swift"])
  private let swift = Repository.files(in: ["Sources", "Tests"], endings: [".swift"])

  @Test func theCoreImportsNothing() {
    let core = sources.filter { $0.hasPrefix("Sources/SyncCore/") }
    #expect(!core.isEmpty)
    #expect(Repository.matches(/^\s*(public |internal |@\w+ )*import\b/, in: core) == [])
  }

  @Test func noSourceImportsFoundationOrDispatch() {
    let pattern =
      /^\s*(public |internal |@\w+ )*import (Foundation|FoundationEssentials|Dispatch)\b/
    #expect(Repository.matches(pattern, in: sources) == [])
  }

  @Test func noProcessWithThreadsIsCopied() {
    let code = Repository.files(in: ["Sources"], endings: [".swift", ".c", ".h"])
    #expect(Repository.matches(/\bv?fork\(/, in: code) == [])
  }

  @Test func noSafetyCheckIsSwitchedOff() {
    let pattern = /@unchecked Sendable|nonisolated\(unsafe\)|@preconcurrency/
    #expect(Repository.matches(pattern, in: sources) == [])
  }

  @Test func pathsInsideAShareAreBytes() {
    // Allowed are the absolute places that the configuration names: database, key, root.
    let rooms = ["Sources/SyncCore/", "Sources/SyncEngine/", "Sources/Watcher/"]
    let files = sources.filter { file in rooms.contains { file.hasPrefix($0) } }
    let pattern = /\b(relativePath|filePath|entryPath|path|paths)\s*:\s*\[?String\b/
    let allowed = ["SyncEngine/Index/", "SyncEngine/Network/Identity.swift", "root path: String"]
    let found = Repository.matches(pattern, in: files).filter { line in
      !allowed.contains { line.contains($0) }
    }
    #expect(found == [])
  }

  @Test func filesAreShort() {
    let long = swift.filter { Repository.lines($0).count > 500 }
    #expect(long == [])
  }

  @Test func linesAreShort() {
    let long = swift.flatMap { file in
      Repository.lines(file).enumerated().filter { $0.element.count > 100 }.map {
        "\(file):\($0.offset + 1)"
      }
    }
    #expect(long == [])
  }

  @Test func everySourceBelongsToATarget() {
    let manifest = Repository.text("Package.swift")
    let strays = Repository.files.filter { file in
      let parts = file.split(separator: "/")
      guard let top = parts.first, top == "Sources" || top == "Tests" else { return false }
      return parts.count < 3 || !manifest.contains("name: \"\(parts[1])\"")
    }
    #expect(strays == [])
  }

  @Test func linksInDocumentsLeadSomewhere() {
    let documents = Repository.files.filter { $0.hasSuffix(".md") }
    #expect(documents.contains("README.md"))
    var dead: [String] = []
    for document in documents {
      let folder = Repository.root.appendingPathComponent(document).deletingLastPathComponent()
      for match in Repository.text(document).matches(of: /\]\(([^)\s#]+)(#[^)]*)?\)/) {
        let target = String(match.output.1)
        guard !target.contains(":") else { continue }
        if !FileManager.default.fileExists(atPath: folder.appendingPathComponent(target).path) {
          dead.append("\(document): \(target)")
        }
      }
    }
    #expect(dead == [])
  }

  @Test func nothingSpeaksOfOneMachineOrOfWorkToBeDone() {
    // Put together here, so that this file does not break its own rule.
    let words = ["/wo" + "rk/", "/ro" + "ot/", "TO" + "DO", "FIX" + "ME", "XX" + "X "]
    let found = Repository.files.filter { $0 != "LICENSE" }.flatMap { file in
      Repository.lines(file).enumerated().filter { _, line in
        words.contains { line.contains($0) }
      }.map { "\(file):\($0.offset + 1): \($0.element)" }
    }
    #expect(found == [])
  }

  @Test func textFilesEndWithANewlineAndHaveNoBlanksAtLineEnds() {
    let endings = [".swift", ".c", ".h", ".md", ".service", "Makefile", ".conf"]
    let files = Repository.files.filter { file in endings.contains { file.hasSuffix($0) } }
    #expect(Repository.matches(/[ \t\r]$/, in: files) == [])
    let open = files.filter { file in
      let text = Repository.text(file)
      return !text.isEmpty && !text.hasSuffix("\n")
    }
    #expect(open == [])
  }

  /// A mutant whose text is no longer there shows nothing.
  @Test func mutantsFitTheTree() {
    guard let result = Repository.run(["python3", "scripts/mutants", "--check"]) else { return }
    #expect(result.status == 0, "\(result.output.prefix(4000))")
  }

  @Test func sourcesAreFormatted() throws {
    let lint = ["swift", "format", "lint", "--strict", "-r", "Sources", "Tests"]
    // Without a toolchain on the PATH the tests run from a build made elsewhere.
    guard let result = Repository.run(lint) else { return }
    #expect(result.status == 0, "\(result.output.prefix(4000))")
  }
}
