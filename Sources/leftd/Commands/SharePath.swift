import SyncCore
import SyncEngine

/// A path that a person named, as its share knows it.
struct SharePath {
  /// The share that it lies in.
  let share: String
  /// The share's root.
  let root: String
  /// The path in the share.
  let path: RelativePath

  /// Finds the share that an absolute path lies in.
  init(_ path: [UInt8], in status: DaemonStatus) throws(EngineError) {
    for share in status.shares {
      let root = Array(share.root.utf8)
      guard path.starts(with: root) else { continue }
      let rest = path.dropFirst(root.count)
      guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { continue }
      guard let relative = RelativePath(bytes: Array(rest.dropFirst())) else { break }
      (self.share, self.root, self.path) = (share.share, share.root, relative)
      return
    }
    throw EngineError(
      "\(DisplayText.escape(path)) lies in no share",
      remedy:
        "Name a path below \(status.shares.map { printable($0.root) }.joined(separator: ", ")).")
  }

  /// The operand of a command as an absolute path.
  static func absolute(_ operand: [UInt8]) throws(UsageError) -> [UInt8] {
    guard let absolute = CurrentDirectory.resolve(operand) else {
      throw UsageError("the current directory is gone; give an absolute path")
    }
    return absolute
  }

  /// A path in a share as people can type it, escaped.
  static func shown(_ path: RelativePath, below root: String) -> String {
    path.isRoot ? printable(root) : "\(printable(root))/\(path)"
  }
}
