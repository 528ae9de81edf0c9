import CLinux
import Glibc
import SyncEngine

/// A command's end of the control socket.
struct ControlClient {
  /// The socket of a daemon that answered.
  let path: String

  /// The first socket among the candidates at which a daemon listens; `nil` if there is none.
  init?(candidates: [String]) throws(EngineError) {
    for path in candidates {
      let connection = unsafe clinux_unix_connect(path)
      if connection >= 0 {
        close(connection)
        self.path = path
        return
      }
      switch -connection {
      case ENOENT, ECONNREFUSED, ENOTDIR: continue
      // Another user's daemon, which has nothing to say to us.
      case EACCES where candidates.count > 1: continue
      default:
        throw EngineError(
          "cannot reach the daemon at \(printable(path)): \(Errno(code: -connection))",
          remedy: "Run this as the user that leftd runs as, or as root.", errno: -connection)
      }
    }
    return nil
  }

  /// The daemon, or an error that says how to start it.
  static func connect(_ candidates: [String]) throws(EngineError) -> ControlClient {
    if let client = try ControlClient(candidates: candidates) { return client }
    let places = candidates.map(printable).joined(separator: ", ")
    throw EngineError(
      "leftd is not running: nobody listens at \(places)",
      remedy: "Start it with 'systemctl start leftd' or 'leftd run', or name its --state.",
      errno: ECONNREFUSED)
  }

  /// Asks, and waits for the whole answer; fails with `ETIMEDOUT` if that does not begin before the
  /// deadline, in milliseconds of `Clock`.
  func ask(
    _ request: ControlRequest, deadline: Int? = nil
  ) throws(EngineError) -> [ControlLine] {
    let bytes: [UInt8]
    do throws(Errno) {
      let connection = try Descriptor(unsafe clinux_unix_connect(path))
      guard writeAll(request.line.encoded + [UInt8(ascii: "\n")], to: connection.number) else {
        throw Errno(code: errno)
      }
      if let deadline { try awaitAnswer(connection.number, deadline) }
      bytes = try readAll(connection.number)
    } catch {
      throw EngineError(
        "the daemon at \(printable(path)) does not answer: \(error)",
        remedy: "See 'systemctl status leftd'.", errno: error.code)
    }
    switch ControlReply(encoded: bytes) {
    case .lines(let lines): return lines
    case .failure(let error): throw error
    case nil:
      throw EngineError(
        "the daemon at \(printable(path)) broke off its answer",
        remedy: "It may be stopping, serve too many clients, or refuse this user; try again.")
    }
  }

  private func awaitAnswer(_ connection: Int32, _ deadline: Int) throws(Errno) {
    while true {
      let rest = min(max(0, deadline - Clock.milliseconds()), 3_600_000)
      var waiting = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      let count = unsafe poll(&waiting, 1, Int32(rest))
      if count > 0 { return }
      if count < 0 && errno != EINTR { throw Errno(code: errno) }
      if Clock.milliseconds() >= deadline { throw Errno(code: ETIMEDOUT) }
    }
  }

  private func readAll(_ connection: Int32) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while bytes.count < ControlLimits.replyByteCount {
      let count = unsafe read(connection, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Errno(code: errno) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }
}
