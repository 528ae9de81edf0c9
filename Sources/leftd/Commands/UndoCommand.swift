import SyncCore
import SyncEngine

/// `leftd undo`: takes back what a set from a peer did here.
struct UndoCommand: Command {
  static let manual = Manual(
    name: "undo",
    abstract: "Take back what a set from a peer did here.",
    operands: ["SET"],
    options: [
      Option(name: "share", value: "NAME", summary: "The share, if there are several."),
      .configuration, .state, .socket,
    ],
    discussion: """
      SET is a number that 'leftd log' shows. What the set replaced and deleted comes back from the
      trash, what it made goes there, what it moved goes back. This is a change like any other, and
      reaches every peer. What has changed since is left, and said; the exit code is then 1.
      """,
    examples: [Example(line: "leftd undo 4711", purpose: "A peer deleted the wrong folder.")])

  private let places: Places
  private let number: UInt64
  private let share: String?

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    number = try LogCommand.number(String(decoding: arguments.operands[0], as: UTF8.self))
    share = arguments.value("share")
  }

  func run() throws(EngineError) -> ExitCode {
    let daemon = try places.daemon()
    let target = try DaemonStatus(daemon.ask(.status)).share(named: share, by: "--share")
    let steps = try daemon.mend(target.share, .undo(number), MendingStep.init(_:))
    return steps.show(below: target.root)
  }
}

extension DaemonStatus {
  /// The share with a name, or the only one.
  func share(named name: String?, by option: String) throws(EngineError) -> StatusReport {
    if let share = shares.first(where: { name == nil || $0.share == name }),
      name != nil || shares.count == 1
    {
      return share
    }
    let names = shares.map { printable($0.share) }.joined(separator: ", ")
    throw EngineError(
      name.map { "there is no share \(quoted($0)) here" } ?? "there are several shares",
      remedy: "Name one with \(option): \(names).")
  }
}
