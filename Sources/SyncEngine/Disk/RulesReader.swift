import Glibc
import SyncCore

/// Reads which rules are in force where, from the `.leftignore` files as they are on disk now. For
/// one look or flip: what was read once isn't read again.
struct RulesReader {
  private let fileSystem: any FileSystem
  private let local: IgnoreRules
  private var scopes: [RelativePath: IgnoreScope] = [:]

  init(_ fileSystem: any FileSystem, local: IgnoreRules) {
    self.fileSystem = fileSystem
    self.local = local
  }

  /// The rules in force in a directory. One open for each directory above it.
  mutating func scope(of path: RelativePath) -> IgnoreScope {
    var below: [(path: RelativePath, name: Name)] = []
    var above = path
    while scopes[above] == nil, let parent = above.parent, let name = above.name {
      below.append((above, name))
      above = parent
    }
    var scope = scopes[above] ?? IgnoreScope(local: local, rules: rules(in: .root))
    scopes[above] = scope
    for (path, name) in below.reversed() {
      scope = scope.entering(name, rules: rules(in: path))
      scopes[path] = scope
    }
    return scope
  }

  private func rules(in path: RelativePath) -> IgnoreRules? {
    guard let directory = try? Directory(path, of: fileSystem) else { return nil }
    return Self.rules(of: directory).rules
  }

  /// The patterns of a directory's own file, none if there is none; `nil` and a problem, if there
  /// is one, where it can't be read. One that can't be taken has none.
  static func rules(of directory: Directory) -> (rules: IgnoreRules?, problem: String?) {
    do throws(FileError) {
      let name = IgnoreRules.fileName
      guard let stamp = try directory.stamp(of: name), stamp.kind == .file else {
        return (IgnoreRules(), nil)
      }
      let file = try OpenFile(name, in: directory, for: .reading)
      let bytes = try file.bytes(count: Limits.ignoreFileByteCount + 1)
      do throws(IgnoreError) {
        return (try IgnoreRules(file: bytes), nil)
      } catch {
        return (IgnoreRules(), error.description)
      }
    } catch {
      if error.isRefusal { return (IgnoreRules(), nil) }
      return (nil, "it can't be read (errno \(error.errno))")
    }
  }
}
