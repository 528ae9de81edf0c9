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

  private let places: Places
  private let path: [UInt8]?
  private let isJSON: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    path = try arguments.operands.first.map(SharePath.absolute)
    isJSON = arguments.has("json")
  }

  func run() throws(EngineError) -> ExitCode {
    let daemon = try places.daemon()
    let status = try DaemonStatus(daemon.ask(.status))
    let place = try path.map { path throws(EngineError) in try SharePath(path, in: status) }
    var values: [JSON] = []
    var text = ""
    for share in status.shares where place == nil || place?.share == share.share {
      guard share.isReplica || place != nil else { continue }
      let found = try daemon.mend(
        share.share, .deviations(place?.path ?? .root), Deviation.init(_:))
      for deviation in found {
        values.append(json(deviation, share))
        text += self.text(deviation, share.root)
      }
    }
    Output.standard.write(isJSON ? JSON.array(values).text + "\n" : text)
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
    return "\(deviation.kind.rawValue)\(deviation.kind == .added ? "  " : "") \(path)\(size)\n"
  }
}
