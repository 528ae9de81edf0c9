import Glibc
import SyncCore
import Synchronization

/// Memory for the blocks that are being filled, of all contents of a share.
///
/// Pages of their own: blocks that come and go among the allocator's small things leave gaps in its
/// heaps, several times their size.
final class BlockPool: Sendable {
  private struct State {
    var takenCount = 0
    var writerCount = 0
    /// Addresses of blocks that nobody uses just now, kept while there are writers: memory fresh
    /// from the kernel would have to be cleared for each block.
    var free: [UInt] = []
  }

  private let state = Mutex(State())

  fileprivate func enter() { state.withLock { $0.writerCount += 1 } }

  fileprivate func leave() {
    state.withLock { state in
      state.writerCount -= 1
      if state.writerCount == 0 { Self.release(&state.free) }
    }
  }

  /// Memory for one more block; `nil` if there are enough, or the machine has no more.
  fileprivate func take() -> Block? {
    state.withLock { state in
      guard state.takenCount < Limits.blockCount else { return nil as Block? }
      guard let start = unsafe state.free.popLast().flatMap(Self.pointer) ?? Self.make() else {
        return nil
      }
      state.takenCount += 1
      return unsafe Block(at: start, of: self)
    }
  }

  fileprivate func giveBack(_ address: UInt) {
    state.withLock { state in
      state.takenCount -= 1
      state.free.append(address)
      if state.writerCount == 0 { Self.release(&state.free) }
    }
  }

  private static func release(_ addresses: inout [UInt]) {
    for address in addresses { unsafe munmap(pointer(address), Limits.blockByteCount) }
    addresses = []
  }

  private static func pointer(_ address: UInt) -> UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: address)
  }

  private static func make() -> UnsafeMutableRawPointer? {
    let start = unsafe mmap(
      nil, Limits.blockByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    return unsafe start == MAP_FAILED ? nil : start
  }
}

/// A block that is being filled.
@safe private final class Block {
  private let pool: BlockPool
  private let memory: UnsafeMutableRawBufferPointer
  /// What is filled: in order, neither touching nor empty.
  private(set) var filled: [Range<Int>] = []
  /// When it was last written to, in the count of its writer.
  var lastUse = 0

  init(at start: UnsafeMutableRawPointer, of pool: BlockPool) {
    self.pool = pool
    unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: Limits.blockByteCount)
  }

  deinit { unsafe pool.giveBack(UInt(bitPattern: memory.baseAddress)) }

  var isFull: Bool { filled == [0..<Limits.blockByteCount] }

  func fill(_ bytes: RawSpan, at start: Int) {
    let range = start..<start + bytes.byteCount
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe UnsafeMutableRawBufferPointer(rebasing: memory[range]).copyMemory(from: bytes)
    }
    let touching = filled.filter { $0.upperBound >= start && $0.lowerBound <= range.upperBound }
    let lower = min(start, touching.first?.lowerBound ?? start)
    let upper = max(range.upperBound, touching.last?.upperBound ?? 0)
    filled.removeAll { $0.lowerBound >= lower && $0.upperBound <= upper }
    filled.insert(lower..<upper, at: filled.firstIndex { $0.lowerBound > lower } ?? filled.count)
  }

  func withBytes(
    _ range: Range<Int>, _ body: (RawSpan) throws(FileError) -> Void
  ) throws(FileError) {
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: memory[range])
    try body(unsafe RawSpan(_unsafeBytes: bytes))
  }
}

/// Writes a large content at any offset: its start through the page cache, the rest in whole blocks
/// past it, where the disk can do that. Nothing is then copied into memory that nobody reads, and
/// nothing is left to be flushed.
///
/// Not safe for two threads at once: `PartialFile` keeps it under its lock.
struct BlockWriter: ~Copyable {
  private let pool: BlockPool
  private var blocks: [Int64: Block] = [:]
  private var useCount = 0
  /// The file once more, to be written past the page cache.
  private var direct: OpenFile?
  private var canPassCache = true
  /// Bytes that went through the page cache since write-back was begun.
  private var dirtyByteCount = 0

