/// RFC 4648 base32 in lower case without padding: what node ids and invitation codes are written
/// in. It has no digit that is taken for a letter, and can be read out over a telephone.
public enum Base32 {
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  /// Eight digits for each five bytes, the last group as short as it can be.
  public static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var accumulator: UInt32 = 0
    var bitCount = 0
    for byte in bytes {
      accumulator = accumulator << 8 | UInt32(byte)
      bitCount += 8
      while bitCount >= 5 {
        bitCount -= 5
        text.append(alphabet[Int(accumulator >> UInt32(bitCount)) & 31])
      }
      accumulator &= (1 << UInt32(bitCount)) - 1
    }
    if bitCount > 0 {
      text.append(alphabet[Int(accumulator << UInt32(5 - bitCount)) & 31])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The inverse, in either case; `nil` for a character outside the alphabet or stray bits.
  public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var accumulator: UInt32 = 0
    var bitCount = 0
    for character in text {
      let lowered = (65...90).contains(character) ? character + 32 : character
      guard let digit = alphabet.firstIndex(of: lowered) else { return nil }
      accumulator = accumulator << 5 | UInt32(digit)
      bitCount += 5
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bitCount)))
      }
      accumulator &= (1 << UInt32(bitCount)) - 1
    }
    guard bitCount < 5, accumulator == 0 else { return nil }
    return bytes
  }
}
