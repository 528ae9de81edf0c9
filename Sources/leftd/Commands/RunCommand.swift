import SyncCore
import SyncEngine

/// `leftd run`: the daemon, in the foreground. systemd starts it so, too.
struct RunCommand: Command {
  static let manual = Manual(
    name: "run",
    abstract: "Run the daemon in the foreground.",
    options: [
      .configuration,
      Option(
        name: "share", value: "DIR",
        summary: "Share this folder and read no configuration; it is called 'share'."),
      Option(
        name: "listen", value: "ADDR:PORT", summary: "Where peers connect (default: 0.0.0.0:22001)."
      ),
      .state,
      Option(
        name: "peer", value: "ID@HOST:PORT",
        summary: "A peer; may be repeated, or several with commas between.", repeats: true),
      Option(
        name: "ignore", value: "PATTERN",
        summary: "What this machine does not take part in; may be repeated.", repeats: true),
      .socket,
      Option(name: "verbose", summary: "Log everything, whatever is configured."),
    ],
    discussion: """
      Without --share everything is read from the configuration. A peer given by its ID alone is
      waited for. SIGHUP reads the configuration again, SIGTERM and SIGINT stop in order.
      """,
    examples: [
      Example(line: "leftd run", purpose: "Serve the configured shares."),
      Example(
        line: "leftd run --share ~/share --state ~/state --peer ID@nas:22001",
        purpose: "Without any file: one folder, one peer, logs on the terminal."),
    ])

  private let places: Places
  private let share: String?
  private let listen: Address?
  private let peers: [PeerSettings]
  private let ignored: IgnoreRules
  private let isVerbose: Bool

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    share = try Places.absolute(arguments, "share")
    isVerbose = arguments.has("verbose")
    listen = try arguments.value("listen").map { text throws(UsageError) in
      guard let address = Address(text) else {
        throw UsageError("option --listen: \(quoted(text)) is not ADDRESS:PORT")
      }
      return address
    }
    peers = try Self.peers(arguments.all("peer"))
    do throws(IgnoreError) {
      ignored = try IgnoreRules(lines: arguments.all("ignore").map { Array($0.utf8) })
    } catch {
      throw UsageError("option --ignore: \(error)")
    }
    if share != nil && arguments.has("config") {
      throw UsageError("--share and --config exclude each other")
    }
    if share == nil && !peers.isEmpty {
      throw UsageError("--peer needs --share; else peers stand in the configuration")
    }
    if share == nil && !ignored.isEmpty {
      throw UsageError("--ignore needs --share; else patterns stand in the configuration")
    }
  }

  private static func peers(_ values: [String]) throws(UsageError) -> [PeerSettings] {
    var peers: [PeerSettings] = []
    for text in values.flatMap({ $0.split(separator: ",").map(String.init) }) {
      let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
      guard let first = parts.first, let id = NodeID(text: first) else {
        throw UsageError("option --peer: \(quoted(text)) does not begin with a node's id")
      }
      let address = parts.count > 1 ? Address(parts[1]) : nil
      guard parts.count == 1 || address != nil else {
        throw UsageError("option --peer: \(quoted(parts[1])) is not HOST:PORT")
      }
      guard !peers.contains(where: { $0.id == id }) else {
        throw UsageError("option --peer: \(id.short)… is given twice")
      }
      guard peers.count < Limits.peerCount else {
        throw UsageError("option --peer: there are more than \(Limits.peerCount) peers")
      }
      peers.append(PeerSettings(id: id, name: id.short, address: address?.description))
    }
    return peers
  }

  func run() throws(EngineError) -> ExitCode {
    var configuration = try configured()
    if let listen { configuration.listen = listen.description }
    let log = DaemonLog(
      sink: Journal.isStandardError(places.environment) ? .journal : .standardError,
      level: isVerbose ? .debug : configuration.level)
    let daemon = Daemon(
      places: places, configuration: configuration, log: log, isVerbose: isVerbose)
    do throws(EngineError) {
      try daemon.run()
    } catch {
      log.write(LogEntry(.error, error.description))
      return .failed
    }
    return .done
  }

  private func configured() throws(EngineError) -> Configuration {
    if let share {
      guard Files.isDirectory(share) else {
        throw EngineError(
          "there is no directory \(printable(share))", remedy: "Make it, or correct --share.")
      }
      var configuration = Configuration(
        file: nil, name: ConfigurationReader.nodeName(places.environment))
      configuration.shares = [
        Configuration.Share(name: "share", path: share, ignored: ignored)
      ]
      configuration.peers = peers
      return configuration
    }
    guard let file = places.configuration else {
      throw EngineError(
        "there is no configuration",
        remedy: "Write one with 'leftd init', or name a folder with 'leftd run --share DIR'.")
    }
    return try ConfigurationReader.read(file, environment: places.environment)
  }
}
