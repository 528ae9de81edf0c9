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

  private let places: Places
  private let path: [UInt8]?
  private let count: Int
  private let number: UInt64?
  private let isJSON: Bool
  private let isVerbose: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    path = try arguments.operands.first.map(SharePath.absolute)
    let text = arguments.value("count") ?? "20"
    guard let count = Int(text), (1...Limits.historySetCount).contains(count) else {
      throw UsageError(
        "option --count: \(quoted(text)) is no number from 1 to \(Limits.historySetCount)")
    }
    self.count = count
    number = try arguments.value("set").map(Self.number)
    isJSON = arguments.has("json")
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
    let daemon = try places.daemon()
    let status = try DaemonStatus(daemon.ask(.status))
    let place = try path.map { path throws(EngineError) in try SharePath(path, in: status) }
    var found: [(share: StatusReport, set: HistorySet)] = []
    for share in status.shares where place == nil || place?.share == share.share {
      let request =
        number.map { Mending.set($0) } ?? .history(place?.path ?? .root, count: count)
      let lines = try daemon.ask(.mend(share: share.share, request))
      guard let sets = HistorySet.sets(lines) else { throw ControlClient.foreign }
      found += sets.map { (share, $0) }
    }
    if let number, found.isEmpty {
      throw EngineError(
        "there is no set \(number) in the history", remedy: "See 'leftd log' for those there are.")
    }
    found.sort { ($0.set.time, $0.set.number) > ($1.set.time, $1.set.number) }
    show(Array(found.prefix(count)), status)
    return .done
  }

  private func show(_ found: [(share: StatusReport, set: HistorySet)], _ status: DaemonStatus) {
    if isJSON {
      let values = found.map { HistoryText.json($0.set, $0.share, isVerbose: isVerbose) }
      Output.standard.write(JSON.array(values).text + "\n")
    } else {
      let texts = found.map { HistoryText.text($0.set, $0.share, status, isVerbose: isVerbose) }
      Output.standard.write(texts.joined())
    }
  }
}
