import Glibc

/// What leftd asks of its environment; a value, so that a test can say what it is.
struct Environment: Sendable {
  /// The variables that are set and not empty.
  var variables: [String: String]
  /// The user that the process runs as.
  var user: uid_t
  /// That user's home.
  var home: String
  /// What the machine calls itself.
  var hostName: String

  /// Every variable that leftd reads.
  static let names = [
    "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY",
    "STATE_DIRECTORY", "JOURNAL_STREAM", "NOTIFY_SOCKET", "NO_COLOR",
  ]

  /// That of this process.
  static func current() -> Environment {
    var variables: [String: String] = [:]
    for name in names {
      guard let value = unsafe getenv(name) else { continue }
      let text = unsafe String(cString: value)
      if !text.isEmpty { variables[name] = text }
    }
    let user = geteuid()
    return Environment(
      variables: variables, user: user, home: variables["HOME"] ?? homeDirectory(of: user) ?? "/",
      hostName: currentHostName())
  }

  private static func homeDirectory(of user: uid_t) -> String? {
    var record = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 * 1024)
    guard unsafe getpwuid_r(user, &record, &buffer, buffer.count, &found) == 0 else { return nil }
    guard let directory = unsafe found?.pointee.pw_dir else { return nil }
    return unsafe String(cString: directory)
  }

  private static func currentHostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
