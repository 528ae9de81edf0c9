import SyncEngine

/// `leftd invite`: a one-time code for another machine.
struct InviteCommand: Command {
  static let manual = Manual(
    name: "invite",
    abstract: "Print a one-time code with which another machine can join.",
    options: [.configuration, .state, .socket],
    discussion: """
      The code works once and for a short time. Whoever has it becomes a peer of all shares that do
      not name their peers: tell it to the right person.
      """,
    examples: [
      Example(line: "leftd invite", purpose: "Print the line to type on the other machine.")
    ])

  private let places: Places

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
  }

  func run() throws(EngineError) -> ExitCode {
    let answer = try places.daemon().ask(.invite)
    guard let line = answer.first, let listen = Address(line.text(2)) else {
      throw EngineError(
        "the daemon gave no code",
        remedy: "Restart it, so that it and this program are of one version.")
    }
    let isWildcard = listen.host == "0.0.0.0" || listen.host == "::"
    let host = isWildcard ? places.environment.hostName : listen.host
    let port = listen.port == Configuration.defaultPort ? "" : ":\(listen.port)"
    let shown = host.contains(":") ? "[\(host)]" : host
    Output.standard.write(
      "On the other machine, with this one's name or address as it is known there:\n\n"
        + "  leftd join \(shown)\(port) \(line.text(1))\n")
    return .done
  }
}
