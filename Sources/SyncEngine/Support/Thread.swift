import CLinux
import Glibc
import SyncCore
import Synchronization

/// A thread of the operating system, which may block. It runs to its end whether or not anyone
/// keeps this handle.
public final class Thread: Sendable {
  private let handle: Mutex<pthread_t?>

  fileprivate init(_ handle: pthread_t) { self.handle = Mutex(handle) }

  deinit {
    if let unjoined = handle.withLock({ $0 }) { pthread_detach(unjoined) }
  }

  /// Waits until it has ended; at once if someone did so before.
  public func join() {
    let unjoined = handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    if let unjoined { pthread_join(unjoined, nil) }
  }
}

/// What a new thread is given.
private final class ThreadStart: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

/// Runs `body` on a new thread with a stack of `Limits.stackByteCount`, named `name` (15 bytes are
/// shown by ps).
///
/// The number of threads is bounded by `Limits`; a machine that refuses them cannot run leftd, and
/// the process ends with a sentence.
@discardableResult
public func spawnThread(name: String, body: @escaping @Sendable () -> Void) -> Thread {
  var attributes = pthread_attr_t()
  unsafe pthread_attr_init(&attributes)
  defer { unsafe pthread_attr_destroy(&attributes) }
  unsafe pthread_attr_setstacksize(&attributes, Limits.stackByteCount)
  let start = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body)).toOpaque()
  var handle = pthread_t()
  let result = unsafe pthread_create(
    &handle, &attributes,
    { argument in
      guard let argument = unsafe argument else { return nil }
      let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
      unsafe clinux_thread_set_name(start.name)
      start.body()
      return nil
    }, start)
  precondition(result == 0, "no thread to be had (errno \(result)); raise TasksMax or ulimit -u")
  return Thread(handle)
}
