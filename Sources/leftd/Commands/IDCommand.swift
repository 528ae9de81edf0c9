import SyncEngine

/// `leftd id`: who this node is.
struct IDCommand: Command {
  static let manual = Manual(
    name: "id",
    abstract: "Print this node's id; makes its key if there is none yet.",
    options: [.configuration, .state],
    examples: [
      Example(line: "leftd id", purpose: "Print the id that peers know this node by."),
      Example(line: "leftd id --state DIR", purpose: "The same for a node with its own state."),
    ])

  private let places: Places

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
  }

  func run() throws(EngineError) -> ExitCode {
    let state = places.state(try places.readConfiguration())
    try Files.makeDirectory(state, mode: 0o700)
    Output.standard.write("\(try Identity.loadOrCreate(in: state).id)\n")
    return .done
  }
}

extension Places {
  /// The configuration, if it matters here and there is one.
  func readConfiguration() throws(EngineError) -> Configuration? {
    guard givenState == nil || givenConfiguration != nil, let configuration else { return nil }
    return try ConfigurationReader.read(configuration, environment: environment)
  }

  /// The running daemon.
  func daemon() throws(EngineError) -> ControlClient {
    let configuration = givenSocket == nil ? try readConfiguration() : nil
    return try .connect(socketCandidates(configuration))
  }
}
