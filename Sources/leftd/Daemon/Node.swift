import CLinux
import Glibc
import SyncCore
import SyncEngine

/// A running node: its shares, its peers, and what commands ask of it.
final class Node: Sendable {
  let identity: Identity
  let invitations = InvitationBook()
  private let roster: Roster
  private let engines: [(name: String, engine: ShareEngine)]
  let log: DaemonLog
  let pauses: PauseBook
  private let traffic = TrafficControl()
  private let siblings = Siblings()
  private let started = Clock.seconds()

  /// Opens every share; nothing runs yet.
  init(
    _ configuration: Configuration, state: String, identity: Identity, log: DaemonLog,
    failed: @escaping @Sendable () -> Void
  ) throws(EngineError) {
    self.identity = identity
    self.log = log
    roster = Roster(configuration)
    pauses = try PauseBook(state: state)
    traffic.set(node: configuration.limits, peers: configuration.peerLimits)
    var engines: [(name: String, engine: ShareEngine)] = []
    for share in configuration.shares {
      var settings = ShareSettings(
        name: share.name, root: share.path, stateDirectory: state,
        peers: configuration.peers(of: share),
        rules: configuration.rules(of: share, id: identity.id), ignored: share.ignored)
      if let days = share.trashDays {
        settings.trashNanoseconds = Int64(days) * 86_400 * 1_000_000_000
      }
      settings.trashByteCount = share.trashByteCount
      settings.pauses = pauses.pauses(of: share.name)
      engines.append(
        (
          share.name,
          try ShareEngine(
            settings: settings, name: configuration.name, identity: identity, log: log,
            traffic: traffic, siblings: siblings
          ) { _ in failed() }
        ))
    }
    self.engines = engines
  }

  /// The configuration in force.
  var configuration: Configuration { roster.configuration }

  /// Starts every share.
  func start() throws(EngineError) {
    for (_, engine) in engines { try engine.start() }
  }

  /// Stops every share, in order.
  func stop() {
    for (_, engine) in engines { engine.stop() }
  }

  // MARK: For the listener

  /// Whether a node may connect.
  func isPaired(_ id: NodeID) -> Bool { roster.contains(id) }

  /// A connection for a share; closed if there is no such share here.
  func accept(_ share: String, _ connection: Connection) {
    guard let engine = engine(share) else {
      connection.start(receive: { _, _ in }, closed: { _ in })
      return connection.close(
        CloseReason(code: CloseReason.violation, text: "there is no share of this name here"))
    }
    engine.accept(connection)
  }

  /// Somebody came with an invitation of ours.
  func paired(_ result: PairingResult) throws(EngineError) {
    do throws(EngineError) {
      _ = try takeIn(result, isPlanned: false)
    } catch {
      log.write(LogEntry(.error, error.description, peer: result.peer))
      throw error
    }
  }

  private func takeIn(
    _ result: PairingResult, isPlanned: Bool
  ) throws(EngineError) -> Roster.Addition {
    defer { applyPeers() }
    let addition = try roster.add(result)
    // Before anybody connects.
    if isPlanned {
      try pauses.hearOnly(addition.peer.id, in: configuration)
      applyPauses()
    }
    log.write(LogEntry(.notice, "paired with \(addition.peer.name)", peer: result.peer))
    return addition
  }

  private func applyPeers() {
    let configuration = roster.configuration
    for share in configuration.shares {
      engine(share.name)?.setPeers(configuration.peers(of: share))
    }
  }

  /// Has the engines do what the book says.
  func applyPauses() {
    for (share, engine) in engines { engine.setPauses(pauses.pauses(of: share)) }
  }

  private func engine(_ share: String) -> ShareEngine? {
    engines.first { $0.name == share }?.engine
  }

  // MARK: For the service manager

  /// The state of every share that answers. Blocks while an engine does not move.
  func reports() -> [StatusReport] { engines.compactMap { $0.engine.status() } }

  /// How many shares there are.
  var shareCount: Int { engines.count }

  /// Applies what can be applied of a changed configuration, and says what waits for a restart.
  func reload(_ next: Configuration) {
    let old = roster.configuration
    let waiting = Self.needingRestart(old, next)
    if !waiting.isEmpty {
      let keys = waiting.joined(separator: ", ")
      log.write(LogEntry(.warning, "changed, but in force only after a restart: \(keys)"))
    }
    var merged = next
    merged.shares = next.shares.filter { share in old.shares.contains { $0.name == share.name } }
    roster.replace(merged)
    traffic.set(node: merged.limits, peers: merged.peerLimits)
    applyPeers()
    log.write(LogEntry(.notice, "configuration read again: \(next.peers.count) peers"))
  }

  /// The keys that differ and are read only at the start.
  static func needingRestart(_ old: Configuration, _ new: Configuration) -> [String] {
    var keys: [String] = []
    if old.name != new.name { keys.append("[node] name") }
    if old.listen != new.listen { keys.append("[node] listen") }
    if old.state != new.state { keys.append("[node] state") }
    for share in new.shares {
      let before = old.shares.first { $0.name == share.name }
      if before?.path != share.path { keys.append("[share \(share.name)] path") }
      if let before, before.ignored != share.ignored {
        keys.append("[share \(share.name)] ignore")
      }
      if before?.role != share.role { keys.append("[share \(share.name)] mode") }
      if before?.prefer != share.prefer { keys.append("[share \(share.name)] prefer") }
      if before?.ownership != share.ownership { keys.append("[share \(share.name)] ownership") }
      if before?.heldDeletionPercent != share.heldDeletionPercent {
        keys.append("[share \(share.name)] hold_deletes")
      }
      if before?.trashDays != share.trashDays { keys.append("[share \(share.name)] trash_days") }
      if before?.trashByteCount != share.trashByteCount {
        keys.append("[share \(share.name)] trash_size")
      }
    }
    for share in old.shares where !new.shares.contains(where: { $0.name == share.name }) {
      keys.append("[share \(share.name)]")
    }
    return keys
  }
}

