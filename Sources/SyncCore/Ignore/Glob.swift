/// A compiled wildcard pattern, as git has them: `*` and `?` stay within one component, `**`
/// between slashes crosses them, `[…]` is a class, `\` takes the next byte as it is.
///
/// Matching walks over the text once with the set of all positions in the pattern that can have
/// been reached: O(bytes of text × tokens), whatever the pattern; nothing backtracks.
struct Glob: Hashable, Sendable {
  private enum Token: Hashable, Sendable {
    case byte(UInt8)
    /// `?`, or a class.
    case oneOf(ByteSet)
    /// `*`: any bytes but slashes.
    case many
    /// `**`: any bytes.
    case all
    /// `**/`: nothing, or what the next token takes.
    case directories
    /// The rest of `**/`: any bytes up to one of the slashes.
    case throughSlash
    /// What no text has: a class that does not end, a lone backslash.
    case never
  }

  /// The bytes before the first wildcard: what most texts are told apart by.
  private let prefix: [UInt8]
  private let tokens: [Token]
  /// The bytes after a single `*`, if that is all there is: `*.o`.
  private let suffixOfAnything: [UInt8]?

  /// Compiles a pattern. In one that is matched against a name alone (`isForNames`), `**` is `*`.
  init(_ pattern: [UInt8], isForNames: Bool) {
    var parser = Parser(pattern: pattern, isForNames: isForNames)
    prefix = Array(pattern[..<parser.position])
    parser.parse()
    tokens = parser.tokens
    let rest = tokens.dropFirst().compactMap { token in
      if case .byte(let byte) = token { byte } else { nil }
    }
    let isSimple =
      isForNames && prefix.isEmpty && tokens.first == .many && rest.count == tokens.count - 1
    suffixOfAnything = isSimple ? rest : nil
  }

  /// Whether the whole text matches.
  func matches(_ text: some RandomAccessCollection<UInt8>) -> Bool {
    if let suffixOfAnything {
      return text.count >= suffixOfAnything.count
        && text.suffix(suffixOfAnything.count).elementsEqual(suffixOfAnything)
    }
    guard text.starts(with: prefix) else { return false }
    let rest = text.dropFirst(prefix.count)
    return tokens.isEmpty ? rest.isEmpty : walk(rest)
  }

  private func walk(_ text: some Sequence<UInt8>) -> Bool {
    var reached = [Bool](repeating: false, count: tokens.count + 1)
    var next = reached
    enter(0, &reached)
    for byte in text {
      var isDead = true
      for position in tokens.indices where reached[position] {
        switch tokens[position] {
        case .byte(byte): enter(position + 1, &next)
        case .byte, .never, .directories: continue
        case .oneOf(let set):
          guard set.contains(byte) else { continue }
          enter(position + 1, &next)
        case .many:
          guard byte != Self.slash else { continue }
          enter(position, &next)
        case .all: enter(position, &next)
        case .throughSlash:
          enter(position, &next)
          if byte == Self.slash { enter(position + 1, &next) }
        }
        isDead = false
      }
      if isDead { return false }
      swap(&reached, &next)
      for position in next.indices { next[position] = false }
    }
    return reached[tokens.count]
  }

  /// Reaches a position, and those behind it that need no byte.
  private func enter(_ position: Int, _ reached: inout [Bool]) {
    var position = position
    while !reached[position] {
      reached[position] = true
      guard position < tokens.count else { return }
      switch tokens[position] {
      case .many, .all: position += 1
      case .directories:
        enter(position + 1, &reached)
        position += 2
      case .byte, .oneOf, .throughSlash, .never: return
      }
    }
  }

  private static let slash = UInt8(ascii: "/")

  private struct Parser {
    let pattern: [UInt8]
    let isForNames: Bool
    /// Begins at the first wildcard.
    var position: Int
    let start: Int
    var tokens: [Token] = []

    init(pattern: [UInt8], isForNames: Bool) {
      self.pattern = pattern
      self.isForNames = isForNames
      start = pattern.firstIndex(where: Self.isWildcard) ?? pattern.count
      position = start
    }

    static func isWildcard(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "\\"): true
      default: false
      }
    }

    private func byte(_ index: Int) -> UInt8? { index < pattern.count ? pattern[index] : nil }

    mutating func parse() {
      while let byte = byte(position) {
        switch byte {
        case UInt8(ascii: "*"): takeStars()
        case UInt8(ascii: "?"):
          position += 1
          var any = ByteSet()
          any.invert()
          add(any)
        case UInt8(ascii: "["): takeClass()
        case UInt8(ascii: "\\"):
          tokens.append(self.byte(position + 1).map { .byte($0) } ?? .never)
          position += 2
        default:
          tokens.append(.byte(byte))
          position += 1
        }
      }
    }

    private mutating func add(_ set: ByteSet) {
      var set = set
      set.remove(Glob.slash)
      tokens.append(.oneOf(set))
    }

    private mutating func takeStars() {
      let begin = position
      while byte(position) == UInt8(ascii: "*") { position += 1 }
      // As git does it: what comes before the first wildcard is matched by itself, so that stars
      // behind it stand at the beginning.
      let isFirst = begin == start || byte(begin - 1) == Glob.slash
      let isSlash = byte(position) == Glob.slash
      let isLast = position == pattern.count || isSlash || isEscapedSlash
      guard position - begin > 1, isFirst, isLast, !isForNames else {
        return tokens.append(.many)
      }
      guard isSlash else { return tokens.append(.all) }
      tokens += [.directories, .throughSlash]
      position += 1
    }

    private var isEscapedSlash: Bool {
      byte(position) == UInt8(ascii: "\\") && byte(position + 1) == Glob.slash
    }

    /// A class: `]` may be its first byte, `!` or `^` in front of it inverts it.
    private mutating func takeClass() {
      position += 1
      let isInverted = byte(position) == UInt8(ascii: "!") || byte(position) == UInt8(ascii: "^")
      if isInverted { position += 1 }
      var set = ByteSet()
      /// What a `-` would make a range from.
      var previous: UInt8?
      var isFirst = true
      while isFirst || byte(position) != UInt8(ascii: "]") {
        isFirst = false
        guard let member = takeMember(&set, after: previous) else {
          position = pattern.count
          return tokens.append(.never)
        }
        previous = member
      }
      position += 1
      if isInverted { set.invert() }
      add(set)
    }

    /// Takes one byte, range or POSIX class into `set`. Returns the byte from which a range may go
    /// on; 0 if none may; `nil` if the class is broken.
    private mutating func takeMember(_ set: inout ByteSet, after previous: UInt8?) -> UInt8? {
      guard let byte = byte(position) else { return nil }
      if byte == UInt8(ascii: "-"), let previous, previous != 0,
        let next = self.byte(position + 1), next != UInt8(ascii: "]")
      {
        position += 1
        guard let end = takeEscapable() else { return nil }
        if previous <= end { set.insert(previous...end) }
        return 0
      }
      if byte == UInt8(ascii: "["), self.byte(position + 1) == UInt8(ascii: ":") {
        let begin = position + 2
        guard let end = pattern[begin...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        if end > begin, pattern[end - 1] == UInt8(ascii: ":") {
          guard let known = ByteSet(posixClass: pattern[begin..<end - 1]) else { return nil }
          set.formUnion(known)
          position = end + 1
          return 0
        }
      }
      guard let member = takeEscapable() else { return nil }
      set.insert(member)
      return member
    }

    private mutating func takeEscapable() -> UInt8? {
      if byte(position) == UInt8(ascii: "\\") { position += 1 }
      defer { position += 1 }
      return byte(position)
    }
  }
}
