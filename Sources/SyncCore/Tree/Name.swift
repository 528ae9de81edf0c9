/// One component of a path: the bytes of a directory entry's name, as Linux has them.
///
/// Names are bytes and never text: they need not be UTF-8, and two names that look alike are two
/// names. A value of this type is always valid: 1 to 255 bytes, without `/` and NUL, and neither
/// `.` nor `..`.
public struct Name: Hashable, Sendable {
  /// The bytes of the name.
  public let bytes: [UInt8]

  /// The longest name that Linux file systems take (`NAME_MAX`).
  public static let longestByteCount = 255

  /// Checks `bytes`; `nil` where they are not a possible name of a directory entry.
  public init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard Self.isName(bytes) else { return nil }
    self.bytes = bytes
  }

  /// A name made of parts of others, which it must be.
  init(made bytes: [UInt8]) {
    precondition(Self.isName(bytes), "parts of names make a name")
    self.bytes = bytes
  }

  private static func isName(_ bytes: [UInt8]) -> Bool {
    guard !bytes.isEmpty, bytes.count <= longestByteCount else { return false }
    guard !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")) else { return false }
    return bytes != [UInt8(ascii: ".")] && bytes != Array("..".utf8)
  }

  /// A name that stands in the source code and is known to be valid.
  public init(literal: StaticString) {
    let text = literal.description
    guard let name = Name(text.utf8) else { preconditionFailure("not a name: \(text)") }
    self = name
  }

  /// All bytes at once: an array hashes each by itself.
  public func hash(into hasher: inout Hasher) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }

  /// What leftd keeps inside a share lies below this name at its root; it is never synced.
  public static let reserved = Name(literal: ".leftd")
}

extension Name: Comparable {
  /// Byte order.
  public static func < (left: Name, right: Name) -> Bool {
    // By hand: the sorting of large units spends its time here, and the generic comparison takes
    // several times as long.
    unsafe left.bytes.withUnsafeBufferPointer { left in
      unsafe right.bytes.withUnsafeBufferPointer { right in
        let count = min(left.count, right.count)
        var index = 0
        while index < count, unsafe left[index] == right[index] { index += 1 }
        if index == count { return left.count < right.count }
        return unsafe left[index] < right[index]
      }
    }
  }
}

extension Name: CustomStringConvertible {
  /// For people only: bytes that could disturb a terminal or a log, or that are not UTF-8, escaped.
  public var description: String { DisplayText.escape(bytes) }
}
