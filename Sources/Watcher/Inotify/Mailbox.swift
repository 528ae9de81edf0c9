import CLinux
import SyncCore
import Synchronization

/// What other threads ask of the watcher's thread, and the bell that wakes it.
final class Mailbox: Sendable {
  private struct Requests {
    var tokens: [UInt64] = []
    var directories: [RelativePath] = []
    var isStopped = false
    var isPaused = false
  }

  private let requests = Mutex(Requests())
  let bell: Descriptor
  let watchedDirectoryCount = Atomic<Int>(0)

  init() throws(WatcherError) {
    let number = clinux_watch_bell()
    guard let bell = Descriptor(number) else {
      throw WatcherError(
        problem: "cannot create an eventfd", remedy: "Raise the limit of open files.",
        errno: -number)
    }
    self.bell = bell
  }

  /// Asks for a marker.
  func flush(_ token: UInt64) {
    requests.withLock { $0.tokens.append(token) }
    clinux_watch_ring(bell.number)
  }

  /// Asks for watches as the rules say now.
  func watchAgain(_ directory: RelativePath) {
    requests.withLock { $0.directories.append(directory) }
    clinux_watch_ring(bell.number)
  }

  /// Asks for the end.
  func stop() {
    requests.withLock { $0.isStopped = true }
    clinux_watch_ring(bell.number)
  }

  /// For tests: keeps the thread from reading events until told otherwise.
  func pause(_ isPaused: Bool) {
    requests.withLock { $0.isPaused = isPaused }
    clinux_watch_ring(bell.number)
  }

  /// What has been asked since the last call.
  func take() -> (
    tokens: [UInt64], directories: [RelativePath], isStopped: Bool, isPaused: Bool
  ) {
    clinux_watch_hush(bell.number)
    return requests.withLock { requests in
      defer { (requests.tokens, requests.directories) = ([], []) }
      return (requests.tokens, requests.directories, requests.isStopped, requests.isPaused)
    }
  }
}
