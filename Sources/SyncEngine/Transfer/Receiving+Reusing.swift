import Glibc
package import SyncCore
import Synchronization

// Chunks of files here that are wanted elsewhere.

extension Receiving {
  /// Takes chunks from a file here into a stage: where the disk can share blocks, whole ones are
  /// shared and only what is left at their ends is copied.
  ///
  /// Every chunk is verified as it is in the stage, which nobody else writes to: so it does not
  /// matter whether the file changes meanwhile.
  package func reuse(_ stage: StageID, _ file: LocalFile, _ chunks: [ReusedChunk]) {
    guard let target = state.withLock({ $0.stages[stage] }) else { return }
    var taken: [PlacedChunk] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Limits.chunkByteCount, alignment: 16)
    defer { unsafe buffer.deallocate() }
    try? withFile(file) { handle throws(SharedFileError) in
      for row in Self.rows(of: chunks) {
        let shared = share(row, of: handle, with: target)
        for chunk in row {
          let isTaken = unsafe try take(chunk, of: handle, to: target, shared: shared, buffer)
          if isTaken { taken.append(chunk.target) }
        }
      }
    }
    try? target.note(taken.map { ($0.offset, $0.chunk) })
    let known = Set(taken.map(\.offset))
    let missing = chunks.map(\.target).filter { !known.contains($0.offset) }
    post(.reused(stage, taken, missing: missing))
  }

  /// Runs `body` with a file of this share or another.
  private func withFile(
    _ file: LocalFile, _ body: (FileHandle) throws(SharedFileError) -> Void
  ) throws(SharedFileError) {
    guard let share = file.share else { return try fileSystem.withFile(file, body) }
    guard let sibling = siblings(share) else { throw .changed }
    try sibling.withSiblingFile(file, body)
  }

  /// Chunks that lie behind one another in both files.
  private static func rows(of chunks: [ReusedChunk]) -> [ArraySlice<ReusedChunk>] {
    var rows: [ArraySlice<ReusedChunk>] = []
    var start = 0
    for index in chunks.indices {
      let next = index + 1
      if next < chunks.count, chunks[next].follows(chunks[index]) { continue }
      rows.append(chunks[start..<next])
      start = next
    }
    return rows
  }

  /// Shares the whole blocks of a row; the range of the target that they are, empty if none.
  private func share(
    _ row: ArraySlice<ReusedChunk>, of source: FileHandle, with target: PartialFile
  ) -> Range<Int64> {
    guard let first = row.first, let last = row.last, !sharesNothing.load(ordering: .relaxed)
    else { return 0..<0 }
    let page = Int64(Limits.pageByteCount)
    let distance = first.sourceOffset - first.target.offset
    let start = (first.target.offset + page - 1) / page * page
    let end = last.target.end / page * page
    guard distance % page == 0, start < end else { return 0..<0 }
    do throws(FileError) {
      try target.share(start + distance..<end + distance, of: source, at: start)
      return start..<end
    } catch {
      // What else can go wrong has to do with these files, or goes by.
      if error.isInability { sharesNothing.store(true, ordering: .relaxed) }
      return 0..<0
    }
  }

  /// Verifies one chunk, and writes what of it is not shared; `false` if it isn't what is wanted.
  private func take(
    _ chunk: ReusedChunk, of source: FileHandle, to target: PartialFile, shared: Range<Int64>,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SharedFileError) -> Bool {
    let (start, end) = (chunk.target.offset, chunk.target.end)
    let shared = shared.clamped(to: start..<end)
    // Before and behind the shared blocks, or all of it.
    let copied =
      shared.isEmpty ? [start..<end] : [start..<shared.lowerBound, shared.upperBound..<end]
    func room(_ range: Range<Int64>) -> UnsafeMutableRawBufferPointer {
      unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[Int(range.lowerBound - start)..<Int(range.upperBound - start)])
    }
    for range in copied where !range.isEmpty {
      let offset = chunk.sourceOffset + range.lowerBound - start
      unsafe try fileSystem.readAll(source, into: room(range), at: offset)
    }
    do throws(FileError) {
      if !shared.isEmpty {
        let count = unsafe try target.read(into: room(shared), at: shared.lowerBound)
        guard count == shared.count else { return false }
      }
      let isRight = unsafe BLAKE3.chunkID(of: UnsafeRawBufferPointer(room(start..<end)))
      guard isRight == chunk.target.chunk.id else { return false }
      for range in copied where !range.isEmpty {
        unsafe try target.write(UnsafeRawBufferPointer(room(range)), at: range.lowerBound)
      }
      return true
    } catch {
      throw .failed(error.errno)
    }
  }
}

extension PlacedChunk {
  /// Behind its last byte.
  fileprivate var end: Int64 { offset + Int64(chunk.length) }
}

extension ReusedChunk {
  fileprivate func follows(_ before: ReusedChunk) -> Bool {
    target.offset == before.target.end
      && sourceOffset == before.sourceOffset + Int64(before.target.chunk.length)
  }
}

extension FileError {
  /// Whether a file system says that it can't do such a thing at all.
  var isInability: Bool {
    switch errno {
    case EOPNOTSUPP, ENOTTY, ENOSYS, EXDEV, EISDIR: true
    default: false
    }
  }
}
