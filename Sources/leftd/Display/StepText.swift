import SyncCore
import SyncEngine

extension MendingStep {
  /// The step for people: one line, below the root of its share.
  func text(below root: String) -> String {
    let path = SharePath.shown(path, below: root)
    let other = SharePath.shown(other, below: root)
    let text =
      switch kind {
      case .kept: "\(path): stays as it is"
      case .put: "\(path): has the content of \(other) now"
      case .trashed: "\(path): is in the trash now"
      case .renamed: "\(path): is called \(other) now"
      case .restored where self.other.isRoot: "\(path): is back"
      case .restored: "\(path): is back as \(other)"
      case .removed: "\(path): the empty directory is gone"
      case .asked: "\(path): becomes as the peers have it"
      case .left: "\(path): left as it is"
      }
    return note.isEmpty ? text : "\(text) (\(LogLine.withoutControls(note)))"
  }
}

extension [MendingStep] {
  /// Tells them, and whether all was done.
  func show(below root: String) -> ExitCode {
    Output.standard.write(map { $0.text(below: root) + "\n" }.joined())
    return contains { $0.kind == .left } ? .failed : .done
  }
}

extension DaemonStatus {
  /// What people call the node whose id begins with these digits.
  func nodeName(short: String) -> String {
    if node.short == short { return "this node" }
    let peers = shares.flatMap(\.peers)
    return peers.first { $0.id.short == short }.map { printable($0.name) } ?? "node \(short)"
  }
}
