import SyncCore
import SyncEngine

/// `leftd release`: what is held goes on.
struct ReleaseCommand: Command {
  static let manual = Manual(
    name: "release",
    abstract: "Let go on what is held until somebody has looked.",
    operands: ["[SHARE]"],
    options: [.configuration, .state, .socket],
    discussion: """
      A share is held when its folder was found empty: released, it counts as emptied, and that is
      told to the peers. A set from a peer is held when it would delete more than 'hold_deletes'
      allows: released, it is applied, and what it deletes goes to the trash. A set with something
      that can't be applied goes on without that, at once. 'leftd status' says what is held and
      why; without SHARE, all of it is released.
      """,
    examples: [
      Example(line: "leftd release", purpose: "Yes, all of that was meant."),
      Example(line: "leftd release films", purpose: "Only in this share."),
    ])

  private let places: Places
  private let share: String?

  init(_ arguments: Arguments) throws(UsageError) {
    places = try Places(arguments)
    share = arguments.operands.first.map { String(decoding: $0, as: UTF8.self) }
  }

  func run() throws(EngineError) -> ExitCode {
    let daemon = try places.daemon()
    let status = try DaemonStatus(daemon.ask(.status))
    let chosen = try share.map { name throws(EngineError) in
      [try status.share(named: name, by: "its name")]
    }
    var sentences: [String] = []
    for share in chosen ?? status.shares {
      let said = try daemon.mend(share.share, .release) { $0.text(0) == "said" ? $0.text(1) : nil }
      sentences += said.map { "\(printable(share.share)): \(LogLine.withoutControls($0))\n" }
    }
    Output.standard.write(sentences.isEmpty ? "Nothing is held.\n" : sentences.joined())
    return .done
  }
}
