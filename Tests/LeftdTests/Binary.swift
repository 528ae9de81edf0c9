import CLinux
import Glibc

/// The program under test, run as a user runs it.
enum Binary {
  /// What a run left behind.
  struct Result: Equatable {
    var status: Int32
    var output: String
    var error: String
  }

  /// Beside the test bundle, in the build directory.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    let own = text(buffer, max(0, count))
    let arguments = CommandLine.arguments
    let bundles = arguments.filter { $0.hasSuffix(".xctest") } + [own]
    for bundle in bundles {
      let folder = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      let candidate = folder.joined(separator: "/") + "/leftd"
      if unsafe access(candidate, X_OK) == 0 { return candidate }
    }
    return ".build/debug/leftd"
  }()

  /// Runs it to its end.
  static func run(_ arguments: [String], environment: [String] = []) -> Result {
    let files = ["out", "err"].map { "\(Scratch.root)/\($0)-\(Scratch.next())" }
    guard let process = start(arguments, output: files[0], error: files[1], environment) else {
      return Result(status: -1, output: "", error: "cannot start \(path)")
    }
    let status = clinux_wait_child(process)
    return Result(status: status, output: Scratch.read(files[0]), error: Scratch.read(files[1]))
  }

  /// Starts it, its output going to files; `nil` if that failed.
  static func start(
    _ arguments: [String], output: String, error: String, _ environment: [String] = []
  ) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, error, flags, 0o600)
    var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    let base = ["HOME=\(Scratch.root)", "PATH=/usr/bin:/bin"]
    var variables = unsafe (environment + base).map { unsafe strdup($0) } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var process: pid_t = 0
    let result = unsafe posix_spawn(&process, path, &actions, nil, &words, &variables)
    return result == 0 ? process : nil
  }

  private static func text(_ buffer: [CChar], _ count: Int) -> String {
    String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
