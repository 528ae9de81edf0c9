import SyncCore
import SyncEngine

/// `leftd revert`: a replica becomes as its peers again.
struct RevertCommand: Command {
  static let manual = Manual(
    name: "revert",
    abstract: "Take back what was changed on this replica.",
    operands: ["[PATH...]"],
    options: [
      Option(name: "all", summary: "Everything that 'leftd deviations' lists."),
      .configuration, .state, .socket,
    ],
    discussion: """
      What only this node has goes to the trash, and so does what was changed; what the peers have
      takes its place, and what was deleted comes back, as soon as a peer that has it is connected.
      'leftd deviations' shows what is left.
      """,
    examples: [
      Example(line: "leftd revert ~/share/docs/report.txt", purpose: "This file."),
      Example(line: "leftd revert --all", purpose: "Everything, in all shares."),
    ])

  private let places: Places
  private let paths: [[UInt8]]
  private let isAll: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    isAll = arguments.has("all")
    var paths: [[UInt8]] = []
    for operand in arguments.operands { paths.append(try SharePath.absolute(operand)) }
    self.paths = paths
    if isAll == !paths.isEmpty {
      throw UsageError("name what is to be taken back, or say --all")
    }
  }

  func run() throws(EngineError) -> ExitCode {
    let daemon = try places.daemon()
    let status = try DaemonStatus(daemon.ask(.status))
    var targets: [SharePath] = []
    for path in paths { targets.append(try SharePath(path, in: status)) }
    if isAll {
      targets = status.shares.filter(\.isReplica).compactMap { status.root(of: $0.share) }
    }
    var steps: [(step: MendingStep, root: String)] = []
    for target in targets {
      for line in try daemon.ask(.revert(share: target.share, path: target.path)) {
        guard let step = MendingStep(line) else { throw ControlClient.foreign }
        steps.append((step, target.root))
      }
    }
    guard !steps.isEmpty else {
      Output.standard.write("Nothing was changed on this replica.\n")
      return .done
    }
    Output.standard.write(steps.map { $0.step.text(below: $0.root) + "\n" }.joined())
    return steps.contains { $0.step.kind == .left } ? .failed : .done
  }
}
