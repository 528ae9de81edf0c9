import CLinux
import Glibc
import SyncCore

/// Another program, run to its end.
enum Subprocess {
  /// What it wrote to standard output; nothing if it is not there or failed. The program is
  /// searched in PATH, by posix_spawn(3): a process with threads must not be copied.
  static func output(_ arguments: [String]) -> [UInt8] {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return [] }
    defer { close(ends[0]) }
    let process = spawn(arguments, output: ends[1], unused: ends[0])
    close(ends[1])
    guard let process else { return [] }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = unsafe read(ends[0], &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return clinux_wait_child(process) == 0 ? bytes : []
  }

  /// Runs a program on this terminal, and waits for its end: its exit status, 128 and the number of
  /// the signal that killed it, 127 if there is no such program, 126 if it can't be run.
  static func run(_ arguments: [[UInt8]]) -> Int32 {
    // What the terminal sends both, the program decides about; this process ends after it.
    let (interrupt, quit) = (signal(SIGINT, SIG_IGN), signal(SIGQUIT, SIG_IGN))
    defer {
      signal(SIGINT, interrupt)
      signal(SIGQUIT, quit)
    }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGQUIT, SIGPIPE] { unsafe sigaddset(&signals, number) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var words = unsafe arguments.map { argument in
      unsafe strndup(argument.map { CChar(bitPattern: $0) } + [0], argument.count)
    }
    unsafe words.append(nil)
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let result = unsafe posix_spawnp(&process, unsafe words[0]!, nil, &attributes, &words, environ)
    guard result == 0 else {
      Output.error.write(
        "Error: cannot run \(DisplayText.escape(arguments[0])): \(Errno(code: result))\n")
      return result == ENOENT ? 127 : 126
    }
    return clinux_wait_child(process)
  }

  private static func spawn(_ arguments: [String], output: Int32, unused: Int32) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addclose(&actions, output)
    unsafe posix_spawn_file_actions_addclose(&actions, unused)
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let result = unsafe posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
    return result == 0 ? process : nil
  }
}
