import Testing

/// Bounds are worth what the code makes of them.
@Suite struct LimitsTests {
  private static let file = "Sources/SyncCore/Wire/Limits.swift"

  private var names: [String] {
    Repository.lines(Self.file).compactMap { line in
      line.firstMatch(of: /public static let ([A-Za-z]+)/).map { String($0.output.1) }
    }
  }

  @Test func everyBoundIsUsed() {
    #expect(names.count > 50)
    let sources = Repository.files(in: ["Sources"], endings: [".swift"])
      .filter { $0 != Self.file }.map(Repository.text)
    let used = Set(
      sources.flatMap { $0.matches(of: /Limits\.([A-Za-z]+)/).map { String($0.output.1) } })
    #expect(names.filter { !used.contains($0) } == [])
  }

  @Test func everyBoundHasItsReason() {
    var undocumented: [String] = []
    var previous = ""
    for line in Repository.lines(Self.file) {
      let text = line.drop { $0 == " " }
      if text.firstMatch(of: /static let/) != nil, !previous.hasPrefix("///") {
        undocumented.append(String(text))
      }
      previous = String(text)
    }
    #expect(undocumented == [])
  }
}
