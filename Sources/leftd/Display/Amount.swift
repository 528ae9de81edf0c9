/// Numbers as people read them.
enum Amount {
  /// Bytes in decimal units with three digits: `999 B`, `1.23 MB`, `45.6 GB`.
  static func bytes(_ count: Int64) -> String {
    guard count >= 1000 else { return "\(max(0, count)) B" }
    var step: Int64 = 1
    for unit in ["kB", "MB", "GB", "TB", "PB", "EB"] {
      // In steps of a hundredth, a tenth, a whole unit: the first in which three digits suffice.
      for decimals in [2, 1, 0] {
        step *= 10
        let digits = count / step + (count % step >= step / 2 ? 1 : 0)
        if digits < 1000 { return "\(number(digits, decimals)) \(unit)" }
      }
    }
    preconditionFailure("2^63 bytes are 9.22 EB")
  }

  /// A number of units, tenths or hundredths, with a point where it belongs.
  private static func number(_ digits: Int64, _ decimals: Int) -> String {
    var text = String(digits)
    if decimals > 0 { text.insert(".", at: text.index(text.endIndex, offsetBy: -decimals)) }
    return text
  }

  /// `45 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
  static func duration(seconds: Int) -> String {
    switch seconds {
    case ..<60: "\(max(0, seconds)) s"
    case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
    case ..<86_400: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    default: "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
    }
  }

  /// `1 file`, `1,234 files`.
  static func count(_ number: some BinaryInteger, _ singular: String, _ plural: String) -> String {
    "\(grouped(number)) \(number == 1 ? singular : plural)"
  }

  /// Digits in groups of three.
  static func grouped(_ number: some BinaryInteger) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 && digits[index - 1] != "-" { text += "," }
      text.append(digit)
    }
    return text
  }
}
