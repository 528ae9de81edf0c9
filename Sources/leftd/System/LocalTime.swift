import Glibc

/// Times as a person types them.
enum LocalTime {
  /// `YYYY-MM-DD`, with ` HH:MM` or ` HH:MM:SS` in local time (or `T` for the blank), or
  /// `@SECONDS`; seconds since 1970 UTC, `nil` for anything else.
  static func seconds(_ text: String) -> Int? {
    if text.hasPrefix("@") { return Int(text.dropFirst()).flatMap { $0 >= 0 ? $0 : nil } }
    let parts = text.split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == " " || $0 == "T" })
    guard let day = numbers(parts[0], "-", [4, 2, 2]),
      let time = parts.count < 2
        ? [0, 0] : numbers(parts[1], ":", [2, 2]) ?? numbers(parts[1], ":", [2, 2, 2])
    else { return nil }
    var fields = unsafe tm()
    unsafe fields.tm_year = Int32(day[0] - 1900)
    unsafe fields.tm_mon = Int32(day[1] - 1)
    unsafe fields.tm_mday = Int32(day[2])
    unsafe fields.tm_hour = Int32(time[0])
    unsafe fields.tm_min = Int32(time[1])
    unsafe fields.tm_sec = Int32(time.count > 2 ? time[2] : 0)
    unsafe fields.tm_isdst = -1
    guard (1...12).contains(day[1]), (1...31).contains(day[2]), time[0] < 24, time[1] < 60,
      time.count < 3 || time[2] < 61
    else { return nil }
    let seconds = unsafe mktime(&fields)
    return seconds < 0 ? nil : seconds
  }

  private static func numbers(
    _ text: Substring, _ separator: Character, _ lengths: [Int]
  ) -> [Int]? {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == lengths,
      parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { return nil }
    return parts.compactMap { Int($0) }
  }
}
