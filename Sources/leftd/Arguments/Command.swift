import SyncEngine

/// One command of the program. Everything that can be wrong with the command line is found by
/// `init`, before anything is done.
protocol Command: SendableMetatype {
  /// What it takes, and its help.
  static var manual: Manual { get }
  /// Reads the arguments.
  init(_ arguments: Arguments) throws(UsageError)
  /// Does it.
  func run() throws(EngineError) -> ExitCode
}

/// A command line that makes no sense, in words.
struct UsageError: Error, Equatable {
  var message: String

  init(_ message: String) {
    self.message = message
  }
}

/// What a command takes. The parser and the help read the same table, so they cannot disagree.
struct Manual {
  /// The word that selects the command.
  var name: String
  /// One line: what it does.
  var abstract: String
  /// Operands as usage shows them; brackets mark what may be left out.
  var operands: [String] = []
  var options: [Option] = []
  /// What the reader must know beyond the table.
  var discussion = ""
  var examples: [Example]

  /// Whether the last operand stands for any number of them.
  var takesManyOperands: Bool { operands.last?.contains("...") ?? false }

  /// An operand without brackets must be given.
  var requiredOperandCount: Int { operands.filter { !$0.hasPrefix("[") }.count }
}

/// One option: `--name`, or `--name VALUE`.
struct Option {
  var name: String
  /// What stands for the value in the help; `nil` for an option without one.
  var value: String?
  var summary: String
  /// Whether it may be given more than once.
  var repeats = false
  /// A letter that stands for it after one hyphen.
  var letter: Character?

  static let help = Option(name: "help", summary: "Show this help.", letter: "h")
  static let configuration = Option(
    name: "config", value: "FILE",
    summary: "Configuration (default: /etc/leftd/leftd.conf, else in ~/.config).")
  static let state = Option(
    name: "state", value: "DIR",
    summary: "Where key, index and socket lie (default: as configured).")
  static let socket = Option(
    name: "socket", value: "PATH", summary: "The daemon's control socket (default: searched).")
}

/// A command line and what it is for.
struct Example {
  var line: String
  var purpose: String
}
