import SyncEngine

extension LogEntry.Level {
  /// The words for the levels, in configuration and logs.
  var name: String {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .notice: "notice"
    case .info: "info"
    case .debug: "debug"
    }
  }

  /// All of them, for messages.
  static var names: String { allCases.map(\.name).joined(separator: ", ") }

  /// The inverse of `name`.
  init?(name: String) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }
}
