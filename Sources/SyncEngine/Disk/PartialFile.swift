import Glibc
public import SyncCore
import Synchronization

/// A large content on its way in: written at any offset by several workers, together with a log of
/// the chunks that are there, so that neither a crash nor a restart makes them travel twice.
public final class PartialFile: Sendable {
  /// What it is fetched for.
  public let place: Place
  /// The chunks that an earlier run noted, in the order noted. After a power cut some of them may
  /// be wrong: each is to be verified before it is believed.
  public let recovered: [(offset: Int64, chunk: ChunkReference)]

  /// Whether nothing was there before.
  private let isNew: Bool
  private let staging: Staging
  private let file: Held
  private let log: Held
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var writer: BlockWriter
    var logByteCount: Int64
    /// Chunks to be noted once the blocks are written in which they lie.
    var unnoted: [(offset: Int64, chunk: ChunkReference)] = []
    var isOver = false
  }

  /// An open file that several threads share.
  private final class Held: Sendable {
    let file: OpenFile

    init(_ file: consuming OpenFile) { self.file = file }
  }

  /// Opens what is there of `place` if its log knows it, else begins anew.
  init(
    opening place: Place, size: Int64, in directory: Directory, of staging: Staging
  ) throws(FileError) {
    let logName = Staging.logName(of: place)
    self.place = place
    self.staging = staging
    if let (file, log, chunks, byteCount) = try Self.resume(place, in: directory, of: staging) {
      (self.file, self.log, recovered) = (file, log, chunks)
      isNew = false
      let writer = BlockWriter(pool: staging.blocks)
      state = Mutex(State(writer: writer, logByteCount: byteCount))
    } else {
      try? directory.removeFile(place.name)
      try? staging.chunkLogs.removeFile(logName)
      file = Held(try OpenFile(creating: place.name, in: directory, mode: 0o600))
      log = Held(try OpenFile(creating: logName, in: staging.chunkLogs, mode: 0o600))
      recovered = []
      isNew = true
      let header = ChunkLog.header(inode: try file.file.stamp().inode)
      try log.file.write(bytes: header, at: 0)
      let writer = BlockWriter(pool: staging.blocks)
      state = Mutex(State(writer: writer, logByteCount: Int64(header.count)))
    }
    if size > 0 { try file.file.reserve(size: size) }
  }

  private static func resume(
    _ place: Place, in directory: Directory, of staging: Staging
  ) throws(FileError) -> (Held, Held, [(offset: Int64, chunk: ChunkReference)], Int64)? {
    let logName = Staging.logName(of: place)
    guard let stamp = try directory.stamp(of: place.name), stamp.kind == .file,
      let logStamp = try staging.chunkLogs.stamp(of: logName)
    else { return nil }
    let file: Held
    // A finished file that lost only the removal of its log may forbid writing: begin anew.
    do { file = Held(try OpenFile(place.name, in: directory, for: .writing)) } catch { return nil }
    let log = Held(try OpenFile(logName, in: staging.chunkLogs, for: .writing))
    let bytes = try log.file.bytes(count: Int(logStamp.size))
    guard let (chunks, byteCount) = ChunkLog.parse(bytes, inode: stamp.inode) else { return nil }
    let written = chunks.filter { $0.offset <= stamp.size - Int64($0.chunk.length) }
    return (file, log, written, Int64(byteCount))
  }

  /// Makes everything read as zeros but what these chunks cover: what an earlier run wrote and did
  /// not note, or not for good. To be called before anything is written. EOPNOTSUPP where the file
  /// system has no holes.
  func clear(besides chunks: [(offset: Int64, chunk: ChunkReference)]) throws(FileError) {
    guard !isNew else { return }
    var start: Int64 = 0
    for (offset, chunk) in chunks.sorted(by: { $0.offset < $1.offset }) {
      if offset > start { try file.file.punchHole(start..<offset) }
      start = max(start, offset + Int64(chunk.length))
    }
    let size = try file.file.stamp().size
    if size > start { try file.file.punchHole(start..<size) }
  }

  /// Writes bytes at an offset, or keeps them until a block is full. From any thread; ECANCELED
  /// once it is closed or finished, ENOSPC where only the room is left that small contents are to
  /// have.
  public func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int64
  ) throws(FileError) {
    // The kernel lets one writer at a time into a file anyhow; so the lock costs nothing, and after
    // `close` no late writer can follow.
    let bytes = unsafe RawSpan(_unsafeBytes: bytes)
    try state.withLock { state throws(FileError) in
      guard !state.isOver else { throw FileError(ECANCELED, .write, place.name) }
      do throws(FileError) {
        try state.writer.write(bytes, at: offset, to: file.file)
      } catch {
        // What a block held is lost.
        state.unnoted = []
        throw FileError(error.errno, error.call, place.name)
      }
    }
  }

  /// Takes a range of another file over by sharing its blocks, where nothing was written yet. What
  /// comes of it is to be verified here, before it is noted. Throws as `write` does, and EOPNOTSUPP
  /// where blocks can't be shared.
  func share(
    _ range: Range<Int64>, of source: FileHandle, at offset: Int64
  ) throws(FileError) {
    try state.withLock { state throws(FileError) in
      guard !state.isOver else { throw FileError(ECANCELED, .share, place.name) }
      try file.file.share(range, of: source, at: offset)
    }
  }

  /// Notes chunks that are verified and completely given to `write`, now or as soon as they are
  /// written. From any thread. What is noted survives the end of the process; costs no flush.
  public func note(_ chunks: [(offset: Int64, chunk: ChunkReference)]) throws(FileError) {
    try state.withLock { state throws(FileError) in
      guard !state.isOver else { throw FileError(ECANCELED, .write, place.name) }
      state.unnoted += chunks
      try noteWritten(&state)
    }
  }

  private func noteWritten(_ state: inout State) throws(FileError) {
    var written: [(offset: Int64, chunk: ChunkReference)] = []
    var waiting: [(offset: Int64, chunk: ChunkReference)] = []
    for (offset, chunk) in state.unnoted {
      if state.writer.holds(offset..<offset + Int64(chunk.length)) {
        waiting.append((offset, chunk))
      } else {
        written.append((offset, chunk))
      }
    }
    state.unnoted = waiting
    guard !written.isEmpty else { return }
    let records = written.flatMap { ChunkLog.record(offset: $0.offset, chunk: $0.chunk) }
    try log.file.write(bytes: records, at: state.logByteCount)
    state.logByteCount += Int64(records.count)
  }

  /// Reads back what was written, to verify it; returns fewer bytes only at the end.
  public func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(FileError) -> Int {
    unsafe try file.file.read(into: buffer, at: offset)
  }

  /// Ends it: exactly `size` bytes, with the final mode and mtime. Everything must be written and
  /// verified. Not durable yet; nobody may write any more.
  public func finish(mode: UInt16, mtime: Int64, size: Int64) throws(FileError) -> StagedFile {
    try state.withLock { state throws(FileError) in
      try state.writer.flushAll(to: file.file)
    }
    try file.file.truncate(to: size)
    let stamp = try staging.finish(file.file, mode: mode, mtime: mtime)
    state.withLock { $0.isOver = true }
    try? staging.chunkLogs.removeFile(Staging.logName(of: place))
    return StagedFile(place: place, stamp: stamp)
  }

  /// Ends it for now: its bytes and its log stay for another try. When this returns nobody writes
  /// any more, so that a later try finds what it has verified itself.
  public func close() {
    state.withLock { state in
      guard !state.isOver else { return }
      state.isOver = true
      // What can't be written or noted is fetched again.
      do {
        try state.writer.flushAll(to: file.file)
        try noteWritten(&state)
      } catch {
        state.writer.drop()
      }
    }
  }

  /// Gives it up: its bytes and its log go.
  public func discard() {
    state.withLock { state in
      state.isOver = true
      state.writer.drop()
    }
    staging.discard(place)
  }
}
