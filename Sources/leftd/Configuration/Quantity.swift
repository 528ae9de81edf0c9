/// Amounts as the configuration writes them.
enum Quantity {
  /// `30%` or `30`, from 0 to 100.
  static func percent(_ text: String) -> Int? {
    let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
    return number(digits).flatMap { $0 <= 100 ? Int($0) : nil }
  }

  /// Days from 1 to 3650.
  static func days(_ text: String) -> Int? {
    number(text[...]).flatMap { (1...3650).contains($0) ? Int($0) : nil }
  }

  /// `500 MB`, `10 GB`, `2 TB`: in decimal units, as sizes are shown.
  static func bytes(_ text: String) -> Int64? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    let factors: [Substring: Int64] = [
      "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
    ]
    guard let number = number(digits), let factor = factors[unit], number > 0 else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
    return overflows ? nil : bytes
  }

  private static func number(_ digits: Substring) -> Int64? {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Int64(digits)
  }
}
