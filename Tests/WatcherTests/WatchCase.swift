import Foundation
import SyncCore
import Testing

@testable import Watcher

/// A case of the table in `Cases`: a tree, what is done to it, and what is to be reported.
///
/// In these files a line without indentation names a case. Below it, indented: its script (the
/// words of `Step`), `have` the tree at the beginning (before the first case: of all that follow),
/// and in order of time what is reported. `= *a -b` is a set in the words of `Change.word`,
/// `= 3: *a` the same at the third millisecond, `= flushed 1`, `= passed a` and `= says WORDS` the
/// other reports; what passed and what is said count only in cases that have such a line. `late`
/// is all that is told where the watcher reads nothing until the end, if that differs; `late A | B`
/// if a kernel may tell B, too, and `late *` if it is only asked to cover what has changed. `slow
/// 5`: each event is read five milliseconds after the one before. `blind a`: of `a` nothing is
/// known in the end. `policy NAME NUMBER`, `queue` and `watches` set bounds. `#` begins a comment.
struct WatchCase: Sendable, CustomTestStringConvertible {
  var name: String
  var tree: [String]
  var script = ""
  var expected: [String] = []
  var late: String?
  /// Between two events.
  var slowness: Double?
  var blind: Set<String> = []
  var policy = SettlePolicy.default
  var queueLimit = 16_384
  var watchLimit = 1_000_000

  var testDescription: String { name }

  var steps: [Step] { Step.parse(script) }

  var hasBounds: Bool { queueLimit < 16_384 || watchLimit < 1_000_000 }

  /// How long it takes.
  var milliseconds: Double {
    steps.reduce(0) { if case .pass(let time) = $1 { $0 + time } else { $0 } }
  }

  /// Whether all sets together are what is told where nothing is read until the end.
  var isTimed: Bool { milliseconds > 0 }

  /// What is told in all, without times.
  var expectedWords: String {
    let kinds = ["flushed", "passed", "says"]
    return expected.map(Self.withoutTime)
      .filter { line in !kinds.contains { line.hasPrefix($0 + " ") } }
      .joined(separator: " ")
  }

  static func withoutTime(_ line: String) -> String {
    line.firstMatch(of: #/^[0-9]+: /#).map { String(line[$0.range.upperBound...]) } ?? line
  }

  static let all: [WatchCase] = {
    let folder = Bundle.module.resourceURL!.appendingPathComponent("Cases")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().flatMap { name in
      let file = folder.appendingPathComponent(name)
      return parse((try? String(contentsOf: file, encoding: .utf8)) ?? "")
    }
  }()

  private static func parse(_ text: String) -> [WatchCase] {
    var cases: [WatchCase] = []
    var tree: [String] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard line.hasPrefix("  ") else {
        if line.hasPrefix("have ") {
          tree = words(line.dropFirst(5))
        } else {
          cases.append(WatchCase(name: String(line), tree: tree))
        }
        continue
      }
      cases[cases.count - 1].add(line.drop { $0 == " " })
    }
    return cases
  }

  private mutating func add(_ line: Substring) {
    let (key, rest) = Self.split(line)
    switch key {
    case "=": expected.append(rest)
    case "late": late = rest
    case "slow": slowness = Double(rest)!
    case "blind": blind = Set(Self.words(Substring(rest)))
    case "have": tree = Self.words(Substring(rest))
    case "queue": queueLimit = Int(rest)!
    case "watches": watchLimit = Int(rest)!
    case "policy":
      let (name, value) = Self.split(Substring(rest))
      switch name {
      case "directoryEntryCount": policy.directoryEntryCount = Int(value)!
      case "totalEntryCount": policy.totalEntryCount = Int(value)!
      case "closedProbeCount": policy.closedProbeCount = Int(value)!
      default: preconditionFailure("no such bound: \(name)")
      }
    default: script += (script.isEmpty ? "" : " ") + line
    }
  }

  private static func split(_ line: Substring) -> (String, String) {
    let end = line.firstIndex(of: " ") ?? line.endIndex
    return (String(line[..<end]), String(line[end...].drop { $0 == " " }))
  }

  private static func words(_ line: Substring) -> [String] {
    line.split(separator: " ").map(String.init)
  }
}

extension Change {
  /// `+a` created, `*a` modified, `-a` removed, `a>b` moved, `?d` to be rescanned; a directory ends
  /// in `/`.
  var word: String {
    func name(_ path: RelativePath, _ isDirectory: Bool) -> String {
      "\(path)" + (isDirectory ? "/" : "")
    }
    return switch self {
    case .created(let path, let isDirectory): "+" + name(path, isDirectory)
    case .modified(let path, let isDirectory): "*" + name(path, isDirectory)
    case .removed(let path, let isDirectory): "-" + name(path, isDirectory)
    case .moved(let from, let to, let isDirectory):
      name(from, isDirectory) + ">" + name(to, isDirectory)
    case .rescan(let path): "?\(path)"
    }
  }
}

/// A path from text; a `/` at its end is left out.
func path(_ text: String) -> RelativePath {
  RelativePath(bytes: Array((text.hasSuffix("/") ? String(text.dropLast()) : text).utf8))!
}
