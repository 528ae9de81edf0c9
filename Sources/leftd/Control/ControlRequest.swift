import SyncCore
import SyncEngine

/// What a command asks of the running daemon: one line on a connection of its own.
enum ControlRequest: Equatable {
  /// Answered by the lines of a `DaemonStatus`.
  case status
  /// Waits until all that was written in the share is recorded; answered by `sequence NUMBER`.
  case flush(share: String)
  /// Answered by `sequence NUMBER` of the path's row.
  case sequence(share: String, path: RelativePath)
  /// Answered by a line `fact LABEL TEXT` for each thing to say of the path.
  case explain(share: String, path: RelativePath)
  /// Records what happens below a directory as one change: answered by the line `held` at once, and
  /// by `sequence NUMBER`, or by `late` before it, when the client has ended its side.
  case hold(share: String, path: RelativePath)
  /// Answered by `code CODE ADDRESS`.
  case invite
  /// Pairs with a node that invites, and may pause it before anything is exchanged, to be heard;
  /// answered by `peer NAME ID ADDRESS NOTE`.
  case join(address: String, code: String, isPlanned: Bool = false)
  /// Answered by a line `peer NAME ID ADDRESS` for each.
  case peers
  /// Exchanges nothing with a share's peers, a peer or (empty) all, for so many seconds or (0)
  /// until `resume`, but may go on hearing them; answered by `paused SHARE PEER END` for each.
  case pause(target: String, seconds: Int64, isHeard: Bool = false)
  /// Ends pauses; answered by such a line with an empty end for each.
  case resume(target: String)
  /// Takes back what was changed on a replica below a path; answered by the steps.
  case revert(share: String, path: RelativePath)
  /// What a person asks of a share; answered by the lines of a `MendingAnswer`.
  case mend(share: String, Mending)

  /// The request as a line.
  var line: ControlLine {
    switch self {
    case .status: ControlLine("status")
    case .flush(let share): ControlLine("flush", share)
    case .sequence(let share, let path):
      ControlLine(["sequence", share].map { Array($0.utf8) } + [path.bytes])
    case .explain(let share, let path):
      ControlLine(["explain", share].map { Array($0.utf8) } + [path.bytes])
    case .hold(let share, let path):
      ControlLine(["hold", share].map { Array($0.utf8) } + [path.bytes])
    case .invite: ControlLine("invite")
    case .join(let address, let code, let isPlanned):
      Self.line(["join", address, code], isPlanned: isPlanned)
    case .peers: ControlLine("peers")
    case .pause(let target, let seconds, let isHeard):
      Self.line(["pause", target, String(seconds)], isPlanned: isHeard)
    case .resume(let target): ControlLine("resume", target)
    case .revert(let share, let path):
      ControlLine(["revert", share].map { Array($0.utf8) } + [path.bytes])
    case .mend(let share, let request):
      ControlLine([Array("mend".utf8), Array(share.utf8)] + request.line.words)
    }
  }

  /// Reads a line; `nil` if it is none of them.
  init?(_ line: ControlLine) {
    switch (line.text(0), line.words.count) {
    case ("status", 1): self = .status
    case ("flush", 2): self = .flush(share: line.text(1))
    case ("sequence", 3):
      guard let path = RelativePath(bytes: line.words[2]) else { return nil }
      self = .sequence(share: line.text(1), path: path)
    case ("explain", 3):
      guard let path = RelativePath(bytes: line.words[2]) else { return nil }
      self = .explain(share: line.text(1), path: path)
    case ("hold", 3):
      guard let path = RelativePath(bytes: line.words[2]) else { return nil }
      self = .hold(share: line.text(1), path: path)
    case ("invite", 1): self = .invite
    case ("join", 3...4):
      guard let isPlanned = Self.isPlanned(line, 3) else { return nil }
      self = .join(address: line.text(1), code: line.text(2), isPlanned: isPlanned)
    case ("peers", 1): self = .peers
    case ("pause", 3...4):
      guard let seconds: Int64 = line.number(2), seconds >= 0,
        let isHeard = Self.isPlanned(line, 3)
      else { return nil }
      self = .pause(target: line.text(1), seconds: seconds, isHeard: isHeard)
    case ("resume", 2): self = .resume(target: line.text(1))
    case ("revert", 3):
      guard let path = line.path(2) else { return nil }
      self = .revert(share: line.text(1), path: path)
    case ("mend", 3...):
      guard let request = Mending(ControlLine(Array(line.words.dropFirst(2)))) else { return nil }
      self = .mend(share: line.text(1), request)
    default: return nil
    }
  }

  private static let plan = "plan"

  private static func line(_ words: [String], isPlanned: Bool) -> ControlLine {
    ControlLine((words + (isPlanned ? [plan] : [])).map { Array($0.utf8) })
  }

  /// Whether a word that may be missing says so; `nil` if it says something else.
  private static func isPlanned(_ line: ControlLine, _ index: Int) -> Bool? {
    guard line.words.count > index else { return false }
    return line.text(index) == plan ? true : nil
  }
}
