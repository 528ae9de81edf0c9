import Glibc
import SyncCore
import SyncEngine

/// `leftd hold`: what a command does arrives at peers as one change.
struct HoldCommand: Command {
  static let manual = Manual(
    name: "hold",
    abstract: "Run a command whose changes arrive at peers as one.",
    operands: ["-- COMMAND", "[ARGS...]"],
    options: [
      Option(
        name: "in", value: "DIR",
        summary: "Hold what changes below DIR only (default: the whole share)."),
      Option(name: "anyway", summary: "Run the command even if nothing can be held."),
      .configuration, .state, .socket,
    ],
    discussion: """
      What changes in the share until COMMAND has ended is kept back, whoever changes it, and then
      goes to the peers together: a checkout, a build, an unpacked archive. The share is that of
      DIR, or of the current directory, or the only one. What COMMAND left open for writing when it
      ended may come later. The hold ends by itself after \(Limits.holdSeconds / 60) minutes.
      Changes of more than \(Limits.unitEntryCount) entries arrive in several parts. 'leftd wait'
      does not wait for what is kept back. The exit status is that of COMMAND; 1 if nothing could
      be held.
      """,
    examples: [
      Example(line: "leftd hold -- git checkout main", purpose: "Nobody sees half a checkout."),
      Example(
        line: "leftd hold --in ~/share/site -- make site && leftd wait",
        purpose: "One directory; the rest of the share goes on."),
    ])

  private let places: Places
  private let directory: [UInt8]?
  private let isInDirectory: Bool
  private let isRunAnyway: Bool
  private let command: [[UInt8]]

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    isRunAnyway = arguments.has("anyway")
    command = arguments.operands
    isInDirectory = arguments.has("in")
    directory = CurrentDirectory.resolve(Array((arguments.value("in") ?? ".").utf8))
  }

  func run() throws(EngineError) -> ExitCode {
    let holding: Holding
    do throws(EngineError) {
      holding = try Holding.begin(
        places.daemon(), directory: directory, isInDirectory: isInDirectory)
    } catch {
      guard isRunAnyway else { throw error }
      Output.error.write("Warning: nothing is held: \(error)\n")
      return .ended(Subprocess.run(command))
    }
    let status = Subprocess.run(command)
    if let complaint = holding.end() { Output.error.write("Warning: \(complaint)\n") }
    return .ended(status)
  }
}
