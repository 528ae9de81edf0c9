import SyncEngine

/// What the daemon answers: `ok`, the lines, `end`; or `error PROBLEM REMEDY ERRNO`. The last line
/// tells a whole answer from one that was cut off.
enum ControlReply: Equatable {
  case lines([ControlLine])
  case failure(EngineError)

  /// The bytes on the socket.
  var encoded: [UInt8] {
    let lines: [ControlLine] =
      switch self {
      case .lines(let lines): [ControlLine("ok")] + lines + [ControlLine("end")]
      case .failure(let error):
        [ControlLine("error", error.problem, error.remedy, String(error.errno))]
      }
    return lines.flatMap { $0.encoded + [UInt8(ascii: "\n")] }
  }

  /// Reads a whole answer; `nil` if it is not one.
  init?(encoded: [UInt8]) {
    guard encoded.last == UInt8(ascii: "\n") else { return nil }
    var lines: [ControlLine] = []
    for text in encoded.dropLast().split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    {
      guard let line = ControlLine(encoded: text) else { return nil }
      lines.append(line)
    }
    switch (lines.first?.text(0), lines.last?.text(0)) {
    case ("ok", "end"): self = .lines(Array(lines.dropFirst().dropLast()))
    case ("error", "error") where lines.count == 1:
      self = .failure(
        EngineError(
          lines[0].text(1), remedy: lines[0].text(2), errno: lines[0].number(3) ?? 0))
    default: return nil
    }
  }

  init(_ lines: [ControlLine]) {
    self = .lines(lines)
  }
}
