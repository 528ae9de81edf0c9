import SyncCore
import SyncEngine

/// `leftd conflicts`: which conflict copies there are.
struct ConflictsCommand: Command {
  static let manual = Manual(
    name: "conflicts",
    abstract: "List the copies that were kept of conflicting edits.",
    options: [
      Option(name: "json", summary: "Print one JSON array, for programs."),
      .configuration, .state, .socket,
    ],
    discussion: """
      For each: where it lies, of which file it is, whose edit lost and when that was made. All
      nodes have the same copies. 'leftd resolve' ends a conflict.
      """,
    examples: [
      Example(line: "leftd conflicts", purpose: "List them."),
      Example(
        line: "leftd conflicts --json | jq length", purpose: "How many there are."),
    ])

  private let query: ShareQuery

  init(_ arguments: Arguments) throws(UsageError) {
    query = try ShareQuery(arguments)
  }

  func run() throws(EngineError) -> ExitCode {
    let targets = try query.targets()
    var values: [JSON] = []
    var text = ""
    for (share, _) in targets.shares {
      for report in try targets.daemon.mend(share.share, .conflicts, ConflictReport.init(_:)) {
        values.append(json(report, share))
        text += self.text(report, share.root, targets.status)
      }
    }
    query.show(values, text)
    return .done
  }

  private func json(_ report: ConflictReport, _ share: StatusReport) -> JSON {
    .object([
      ("share", .string(share.share)),
      ("path", .string(report.path.description)),
      ("original", .string(report.original.description)),
      ("has_original", .bool(report.hasOriginal)),
      ("node", .string(report.node)),
      ("time", .number(Int(report.time / 1_000_000_000))),
      ("size", .number(Int(report.size))),
    ])
  }

  private func text(_ report: ConflictReport, _ root: String, _ status: DaemonStatus) -> String {
    let original = SharePath.shown(report.original, below: root)
    let time = LogLine.text(ofTime: Int(report.time / 1_000_000_000))
    return """
      \(SharePath.shown(report.path, below: root))
          of \(original)\(report.hasOriginal ? "" : ", where nothing is now"): \
      the edit of \(status.nodeName(short: report.node)) at \(time), \(Amount.bytes(report.size))

      """
  }
}
