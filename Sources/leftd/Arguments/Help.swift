/// The help texts, made from the commands' manuals.
enum Help {
  private static let column = 24

  /// What `leftd --help` prints.
  static var overview: String {
    var text = "leftd: drop a file into a folder, and it is on your other machines.\n\n"
    text += overviewUsage
    text += "\nCOMMANDS\n"
    for command in Program.commands {
      text += row(command.manual.name, command.manual.abstract)
    }
    text += "\nOPTIONS\n"
    text += row("-h, --help", "Show this help; after a command, that command's.")
    text += row("--version", "Show the version.")
    text += "\nEXAMPLES\n"
    text += row("leftd init", "Make key, configuration and ~/share.")
    text += row("leftd invite", "On one machine: print a one-time code.")
    text += row("leftd join HOST CODE", "On the other: now both know each other.")
    text += row("leftd status", "See what is going on.")
    return text
  }

  /// The usage line of the program as a whole.
  static let overviewUsage = """
    USAGE
      leftd COMMAND [OPTIONS]
      leftd COMMAND --help

    """

  /// What `leftd COMMAND --help` prints.
  static func text(of manual: Manual) -> String {
    var text = "leftd \(manual.name): \(manual.abstract)\n\n"
    text += usage(of: manual)
    if !manual.discussion.isEmpty { text += "\n\(manual.discussion)\n" }
    text += "\nOPTIONS\n"
    for option in manual.options + [.help] {
      let dashes = option.letter.map { "-\($0), --" } ?? "--"
      let left = dashes + option.name + (option.value.map { " " + $0 } ?? "")
      text += row(left, option.summary)
    }
    text += "\nEXAMPLES\n"
    for example in manual.examples {
      text += "  \(example.line)\n      \(example.purpose)\n"
    }
    return text
  }

  /// The usage line of a command.
  static func usage(of manual: Manual) -> String {
    let operands = manual.operands.map { " " + $0 }.joined()
    let options = manual.options.isEmpty ? "" : " [OPTIONS]"
    return "USAGE\n  leftd \(manual.name)\(options)\(operands)\n"
  }

  private static func row(_ left: String, _ right: String) -> String {
    let gap = String(repeating: " ", count: max(2, column - 2 - left.count))
    return "  \(left)\(gap)\(right)\n"
  }
}
