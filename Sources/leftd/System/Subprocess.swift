import CLinux
import Glibc

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
