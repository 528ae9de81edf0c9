/// The words after a command's name, sorted by its manual.
///
/// A parser of our own, and not glibc's `getopt_long`: that one keeps its place in global
/// variables, which Swift 6 rightly refuses, takes abbreviations, which break scripts when an
/// option is added, and prints messages of its own.
struct Arguments {
  private var values: [String: [String]] = [:]
  /// What is no option, byte for byte.
  private(set) var operands: [[UInt8]] = []

  /// Takes `--name`, `--name VALUE`, `--name=VALUE` and `-h`; everything after `--` is an operand.
  init(_ words: ArraySlice<[UInt8]>, manual: Manual) throws(UsageError) {
    var rest = words
    var takesOptions = true
    while let word = rest.popFirst() {
      if takesOptions && word == Array("--".utf8) {
        takesOptions = false
      } else if takesOptions && word.first == UInt8(ascii: "-") && word.count > 1 {
        try takeOption(String(decoding: word, as: UTF8.self), &rest, manual)
      } else {
        operands.append(word)
      }
    }
    // Whoever asks for help need not know what else to say.
    guard !has("help") else { return }
    if operands.count > manual.operands.count, !manual.takesManyOperands {
      let extra = String(decoding: operands[manual.operands.count], as: UTF8.self)
      throw UsageError("unexpected argument \(quoted(extra))")
    }
    if operands.count < manual.requiredOperandCount {
      throw UsageError("missing argument \(manual.operands[operands.count])")
    }
  }

  private mutating func takeOption(
    _ word: String, _ rest: inout ArraySlice<[UInt8]>, _ manual: Manual
  ) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let given = String(parts[0])
    let known = manual.options + [.help]
    let isMeant = { (option: Option) in
      "--" + option.name == given || option.letter.map { "-\($0)" == word } ?? false
    }
    guard let option = known.first(where: isMeant) else {
      throw UsageError("unknown option \(quoted(given))")
    }
    if !option.repeats && has(option.name) {
      throw UsageError("option --\(option.name) given twice")
    }
    var value = parts.count > 1 ? String(parts[1]) : nil
    if option.value != nil {
      value = value ?? rest.popFirst().map { String(decoding: $0, as: UTF8.self) }
      guard let value, !value.isEmpty else {
        throw UsageError("option --\(option.name) needs a value (\(option.value ?? ""))")
      }
    } else if value != nil {
      throw UsageError("option --\(option.name) takes no value")
    }
    values[option.name, default: []].append(value ?? "")
  }

  /// Whether the option was given.
  func has(_ option: String) -> Bool { values[option] != nil }

  /// The option's value; `nil` if it was not given.
  func value(_ option: String) -> String? { values[option]?.last }

  /// All values of an option that may be repeated, in order.
  func all(_ option: String) -> [String] { values[option] ?? [] }
}

/// A word of the user's in a message: its end is visible, and it cannot steer the terminal.
func quoted(_ word: String) -> String { "'\(printable(word))'" }
