import CLinux
import Glibc
import SyncCore
import SyncEngine

/// The life of the daemon: from the signal mask to the last thread joined.
struct Daemon {
  let places: Places
  let configuration: Configuration
  let log: DaemonLog
  /// Whether `--verbose` overrules the configured level.
  let isVerbose: Bool

  /// Starts everything, serves until SIGTERM or SIGINT, and stops in order.
  func run() throws(EngineError) {
    clinux_keep_freed(Limits.keptByteCount)
    let signals = try Self.signals()
    // Files and directories of a share get exactly the modes that they have elsewhere; what is
    // private is made with a private mode.
    umask(0)
    let state = places.state(configuration)
    try Files.makeDirectory(state, mode: 0o700)
    let lock = try StateLock(state)
    let identity = try Identity.loadOrCreate(in: state)
    let node = try Node(configuration, state: state, identity: identity, log: log) {
      // The engine has said why; the main thread ends everything in order.
      _ = kill(getpid(), SIGTERM)
    }
    let listener = try Listener(
      address: configuration.listen, identity: identity,
      handlers: Listener.Handlers(
        isPaired: { node.isPaired($0) }, accepted: { node.accept($0, $1) },
        refused: { log.write(LogEntry(.info, $0)) }),
      pairing: PairingHost(
        invitations: node.invitations, name: configuration.name,
        paired: { try node.paired($0) }))
    defer { listener.stop() }
    defer { node.stop() }
    try node.start()
    let socket = places.socket(configuration)
    try Files.makeDirectory(Files.directory(of: socket), mode: 0o700)
    let control = try ControlServer(path: socket) { node.answer($0, $1) }
    defer { control.stop() }
    log.write(
      LogEntry(
        .notice, "leftd \(Program.version) serves as node \(identity.id) on \(configuration.listen)"
      ))
    serve(node, signals)
    ServiceManager.stopping()
    log.write(LogEntry(.notice, "stopping"))
    _ = consume lock
  }

  private static func signals() throws(EngineError) -> Descriptor {
    do throws(Errno) {
      return try Descriptor(clinux_signal_descriptor())
    } catch {
      throw EngineError(
        "cannot receive signals: \(error)", remedy: "Raise the limit of open files.",
        errno: error.code)
    }
  }

  /// The main thread's loop: signals, and what the service manager wants to know.
  private func serve(_ node: Node, _ signals: borrowing Descriptor) {
    var supervision = Supervision(
      isSupervised: places.environment.variables["NOTIFY_SOCKET"] != nil)
    ServiceManager.ready()
    while true {
      let milliseconds = supervision.report(node)
      var waiting = [pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0)]
      _ = unsafe poll(&waiting, 1, Int32(milliseconds))
      switch clinux_next_signal(signals.number) {
      case SIGTERM, SIGINT: return
      case SIGHUP: reload(node)
      default: break
      }
    }
  }

  private func reload(_ node: Node) {
    ServiceManager.reloading()
    defer { ServiceManager.ready() }
    guard let file = node.configuration.file else {
      log.write(LogEntry(.warning, "SIGHUP, but there is no configuration file to read again"))
      return
    }
    do throws(EngineError) {
      let next = try ConfigurationReader.read(file, environment: places.environment)
      if !isVerbose { log.setLevel(next.level) }
      node.reload(next)
    } catch {
      log.write(LogEntry(.error, "the configuration stays as it was: \(error)"))
    }
  }
}

/// What is told to the service manager while all goes well.
struct Supervision {
  private let isSupervised: Bool
  private let idleMilliseconds: Int
  private var told = ""

  init(isSupervised: Bool) {
    self.isSupervised = isSupervised
    // A third of the time allowed, as sd_watchdog_enabled(3) advises half of it at most.
    idleMilliseconds = min(10_000, (ServiceManager.watchdogMilliseconds ?? 30_000) / 3)
  }

  /// Tells the state if it changed, and that the engines answer; the milliseconds until the next
  /// time. Unsupervised, an idle daemon does nothing at all.
  mutating func report(_ node: Node) -> Int {
    guard isSupervised else { return -1 }
    let reports = node.reports()
    // An engine that does not answer is not alive: the watchdog ends what hangs.
    if reports.count == node.shareCount { ServiceManager.alive() }
    let text = StatusText.summary(reports)
    if text != told {
      ServiceManager.status(text)
      told = text
      return 1000
    }
    return reports.allSatisfy { $0.activity == .idle } ? idleMilliseconds : 1000
  }
}