extension Node {
  // MARK: For the control socket

  /// Answers a command. May block until an engine has flushed.
  func answer(_ request: ControlRequest, _ conversation: Conversation) -> ControlReply {
    do throws(EngineError) {
      if case .hold(let share, let path) = request {
        return ControlReply(try hold(share, path, conversation))
      }
      return ControlReply(try lines(for: request))
    } catch {
      return .failure(error)
    }
  }

  private func lines(for request: ControlRequest) throws(EngineError) -> [ControlLine] {
    switch request {
    case .status: return status().lines
    case .flush(let share):
      guard let sequence = try existing(share).flush(seconds: Self.flushSeconds) else {
        throw EngineError(
          "leftd is stopping", remedy: "Start it again with 'systemctl start leftd'.")
      }
      return [ControlLine("sequence", String(sequence))]
    case .sequence(let share, let path):
      guard let sequence = try existing(share).sequence(of: path) else {
        throw EngineError(
          "\(path) is not in the index of [share \(printable(share))]",
          remedy: "Check that it exists and is a file, directory or symbolic link.")
      }
      return [ControlLine("sequence", String(sequence))]
    case .explain(let share, let path):
      let engine = try existing(share)
      guard let explanation = engine.explain(path), let report = engine.status() else {
        throw EngineError(
          "the share does not answer", remedy: "See 'leftd status' and the journal.")
      }
      let text = ExplanationText(
        path, explanation, report, names: [identity.id.prefix: configuration.name],
        peers: configuration.peers)
      return text.facts.map { ControlLine("fact", $0.label, $0.text) }
    case .hold: preconditionFailure("answered by hold")
    case .invite:
      return [
        ControlLine(
          "code", invitations.create(now: clinux_boot_nanoseconds()).description,
          configuration.listen)
      ]
    case .join(let address, let code, let isPlanned):
      let configuration = configuration
      guard let code = InvitationCode(text: code) else { throw Self.badCode }
      let result = try Pairing.join(
        address: address, code: code, identity: identity, name: configuration.name,
        listenPort: configuration.listenPort)
      let addition = try takeIn(result, isPlanned: isPlanned)
      return [addition.peer.line(note: addition.note)]
    case .pause(let target, let seconds, let isHeard):
      return try pause(target, seconds: seconds, isHeard: isHeard)
    case .resume(let target): return try resume(target)
    case .peers: return configuration.peers.map { $0.line(note: "") }
    case .revert(let share, let path): return try existing(share).revert(below: path).lines
    case .mend(let share, let request): return try existing(share).mend(request).lines
    }
  }

  /// Holds what happens below a directory until the client is done, or gone, or too slow.
  private func hold(
    _ share: String, _ path: RelativePath, _ conversation: Conversation
  ) throws(EngineError) -> [ControlLine] {
    let engine = try existing(share)
    let stopping = EngineError(
      "leftd is stopping", remedy: "Start it again with 'systemctl start leftd'.")
    // What was written before goes by itself.
    guard engine.flush(seconds: Self.flushSeconds) != nil else { throw stopping }
    guard let hold = engine.hold(below: path) else {
      throw EngineError(
        "there are \(Limits.holdCount) holds in this share already",
        remedy: "Wait until one of them is over.")
    }
    let isInTime =
      conversation.say(ControlLine("held"))
      ? conversation.awaitEnd(seconds: Limits.holdSeconds) : true
    if !isInTime {
      log.write(
        LogEntry(
          .warning, "A hold ended before its command: it lasted \(Limits.holdSeconds) s.",
          path: path))
    }
    guard let sequence = engine.release(hold, seconds: Self.flushSeconds) else { throw stopping }
    return (isInTime ? [] : [ControlLine("late")]) + [ControlLine("sequence", String(sequence))]
  }

  /// What was typed is no code at all.
  static let badCode = EngineError(
    "this is not an invitation code",
    remedy: "Type the 20 letters and digits that 'leftd invite' showed, with or without hyphens.")

  /// A flush that takes longer than this has something to say about the disk.
  private static let flushSeconds: Double = 600

  private func existing(_ share: String) throws(EngineError) -> ShareEngine {
    if let engine = engine(share) { return engine }
    throw EngineError(
      "there is no [share \(printable(share))] here",
      remedy: "See 'leftd status' for those there are.")
  }

  private func status() -> DaemonStatus {
    DaemonStatus(
      version: Program.version, process: getpid(), node: identity.id, name: configuration.name,
      seconds: Clock.seconds() - started, shares: reports())
  }
}

extension PeerSettings {
  /// The peer as a line of the control socket.
  func line(note: String) -> ControlLine {
    ControlLine("peer", name, id.description, address ?? "", note)
  }
}

extension Configuration {
  /// The port of `listen`, which has been checked when it was read.
  var listenPort: UInt16 { Address(listen)?.port ?? Configuration.defaultPort }
}
