import Foundation
import Simulation
import SyncCore

/// A case of the table in `Cases`: a tree that all nodes have, what their users then do without
/// hearing of each other, and what all of them end with.
///
/// In these files a line without indentation names a case. Below it, indented: what the user of a
/// node does (`0: *a=X d>e`), what is told meanwhile (`tell 0 1`), whose index is lost (`lose 1`),
/// and what every node has in the end (`= a=X d/`). `have` is the tree at the beginning (before the
/// first case: of all that follow). What node 1 does is later than what node 0 does, and so on;
/// `clocks 1 0` gives other hours. `ranks 1 0` orders the ids of the directories that are made.
///
/// A user writes content X to a file (`*a=X`), makes a symlink to X (`@a=X`) or a directory
/// (`+d/`), deletes (`-a`), moves (`a>b`), and changes mode and attributes (`%a`). Names have one
/// letter; `x`, `y`, `z` are what has a conflict's name there. In the end `a=X` is a file, `a@X` a
/// symlink, `d/` a directory; `%` follows where the mode was changed. `a~0=X` is a conflict copy of
/// `a` that node 0 lost; `a~?=X` one of a content that was there in the beginning.
///
/// With two nodes each case runs a second time with the nodes exchanged, unless it says `once`.
/// Several `=` are allowed where three nodes may end in either, by who hears of what first.
struct ReconcileCase: Sendable, CustomStringConvertible {
  var name: String
  var base: [PlannerAction]
  var steps: [PlannerStep] = []
  var expected: [String] = []
  var clocks: [Int] = []
  var ranks: [Int] = []
  var isMirrored = true

  var description: String { name }

  var nodes: Int {
    let named = steps.map { step in
      switch step {
      case .on(let node, _), .lose(let node): node
      case .tell(let from, let to, _): max(from, to)
      }
    }
    return max(2, (named.max() ?? 0) + 1, clocks.count)
  }

  var plannerCase: PlannerCase {
    let all = Array(0..<nodes)
    return PlannerCase(
      nodes: nodes, clocks: clocks.isEmpty ? all : clocks, ranks: ranks.isEmpty ? all : ranks,
      base: base, steps: steps)
  }

  /// The same with two nodes exchanged, and what is expected then.
  var mirrored: (PlannerCase, expected: [String]) {
    var other = plannerCase
    (other.clocks, other.ranks) = (other.clocks.reversed(), other.ranks.reversed())
    other.steps = other.steps.map { step in
      switch step {
      case .on(let node, let action): .on(1 - node, action)
      case .tell(let from, let to, let sets): .tell(1 - from, 1 - to, sets: sets)
      case .lose(let node): .lose(1 - node)
      }
    }
    let exchanged = expected.map { line in
      let words = line.split(separator: " ").map { word in
        word.replacing("~0", with: "~-").replacing("~1", with: "~0").replacing("~-", with: "~1")
      }
      return words.sorted().joined(separator: " ")
    }
    return (other, exchanged)
  }

  // MARK: Reading

  static let all: [ReconcileCase] = {
    let folder = Bundle.module.resourceURL!.appendingPathComponent("Cases")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().flatMap { name in
      let file = folder.appendingPathComponent(name)
      return parse((try? String(contentsOf: file, encoding: .utf8)) ?? "")
    }
  }()

  private static func parse(_ text: String) -> [ReconcileCase] {
    var cases: [ReconcileCase] = []
    var base: [PlannerAction] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("  ") {
        cases[cases.count - 1].add(line.split(separator: " ").map(String.init))
      } else if line == "have" || line.hasPrefix("have ") {
        base = line.split(separator: " ").dropFirst().map { made(String($0)) }
      } else {
        cases.append(ReconcileCase(name: String(line), base: base))
      }
    }
    return cases
  }

  private mutating func add(_ words: [String]) {
    let rest = Array(words.dropFirst())
    switch words[0] {
    case "=": expected.append(rest.sorted().joined(separator: " "))
    case "have": base = rest.map(Self.made)
    case "clocks": clocks = rest.map { Int($0)! }
    case "ranks": ranks = rest.map { Int($0)! }
    case "once": isMirrored = false
    case "tell": steps.append(.tell(Int(rest[0])!, Int(rest[1])!, sets: nil))
    case "lose": steps.append(.lose(Int(rest[0])!))
    default:
      let node = Int(words[0].dropLast())!
      steps += rest.map { .on(node, Self.action($0)) }
    }
  }

  private static func made(_ word: String) -> PlannerAction {
    word.hasSuffix("/")
      ? action("+" + word) : word.contains("@") ? linked(word) : action("*" + word)
  }

  private static func action(_ word: String) -> PlannerAction {
    let rest = word.dropFirst()
    switch word.first {
    case "*": return .put(path(rest.dropLast(2)), number(word))
    case "@": return .point(path(rest.dropLast(2)), number(word))
    case "+": return .mkdir(path(rest))
    case "-": return .remove(path(rest))
    case "%": return .chmod(path(rest))
    default:
      let parts = word.split(separator: ">")
      return .move(path(parts[0]), path(parts[1]))
    }
  }

  private static func linked(_ word: String) -> PlannerAction {
    .point(path(word.dropLast(2)), number(word))
  }

  private static func path(_ text: Substring) -> PlannerPath {
    PlannerPath(stringLiteral: String(text))
  }

  private static func number(_ word: String) -> UInt64 { UInt64(word.utf8.last! - 64) }
}
