import Glibc
import SyncCore

/// What users wrote in a world: each content is one of its kind and begins with its number.
struct Contents {
  private(set) var written: [UInt64: [UInt8]] = [:]
  /// Those that a user wrote over or deleted where they were: nobody has to keep them.
  private(set) var released: Set<UInt64> = []
  /// On which node.
  private(set) var writers: [UInt64: Int] = [:]
  /// The node whose user writes now.
  var writer = 0
  /// The number of the newest.
  private(set) var lastNumber: UInt64 = 0

  static let numberByteCount = 8

  /// A new content; what comes after its number may be shared with others.
  mutating func add(_ rest: [UInt8]) -> [UInt8] {
    lastNumber += 1
    let number = lastNumber
    let content = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } + rest
    written[number] = content
    writers[number] = writer
    return content
  }

  /// The number of a content; `nil` if nobody wrote it.
  func number(of content: [UInt8]) -> UInt64? {
    guard content.count >= Self.numberByteCount else { return nil }
    let number = content.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return written[number]?.isEqual(to: content) == true ? number : nil
  }

  mutating func release(_ content: [UInt8]) {
    if let number = number(of: content) { released.insert(number) }
  }

  /// What must still be somewhere, by number.
  var kept: [UInt64] { written.keys.filter { !released.contains($0) }.sorted() }
}

extension [UInt8] {
  /// Large contents are compared very often, and by `==` each byte by itself.
  func isEqual(to other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    return unsafe withUnsafeBytes { here in
      unsafe other.withUnsafeBytes { there in
        guard let start = here.baseAddress, let other = there.baseAddress else { return true }
        return unsafe memcmp(start, other, here.count) == 0
      }
    }
  }
}
