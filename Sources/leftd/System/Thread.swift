import CLinux
import Glibc

/// A thread of its own, for work that blocks.
struct Thread: ~Copyable {
  private let handle: pthread_t

  /// Starts `body`; its name (at most 15 bytes) is what `ps -L` shows.
  init(name: String, _ body: @escaping @Sendable () -> Void) {
    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    var handle = pthread_t()
    let result = unsafe pthread_create(
      &handle, nil,
      { pointer in
        guard let pointer = unsafe pointer else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
        unsafe clinux_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    precondition(result == 0, "pthread_create: the system is out of threads")
    self.handle = handle
  }

  /// Waits until it has returned.
  consuming func join() {
    pthread_join(handle, nil)
  }

  /// Lets it end by itself.
  consuming func detach() {
    pthread_detach(handle)
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
