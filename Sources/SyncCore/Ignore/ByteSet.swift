/// A set of bytes: what a character class of a pattern matches.
struct ByteSet: Hashable, Sendable {
  private var first: UInt64 = 0
  private var second: UInt64 = 0
  private var third: UInt64 = 0
  private var fourth: UInt64 = 0

  func contains(_ byte: UInt8) -> Bool {
    let bit = UInt64(1) << UInt64(byte & 63)
    return switch byte >> 6 {
    case 0: first & bit != 0
    case 1: second & bit != 0
    case 2: third & bit != 0
    default: fourth & bit != 0
    }
  }

  mutating func insert(_ byte: UInt8) {
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: first |= bit
    case 1: second |= bit
    case 2: third |= bit
    default: fourth |= bit
    }
  }

  mutating func insert(_ range: ClosedRange<UInt8>) { for byte in range { insert(byte) } }

  mutating func remove(_ byte: UInt8) {
    guard contains(byte) else { return }
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: first &= ~bit
    case 1: second &= ~bit
    case 2: third &= ~bit
    default: fourth &= ~bit
    }
  }

  mutating func invert() { (first, second, third, fourth) = (~first, ~second, ~third, ~fourth) }

  /// The bytes of a POSIX class such as `alpha`, in the C locale; `nil` if there is no such class.
  init?(posixClass name: some Collection<UInt8>) {
    self.init()
    switch String(decoding: name, as: UTF8.self) {
    case "alpha": insertLetters()
    case "alnum":
      insertLetters()
      insert(0x30...0x39)
    case "digit": insert(0x30...0x39)
    case "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66].forEach { insert($0) }
    case "lower": insert(0x61...0x7A)
    case "upper": insert(0x41...0x5A)
    case "blank": [0x20, 0x09].forEach { insert($0) }
    case "space":
      insert(0x09...0x0D)
      insert(0x20)
    case "cntrl":
      insert(0x00...0x1F)
      insert(0x7F)
    case "print": insert(0x20...0x7E)
    case "graph": insert(0x21...0x7E)
    case "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E].forEach { insert($0) }
    default: return nil
    }
  }

  init() {}

  private mutating func insertLetters() {
    insert(0x41...0x5A)
    insert(0x61...0x7A)
  }

  mutating func formUnion(_ other: ByteSet) {
    first |= other.first
    second |= other.second
    third |= other.third
    fourth |= other.fourth
  }
}
