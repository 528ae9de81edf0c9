import CLinux
import SyncCore

/// Which directories are ignored while a subtree is being watched, the topmost first: the rules on
/// the way from the root to the directory that was asked for last are kept, and no others.
final class RulesOnTheWay {
  private let local: IgnoreRules
  private var scopes: [IgnoreScope] = []
  /// Working space.
  private var buffer = [UInt8](repeating: 0, count: Limits.ignoreFileByteCount + 1)

  init(local: IgnoreRules) { self.local = local }

  /// Whether a directory is ignored.
  func ignore(_ path: RelativePath, in root: borrowing ShareRoot) -> Bool {
    guard let parent = path.parent, let name = path.name else { return false }
    while let last = scopes.last, !parent.isWithin(last.directory) { scopes.removeLast() }
    if scopes.isEmpty {
      scopes.append(IgnoreScope(local: local, rules: rules(in: .root, root)))
    }
    for component in parent.components[(scopes.count - 1)...] {
      guard let above = scopes.last, above.reason == nil else { break }
      let directory = above.directory.appending(component)
      scopes.append(above.entering(component, rules: rules(in: directory, root)))
    }
    guard let scope = scopes.last else { return false }
    return scope.reason != nil || scope.ignores(name, isDirectory: true) != nil
  }

  /// Files may have changed.
  func forget() { scopes = [] }

  /// The patterns of the `.leftignore` file of a directory; `nil` if there are none that can be
  /// taken.
  private func rules(in directory: RelativePath, _ root: borrowing ShareRoot) -> IgnoreRules? {
    let path = directory.appending(IgnoreRules.fileName)
    let number = root.descriptor.number
    let count = unsafe ShareRoot.withPath(path.bytes) {
      unsafe clinux_watch_read_file(number, $0, &buffer, buffer.count)
    }
    guard count > 0 else { return nil }
    return try? IgnoreRules(file: Array(buffer[..<count]))
  }
}
