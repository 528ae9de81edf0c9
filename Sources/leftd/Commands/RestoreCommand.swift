import SyncCore
import SyncEngine

/// `leftd restore`: gives back what the trash has.
struct RestoreCommand: Command {
  static let manual = Manual(
    name: "restore",
    abstract: "Give back what a peer replaced or deleted, from the trash.",
    operands: ["PATH"],
    options: [
      Option(
        name: "at", value: "TIME", summary: "As it was at 'YYYY-MM-DD HH:MM:SS', or @SECONDS."),
      Option(name: "list", summary: "Only list what the trash has of it."),
      .configuration, .state, .socket,
    ],
    discussion: """
      PATH is a file or directory, also one that is gone. It is put back under its name, or beside
      what stands there; nothing is replaced, and peers get it like any change. Without --at it is
      the newest; on a terminal, where there are several, they are listed instead. The times are
      those at which each was replaced or deleted. A directory gets back all that it lost from then
      on, as it was first.
      """,
    examples: [
      Example(line: "leftd restore ~/share/report.pdf", purpose: "The version before this one."),
      Example(
        line: "leftd restore --at '2026-11-21 09:00' ~/share/films",
        purpose: "What the folder lost first after that time."),
    ])

  private let places: Places
  private let path: [UInt8]
  /// Seconds since 1970 UTC.
  private let time: Int?
  private let isListing: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    path = try SharePath.absolute(arguments.operands[0])
    isListing = arguments.has("list")
    time = try arguments.value("at").map { text throws(UsageError) in
      guard let seconds = LocalTime.seconds(text) else {
        throw UsageError("option --at: \(quoted(text)) is no time such as '2026-11-21 10:15:00'")
      }
      return seconds
    }
    if isListing && time != nil { throw UsageError("--list and --at exclude each other") }
  }

  func run() throws(EngineError) -> ExitCode {
    let daemon = try places.daemon()
    let target = try SharePath(path, in: DaemonStatus(daemon.ask(.status)))
    let versions = try daemon.mend(
      target.share, .versions(target.path), TrashVersion.init(_:))
    let shown = SharePath.shown(target.path, below: target.root)
    guard let newest = versions.first else {
      throw EngineError(
        "the trash has nothing of \(shown)",
        remedy: "It keeps what peers replaced or deleted, under the path that this had then.")
    }
    if isListing {
      list(versions)
      return .done
    }
    if time == nil, versions.count > 1, Output.standard.isTerminal {
      list(versions)
      Output.error.write("Several versions: say which with --at and its time.\n")
      return .failed
    }
    let version = try time.map { time throws(EngineError) in
      try Self.version(at: time, among: versions, shown)
    }
    let steps = try daemon.mend(
      target.share,
      .restore(target.path, from: (version ?? Self.start(of: newest, among: versions)).folder),
      MendingStep.init(_:))
    return steps.show(below: target.root)
  }

  /// What was there at a time is what was replaced or deleted first after it.
  static func version(
    at time: Int, among versions: [TrashVersion], _ shown: String
  ) throws(EngineError) -> TrashVersion {
    if let version = versions.last(where: { $0.seconds >= time }) { return version }
    throw EngineError(
      "nothing of \(shown) was replaced or deleted after \(LogLine.text(ofTime: time))",
      remedy: "See 'leftd restore --list' for what the trash has.")
  }

  /// Where what ended with the newest version began: a directory may be deleted in several sets,
  /// one soon after another.
  static func start(of newest: TrashVersion, among versions: [TrashVersion]) -> TrashVersion {
    guard newest.isDirectory else { return newest }
    var start = newest
    for version in versions where version.isDirectory {
      guard start.seconds - version.seconds <= burstSeconds else { break }
      start = version
    }
    return start
  }

  /// Sets of one deletion are not longer apart: a burst is ended after two seconds.
  private static let burstSeconds = 10

  private func list(_ versions: [TrashVersion]) {
    let lines = versions.map { version in
      let what = version.isDirectory ? "directory" : Amount.bytes(version.size)
      return "\(LogLine.text(ofTime: version.seconds))  \(what)\n"
    }
    Output.standard.write(lines.joined())
  }
}

extension TrashVersion {
  /// When it was replaced or deleted, in seconds since 1970 UTC.
  var seconds: Int { Int(time / 1_000_000_000) }
}
