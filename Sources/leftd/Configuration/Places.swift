import SyncEngine

/// Where configuration, state and control socket lie: what the command line says, else what the
/// service manager says, else the places that the XDG Base Directory Specification names.
struct Places: Sendable {
  var environment: Environment
  /// `--config`
  var givenConfiguration: String?
  /// `--state`
  var givenState: String?
  /// `--socket`
  var givenSocket: String?

  /// The configuration of the machine.
  static let systemConfiguration = "/etc/leftd/leftd.conf"
  private static let socketName = "leftd.sock"

  /// From a command's options.
  init(_ arguments: Arguments) throws(UsageError) {
    environment = .current()
    givenConfiguration = try Self.absolute(arguments, "config")
    givenState = try Self.absolute(arguments, "state")
    givenSocket = try Self.absolute(arguments, "socket")
  }

  /// A path on the command line, made absolute; the daemon keeps none that depends on where it
  /// was started.
  static func absolute(_ arguments: Arguments, _ option: String) throws(UsageError) -> String? {
    guard let path = arguments.value(option) else { return nil }
    guard let absolute = CurrentDirectory.resolve(path) else {
      throw UsageError("option --\(option): the current directory is gone; give an absolute path")
    }
    return absolute
  }

  /// The configuration of the user.
  var userConfiguration: String {
    (environment.variables["XDG_CONFIG_HOME"] ?? environment.home + "/.config")
      + "/leftd/leftd.conf"
  }

  /// The configuration to read; `nil` if none was named and there is none.
  var configuration: String? {
    if let givenConfiguration { return givenConfiguration }
    return [Self.systemConfiguration, userConfiguration].first(where: Files.isReadable)
  }

  /// Where `init` writes one.
  var newConfiguration: String {
    givenConfiguration ?? (environment.user == 0 ? Self.systemConfiguration : userConfiguration)
  }

  /// The state directory, given the configuration that was read, if any.
  func state(_ configuration: Configuration?) -> String {
    if let chosen = givenState ?? configuration?.state { return chosen }
    // systemd separates several by colons; ours comes first.
    if let directory = environment.variables["STATE_DIRECTORY"]?.split(separator: ":").first {
      return String(directory)
    }
    if environment.user == 0 && configuration?.file == Self.systemConfiguration {
      return "/var/lib/leftd"
    }
    return (environment.variables["XDG_STATE_HOME"] ?? environment.home + "/.local/state")
      + "/leftd"
  }

  /// Where the daemon makes its socket. With a state directory of its own it lies there, so that
  /// several daemons can run side by side.
  func socket(_ configuration: Configuration?) -> String {
    if let givenSocket { return givenSocket }
    let state = state(configuration) + "/" + Self.socketName
    if givenState != nil || configuration?.state != nil { return state }
    return runtimeSockets.first ?? state
  }

  /// Where a command looks for it, in this order.
  func socketCandidates(_ configuration: Configuration?) -> [String] {
    if givenSocket != nil || givenState != nil || configuration?.state != nil {
      return [socket(configuration)]
    }
    let state = state(configuration) + "/" + Self.socketName
    return runtimeSockets + ["/run/leftd/" + Self.socketName, state]
  }

  private var runtimeSockets: [String] {
    var sockets: [String] = []
    if let directory = environment.variables["RUNTIME_DIRECTORY"]?.split(separator: ":").first {
      sockets.append("\(directory)/\(Self.socketName)")
    }
    if let directory = environment.variables["XDG_RUNTIME_DIR"] {
      sockets.append("\(directory)/leftd/\(Self.socketName)")
    }
    return sockets
  }
}
