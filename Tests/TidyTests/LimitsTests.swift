import Testing

/// Bounds are worth what the code makes of them.
@Suite struct LimitsTests {
  private static let files = Repository.files(in: ["Sources/SyncCore/Wire"], endings: [".swift"])
    .filter { $0.contains("/Limits") }

  private static let lines = files.flatMap(Repository.lines)

  private var names: [String] {
    Self.lines.compactMap { line in
      line.firstMatch(of: /public static let ([A-Za-z]+)/).map { String($0.output.1) }
    }
  }

  @Test func everyBoundIsUsed() {
    #expect(names.count > 50)
    let sources = Repository.files(in: ["Sources"], endings: [".swift"])
      .filter { !Self.files.contains($0) }.map(Repository.text)
    let used = Set(
      sources.flatMap { $0.matches(of: /Limits\.([A-Za-z]+)/).map { String($0.output.1) } })
    #expect(names.filter { !used.contains($0) } == [])
  }

  @Test func everyBoundHasItsReason() {
    var undocumented: [String] = []
    var previous = ""
    for line in Self.lines {
      let text = line.drop { $0 == " " }
      if text.firstMatch(of: /static let/) != nil, !previous.hasPrefix("///") {
        undocumented.append(String(text))
      }
      previous = String(text)
    }
    #expect(undocumented == [])
  }
}
