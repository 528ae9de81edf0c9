import Glibc
import SyncCore
import SyncEngine
import Synchronization

/// Where the daemon's log goes: to the journal with fields, or as lines to standard error.
final class DaemonLog: Log {
  /// The two ways.
  enum Sink {
    case journal
    case standardError
  }

  private let sink: Sink
  private let threshold: Atomic<Int>

  init(sink: Sink, level: LogEntry.Level) {
    self.sink = sink
    threshold = Atomic(level.rawValue)
  }

  /// Keeps entries up to this level from now on.
  func setLevel(_ level: LogEntry.Level) {
    threshold.store(level.rawValue, ordering: .relaxed)
  }

  func write(_ entry: LogEntry) {
    guard entry.level.rawValue <= threshold.load(ordering: .relaxed) else { return }
    switch sink {
    case .journal: Journal.send(entry)
    case .standardError: Output.error.write(LogLine.text(entry, time: LogLine.now()) + "\n")
    }
  }
}

/// An entry as one line of text.
enum LogLine {
  /// `TIME LEVEL: MESSAGE [peer=… path=… set=…]`, without a byte that could end the line or steer a
  /// terminal.
  static func text(_ entry: LogEntry, time: String) -> String {
    var text = "\(time) \(entry.level.name): \(withoutControls(entry.message))"
    if let peer = entry.peer { text += " peer=\(peer.short)" }
    if let path = entry.path { text += " path=\(path)" }
    if let set = entry.set { text += " set=\(set)" }
    return text
  }

  /// Local time to the second.
  static func now() -> String { text(ofTime: Glibc.time(nil)) }

  /// A time as local time to the second.
  static func text(ofTime seconds: time_t) -> String {
    var seconds = seconds
    var parts = unsafe tm()
    unsafe localtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    let count = unsafe strftime(&buffer, buffer.count, "%F %T", &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Control characters (C0, DEL, C1) escaped; the backslash stays, since names in a message have
  /// been escaped before.
  static func withoutControls(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { scalar in
      isControl(scalar) ? printable(String(scalar)) : String(scalar)
    }.joined()
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
  }
}
