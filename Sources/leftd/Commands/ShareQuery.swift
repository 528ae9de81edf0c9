import SyncCore
import SyncEngine

/// What a command that lists things asks for: those of all shares, or those below one path.
struct ShareQuery {
  /// Whether programs are to read the answer.
  let isJSON: Bool
  /// Whether a path was named.
  var isNarrowed: Bool { path != nil }

  private let places: Places
  private let path: [UInt8]?

  /// Reads PATH, `--json`, and where the daemon is.
  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    path = try arguments.operands.first.map(SharePath.absolute)
    isJSON = arguments.has("json")
  }

  /// Whom to ask, and of which shares, from where on down.
  struct Targets {
    let daemon: ControlClient
    let status: DaemonStatus
    let shares: [(report: StatusReport, top: RelativePath)]
  }

  /// Asks the running daemon which shares there are, and finds the path among them.
  func targets() throws(EngineError) -> Targets {
    let daemon = try places.daemon()
    let status = try DaemonStatus(daemon.ask(.status))
    let place = try path.map { path throws(EngineError) in try SharePath(path, in: status) }
    let shares = status.shares.filter { place == nil || place?.share == $0.share }
    return Targets(
      daemon: daemon, status: status, shares: shares.map { ($0, place?.path ?? .root) })
  }

  /// Prints what was found in the form that was asked for.
  func show(_ values: [JSON], _ text: String) {
    Output.standard.write(isJSON ? JSON.array(values).text + "\n" : text)
  }
}
