import SyncEngine

/// `leftd peers`: who is paired.
struct PeersCommand: Command {
  static let manual = Manual(
    name: "peers",
    abstract: "List the nodes that this one is paired with.",
    options: [.configuration, .state, .socket],
    discussion: """
      One line each: name, id, address ('-' if it connects by itself). Asks the daemon; without one,
      reads the configuration.
      """,
    examples: [Example(line: "leftd peers", purpose: "List them.")])

  private let places: Places

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
  }

  func run() throws(EngineError) -> ExitCode {
    let configuration = places.givenSocket == nil ? try places.readConfiguration() : nil
    let lines: [ControlLine]
    if let daemon = try ControlClient(candidates: places.socketCandidates(configuration)) {
      lines = try daemon.ask(.peers)
    } else if let configuration {
      lines = configuration.peers.map { $0.line(note: "") }
    } else {
      throw EngineError(
        "leftd is not running here, and there is no configuration",
        remedy: "Start it, or name its --state or --config.")
    }
    for line in lines {
      let address = line.text(3).isEmpty ? "-" : line.text(3)
      Output.standard.write("\(printable(line.text(1)))\t\(line.text(2))\t\(printable(address))\n")
    }
    return .done
  }
}
