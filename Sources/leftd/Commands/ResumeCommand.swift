import SyncCore
import SyncEngine

/// `leftd resume`: ends what `leftd pause` began.
struct ResumeCommand: Command {
  static let manual = Manual(
    name: "resume",
    abstract: "Go on with what 'leftd pause' paused.",
    operands: ["[SHARE|PEER]"],
    options: [.configuration, .state, .socket],
    discussion: """
      One share, one peer, or without a name everything. What changed meanwhile on either side is
      exchanged at once.
      """,
    examples: [
      Example(line: "leftd resume", purpose: "With everything."),
      Example(line: "leftd resume nas", purpose: "With this peer only."),
    ])

  private let places: Places
  private let target: String

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    target = arguments.operands.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  func run() throws(EngineError) -> ExitCode {
    let lines = try places.daemon().ask(.resume(target: target))
    if lines.isEmpty { Output.standard.write("Nothing is paused.\n") }
    for line in lines {
      Output.standard.write("\(printable(line.text(1))): \(printable(line.text(2))) goes on\n")
    }
    return .done
  }
}
