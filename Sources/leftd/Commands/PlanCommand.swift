import SyncCore
import SyncEngine

/// `leftd plan`: what would happen if the exchange with paused peers went on.
struct PlanCommand: Command {
  static let manual = Manual(
    name: "plan",
    abstract: "Show what 'leftd resume' would do, here and on the peers.",
    operands: ["[PATH]"],
    options: [
      Option(name: "json", summary: "Print one JSON array, for programs."),
      .configuration, .state, .socket,
    ],
    discussion: """
      For peers that are paused by 'leftd pause --plan' or paired by 'leftd join --plan': which
      files would be created, replaced, moved or deleted, and which kept as copies of conflicts, on
      either side, all in all and one by one. Nothing is changed by it. What 'deleted' and
      'replaced' name would go to the trash. What a peer has told of is known; what it ignores, or
      gets from others meanwhile, is not.
      """,
    examples: [
      Example(line: "leftd pause --plan nas", purpose: "Before the two meet (again)."),
      Example(line: "leftd plan", purpose: "What would happen then?"),
      Example(line: "leftd plan ~/share/photos", purpose: "And in this folder?"),
      Example(line: "leftd resume nas", purpose: "Do it."),
    ])

  private let query: ShareQuery

  init(_ arguments: Arguments) throws(UsageError) {
    query = try ShareQuery(arguments)
  }

  func run() throws(EngineError) -> ExitCode {
    let targets = try query.targets()
    var found: [ForecastText] = []
    for (share, top) in targets.shares {
      let lines = try targets.daemon.ask(.mend(share: share.share, .forecast(top)))
      guard let forecasts = Forecast.forecasts(lines) else { throw ControlClient.foreign }
      found += forecasts.map { forecast in
        let name = share.peers.first { $0.id == forecast.peer }?.name ?? forecast.peer.short
        return ForecastText(share: share, peer: name, forecast: forecast)
      }
    }
    guard !found.isEmpty else {
      throw EngineError(
        "no peer is paused for a plan",
        remedy: "Say 'leftd pause --plan PEER' first; 'leftd resume' ends it.")
    }
    query.show(found.map(\.json), found.map(\.text).joined(separator: "\n"))
    return .done
  }
}
