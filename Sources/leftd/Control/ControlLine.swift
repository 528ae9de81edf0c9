import SyncCore

/// A line of words, as the control socket speaks: words are separated by one blank; in a word every
/// byte up to the blank, DEL, `%` and everything above is written `%NN`. So any bytes can be a
/// word, the empty word too, and a line is ASCII.
struct ControlLine: Equatable {
  var words: [[UInt8]]

  init(_ words: [[UInt8]]) {
    self.words = words
  }

  init(_ words: String...) {
    self.words = words.map { Array($0.utf8) }
  }

  /// Reads a line without its newline; `nil` where an escape is broken or a byte is not allowed.
  init?(encoded: some Collection<UInt8>) {
    words = []
    for part in encoded.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
      guard let word = Self.decode(Array(part)) else { return nil }
      words.append(word)
    }
  }

  /// The line without its newline.
  var encoded: [UInt8] {
    Array(words.map(Self.encode).joined(separator: [UInt8(ascii: " ")]))
  }

  /// The word as text; empty if the line is shorter.
  func text(_ index: Int) -> String {
    index < words.count ? String(decoding: words[index], as: UTF8.self) : ""
  }

  /// The word as a number; `nil` if it is none.
  func number<Number: FixedWidthInteger>(_ index: Int) -> Number? { Number(text(index)) }

  private static func encode(_ word: [UInt8]) -> [UInt8] {
    word.flatMap { byte in
      (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "%")
        ? [byte] : [UInt8(ascii: "%")] + Hexadecimal.encodeBytes([byte])
    }
  }

  private static func decode(_ text: [UInt8]) -> [UInt8]? {
    var word: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let value = Hexadecimal.decode(rest.prefix(2)), value.count == 1 else { return nil }
        word += value
        rest = rest.dropFirst(2)
      } else {
        guard (0x21...0x7E).contains(byte) else { return nil }
        word.append(byte)
      }
    }
    return word
  }
}
