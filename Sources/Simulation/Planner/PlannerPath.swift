package import SyncCore

/// A short path of names of one letter, as in `a/b`. The letter `x` stands for whatever has a name
/// that a conflict gave it in that directory, the first by name; `y` and `z` for the next ones.
package struct PlannerPath: Hashable, Sendable {
  /// A byte for each component, the first one lowest.
  private var letters: UInt64

  /// How many components it has; at most eight.
  package private(set) var depth: Int

  /// The root.
  package static let root = PlannerPath(letters: 0, depth: 0)

  /// The letters that name files and directories.
  package static let names = Array("abcdefgh".utf8)
  /// The letters that stand for what has a conflict's name.
  package static let conflicts = Array("xyz".utf8)

  private init(letters: UInt64, depth: Int) {
    self.letters = letters
    self.depth = depth
  }

  /// The letter of a component.
  package subscript(component: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: letters >> UInt64(8 * component))
  }

  /// The path one level below; `nil` for one that would be too deep.
  package func appending(_ letter: UInt8) -> PlannerPath? {
    guard depth < 8 else { return nil }
    return PlannerPath(letters: letters | UInt64(letter) << UInt64(8 * depth), depth: depth + 1)
  }

  /// The path one level above; the root's is the root.
  package var parent: PlannerPath {
    guard depth > 0 else { return self }
    return PlannerPath(letters: letters & ~(0xff << UInt64(8 * (depth - 1))), depth: depth - 1)
  }

  /// Whether it is `other` or lies below it.
  package func isWithin(_ other: PlannerPath) -> Bool {
    depth >= other.depth && (0..<other.depth).allSatisfy { self[$0] == other[$0] }
  }

  private static let table = (0...255 as ClosedRange<UInt8>).map { Name([$0]) }

  /// The name that a letter stands for; `nil` for a letter that stands for a conflict's.
  package static func name(_ letter: UInt8) -> Name? {
    conflicts.contains(letter) ? nil : table[Int(letter)]
  }
}

extension PlannerPath: ExpressibleByStringLiteral, CustomStringConvertible {
  /// A path that is written in the source.
  package init(stringLiteral: String) {
    self = .root
    for part in stringLiteral.utf8.split(separator: UInt8(ascii: "/")) {
      guard part.count == 1, let letter = part.first, let longer = appending(letter) else {
        preconditionFailure("not a path of at most eight letters: \(stringLiteral)")
      }
      self = longer
    }
  }

  /// As in the source.
  package var description: String {
    (0..<depth).map { String(UnicodeScalar(self[$0])) }.joined(separator: "/")
  }
}