  init(pool: BlockPool) {
    self.pool = pool
    pool.enter()
  }

  deinit { pool.leave() }

  /// Whether bytes of a range wait in a block.
  func holds(_ range: Range<Int64>) -> Bool {
    let length = Int64(Limits.blockByteCount)
    return blocks.keys.contains {
      $0 * length < range.upperBound && ($0 + 1) * length > range.lowerBound
    }
  }

  /// Writes bytes, or keeps them until their block is full.
  mutating func write(
    _ bytes: RawSpan, at offset: Int64, to file: borrowing OpenFile
  ) throws(FileError) {
    let blockByteCount = Limits.blockByteCount
    var done = 0
    while done < bytes.byteCount {
      let position = offset + Int64(done)
      let (number, start) = position.quotientAndRemainder(dividingBy: Int64(blockByteCount))
      let count = min(bytes.byteCount - done, blockByteCount - Int(start))
      let piece = bytes.extracting(done..<done + count)
      done += count
      guard position >= Limits.cachedByteCount, let block = try block(number, of: file) else {
        try writeCached(piece, at: position, to: file)
        continue
      }
      block.fill(piece, at: Int(start))
      if block.isFull { try flush(number, to: file) }
    }
  }

  /// Writes everything that waits, full or not.
  mutating func flushAll(to file: borrowing OpenFile) throws(FileError) {
    while let number = blocks.keys.min() { try flush(number, to: file) }
  }

  /// Forgets what waits.
  mutating func drop() { blocks = [:] }

  /// The block with a number, if what belongs into it can be written past the page cache.
  private mutating func block(
    _ number: Int64, of file: borrowing OpenFile
  ) throws(FileError) -> Block? {
    guard canPassCache else { return nil }
    if direct == nil {
      do { direct = try file.direct() } catch { canPassCache = false }
      guard canPassCache else { return nil }
    }
    if blocks[number] == nil {
      if blocks.count >= Limits.openBlockCount { try flushOldest(to: file) }
      var block = pool.take()
      if block == nil, !blocks.isEmpty {
        try flushOldest(to: file)
        block = pool.take()
      }
      blocks[number] = block
    }
    useCount += 1
    blocks[number]?.lastUse = useCount
    return blocks[number]
  }

  private mutating func flushOldest(to file: borrowing OpenFile) throws(FileError) {
    guard let oldest = blocks.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
    try flush(oldest.key, to: file)
  }

  private mutating func flush(
    _ number: Int64, to file: borrowing OpenFile
  ) throws(FileError) {
    guard let block = blocks.removeValue(forKey: number) else { return }
    let offset = number * Int64(Limits.blockByteCount)
    for range in block.filled {
      let start = offset + Int64(range.lowerBound)
      try block.withBytes(range) { bytes throws(FileError) in
        if block.isFull, try writePastCache(bytes, at: start, of: file) { return }
        try writeCached(bytes, at: start, to: file)
      }
    }
  }

  /// Writes a whole block; `false` if the disk wants it otherwise.
  private mutating func writePastCache(
    _ bytes: RawSpan, at offset: Int64, of file: borrowing OpenFile
  ) throws(FileError) -> Bool {
    guard file.hasRoom else { throw FileError(ENOSPC, .write) }
    do throws(FileError) {
      try direct?.write(bytes, at: offset)
      return direct != nil
    } catch {
      guard error.errno == EINVAL else { throw error }
      canPassCache = false
      direct = nil
      return false
    }
  }

  private mutating func writeCached(
    _ bytes: RawSpan, at offset: Int64, to file: borrowing OpenFile
  ) throws(FileError) {
    guard file.hasRoom else { throw FileError(ENOSPC, .write) }
    try file.write(bytes, at: offset)
    dirtyByteCount += bytes.byteCount
    guard dirtyByteCount >= Limits.writebackByteCount else { return }
    dirtyByteCount = 0
    file.startWriteback()
  }
}
