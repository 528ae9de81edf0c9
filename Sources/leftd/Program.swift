import Glibc
import SyncEngine

/// What the program ends with, for scripts.
enum ExitCode: Equatable {
  /// What was asked for has been done.
  case done
  /// It has not; standard error says why and what to do.
  case failed
  /// The time given by `--timeout` was over first.
  case timedOut
  /// The command line made no sense (sysexits.h: EX_USAGE).
  case usage
  /// A program that was run ended so.
  case ended(Int32)

  /// The number that the shell sees.
  var status: Int32 {
    switch self {
    case .done: 0
    case .failed: 1
    case .timedOut: 2
    case .usage: 64
    case .ended(let status): status
    }
  }
}

/// The command line of leftd.
enum Program {
  /// What `--version` prints after the name.
  static let version = "0.1.0"

  /// All commands, in the order in which a newcomer needs them.
  static let commands: [any Command.Type] = [
    InitCommand.self, RunCommand.self, IDCommand.self, InviteCommand.self, JoinCommand.self,
    PeersCommand.self, StatusCommand.self, ExplainCommand.self, WaitCommand.self,
    HoldCommand.self, ConflictsCommand.self, ResolveCommand.self, LogCommand.self,
    RestoreCommand.self, UndoCommand.self, ReleaseCommand.self,
    DeviationsCommand.self, RevertCommand.self,
    PauseCommand.self, PlanCommand.self, ResumeCommand.self,
  ]

  /// Runs what the command line of this process says; the exit status.
  static func main() -> Int32 {
    unsafe setlocale(LC_ALL, "C")
    signal(SIGPIPE, SIG_IGN)
    return run(commandLine().dropFirst()).status
  }

  private static func run(_ words: ArraySlice<[UInt8]>) -> ExitCode {
    guard let first = words.first.map({ String(decoding: $0, as: UTF8.self) }) else {
      Output.error.write(Help.overview)
      return .usage
    }
    switch first {
    case "--help", "-h", "help":
      Output.standard.write(Help.overview)
      return .done
    case "--version":
      Output.standard.write("leftd \(version)\n")
      return .done
    default:
      break
    }
    guard let command = commands.first(where: { $0.manual.name == first }) else {
      let kind = first.hasPrefix("-") ? "option" : "command"
      return refuse(UsageError("unknown \(kind) \(quoted(first))"), usage: Help.overviewUsage)
    }
    return run(command, words.dropFirst())
  }

  private static func run(_ type: any Command.Type, _ words: ArraySlice<[UInt8]>) -> ExitCode {
    let command: any Command
    do throws(UsageError) {
      let arguments = try Arguments(words, manual: type.manual)
      if arguments.has("help") {
        Output.standard.write(Help.text(of: type.manual))
        return .done
      }
      command = try type.init(arguments)
    } catch {
      return refuse(error, usage: Help.usage(of: type.manual))
    }
    do throws(EngineError) {
      return try command.run()
    } catch {
      Output.error.write("Error: \(error)\n")
      return .failed
    }
  }

  private static func refuse(_ error: UsageError, usage: String) -> ExitCode {
    Output.error.write("Error: \(error.message)\n\n\(usage)")
    return .usage
  }

  /// The words of the command line as the kernel gave them: names of files need not be UTF-8.
  private static func commandLine() -> [[UInt8]] {
    (0..<Int(CommandLine.argc)).compactMap { index in
      guard let word = unsafe CommandLine.unsafeArgv[index] else { return nil }
      return unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
    }
  }
}
