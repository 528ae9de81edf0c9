import SyncCore

/// Something that somebody does in the share of one node. Where it can't be done, nothing happens.
public enum UserAction: Hashable, Sendable {
  /// Writes a new content in place, or makes the file.
  case write(UserPath, UserContent)
  /// Writes a new content as most editors do: beside, then over the old by a rename.
  case save(UserPath, UserContent)
  /// Changes something at the end or in the middle.
  case edit(UserPath, isAtEnd: Bool)
  /// Makes a directory.
  case makeDirectory(UserPath)
  /// Deletes a file, or a directory with all that is in it.
  case remove(UserPath)
  /// Renames; a file may replace another.
  case move(UserPath, to: UserPath)
  /// Lets two things change places.
  case exchange(UserPath, UserPath)
  /// Makes a symbolic link to a name of one letter.
  case link(UserPath, target: UInt8)
  /// Sets an extended attribute to a letter, or takes it away: 0.
  case setAttribute(UserPath, UInt8)
  /// Sets permissions.
  case setMode(UserPath, UInt16)
  /// Writes patterns of what is ignored below a directory, the root if `nil`; without any, the file
  /// that has them goes.
  case ignore(UserPath?, [IgnoreLine])
}

/// A pattern of what is ignored, written as text.
public struct IgnoreLine: Hashable, Sendable, ExpressibleByStringLiteral {
  let bytes: [UInt8]

  /// The pattern of a literal.
  public init(stringLiteral text: StaticString) {
    bytes = text.withUTF8Buffer { unsafe Array($0) }
  }
}

/// A path in a scenario, written as text with slashes.
public struct UserPath: Hashable, Sendable, ExpressibleByStringLiteral {
  let path: RelativePath

  init(_ path: RelativePath) { self.path = path }

  /// The path of a literal; it must be one.
  public init(stringLiteral text: StaticString) {
    let bytes = text.withUTF8Buffer { unsafe Array($0) }
    guard let path = RelativePath(bytes: bytes) else { preconditionFailure("not a path: \(text)") }
    self.path = path
  }
}

/// A content in a scenario: random bytes from a seed, so many words of eight bytes.
public struct UserContent: Hashable, Sendable {
  let seed: UInt64
  let wordCount: Int

  /// Contents of equal seeds share their bytes; each begins with a number of its own.
  public init(seed: UInt64, wordCount: Int = 4) {
    self.seed = seed
    self.wordCount = wordCount
  }

  var bytes: [UInt8] {
    var source = SplitMix64(seed: seed)
    return unsafe [UInt8](unsafeUninitializedCapacity: 8 * wordCount) { buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      for number in 0..<wordCount {
        unsafe bytes.storeBytes(
          of: source.next().littleEndian, toByteOffset: 8 * number, as: UInt64.self)
      }
      count = 8 * wordCount
    }
  }
}

// Descriptions are Swift, to be pasted into a test.

extension UserPath: CustomStringConvertible {
  /// The literal.
  public var description: String { "\"\(path)\"" }
}

extension IgnoreLine: CustomStringConvertible {
  /// The literal.
  public var description: String { "\"\(DisplayText.escape(bytes))\"" }
}

extension UserContent: CustomStringConvertible {
  /// The initializer.
  public var description: String { ".init(seed: \(seed), wordCount: \(wordCount))" }
}

extension UserAction: CustomStringConvertible {
  /// The case.
  public var description: String {
    switch self {
    case .write(let path, let content): ".write(\(path), \(content))"
    case .save(let path, let content): ".save(\(path), \(content))"
    case .edit(let path, let isAtEnd): ".edit(\(path), isAtEnd: \(isAtEnd))"
    case .makeDirectory(let path): ".makeDirectory(\(path))"
    case .remove(let path): ".remove(\(path))"
    case .move(let path, let target): ".move(\(path), to: \(target))"
    case .exchange(let path, let other): ".exchange(\(path), \(other))"
    case .link(let path, let target): ".link(\(path), target: \(target))"
    case .setAttribute(let path, let value): ".setAttribute(\(path), \(value))"
    case .ignore(let path, let lines):
      ".ignore(\(path.map(\.description) ?? "nil"), "
        + "[\(lines.map(\.description).joined(separator: ", "))])"
    case .setMode(let path, let mode): ".setMode(\(path), 0o\(String(mode, radix: 8)))"
    }
  }
}
