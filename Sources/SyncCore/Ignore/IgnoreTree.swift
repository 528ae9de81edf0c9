/// All rules that are in force in a share on this node, by the directories that their files lie in:
/// a directory that is moved takes its rules along.
public struct IgnoreTree: Sendable {
  /// What can't come to a place.
  enum Blocked: Sendable {
    /// Directories, and all that is in them.
    case directories
    /// Files and symlinks.
    case others
  }

  /// The patterns of this machine.
  public let local: IgnoreRules
  /// Those of the `.leftignore` files, where there are any.
  private(set) var files: [DirectoryID: IgnoreRules] = [:]
  /// Places where something stands that is told to nobody, by what it doesn't let come there.
  private(set) var blocked: [Place: Blocked] = [:]

  /// Only the patterns of this machine.
  public init(local: IgnoreRules = IgnoreRules()) { self.local = local }

  /// Whether nothing is ignored anywhere.
  var isEmpty: Bool { local.isEmpty && files.isEmpty }

  /// The patterns of the file in a directory.
  func rules(in directory: DirectoryID) -> IgnoreRules { files[directory] ?? IgnoreRules() }

  /// Takes the patterns of the file in a directory, or that there are none. `false` if there are
  /// too many files.
  mutating func set(_ rules: IgnoreRules, in directory: DirectoryID) -> Bool {
    if rules.isEmpty {
      files[directory] = nil
    } else {
      guard files[directory] != nil || files.count < Limits.ignoreFileCount else { return false }
      files[directory] = rules
    }
    return true
  }

  /// Something that is told to nobody stands in the way of what peers have.
  mutating func block(_ place: Place, for kind: Blocked) { blocked[place] = kind }

  /// It doesn't any more.
  mutating func free(_ place: Place) -> Bool { blocked.removeValue(forKey: place) != nil }

  /// Directories that are here got other ids, mostly smaller ones: the same files lie in them.
  mutating func follow(_ renamed: [DirectoryID: DirectoryID]) {
    for (old, new) in renamed.sorted(by: { $1.key < $0.key }) {
      files[new] = files.removeValue(forKey: old)
      for place in blocked.keys.filter({ $0.parent == old }) {
        blocked[Place(parent: new, name: place.name)] = blocked.removeValue(forKey: place)
      }
    }
  }

  /// A directory is not followed any more.
  mutating func forget(_ directory: DirectoryID) { files[directory] = nil }

  /// The scope of the root.
  var root: IgnoreScope { IgnoreScope(local: local, rules: files[.root]) }

  /// Forgets the rules of directories for which `isGone` holds.
  mutating func prune(
    _ isGone: (DirectoryID) throws(IndexError) -> Bool
  ) throws(IndexError) {
    for directory in files.keys.sorted() where try isGone(directory) { files[directory] = nil }
  }
}
