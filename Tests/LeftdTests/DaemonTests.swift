import CLinux
import Glibc
import SyncEngine
import Testing

@testable import leftd

/// The program as a whole: a daemon in a process of its own, and commands that talk to it.
@Suite struct DaemonTests {
  /// A running daemon; killed when the test lets it go.
  private final class Running {
    let state: String
    let process: pid_t
    let log: String
    private var isReaped = false

    init?(_ state: String, _ arguments: [String], environment: [String] = []) {
      self.state = state
      log = "\(Scratch.root)/log-\(Scratch.next())"
      let words = ["run", "--state", state] + arguments
      guard
        let process = Binary.start(words, output: "/dev/null", error: log, environment)
      else { return nil }
      self.process = process
      guard answersWithin(seconds: 10) else { return nil }
    }

    deinit {
      if !isReaped { _ = end(SIGKILL) }
    }

    /// The exit code, or 128 + the signal.
    func end(_ signal: Int32) -> Int32 {
      isReaped = true
      kill(process, signal)
      return clinux_wait_child(process)
    }

    private func answersWithin(seconds: Int) -> Bool {
      let end = Clock.milliseconds() + seconds * 1000
      while Clock.milliseconds() < end {
        if Binary.run(["status", "--json", "--state", state]).status == 0 { return true }
      }
      return false
    }

    /// Waits until the log holds this text.
    func says(_ text: String) -> Bool {
      let end = Clock.milliseconds() + 10_000
      while Clock.milliseconds() < end {
        if Scratch.read(log).contains(text) { return true }
        Clock.sleep(milliseconds: 5)
      }
      return false
    }
  }

  private func port() -> Int { 28_000 + Int(getpid()) % 1000 + Scratch.next() % 1000 }

  private func start(_ state: String) throws -> Running {
    let arguments = ["--share", Scratch.directory(), "--listen", "127.0.0.1:\(port())"]
    return try #require(Running(state, arguments))
  }

  @Test func aDaemonWithoutAFileServesAndStopsInOrder() throws {
    let state = Scratch.directory()
    let id = Binary.run(["id", "--state", state])
    #expect(id.status == 0)
    let daemon = try start(state)
    let status = Binary.run(["status", "--json", "--state", state])
    #expect(status.output.contains("\"node\":\"\(id.output.dropLast())\""))
    #expect(status.output.hasSuffix("}\n"))
    #expect(Binary.run(["wait", "--timeout", "10", "--state", state]).status == 0)
    #expect(Binary.run(["wait", "--state", state, "/nowhere"]).status == 1)
    #expect(daemon.end(SIGTERM) == 0)
    #expect(unsafe access(state + "/leftd.sock", F_OK) != 0)
    let error = Binary.run(["status", "--state", state])
    #expect(error.status == 1)
    #expect(error.error.hasPrefix("Error: leftd is not running: nobody listens at \(state)/"))
  }

  @Test func aSecondDaemonSaysWhoRunsAlready() throws {
    let state = Scratch.directory()
    let daemon = try start(state)
    let second = Binary.run(["run", "--share", Scratch.directory(), "--state", state])
    #expect(second.status == 1)
    #expect(second.error.contains("leftd is already running (pid \(daemon.process))"))
  }

  @Test func aKilledDaemonLeavesNothingInTheWay() throws {
    let state = Scratch.directory()
    #expect(try start(state).end(SIGKILL) == 128 + SIGKILL)
    #expect(try start(state).end(SIGINT) == 0)
  }

  @Test func initWritesEverythingOnceAndReloadAppliesPeers() throws {
    let home = Scratch.directory()
    let environment = ["HOME=\(home)"]
    let file = home + "/leftd.conf"
    let words = ["init", "--config", file, "--listen", "127.0.0.1:\(port())"]
    let first = Binary.run(words, environment: environment)
    #expect(first.status == 0)
    let before = Scratch.read(file)
    let second = Binary.run(words, environment: environment)
    #expect(second.output.contains("(was there already)"))
    #expect(Scratch.read(file) == before)
    #expect(Files.isDirectory(home + "/share"))

    let state = home + "/state"
    let daemon = try #require(Running(state, ["--config", file], environment: environment))
    let id = String(repeating: "a", count: 52)
    Scratch.write(file, before + "[peer nas]\nid = \(id)\naddress = 127.0.0.1:1\n")
    kill(daemon.process, SIGHUP)
    #expect(daemon.says("configuration read again: 1 peers"))
    let peers = Binary.run(["peers", "--state", state])
    #expect(peers.output == "nas\t\(id)\t127.0.0.1:1\n")

    Scratch.write(file, before + "[peer nas]\nid = nonsense\n")
    kill(daemon.process, SIGHUP)
    #expect(daemon.says("the configuration stays as it was: \(file):"))
    #expect(Binary.run(["peers", "--state", state]).output == peers.output)

    Scratch.write(file, before.replacing("name = ", with: "name = other-"))
    kill(daemon.process, SIGHUP)
    #expect(daemon.says("in force only after a restart: [node] name"))
    #expect(daemon.end(SIGTERM) == 0)
  }

  @Test func aBrokenConfigurationStartsNothing() {
    let file = Scratch.directory() + "/leftd.conf"
    Scratch.write(file, "[share a]\npath = /\ncolour = blue\n")
    let result = Binary.run(["run", "--config", file])
    #expect(result.status == 1)
    #expect(
      result.error == "Error: \(file):3: unknown key 'colour' in [share a]. Known here: path, "
        + "peers, ignore, mode, prefer, ownership, bundles, hold_deletes, trash_days and "
        + "trash_size.\n")
  }
}
