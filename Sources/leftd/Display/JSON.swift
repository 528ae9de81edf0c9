/// A JSON value (RFC 8259), for writing. Keys keep their order.
enum JSON {
  case string(String)
  case number(Int64)
  case bool(Bool)
  case array([JSON])
  case object([(String, JSON)])

  /// The value on one line.
  var text: String {
    switch self {
    case .string(let text): Self.quote(text)
    case .number(let number): String(number)
    case .bool(let bool): bool ? "true" : "false"
    case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { "\(Self.quote($0)):\($1.text)" }.joined(separator: ",") + "}"
    }
  }

  /// A number that JSON readers keep exact up to 2^53.
  static func number(_ number: some BinaryInteger) -> JSON { .number(Int64(clamping: number)) }

  private static func quote(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      // DEL and C1 are legal in JSON, but not on a terminal.
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
