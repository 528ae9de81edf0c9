import SyncCore
import SyncEngine

/// `leftd pause`: nothing is exchanged for a while.
struct PauseCommand: Command {
  static let manual = Manual(
    name: "pause",
    abstract: "Exchange nothing with peers for a while.",
    operands: ["[SHARE|PEER]"],
    options: [
      Option(
        name: "for", value: "TIME",
        summary: "Go on by itself after 90s, 30m, 2h or 1d (default: never)."),
      Option(
        name: "plan",
        summary: "Go on listening, for 'leftd plan'."),
      .configuration, .state, .socket,
    ],
    discussion: """
      Nothing is sent to the peer and nothing asked of it: one share with all its peers, one peer
      in all shares, or without a name everything. Changes here are still noticed and recorded, and
      go out when the pause is over. It outlives a restart; 'leftd status' says when it ends. Where
      a share and a peer have the same name, say share:NAME or peer:NAME. With --plan the peer is
      still listened to, and 'leftd plan' shows what 'leftd resume' would do.
      """,
    examples: [
      Example(line: "leftd pause --for 2h", purpose: "The network is needed for something else."),
      Example(
        line: "leftd pause nas", purpose: "Nothing to or from this peer until 'leftd resume'."),
      Example(line: "leftd pause --plan nas", purpose: "And 'leftd plan' says what would come."),
    ])

  private let places: Places
  private let target: String
  private let seconds: Int64
  private let isHeard: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    isHeard = arguments.has("plan")
    target = arguments.operands.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    seconds =
      try arguments.value("for").map { text throws(UsageError) in
        guard let seconds = Quantity.seconds(text) else {
          throw UsageError("option --for: \(quoted(text)) is no time such as 90s, 30m, 2h or 1d")
        }
        return seconds
      } ?? 0
  }

  func run() throws(EngineError) -> ExitCode {
    let lines = try places.daemon().ask(.pause(target: target, seconds: seconds, isHeard: isHeard))
    for line in lines {
      let end = PauseText.end(PauseBook.end(ofSeconds: line.number(3) ?? 0))
      Output.standard.write(
        "\(printable(line.text(1))): \(printable(line.text(2))) is paused \(end)\n")
    }
    return .done
  }
}
