/// The patterns of one `.leftignore` file, or of the configuration of one machine.
public struct IgnoreRules: Hashable, Sendable {
  /// In the order of the file.
  public private(set) var patterns: [IgnorePattern] = []
  private var hasPathPatterns = false

  /// No patterns.
  public init() {}

  /// The name of the files that have patterns; they are synced like any other.
  public static let fileName = Name(literal: ".leftignore")

  /// Reads a file. What exceeds a bound makes the whole file void, since half of it may ignore what
  /// the other half takes back.
  /// - Throws: which bound, in words.
  public init(file bytes: [UInt8]) throws(IgnoreError) {
    guard bytes.count <= Limits.ignoreFileByteCount else {
      throw IgnoreError("it has more than \(Limits.ignoreFileByteCount) bytes")
    }
    var content = bytes[...]
    if content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
    var lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    try self.init(lines: lines)
  }

  /// Reads lines.
  /// - Throws: which bound is exceeded, in words.
  public init(lines: [some Collection<UInt8>]) throws(IgnoreError) {
    for (index, line) in lines.enumerated() {
      guard line.count <= Limits.ignorePatternByteCount else {
        throw IgnoreError(
          "line \(index + 1) has more than \(Limits.ignorePatternByteCount) bytes")
      }
      guard let pattern = IgnorePattern(line: line, number: index + 1) else { continue }
      patterns.append(pattern)
      hasPathPatterns = hasPathPatterns || !pattern.isForNames
    }
    guard patterns.count <= Limits.ignorePatternCount else {
      throw IgnoreError("it has more than \(Limits.ignorePatternCount) patterns")
    }
  }

  /// Whether there are none.
  public var isEmpty: Bool { patterns.isEmpty }

  /// The last pattern that speaks of what lies at `path` below the directory of the file: it
  /// decides. What is above the path has to be asked for first. O(patterns).
  func decision(on path: some BidirectionalCollection<Name>, isDirectory: Bool) -> IgnorePattern? {
    guard !patterns.isEmpty, let name = path.last else { return nil }
    let bytes =
      hasPathPatterns ? Array(path.map(\.bytes).joined(separator: [UInt8(ascii: "/")])) : []
    return patterns.last { $0.matches(name: name, path: bytes, isDirectory: isDirectory) }
  }
}

/// Why patterns can't be taken.
public struct IgnoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, beginning with "it" or "line".
  public let description: String

  init(_ description: String) { self.description = description }
}
