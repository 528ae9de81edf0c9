import SyncCore

extension Deviation {
  /// The deviation as a line.
  var line: ControlLine {
    let rest = [isDirectory ? "directory" : "file", String(size)]
    return ControlLine(
      ["deviation", kind.rawValue].map { Array($0.utf8) } + [path.bytes]
        + rest.map { Array($0.utf8) })
  }

  /// Reads what the daemon answered; `nil` if it is something else.
  init?(_ line: ControlLine) {
    guard line.text(0) == "deviation", line.words.count == 5,
      let kind = Kind(rawValue: line.text(1)), let path = line.path(2),
      let size: Int64 = line.number(4)
    else { return nil }
    self.init(kind, path, isDirectory: line.text(3) == "directory", size: size)
  }
}
