/// One step of a script: what a program does in the tree, or time that passes. Words:
///
/// `+a` makes a file and opens it for writing, `+n/` makes a directory, `*a` writes (opening the
/// file if nobody has), `.a` closes, `!a` opens for writing, `[a` maps it and writes there, `]a`
/// unmaps, `~a` truncates by path, `%a` sets the mode, `0a` takes every permission and `7a`
/// gives them back, `'a` sets both times, `"a` that of the modification, `-a` deletes, `-d/` a
/// directory, `--d/` with all in it, `a>b` renames over what is there, `d/>g/` a directory, `a<>b`
/// exchanges, `a<>` with a file outside of the tree, `a<>/` with a directory, `a>` moves out, `>b`
/// moves in what went out last, or something new (`>n/` a directory with a file and a directory in
/// it), `a&b` links `a` as `b`, `$a` makes a symbolic link, `|a` a FIFO.
///
/// `@5` five milliseconds pass. `^1` a flush with token 1. `?a` nobody may ask who writes `a`.
/// `{3 +a# .a# }` does it three times, with the number in the place of `#`. What nobody can do at
/// will: `:overflow`, `:stale` (an event of a watch that is gone), `:ignored=d/` (the kernel ends
/// the watch of `d`); to the root: `:moved`, `:deleted`, `:unmounted`.
enum Step: Hashable {
  case create(String), makeDirectory(String), makeSymlink(String), makeFIFO(String)
  case open(String), write(String), close(String), map(String), unmap(String)
  case truncate(String), setMode(String), setTimes(String), setModificationTime(String)
  case remove(String), removeDirectory(String), removeAll(String)
  case rename(String, String), exchange(String, String), moveOut(String)
  case moveIn(String, isDirectory: Bool), exchangeOutside(String, isDirectory: Bool)
  case makeUnreadable(String), makeReadable(String)
  case link(String, String)
  case pass(milliseconds: Double), flush(UInt64), refuseLease(String), kernel(String)

  /// Whether a program can do it.
  var isReal: Bool { if case .kernel = self { false } else { true } }

  static func parse(_ script: String) -> [Step] {
    var steps: [Step] = []
    var words = script.split(separator: " ").map(String.init)[...]
    while let word = words.popFirst() {
      guard word.hasPrefix("{") else {
        steps.append(parse(word: word))
        continue
      }
      let body = words.prefix { $0 != "}" }
      words = words.dropFirst(body.count + 1)
      for number in 0..<Int(word.dropFirst())! {
        for word in body {
          let text = word.split(separator: "#", omittingEmptySubsequences: false)
          steps.append(parse(word: text.joined(separator: "\(number)")))
        }
      }
    }
    return steps
  }

  private static func parse(word: String) -> Step {
    func ends(_ separator: String) -> (String, String)? {
      let parts = word.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 ? (plain(String(parts[0])), plain(String(parts[1]))) : nil
    }
    if word.hasPrefix(":") { return .kernel(String(word.dropFirst())) }
    if let (left, right) = ends("<>") {
      if right.isEmpty { return .exchangeOutside(left, isDirectory: word.hasSuffix("/")) }
      return .exchange(left, right)
    }
    if let (source, target) = ends(">") {
      if source.isEmpty { return .moveIn(target, isDirectory: word.hasSuffix("/")) }
      return target.isEmpty ? .moveOut(source) : .rename(source, target)
    }
    if let (source, target) = ends("&") { return .link(source, target) }
    return parse(first: word.first!, rest: String(word.dropFirst()))
  }

  private static func parse(first: Character, rest: String) -> Step {
    let isDirectory = rest.hasSuffix("/")
    let path = plain(rest)
    return switch first {
    case "+": isDirectory ? .makeDirectory(path) : .create(path)
    case "*": .write(path)
    case ".": .close(path)
    case "!": .open(path)
    case "[": .map(path)
    case "]": .unmap(path)
    case "~": .truncate(path)
    case "%": .setMode(path)
    case "0": .makeUnreadable(path)
    case "7": .makeReadable(path)
    case "'": .setTimes(path)
    case "\"": .setModificationTime(path)
    case "-" where rest.hasPrefix("-"): .removeAll(plain(String(rest.dropFirst())))
    case "-": isDirectory ? .removeDirectory(path) : .remove(path)
    case "$": .makeSymlink(path)
    case "|": .makeFIFO(path)
    case "@": .pass(milliseconds: Double(rest)!)
    case "^": .flush(UInt64(rest)!)
    case "?": .refuseLease(path)
    default: preconditionFailure("no such word: \(first)\(rest)")
    }
  }

  private static func plain(_ path: String) -> String {
    path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
