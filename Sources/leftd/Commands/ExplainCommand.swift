import SyncCore
import SyncEngine

/// `leftd explain`: why something is synced, or isn't.
struct ExplainCommand: Command {
  static let manual = Manual(
    name: "explain",
    abstract: "Say why a path is, or is not, on the other machines.",
    operands: ["PATH"],
    options: [.configuration, .state, .socket],
    discussion: """
      The first line is the answer; below it stand the rule that ignores PATH, if one does, what is
      on disk, who made which version of it when, and which peers have that.
      """,
    examples: [
      Example(line: "leftd explain ~/share/build", purpose: "Is it ignored, and by which line?"),
      Example(
        line: "leftd explain report.pdf", purpose: "Whose version is this, and who has it by now?"),
    ])

  private let places: Places
  private let path: [UInt8]

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    guard let path = CurrentDirectory.resolve(arguments.operands[0]) else {
      throw UsageError("the current directory is gone; give an absolute path")
    }
    self.path = path
  }

  func run() throws(EngineError) -> ExitCode {
    let daemon = try places.daemon()
    let status = try DaemonStatus(daemon.ask(.status))
    guard let place = status.place(of: path) else {
      let roots = status.shares.map { printable($0.root) }.joined(separator: ", ")
      Output.standard.write("not synced: it lies in no share\n  shares      \(roots)\n")
      return .done
    }
    let facts = try daemon.ask(.explain(share: place.share, path: place.path))
    for fact in facts {
      let label = fact.text(1)
      let start = label.isEmpty ? "" : "  \(column(label, 11)) "
      Output.standard.write("\(start)\(fact.text(2))\n")
    }
    return .done
  }
}
