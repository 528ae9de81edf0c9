import SyncEngine

/// `leftd init`: everything that a node needs before its first start.
struct InitCommand: Command {
  static let manual = Manual(
    name: "init",
    abstract: "Make this node's key, its configuration and the folder.",
    options: [
      .configuration,
      .state,
      Option(name: "share", value: "DIR", summary: "The folder to share (default: ~/share)."),
      Option(
        name: "listen", value: "ADDR:PORT", summary: "Where peers connect (default: 0.0.0.0:22001)."
      ),
      Option(
        name: "name", value: "NAME",
        summary: "What peers call this node (default: its host name)."),
    ],
    discussion: """
      What is there already is left as it is. The configuration is written to
      ~/.config/leftd/leftd.conf, for root to /etc/leftd/leftd.conf.
      """,
    examples: [
      Example(line: "leftd init", purpose: "Share ~/share; prints this node's id."),
      Example(line: "leftd init --share /srv/films", purpose: "Share another folder."),
    ])

  private let places: Places
  private let share: String?
  private let listen: Address
  private let name: String

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    share = try Places.absolute(arguments, "share")
    let listen = arguments.value("listen") ?? Configuration.defaultListen
    guard let address = Address(listen) else {
      throw UsageError("option --listen: \(quoted(listen)) is not ADDRESS:PORT")
    }
    self.listen = address
    name = arguments.value("name") ?? ConfigurationReader.nodeName(places.environment)
    guard Configuration.isName(name) else {
      throw UsageError(
        "option --name: use letters, digits, '-', '_' and '.', at most 40 bytes, "
          + "not \(quoted(name))")
    }
  }

  func run() throws(EngineError) -> ExitCode {
    let file = places.newConfiguration
    let isNew = !Files.isReadable(file)
    if isNew { try write(file) }
    let configuration = try ConfigurationReader.read(file, environment: places.environment)
    let state = places.state(configuration)
    try Files.makeDirectory(state, mode: 0o700)
    let identity = try Identity.loadOrCreate(in: state)
    let folders = configuration.shares.map { printable($0.path) }.joined(separator: ", ")
    Output.standard.write(
      """
      configuration  \(printable(file))\(isNew ? "" : " (was there already)")
      state          \(printable(state))
      folder         \(folders)
      node id        \(identity.id)

      Next: start leftd here ('systemctl start leftd' or 'leftd run'), 'leftd invite' here, and
      'leftd join' on the other machine.

      """)
    return .done
  }

  private func write(_ file: String) throws(EngineError) {
    let folder = share ?? places.environment.home + "/share"
    try Files.makeDirectory(folder, mode: 0o755)
    try Files.makeDirectory(Files.directory(of: file), mode: 0o755)
    let text = ConfigurationWriter.template(
      name: name, listen: listen.description, state: places.givenState,
      share: share ?? "~/share")
    try Files.replace(file, with: Array(text.utf8))
  }
}
