import CLinux
import Glibc
import SyncEngine

/// One client of the control socket: its request is read, answered, done.
struct ControlClientSession {
  let connection: Int32

  /// Answers the client's one request, if it is allowed to ask.
  func serve(_ handler: ControlServer.Handler) {
    var user = uid_t.max
    var process: pid_t = 0
    guard unsafe clinux_unix_peer(connection, &user, &process) == 0 else { return }
    guard user == 0 || user == geteuid() else { return }
    guard clinux_set_socket_timeouts(connection, ControlLimits.clientSeconds) == 0 else { return }
    guard let text = readLine() else { return }
    let reply: ControlReply
    if let request = ControlLine(encoded: text).flatMap(ControlRequest.init) {
      reply = handler(request, Conversation(connection: connection))
    } else {
      reply = .failure(
        EngineError(
          "the daemon does not know this request",
          remedy: "Use the 'leftd' that belongs to the running daemon."))
    }
    _ = writeAll(reply.encoded, to: connection)
  }

  /// The request without its newline; `nil` if it is too long, or does not come.
  private func readLine() -> ArraySlice<UInt8>? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < ControlLimits.requestByteCount {
      let count = unsafe read(connection, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { return bytes[..<end] }
    }
    return nil
  }
}
