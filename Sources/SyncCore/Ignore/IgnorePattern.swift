/// One line of a `.leftignore` file: which names or paths are not synced, or, negated, are synced
/// although an earlier line says otherwise. The syntax is that of gitignore(5), byte for byte.
public struct IgnorePattern: Hashable, Sendable {
  /// The line as it was written, without what does not count.
  public let text: [UInt8]
  /// Its line in the file, from 1.
  public let line: Int
  /// Whether it begins with `!`.
  public let isNegated: Bool
  /// Whether it ends with a slash: it speaks of directories only.
  let isForDirectories: Bool
  /// Whether it has no slash elsewhere: it speaks of a name in any directory below its file's.
  let isForNames: Bool
  private let glob: Glob

  /// Reads a line without its newline; `nil` for comments and empty lines.
  init?(line bytes: some Collection<UInt8>, number: Int) {
    var rest = Array(bytes)
    if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
    guard rest.first != UInt8(ascii: "#") else { return nil }
    rest = Array(Self.withoutTrailingBlanks(rest))
    guard !rest.isEmpty else { return nil }
    text = rest
    line = number
    isNegated = rest.first == UInt8(ascii: "!")
    if isNegated { rest.removeFirst() }
    isForDirectories = rest.last == UInt8(ascii: "/")
    if isForDirectories { rest.removeLast() }
    isForNames = !rest.contains(UInt8(ascii: "/"))
    if rest.first == UInt8(ascii: "/") { rest.removeFirst() }
    glob = Glob(rest, isForNames: isForNames)
  }

  /// Blanks at the end don't count, unless a backslash stands before the first of them.
  private static func withoutTrailingBlanks(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var blanks: Int?
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: " "): blanks = blanks ?? index
      case UInt8(ascii: "\\"):
        index += 1
        // A lone backslash at the end ends the search, as in git.
        if index == bytes.count { return bytes[...] }
        blanks = nil
      default: blanks = nil
      }
      index += 1
    }
    return bytes[..<(blanks ?? bytes.count)]
  }

  /// Whether it speaks of what is called `name` and lies at `path` below its file's directory.
  func matches(name: Name, path: [UInt8], isDirectory: Bool) -> Bool {
    guard isDirectory || !isForDirectories else { return false }
    return isForNames ? glob.matches(name.bytes) : glob.matches(path)
  }
}
