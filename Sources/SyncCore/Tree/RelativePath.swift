/// A path below the root of a share, as bytes: the only form in which a path leaves a room.
///
/// It is relative, has no empty, `.` or `..` component and no NUL, and the empty path is the root
/// itself. So a value of this type cannot name anything outside the share (symbolic links on the
/// way are refused when it is opened).
public struct RelativePath: Hashable, Sendable {
  /// The components from the root downwards.
  public private(set) var components: [Name]

  /// The root of the share.
  public static let root = RelativePath(components: [])

  /// A path of these components.
  public init(components: [Name]) {
    self.components = components
  }

  /// Reads `a/b/c`; `nil` for an absolute path, an empty component, `.` or `..`, NUL, or a
  /// component of more than 255 bytes. The empty text is the root.
  public init?(bytes: [UInt8]) {
    guard !bytes.isEmpty else {
      self = .root
      return
    }
    var components: [Name] = []
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard let name = Name(part) else { return nil }
      components.append(name)
    }
    self.components = components
  }

  /// The components joined by `/`, without a leading or trailing one; empty for the root.
  public var bytes: [UInt8] {
    Array(components.map(\.bytes).joined(separator: [UInt8(ascii: "/")]))
  }

  /// Whether this is the share's root.
  public var isRoot: Bool { components.isEmpty }

  /// The last component; `nil` for the root.
  public var name: Name? { components.last }

  /// The path of the directory that this path lies in; `nil` for the root.
  public var parent: RelativePath? {
    isRoot ? nil : RelativePath(components: components.dropLast())
  }

  /// The path one level below.
  public func appending(_ name: Name) -> RelativePath {
    RelativePath(components: components + [name])
  }

  /// Whether `self` is `ancestor` or lies below it.
  public func isWithin(_ ancestor: RelativePath) -> Bool {
    components.starts(with: ancestor.components)
  }

  /// Whether the path is leftd's own part of the share, which is never synced.
  public var isReserved: Bool { components.first == .reserved }

  /// The same place after `old`, an ancestor of it or itself, became `new`; `nil` if it isn't
  /// below.
  public func replacingPrefix(_ old: RelativePath, with new: RelativePath) -> RelativePath? {
    guard isWithin(old) else { return nil }
    return RelativePath(components: new.components + components.dropFirst(old.components.count))
  }
}

extension RelativePath: Comparable {
  /// Component by component in byte order: a directory comes before everything in it.
  public static func < (left: RelativePath, right: RelativePath) -> Bool {
    left.components.lexicographicallyPrecedes(right.components)
  }
}

extension RelativePath: CustomStringConvertible {
  /// For people only; the root is shown as `.`.
  public var description: String { isRoot ? "." : DisplayText.escape(bytes) }
}
