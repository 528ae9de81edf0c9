/// Which directories are bundles: what is in one belongs together, and is worth something only as a
/// whole. A `.git` directory, unless something else is said.
public struct BundleRules: Hashable, Sendable, CustomStringConvertible {
  /// What bundles are called.
  public var names: Set<Name>

  /// Rules for bundles with these names.
  public init(names: Set<Name> = [Name(literal: ".git")]) { self.names = names }

  /// The names, escaped for people; `none` without any.
  public var description: String {
    names.isEmpty
      ? "none" : names.sorted().map { DisplayText.escape($0.bytes) }.joined(separator: ", ")
  }

  /// The bundle that something at a path is or lies in, the outermost; `nil` if there is none.
  public func root(of path: RelativePath) -> RelativePath? {
    guard !names.isEmpty, let end = path.components.firstIndex(where: { names.contains($0) })
    else { return nil }
    return RelativePath(components: Array(path.components[...end]))
  }

  /// Whether a file with this name says that a program is at work in the bundle that it is in.
  public static func isLock(_ name: Name) -> Bool {
    name.bytes.suffix(5).elementsEqual(".lock".utf8) || name.bytes.elementsEqual("gc.pid".utf8)
  }

  /// When something in a bundle is put in place, so that a reader finds what it is led to: objects,
  /// what says where in a pack they are, anything else, and last what leads to them. Removed is in
  /// the reverse order.
  public enum Turn: Int, Comparable, CaseIterable, Sendable {
    /// Objects and packs.
    case objects
    /// What makes packs known.
    case indexes
    /// Anything else, outside of bundles, too.
    case others
    /// References.
    case references

    /// In their order.
    public static func < (left: Turn, right: Turn) -> Bool { left.rawValue < right.rawValue }
  }

  /// The turn of what is at a path.
  public func turn(of path: RelativePath) -> Turn {
    guard let root = root(of: path), path != root else { return .others }
    for name in path.components.dropFirst(root.components.count) {
      switch name {
      case Self.objects: return Self.isPackIndex(path) ? .indexes : .objects
      case Self.references: return .references
      case Self.logs: return .others
      default: break
      }
    }
    return path.name.map { Self.leading.contains($0) } == true ? .references : .others
  }

  private static let objects = Name(literal: "objects")
  private static let references = Name(literal: "refs")
  private static let logs = Name(literal: "logs")
  private static let leading: Set<Name> = [Name(literal: "HEAD"), Name(literal: "packed-refs")]

  private static func isPackIndex(_ path: RelativePath) -> Bool {
    guard let name = path.name, let folder = path.parent?.name else { return false }
    return name.bytes.suffix(4).elementsEqual(".idx".utf8)
      || name.bytes.elementsEqual("multi-pack-index".utf8)
      || folder.bytes.elementsEqual("info".utf8) || folder.bytes.elementsEqual("commit-graphs".utf8)
  }
}
