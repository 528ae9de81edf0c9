import Glibc
import SyncEngine

/// What a request that takes long can say to its client before the answer, and hear of it.
struct Conversation: Sendable {
  let connection: Int32

  /// Says a line at once; `false` if the client is gone.
  func say(_ line: ControlLine) -> Bool {
    writeAll(line.encoded + [UInt8(ascii: "\n")], to: connection)
  }

  /// Waits until the client ends its side of the connection, or is gone; `false` if the time is
  /// over first. What it says meanwhile means nothing.
  func awaitEnd(seconds: Int) -> Bool {
    let deadline = Clock.milliseconds() + 1000 * seconds
    var bytes = [UInt8](repeating: 0, count: 256)
    while true {
      let rest = deadline - Clock.milliseconds()
      guard rest > 0 else { return false }
      var waiting = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      let count = unsafe poll(&waiting, 1, Int32(min(rest, 3_600_000)))
      if count < 0 && errno != EINTR { return true }
      guard count > 0 else { continue }
      let byteCount = unsafe read(connection, &bytes, bytes.count)
      if byteCount == 0 || (byteCount < 0 && errno != EINTR && errno != EAGAIN) { return true }
    }
  }
}
