import SyncCore
import SyncEngine

extension Mending {
  /// The request as words of a line.
  var line: ControlLine {
    switch self {
    case .conflicts: ControlLine("conflicts")
    case .resolve(let path, let side):
      ControlLine([Array("resolve".utf8), path.bytes, Array(side.rawValue.utf8)])
    case .history(let path, let count):
      ControlLine([Array("history".utf8), path.bytes, Array(String(count).utf8)])
    case .set(let number): ControlLine("set", String(number))
    case .versions(let path): ControlLine([Array("versions".utf8), path.bytes])
    case .restore(let path, let folder):
      ControlLine([Array("restore".utf8), path.bytes, folder.bytes])
    case .undo(let number): ControlLine("undo", String(number))
    case .release: ControlLine("release")
    case .forecast(let path): ControlLine([Array("forecast".utf8), path.bytes])
    case .deviations(let path): ControlLine([Array("deviations".utf8), path.bytes])
    case .discardAdded(let path): ControlLine([Array("discard-added".utf8), path.bytes])
    case .takeBack(let path): ControlLine([Array("take-back".utf8), path.bytes])
    }
  }

  /// Reads the words; `nil` if they are no request.
  init?(_ line: ControlLine) {
    switch (line.text(0), line.words.count) {
    case ("conflicts", 1): self = .conflicts
    case ("resolve", 3):
      guard let path = line.path(1), let side = Side(rawValue: line.text(2)) else { return nil }
      self = .resolve(path, side)
    case ("history", 3):
      guard let path = line.path(1), let count: Int = line.number(2) else { return nil }
      self = .history(path, count: count)
    case ("set", 2):
      guard let number: UInt64 = line.number(1) else { return nil }
      self = .set(number)
    case ("release", 1): self = .release
    case ("deviations", 2):
      guard let path = line.path(1) else { return nil }
      self = .deviations(path)
    case ("discard-added", 2):
      guard let path = line.path(1) else { return nil }
      self = .discardAdded(path)
    case ("take-back", 2):
      guard let path = line.path(1) else { return nil }
      self = .takeBack(path)
    case ("forecast", 2):
      guard let path = line.path(1) else { return nil }
      self = .forecast(path)
    case ("versions", 2):
      guard let path = line.path(1) else { return nil }
      self = .versions(path)
    case ("restore", 3):
      guard let path = line.path(1), let folder = Name(line.words[2]) else { return nil }
      self = .restore(path, from: folder)
    case ("undo", 2):
      guard let number: UInt64 = line.number(1) else { return nil }
      self = .undo(number)
    default: return nil
    }
  }
}

extension MendingAnswer {
  /// The answer as lines.
  var lines: [ControlLine] {
    switch self {
    case .conflicts(let reports): reports.map(\.line)
    case .steps(let steps): steps.map(\.line)
    case .history(let sets): HistorySet.lines(sets)
    case .versions(let versions): versions.map(\.line)
    case .released(let sentences): sentences.map { ControlLine("said", $0) }
    case .forecasts(let forecasts): Forecast.lines(forecasts)
    case .deviations(let deviations): deviations.map(\.line)
    }
  }
}

extension ControlLine {
  /// The word as a path in a share; `nil` if it is none.
  func path(_ index: Int) -> RelativePath? {
    index < words.count ? RelativePath(bytes: words[index]) : nil
  }
}

extension ConflictReport {
  fileprivate var line: ControlLine {
    ControlLine(
      [Array("conflict".utf8), path.bytes, original.bytes]
        + [hasOriginal ? "yes" : "no", node, String(time), String(size)].map { Array($0.utf8) })
  }

  /// Reads what the daemon answered; `nil` if it is something else.
  init?(_ line: ControlLine) {
    guard line.text(0) == "conflict", line.words.count == 7, let path = line.path(1),
      let original = line.path(2), let time: Int64 = line.number(5),
      let size: Int64 = line.number(6)
    else { return nil }
    self.init(
      path: path, original: original, hasOriginal: line.text(3) == "yes", node: line.text(4),
      time: time, size: size)
  }
}

extension TrashVersion {
  fileprivate var line: ControlLine {
    ControlLine(
      [Array("version".utf8), folder.bytes]
        + [String(time), isDirectory ? "directory" : "file", String(size)].map { Array($0.utf8) })
  }

  /// Reads what the daemon answered; `nil` if it is something else.
  init?(_ line: ControlLine) {
    guard line.text(0) == "version", line.words.count == 5, let folder = Name(line.words[1]),
      let time: Int64 = line.number(2), let size: Int64 = line.number(4)
    else { return nil }
    self.init(
      folder: folder, time: time, isDirectory: line.text(3) == "directory", size: size)
  }
}

extension MendingStep {
  fileprivate var line: ControlLine {
    ControlLine(
      [Array("step".utf8), Array(kind.rawValue.utf8), path.bytes, other.bytes, Array(note.utf8)])
  }

  /// Reads what the daemon answered; `nil` if it is something else.
  init?(_ line: ControlLine) {
    guard line.text(0) == "step", line.words.count == 5, let kind = Kind(rawValue: line.text(1)),
      let path = line.path(2), let other = line.path(3)
    else { return nil }
    self.init(kind, path, other: other, note: line.text(4))
  }
}

extension ControlClient {
  /// The daemon is of another version.
  static let foreign = EngineError(
    "the daemon answered in words that this program does not know",
    remedy: "Restart the daemon, so that both are of one version.")

  /// Asks a share, and reads each line of the answer.
  func mend<Answer>(
    _ share: String, _ request: Mending, _ read: (ControlLine) -> Answer?
  ) throws(EngineError) -> [Answer] {
    var answers: [Answer] = []
    for line in try ask(.mend(share: share, request)) {
      guard let answer = read(line) else {
        throw Self.foreign
      }
      answers.append(answer)
    }
    return answers
  }
}
