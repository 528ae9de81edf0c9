import SyncCore
import SyncEngine

/// `leftd join`: pairs with a machine that invited.
struct JoinCommand: Command {
  static let manual = Manual(
    name: "join",
    abstract: "Pair with a machine that printed a code with 'leftd invite'.",
    operands: ["HOST[:PORT]", "CODE"],
    options: [
      Option(
        name: "plan", summary: "Exchange nothing until 'leftd resume': see 'leftd plan' first."),
      .configuration, .state, .socket,
    ],
    discussion: """
      Both then know each other by their keys, and connect whenever they can. If no daemon runs
      here, the peer is written to the configuration for the next start. With --plan both only
      connect: 'leftd plan' shows what would become of the two folders, and 'leftd resume' does it.
      """,
    examples: [
      Example(
        line: "leftd join nas k3fd-x2ma-7qpl-wn5e-zt4c",
        purpose: "Pair with the machine called nas."),
      Example(
        line: "leftd join --plan nas k3fd-x2ma-7qpl-wn5e-zt4c",
        purpose: "Pair, and look what would happen before it does."),
    ])

  private let places: Places
  private let address: Address
  private let code: String
  private let isPlanned: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    isPlanned = arguments.has("plan")
    let host = String(decoding: arguments.operands[0], as: UTF8.self)
    guard let address = Address(host) else {
      throw UsageError("\(quoted(host)) is not HOST or HOST:PORT")
    }
    self.address = address
    code = String(decoding: arguments.operands[1], as: UTF8.self)
  }

  func run() throws(EngineError) -> ExitCode {
    let configuration = places.givenSocket == nil ? try places.readConfiguration() : nil
    let candidates = places.socketCandidates(configuration)
    let line: ControlLine
    if let daemon = try ControlClient(candidates: candidates) {
      line =
        try daemon.ask(
          .join(address: address.description, code: code, isPlanned: isPlanned)
        ).first ?? ControlLine()
    } else if let configuration {
      line = try joinWithoutDaemon(configuration)
    } else {
      throw EngineError(
        "leftd is not running here, and there is no configuration to write the peer to",
        remedy: "Run 'leftd init' or start leftd first, then join again.")
    }
    Output.standard.write(
      "Paired with \(printable(line.text(1))) (\(line.text(2))). \(line.text(4))\n")
    return .done
  }

  /// Pairs with the key in the state directory, and leaves the rest to the next start.
  private func joinWithoutDaemon(
    _ configuration: Configuration
  ) throws(EngineError) -> ControlLine {
    let state = places.state(configuration)
    try Files.makeDirectory(state, mode: 0o700)
    let lock = try StateLock(state)
    guard let code = InvitationCode(text: code) else { throw Node.badCode }
    let result = try Pairing.join(
      address: address.description, code: code, identity: Identity.loadOrCreate(in: state),
      name: configuration.name, listenPort: configuration.listenPort)
    let roster = Roster(configuration)
    let addition = try roster.add(result)
    if isPlanned {
      try PauseBook(state: state).hearOnly(addition.peer.id, in: roster.configuration)
    }
    _ = consume lock
    return addition.peer.line(note: addition.note + " Start leftd to connect.")
  }
}
