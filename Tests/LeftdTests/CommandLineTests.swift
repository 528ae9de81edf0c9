import Glibc
import SyncCore
import Testing

@testable import leftd

@Suite struct CommandLineTests {
  @Test(arguments: [
    "--help", "-h", "init --help", "run -h", "id --help", "invite --help", "join --help",
    "peers --help", "status --help", "wait --help", "explain --help", "hold --help",
    "conflicts --help", "resolve --help", "log --help", "restore --help", "undo --help",
    "release --help", "pause --help", "plan --help", "deviations --help",
    "revert --help", "resume --help",
  ])
  func helpIsAsWritten(line: String) {
    let words = line.split(separator: " ").map(String.init)
    let text = HelpTexts.of[words[0]] ?? HelpTexts.overview
    #expect(Binary.run(words) == Binary.Result(status: 0, output: text, error: ""))
  }

  @Test func theVersionIsOneLine() {
    #expect(Binary.run(["--version"]) == .init(status: 0, output: "leftd 0.1.0\n", error: ""))
  }

  @Test func withoutACommandTheHelpIsAnError() {
    #expect(Binary.run([]) == .init(status: 64, output: "", error: HelpTexts.overview))
  }

  private static let id = String(repeating: "a", count: 52)

  @Test(arguments: [
    (["frob"], "unknown command 'frob'"),
    (["--frob"], "unknown option '--frob'"),
    (["\u{1B}[2J"], #"unknown command '\x1b[2J'"#),
    (["status", "--frob"], "unknown option '--frob'"),
    (["status", "-j"], "unknown option '-j'"),
    (["status", "--js"], "unknown option '--js'"),
    (["status", "--json=yes"], "option --json takes no value"),
    (["status", "--json", "--json"], "option --json given twice"),
    (["status", "--json", "--watch"], "--json and --watch exclude each other"),
    (["status", "x"], "unexpected argument 'x'"),
    (["status", "--state"], "option --state needs a value (DIR)"),
    (["status", "--state="], "option --state needs a value (DIR)"),
    (["wait", "--timeout", "soon"], "option --timeout: 'soon' is no number of seconds"),
    (["wait", "a", "b"], "unexpected argument 'b'"),
    (["resolve", "x"], "--keep is missing: ours, theirs or both"),
    (["resolve", "x", "--keep", "mine"], "option --keep: 'mine' is none of ours, theirs and both"),
    (["resolve", "--keep", "ours"], "missing argument PATH"),
    (["log", "-n", "0"], "option --count: '0' is no number from 1 to 10000"),
    (["log", "-n"], "option --count needs a value (N)"),
    (["log", "--set", "x"], "'x' is no set's number; 'leftd log' shows them"),
    (["undo", "x"], "'x' is no set's number; 'leftd log' shows them"),
    (
      ["restore", "x", "--at", "noon"],
      "option --at: 'noon' is no time such as '2026-11-21 10:15:00'"
    ),
    (["restore", "x", "--at", "@1", "--list"], "--list and --at exclude each other"),
    (["join"], "missing argument HOST[:PORT]"),
    (["join", "host"], "missing argument CODE"),
    (["join", "a b", "code"], "'a b' is not HOST or HOST:PORT"),
    (["init", "--listen", "x:y"], "option --listen: 'x:y' is not ADDRESS:PORT"),
    (
      ["init", "--name", "a b"],
      "option --name: use letters, digits, '-', '_' and '.', at most 40 bytes, not 'a b'"
    ),
    (["run", "--share", "/", "--config", "x"], "--share and --config exclude each other"),
    (["run", "--peer", id], "--peer needs --share; else peers stand in the configuration"),
    (
      ["run", "--share", "/", "--peer", "x@h:1"],
      "option --peer: 'x@h:1' does not begin with a node's id"
    ),
    (
      ["run", "--share", "/", "--peer", "\(id)@h:0"],
      "option --peer: 'h:0' is not HOST:PORT"
    ),
    (
      ["run", "--share", "/", "--peer", "\(id)@h:1,\(id)@i:1"],
      "option --peer: aaaaaaa… is given twice"
    ),
  ])
  func aSenselessCommandLineIsAUsageError(words: [String], message: String) {
    let result = Binary.run(words)
    #expect(result.status == 64)
    #expect(result.output == "")
    let lines = result.error.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "Error: \(message)")
    #expect(lines.dropFirst(2).first == "USAGE")
  }

  @Test func everythingAfterTwoDashesIsAnOperand() throws {
    let words = ["--timeout", "5", "--", "--json"].map { Array($0.utf8) }
    let arguments = try Arguments(words[...], manual: WaitCommand.manual)
    #expect(arguments.value("timeout") == "5")
    #expect(arguments.operands == [Array("--json".utf8)])
  }

  @Test func anOperandKeepsBytesThatAreNoText() throws {
    let arguments = try Arguments([[0xFF, 0x2F, 0xFE]][...], manual: WaitCommand.manual)
    #expect(arguments.operands == [[0xFF, 0x2F, 0xFE]])
  }
}
