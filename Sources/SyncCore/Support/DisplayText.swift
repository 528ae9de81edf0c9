/// Bytes shown to people: valid UTF-8 stays as it is, everything that could steer a terminal or
/// break a log line is escaped.
public enum DisplayText {
  /// `\n` for a newline, `\xNN` for other control characters (C0, DEL, C1), for the backslash
  /// itself and for bytes that aren't UTF-8.
  public static func escape(_ bytes: [UInt8]) -> String {
    var text = ""
    for character in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      if character == "\u{FFFD}" { return escapeEveryByte(bytes) }
      text += escaped(character)
    }
    return text
  }

  /// For names that aren't UTF-8 (or hold the replacement character itself): ASCII stays readable.
  private static func escapeEveryByte(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      byte < 0x80 ? escaped(Unicode.Scalar(byte)) : hexadecimal(byte)
    }.joined()
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x0A: "\\n"
    case 0x5C: "\\\\"
    case 0..<0x20, 0x7F..<0xA0: hexadecimal(UInt8(scalar.value))
    default: String(scalar)
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    "\\x" + Hexadecimal.encode([byte])
  }
}
