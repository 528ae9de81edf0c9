import CLinux
import Glibc
import SyncEngine
import Synchronization

/// The daemon's end of the control socket: one thread that accepts, and one for each client, since
/// a request may wait for the engine. The answer to a request is given by a closure.
final class ControlServer: Sendable {
  typealias Handler = @Sendable (ControlRequest, Conversation) -> ControlReply

  private let path: String
  private let stopping: Descriptor
  private let thread: Mutex<Thread?>

  /// Listens at `path` and answers with `handler`, which is called on threads of the clients.
  /// A socket that nobody listens on any more, left by a killed daemon, is replaced.
  init(path: String, handler: @escaping Handler) throws(EngineError) {
    self.path = path
    let listening: Descriptor
    do throws(Errno) {
      stopping = try Descriptor(clinux_event())
      listening = try Self.listen(path)
    } catch {
      throw Self.explain(path, error)
    }
    let clients = ClientCount()
    let stop = stopping.number
    let accepting = Accepting(listening: listening, stop: stop, clients: clients, handler: handler)
    thread = Mutex(Thread(name: "control") { accepting.run() })
  }

  /// Takes no more clients, and removes the socket.
  func stop() {
    clinux_event_raise(stopping.number)
    guard let thread = thread.withLock({ $0.take() }) else { return }
    thread.join()
    unsafe unlink(path)
  }

  private static func listen(_ path: String) throws(Errno) -> Descriptor {
    let result = unsafe clinux_unix_listen(path, Int32(ControlLimits.clientCount))
    if result != -EADDRINUSE { return try Descriptor(result) }
    let connection = unsafe clinux_unix_connect(path)
    if connection >= 0 {
      close(connection)
      throw Errno(code: EADDRINUSE)
    }
    guard connection == -ECONNREFUSED else { throw Errno(code: -connection) }
    // RACE: another daemon could listen here between the refusal and the unlink. It would have to
    // use another state directory (`StateLock` is held) and the same socket; it would then run
    // without one that can be found.
    unsafe unlink(path)
    return try Descriptor(unsafe clinux_unix_listen(path, Int32(ControlLimits.clientCount)))
  }

  private static func explain(_ path: String, _ error: Errno) -> EngineError {
    if error.code == EADDRINUSE {
      return EngineError(
        "leftd is already running with the socket \(printable(path))",
        remedy: "Stop it first, or choose another place with --state or --socket.",
        errno: error.code)
    }
    let remedy =
      error.code == ENAMETOOLONG
      ? "Choose a path of less than 108 bytes with --socket."
      : "Make its directory writable, or choose another place with --socket."
    return EngineError(
      "cannot listen on the control socket \(printable(path)): \(error)", remedy: remedy,
      errno: error.code)
  }
}

/// How many clients are being served.
private final class ClientCount: Sendable {
  private let count = Atomic(0)

  /// Counts one more; `false` if there are enough.
  func enter() -> Bool {
    if count.add(1, ordering: .relaxed).newValue <= ControlLimits.clientCount { return true }
    leave()
    return false
  }

  func leave() {
    count.subtract(1, ordering: .relaxed)
  }
}

/// The accepting thread's own.
private final class Accepting: Sendable {
  private let listening: Descriptor
  private let stop: Int32
  private let clients: ClientCount
  private let handler: ControlServer.Handler

  init(
    listening: consuming Descriptor, stop: Int32, clients: ClientCount,
    handler: @escaping ControlServer.Handler
  ) {
    self.listening = listening
    self.stop = stop
    self.clients = clients
    self.handler = handler
  }

  func run() {
    while true {
      var waiting = [
        pollfd(fd: listening.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
      ]
      let count = unsafe poll(&waiting, 2, -1)
      if count < 0 && errno == EINTR { continue }
      precondition(count > 0, "poll on two open descriptors failed: \(errno)")
      if waiting[1].revents != 0 { return }
      acceptOne()
    }
  }

  private func acceptOne() {
    let connection = clinux_unix_accept(listening.number)
    // The client may have gone meanwhile, or descriptors may be short: then it sees the end.
    guard connection >= 0 else { return }
    guard clients.enter() else {
      close(connection)
      return
    }
    Thread(name: "client") { [clients, handler] in
      ControlClientSession(connection: connection).serve(handler)
      close(connection)
      clients.leave()
    }.detach()
  }
}
