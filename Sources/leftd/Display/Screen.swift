import CLinux

/// A block of lines on a terminal that is drawn again and again in the same place.
struct Screen {
  private let output: Output
  private var rows = 0

  init(_ output: Output) {
    self.output = output
  }

  /// Replaces what was drawn last. Lines are cut at the terminal's width, since a wrapped one would
  /// take more rows than are counted.
  mutating func draw(_ text: String) {
    let columns = clinux_terminal_columns(output.descriptor)
    let width = columns > 0 ? Int(columns) : 80
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0.prefix(width - 1))
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    output.write(eraser + lines.map { $0 + "\n" }.joined())
    rows = lines.count
  }

  /// Takes away what was drawn last.
  mutating func clear() {
    output.write(eraser)
    rows = 0
  }

  /// Up to the first row, and everything below it erased (ECMA-48: CPL, ED).
  private var eraser: String { rows == 0 ? "" : "\u{1B}[\(rows)F\u{1B}[J" }
}
