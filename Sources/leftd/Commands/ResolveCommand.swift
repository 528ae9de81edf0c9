import SyncCore
import SyncEngine

/// `leftd resolve`: ends a conflict.
struct ResolveCommand: Command {
  static let manual = Manual(
    name: "resolve",
    abstract: "End a conflict: say which content stands under the name.",
    operands: ["PATH"],
    options: [
      Option(
        name: "keep", value: "SIDE",
        summary: "ours, theirs or both; must be given."),
      .configuration, .state, .socket,
    ],
    discussion: """
      PATH is the file or one of its conflict copies. 'ours' keeps what stands under the name, and
      puts the copies into the trash. 'theirs' puts the copy's content under the name, and what
      stood there into the trash. 'both' gives the copy an ordinary name. It is a change like any
      other, and reaches every peer.
      """,
    examples: [
      Example(
        line: "leftd resolve report.pdf --keep ours", purpose: "The copies were not needed."),
      Example(
        line: "leftd resolve report.conflict-k3fdx2m-20261121-101500-3f2a9c.pdf --keep theirs",
        purpose: "This copy is the one that counts."),
    ])

  private let places: Places
  private let path: [UInt8]
  private let side: Mending.Side

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    path = try SharePath.absolute(arguments.operands[0])
    guard let value = arguments.value("keep") else {
      throw UsageError("--keep is missing: ours, theirs or both")
    }
    guard let side = Mending.Side(rawValue: value) else {
      throw UsageError("option --keep: \(quoted(value)) is none of ours, theirs and both")
    }
    self.side = side
  }

  func run() throws(EngineError) -> ExitCode {
    let daemon = try places.daemon()
    let target = try SharePath(path, in: DaemonStatus(daemon.ask(.status)))
    let steps = try daemon.mend(
      target.share, .resolve(target.path, side), MendingStep.init(_:))
    return steps.show(below: target.root)
  }
}
