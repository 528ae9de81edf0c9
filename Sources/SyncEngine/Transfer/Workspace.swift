import CLinux
import SyncCore
import Synchronization

/// What a worker needs to prepare ranges for peers: memory for one, and compressors.
@safe struct Workspace: ~Copyable {
  /// Bytes as they are in the file.
  let raw: UnsafeMutableRawBufferPointer
  /// Bytes packed.
  let packed: UnsafeMutableRawBufferPointer
  var packer = Packer()

  init() {
    unsafe raw = .allocate(byteCount: Limits.rangeByteCount, alignment: Limits.pageByteCount)
    unsafe packed = .allocate(byteCount: Limits.frameByteCount, alignment: 16)
  }

  deinit {
    unsafe raw.deallocate()
    unsafe packed.deallocate()
  }
}

/// Workspaces that wait for work: as many as there were ever workers at once.
final class Workspaces: Sendable {
  /// The place of one.
  final class Desk: Sendable {
    let workspace = Mutex(Workspace())
  }

  private let free = Mutex<[Desk]>([])

  /// A workspace that nobody else has; to be given back.
  func take() -> Desk { free.withLock { $0.popLast() } ?? Desk() }

  /// Keeps a workspace for the next who takes one.
  func giveBack(_ desk: Desk) { free.withLock { $0.append(desk) } }
}

extension Transport {
  /// Runs `body`, which prepares contents for this peer, and tells how long that took.
  func working<Result, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = threadTimes()
    defer {
      let end = threadTimes()
      noteWork(running: end.running - start.running, delayed: end.delayed - start.delayed)
    }
    return try body()
  }
}

/// How long this thread has run, and could have run but had no processor.
private func threadTimes() -> (running: Int64, delayed: Int64) {
  var (running, delayed): (Int64, Int64) = (0, 0)
  unsafe clinux_thread_times(&running, &delayed)
  return (running, delayed)
}
