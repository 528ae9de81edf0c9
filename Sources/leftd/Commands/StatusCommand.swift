import SyncEngine

/// `leftd status`: what is going on.
struct StatusCommand: Command {
  static let manual = Manual(
    name: "status",
    abstract: "Show what the daemon is doing, who has what, and what is wrong.",
    options: [
      Option(name: "json", summary: "Print one JSON object, for programs."),
      Option(name: "watch", summary: "Show it again and again until Ctrl-C."),
      .configuration, .state, .socket,
    ],
    examples: [
      Example(line: "leftd status", purpose: "Look once."),
      Example(line: "leftd status --watch", purpose: "Follow a transfer."),
      Example(
        line: "leftd status --json | jq '.shares[].peers[].behind'",
        purpose: "How many changes each peer lacks."),
    ])

  private let places: Places
  private let isJSON: Bool
  private let isWatching: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    isJSON = arguments.has("json")
    isWatching = arguments.has("watch")
    if isJSON && isWatching { throw UsageError("--json and --watch exclude each other") }
  }

  func run() throws(EngineError) -> ExitCode {
    let daemon = try places.daemon()
    var status = try DaemonStatus(daemon.ask(.status))
    if isJSON {
      Output.standard.write(status.json.text + "\n")
      return .done
    }
    var speeds: [String: StatusText.Speeds] = [:]
    Self.measure(status, &speeds)
    if isWatching { try watch(daemon, &speeds) }
    if status.shares.contains(where: { $0.activity == .syncing }) {
      // A speed takes two looks.
      Clock.sleep(milliseconds: 250)
      status = try DaemonStatus(daemon.ask(.status))
      Self.measure(status, &speeds)
    }
    Output.standard.write(Self.text(status, speeds))
    return .done
  }

  private func watch(
    _ daemon: ControlClient, _ speeds: inout [String: StatusText.Speeds]
  ) throws(EngineError) -> Never {
    var screen = Screen(.standard)
    let isTerminal = Output.standard.isTerminal
    while true {
      let status = try DaemonStatus(daemon.ask(.status))
      Self.measure(status, &speeds)
      let text = Self.text(status, speeds)
      if isTerminal { screen.draw(text) } else { Output.standard.write(text + "\n") }
      Clock.sleep(milliseconds: isTerminal ? 500 : 2000)
    }
  }

  private static func text(_ status: DaemonStatus, _ speeds: [String: StatusText.Speeds]) -> String
  {
    StatusText.text(
      status, speeds: speeds, journal: JournalTail.lines(ofProcess: status.process, count: 5))
  }

  private static func measure(
    _ status: DaemonStatus, _ speeds: inout [String: StatusText.Speeds]
  ) {
    let now = Clock.milliseconds()
    for share in status.shares {
      speeds[share.share, default: StatusText.Speeds()].take(share, milliseconds: now)
    }
  }
}
