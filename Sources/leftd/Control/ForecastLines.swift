import SyncCore
import SyncEngine

extension Forecast {
  /// Forecasts as lines: one for each, followed by those of its totals and items.
  static func lines(_ forecasts: [Forecast]) -> [ControlLine] {
    forecasts.flatMap { forecast in
      [
        ControlLine(
          "forecast", forecast.peer.description, forecast.isConnected ? "connected" : "away",
          String(forecast.announcedCount), forecast.isIncomplete ? "incomplete" : "complete")
      ] + forecast.totals.map(\.line) + forecast.items.map(\.line)
    }
  }

  /// Reads such lines; `nil` if they are something else.
  static func forecasts(_ lines: [ControlLine]) -> [Forecast]? {
    var forecasts: [Forecast] = []
    for line in lines {
      if let forecast = Forecast(line) {
        forecasts.append(forecast)
      } else if !forecasts.isEmpty, let total = Total(line) {
        forecasts[forecasts.count - 1].totals.append(total)
      } else if !forecasts.isEmpty, let item = Item(line) {
        forecasts[forecasts.count - 1].items.append(item)
      } else {
        return nil
      }
    }
    return forecasts
  }

  private init?(_ line: ControlLine) {
    guard line.text(0) == "forecast", line.words.count == 5, let peer = NodeID(text: line.text(1)),
      let count: Int = line.number(3)
    else { return nil }
    self.init(
      peer: peer, isConnected: line.text(2) == "connected", announcedCount: count,
      isIncomplete: line.text(4) == "incomplete")
  }
}

extension Forecast.Total {
  fileprivate var line: ControlLine {
    ControlLine(
      "total", side.rawValue, kind.rawValue, String(files), String(directories), String(bytes))
  }

  fileprivate init?(_ line: ControlLine) {
    guard line.text(0) == "total", line.words.count == 6,
      let side = Forecast.Side(rawValue: line.text(1)),
      let kind = Forecast.Kind(rawValue: line.text(2)), let files: Int = line.number(3),
      let directories: Int = line.number(4), let bytes: Int64 = line.number(5)
    else { return nil }
    self.init(side: side, kind: kind, files: files, directories: directories, bytes: bytes)
  }
}

extension Forecast.Item {
  fileprivate var line: ControlLine {
    let kinds = ["item", side.rawValue, kind.rawValue].map { Array($0.utf8) }
    let rest = [isDirectory ? "directory" : "file", String(size)].map { Array($0.utf8) }
    return ControlLine(kinds + [path.bytes, from.bytes] + rest)
  }

  fileprivate init?(_ line: ControlLine) {
    guard line.text(0) == "item", line.words.count == 7,
      let side = Forecast.Side(rawValue: line.text(1)),
      let kind = Forecast.Kind(rawValue: line.text(2)), let path = line.path(3),
      let from = line.path(4), let size: Int64 = line.number(6)
    else { return nil }
    self.init(
      side, kind, path, from: from, isDirectory: line.text(5) == "directory", size: size)
  }
}
