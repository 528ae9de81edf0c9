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
    guard let place = status.place(of: path) else {
      throw EngineError(
        "\(DisplayText.escape(path)) lies in no share",
        remedy:
          "Name a path below \(status.shares.map { printable($0.root) }.joined(separator: ", ")).")
    }
    self = place
  }

  fileprivate init(share: String, root: String, path: RelativePath) {
    (self.share, self.root, self.path) = (share, root, path)
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

extension DaemonStatus {
  /// The root of a share.
  func root(of share: String) -> SharePath? {
    shares.first { $0.share == share }.map {
      SharePath(share: share, root: $0.root, path: .root)
    }
  }

  /// The share in which an absolute path lies, and where; `nil` if it lies in none.
  func place(of path: [UInt8]) -> SharePath? {
    for share in shares {
      let root = Array(share.root.utf8)
      guard path.starts(with: root) else { continue }
      let rest = path.dropFirst(root.count)
      guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { continue }
      guard let relative = RelativePath(bytes: Array(rest.dropFirst())) else { return nil }
      return SharePath(share: share.share, root: share.root, path: relative)
    }
    return nil
  }
}
