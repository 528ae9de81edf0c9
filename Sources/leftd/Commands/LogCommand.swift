import SyncCore
import SyncEngine

/// `leftd log`: which set changed what here.
struct LogCommand: Command {
  static let manual = Manual(
    name: "log",
    abstract: "Show what changed here, when, and who did it.",
    operands: ["[PATH]"],
    options: [
      Option(name: "json", summary: "Print one JSON array, for programs."),
      Option(
        name: "count", value: "N", summary: "Show the last N sets (default: 20).", letter: "n"),
      Option(name: "set", value: "NUMBER", summary: "Show this set, with all that it did."),
      Option(name: "verbose", summary: "Show all paths, not only the first."),
      .configuration, .state, .socket,
    ],
    discussion: """
      One entry for each set of changes that was recorded or applied together, the newest first;
      with PATH, only those that concern it or something in it. 'leftd undo' takes a set from a
      peer back.
      """,
    examples: [
      Example(line: "leftd log", purpose: "What happened lately."),
      Example(line: "leftd log -n 5 ~/share/films", purpose: "The last five sets in one folder."),
      Example(line: "leftd log --set 4711", purpose: "Everything that one set did."),
    ])

  private let query: ShareQuery
  private let count: Int
  private let number: UInt64?
  private let isVerbose: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    query = try ShareQuery(arguments)
    let text = arguments.value("count") ?? "20"
    guard let count = Int(text), (1...Limits.historySetCount).contains(count) else {
      throw UsageError(
        "option --count: \(quoted(text)) is no number from 1 to \(Limits.historySetCount)")
    }
    self.count = count
    number = try arguments.value("set").map(Self.number)
    isVerbose = arguments.has("verbose") || number != nil
  }

  /// A set's number as `leftd log` shows it.
  static func number(_ text: String) throws(UsageError) -> UInt64 {
    guard let number = UInt64(text) else {
      throw UsageError("\(quoted(text)) is no set's number; 'leftd log' shows them")
    }
    return number
  }

  func run() throws(EngineError) -> ExitCode {
    let targets = try query.targets()
    var found: [(share: StatusReport, set: HistorySet)] = []
    for (share, top) in targets.shares {
      let request = number.map { Mending.set($0) } ?? .history(top, count: count)
      let lines = try targets.daemon.ask(.mend(share: share.share, request))
      guard let sets = HistorySet.sets(lines) else { throw ControlClient.foreign }
      found += sets.map { (share, $0) }
    }
    if let number, found.isEmpty {
      throw EngineError(
        "there is no set \(number) in the history", remedy: "See 'leftd log' for those there are.")
    }
    found.sort { ($0.set.time, $0.set.number) > ($1.set.time, $1.set.number) }
    show(Array(found.prefix(count)), targets.status)
    return .done
  }

  private func show(_ found: [(share: StatusReport, set: HistorySet)], _ status: DaemonStatus) {
    query.show(
      found.map { HistoryText.json($0.set, $0.share, isVerbose: isVerbose) },
      found.map { HistoryText.text($0.set, $0.share, status, isVerbose: isVerbose) }.joined())
  }
}
