import Glibc
import SyncCore
import SyncEngine

/// `leftd wait`: blocks until every peer has everything.
struct WaitCommand: Command {
  static let manual = Manual(
    name: "wait",
    abstract: "Wait until every peer has durably what is here now.",
    operands: ["[PATH]"],
    options: [
      Option(
        name: "timeout", value: "SECONDS", summary: "Give up after so long, and exit with 2."),
      Option(
        name: "peer", value: "NAME", summary: "Only for this peer, or id; may be repeated.",
        repeats: true),
      Option(name: "connected", summary: "Only for peers that are connected."),
      .configuration, .state, .socket,
    ],
    discussion: """
      Everything written before the call counts; with PATH, only what was written there. A peer that
      is offline is named at once and waited for, unless --connected says otherwise: then nobody is
      waited for who goes, either. What a peer ignores, or can't have since something else is in its
      place, is not waited for: who does not hold everything is named at the end.
      """,
    examples: [
      Example(
        line: "leftd wait && ssh nas make", purpose: "Go on when the other machine has it all."),
      Example(
        line: "leftd wait --timeout 60 ~/share/film.mkv", purpose: "One file, for a minute at most."
      ),
      Example(
        line: "leftd wait --peer nas && systemctl poweroff",
        purpose: "Once one machine has it all."),
    ])

  private let places: Places
  private let path: [UInt8]?
  private let timeout: Int?
  private let peers: Waiting.Peers

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    timeout = try arguments.value("timeout").map { text throws(UsageError) in
      guard let milliseconds = Self.milliseconds(text) else {
        throw UsageError("option --timeout: \(quoted(text)) is no number of seconds")
      }
      return milliseconds
    }
    peers = Waiting.Peers(names: arguments.all("peer"), areConnected: arguments.has("connected"))
    path = try arguments.operands.first.map { operand throws(UsageError) in
      guard let absolute = CurrentDirectory.resolve(operand) else {
        throw UsageError("the current directory is gone; give an absolute path")
      }
      return absolute
    }
  }

  /// Seconds with or without decimals; up to ten years.
  static func milliseconds(_ text: String) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
      let seconds = Double(text), seconds <= 315_360_000
    else { return nil }
    return Int((seconds * 1000).rounded(.up))
  }

  func run() throws(EngineError) -> ExitCode {
    let deadline = timeout.map { Clock.milliseconds() + $0 }
    let daemon = try places.daemon()
    var waiting = try Waiting(DaemonStatus(daemon.ask(.status)), path: path, peers: peers)
    do throws(EngineError) {
      try waiting.flush(daemon, deadline: deadline)
    } catch {
      guard error.errno == ETIMEDOUT else { throw error }
      Output.error.write("Error: not yet recorded here. Look with 'leftd status'.\n")
      return .timedOut
    }
    var progress = WaitProgress()
    while true {
      let status = try DaemonStatus(daemon.ask(.status))
      let missing = waiting.missing(in: status)
      if missing.isEmpty {
        progress.finish()
        for exception in waiting.exceptions(in: status) { Output.error.write(exception + "\n") }
        return .done
      }
      progress.show(missing, status)
      if let deadline, Clock.milliseconds() >= deadline {
        progress.finish()
        let names = Set(missing.map { printable($0.peer.name) }).sorted().joined(separator: ", ")
        Output.error.write("Error: not yet on \(names). Look with 'leftd status'.\n")
        return .timedOut
      }
      Clock.sleep(milliseconds: 50)
    }
  }
}
