public import SyncCore

/// One thing worth telling: what happened, to what, and what can be done about it.
public struct LogEntry: Sendable {
  /// How much it matters, as syslog counts (RFC 5424).
  public enum Level: Int, Sendable, CaseIterable {
    /// Data or service is in danger.
    case error = 3
    /// Something was held, refused or is slower than it should be.
    case warning = 4
    /// Once for each thing a user did: a set applied, a peer come or gone.
    case notice = 5
    /// What is going on.
    case info = 6
    /// For those who read the source beside it.
    case debug = 7
  }

  /// How much it matters.
  public var level: Level
  /// One sentence: what, where, and for trouble what to do. Names from peers are already escaped.
  public var message: String
  /// `LEFT_PEER`: the peer concerned.
  public var peer: NodeID?
  /// `LEFT_PATH`: the path concerned, byte for byte.
  public var path: RelativePath?
  /// `LEFT_SET`: the unit concerned, as this node counts.
  public var set: UInt64?

  /// An entry from its parts.
  public init(
    _ level: Level, _ message: String, peer: NodeID? = nil, path: RelativePath? = nil,
    set: UInt64? = nil
  ) {
    self.level = level
    self.message = message
    self.peer = peer
    self.path = path
    self.set = set
  }
}

/// Where log entries go: the journal, a terminal, a test.
public protocol Log: Sendable {
  /// Takes an entry; never blocks for long and never fails.
  func write(_ entry: LogEntry)
}

extension LogEntry.Level {
  /// As the engine has it.
  init(_ severity: Severity) {
    self =
      switch severity {
      case .error: .error
      case .warning: .warning
      case .notice: .notice
      case .info: .info
      }
  }
}
