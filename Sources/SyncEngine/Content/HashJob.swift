import SyncCore
import Synchronization

/// A piece of a content, cut into chunks, which are hashed by whoever is free: the thread that cut
/// them, or another.
final class HashJob: Sendable {
  private struct State {
    /// The first chunk that nobody has taken.
    var next = 0
    var chunks: [ChunkReference?]
    var missingCount: Int
    var isAwaited = false
  }

  /// Bytes of its chunks. What is left of the piece belongs to a chunk that ends later.
  let byteCount: Int
  private let address: UInt
  private let chunks: [Range<Int>]
  private let state: Mutex<State>
  /// Signalled when the last chunk is hashed, if somebody waits for that.
  private let wakeup = Wakeup()

  /// Cuts bytes, which stay where they are until `finish` has returned. A cut is final only when
  /// it was looked for in all the bytes that it can depend on.
  init(of bytes: UnsafeRawBufferPointer, isEnd: Bool) {
    var chunks: [Range<Int>] = []
    var offset = 0
    while bytes.count - offset >= Limits.chunkByteCount || (isEnd && offset < bytes.count) {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
      let length = unsafe ChunkCutter.firstCut(in: rest)
      chunks.append(offset..<offset + length)
      offset += length
    }
    byteCount = offset
    address = UInt(bitPattern: bytes.baseAddress)
    self.chunks = chunks
    state = Mutex(
      State(chunks: Array(repeating: nil, count: chunks.count), missingCount: chunks.count))
  }

  /// Hashes chunks until none is left that nobody has taken.
  func work() {
    while let number = takeNext() {
      let range = chunks[number]
      let bytes = unsafe UnsafeRawBufferPointer(
        start: UnsafeRawPointer(bitPattern: address + UInt(range.lowerBound)), count: range.count)
      let chunk = unsafe ChunkReference(id: BLAKE3.chunkID(of: bytes), length: range.count)
      let isLast = state.withLock { state in
        state.chunks[number] = chunk
        state.missingCount -= 1
        return state.missingCount == 0 && state.isAwaited
      }
      if isLast { wakeup.signal() }
    }
  }

  private func takeNext() -> Int? {
    state.withLock { state in
      guard state.next < chunks.count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  /// Hashes what is left and waits for what another thread has taken; all chunks, in order.
  func finish() -> [ChunkReference] {
    work()
    while true {
      let found = state.withLock { state in
        state.isAwaited = true
        return state.missingCount == 0 ? state.chunks.compactMap(\.self) : nil
      }
      if let found { return found }
      wakeup.wait(until: nil)
    }
  }
}

/// A thread that hashes what another one cuts, if a processor is free for it: what it doesn't get
/// to, the other does.
final class HashHelper: Sendable {
  private let queue = WorkQueue(name: "hash", threadCount: 1)
  private let isTaken = Atomic(false)

  /// Takes part in a job, unless it has not come to the last one.
  func help(_ job: HashJob) {
    guard !isTaken.exchange(true, ordering: .acquiring) else { return }
    queue.run { [self] in
      job.work()
      isTaken.store(false, ordering: .releasing)
    }
  }

  /// Ends the thread.
  func stop() { queue.stop() }
}
