import SyncCore
import SyncEngine

/// `leftd deviations`: what was changed on a replica.
struct DeviationsCommand: Command {
  static let manual = Manual(
    name: "deviations",
    abstract: "List what was changed on this replica, and told to nobody.",
    operands: ["[PATH]"],
    options: [
      Option(name: "json", summary: "Print one JSON array, for programs."),
      .configuration, .state, .socket,
    ],
    discussion: """
      Where a share has 'mode = replica', what is changed here stays here until the peers have
      something new for it. What was changed before that was configured is not listed. 'leftd
      revert' takes it back.
      """,
    examples: [
      Example(line: "leftd deviations", purpose: "Everything that differs from the peers."),
      Example(line: "leftd deviations ~/share/docs", purpose: "In this folder."),
    ])

  private let query: ShareQuery

  init(_ arguments: Arguments) throws(UsageError) {
    query = try ShareQuery(arguments)
  }

  func run() throws(EngineError) -> ExitCode {
    let targets = try query.targets()
    var values: [JSON] = []
    var text = ""
    for (share, top) in targets.shares where share.isReplica || query.isNarrowed {
      let found = try targets.daemon.mend(share.share, .deviations(top), Deviation.init(_:))
      for deviation in found {
        values.append(json(deviation, share))
        text += self.text(deviation, share.root)
      }
    }
    query.show(values, text)
    return .done
  }

  private func json(_ deviation: Deviation, _ share: StatusReport) -> JSON {
    .object([
      ("share", .string(share.share)),
      ("path", .string(deviation.path.description)),
      ("kind", .string(deviation.kind.rawValue)),
      ("directory", .bool(deviation.isDirectory)),
      ("size", .number(deviation.size)),
    ])
  }

  private func text(_ deviation: Deviation, _ root: String) -> String {
    let path = SharePath.shown(deviation.path, below: root) + (deviation.isDirectory ? "/" : "")
    let size = deviation.size > 0 ? " (\(Amount.bytes(deviation.size)))" : ""
    return "\(column(deviation.kind.rawValue, 7)) \(path)\(size)\n"
  }
}
