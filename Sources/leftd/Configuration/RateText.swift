import SyncCore

/// Rates as the configuration writes them: `2M`, `500 kB`, `unlimited`, or several with commas
/// between, each for a time of the day: `2M 08:00-18:00, unlimited`.
enum RateText {
  /// What is expected, for messages.
  static let expected =
    "bytes a second from 10k on, such as 2M; 'unlimited'; or several with times of the day, such "
    + "as '2M 08:00-18:00, unlimited', of which the first that holds counts"

  /// Reads a schedule; `nil` if it is none, or a part of it could never hold.
  static func schedule(_ text: String) -> RateSchedule? {
    var rules: [RateSchedule.Rule] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      // Nothing after a rate that always holds.
      guard rules.last.map({ $0.begin != nil }) ?? true, let rule = rule(part) else { return nil }
      rules.append(rule)
    }
    return RateSchedule(rules)
  }

  private static func rule(_ text: Substring) -> RateSchedule.Rule? {
    var words = text.split(separator: " ")
    let span = words.last?.contains(":") == true ? words.removeLast() : nil
    let amount = words.joined()
    let rate = amount == "unlimited" ? nil : rate(amount)
    guard rate != nil || amount == "unlimited" else { return nil }
    guard let span else { return RateSchedule.Rule(rate: rate) }
    let times = span.split(separator: "-", omittingEmptySubsequences: false).map(minute)
    guard times.count == 2, let begin = times[0], let end = times[1], begin < 1440 else {
      return nil
    }
    return RateSchedule.Rule(rate: rate, begin: begin, end: end)
  }

  /// Bytes a second: `500k`, `2M`, `1GB`, with or without `/s`.
  private static func rate(_ text: String) -> Int64? {
    var text = text[...]
    if text.hasSuffix("/s") { text = text.dropLast(2) }
    if text.hasSuffix("B") { text = text.dropLast() }
    guard let unit = text.last, ["k", "M", "G"].contains(unit) else { return nil }
    return Quantity.bytes(text + "B").flatMap { $0 >= Limits.lowestRate ? $0 : nil }
  }

  /// Minutes since midnight of `HH:MM`, up to 24:00.
  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60
    else { return nil }
    let time = hour * 60 + minute
    return time <= 1440 ? time : nil
  }
}
