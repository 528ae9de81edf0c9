import Glibc
import SyncCore

/// Why a content could not be read to its end.
enum RecipeReaderError: Error, Hashable {
  /// The kernel refused to read at this offset.
  case unreadable(errno: Int32, offset: Int64)
  /// Whoever takes the segments wants no more of them.
  case abandoned
}

/// Reads large files once and says how they are made of chunks, while it goes on.
///
/// Owns the one buffer into which all of them are read, 1.2 MiB; a worker keeps a reader and uses
/// it for file after file. The time goes into reading, cutting and hashing, each byte once. Of
/// holes only the ends are read: where a chunk begins in one, the chunks of zeros that fit are
/// known.
@safe struct RecipeReader: ~Copyable {
  /// The unfinished chunk of the last piece lies right before the next piece, so that every piece
  /// is read to the same, page-aligned place.
  private let buffer: UnsafeMutableRawBufferPointer

  /// Room for an unfinished chunk, in whole pages.
  private static let carryByteCount = Limits.chunkByteCount
  private static let pageByteCount = 4096

  /// A reader with its buffer.
  init() {
    unsafe buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.carryByteCount + Limits.readByteCount, alignment: Self.pageByteCount)
  }

  deinit { unsafe buffer.deallocate() }

  /// Reads an open file from its first byte to its end.
  ///
  /// Hands out the chunks in order in segments of about `Limits.segmentByteCount`, each with the
  /// offset of its first byte, as soon as they are known; none for an empty file. The caller
  /// compares the file's stamp before and after: if somebody writes meanwhile, the recipe describes
  /// a content that may never have existed.
  ///
  /// - Throws: `unreadable` with the kernel's errno, or what `segment` throws.
  mutating func read(
    _ handle: FileHandle, of fileSystem: any FileSystem,
    segment: (_ startOffset: Int64, _ chunks: [ChunkReference]) throws(RecipeReaderError) -> Void
  ) throws(RecipeReaderError) -> ContentSummary {
    var recipe = Recipe()
    var pending = PendingSegment()
    var offset: Int64 = 0
    var carried = 0
    var hole = Int64(0)..<0
    while true {
      let start = offset - Int64(carried)
      if start >= hole.upperBound {
        hole = try nextHole(in: handle, of: fileSystem, from: start)
      }
      if start >= hole.lowerBound {
        // No cut in zeros comes before the longest chunk's end.
        let zeroCount = (hole.upperBound - start) / Int64(Limits.chunkByteCount)
        for _ in 0..<zeroCount {
          pending.append(.zeros)
          if pending.isFull { try pending.hand(to: segment, keepingIn: &recipe) }
        }
        if zeroCount > 0 {
          (offset, carried) = (start + zeroCount * Int64(Limits.chunkByteCount), 0)
        }
      }
      let count = try read(handle, of: fileSystem, at: offset)
      offset += Int64(count)
      let isEnd = count == 0
      var rest = unsafe UnsafeRawBufferPointer(
        rebasing: buffer[(Self.carryByteCount - carried)..<(Self.carryByteCount + count)])
      // A cut is final only when it was looked for in all the bytes that it can depend on.
      while rest.count >= Limits.chunkByteCount || (isEnd && rest.count > 0) {
        unsafe pending.append(.cut(from: &rest))
        if pending.isFull {
          try pending.hand(to: segment, keepingIn: &recipe)
        }
      }
      if isEnd { break }
      carried = rest.count
      if carried > 0 {
        // The two may overlap.
        unsafe memmove(
          buffer.baseAddress! + (Self.carryByteCount - carried), rest.baseAddress!, carried)
      }
    }
    if !pending.chunks.isEmpty {
      try pending.hand(to: segment, keepingIn: &recipe)
    }
    return ContentSummary(of: recipe)
  }

  /// The next hole that ends after an offset; beyond everything where there is none. Asked once for
  /// a piece at most: what the piece itself covers is read.
  private func nextHole(
    in handle: FileHandle, of fileSystem: any FileSystem, from offset: Int64
  ) throws(RecipeReaderError) -> Range<Int64> {
    do throws(FileError) {
      return try fileSystem.nextHole(in: handle, from: offset) ?? Int64.max..<Int64.max
    } catch {
      throw .unreadable(errno: error.errno, offset: offset)
    }
  }

  /// Reads a piece to the place after the carried bytes; 0 at the end of the file.
  private func read(
    _ handle: FileHandle, of fileSystem: any FileSystem, at offset: Int64
  ) throws(RecipeReaderError) -> Int {
    let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[Self.carryByteCount...])
    do throws(FileError) {
      return unsafe try fileSystem.read(handle, into: piece, at: offset)
    } catch {
      throw .unreadable(errno: error.errno, offset: offset)
    }
  }
}

/// The chunks that were found and not yet handed out.
private struct PendingSegment {
  var startOffset: Int64 = 0
  var byteCount: Int64 = 0
  /// Bytes that had to be read: zeros cost nothing.
  var readByteCount: Int64 = 0
  var chunks: [ChunkReference] = []

  var isFull: Bool {
    readByteCount >= Limits.segmentByteCount || chunks.count == Limits.segmentChunkCount
  }

  mutating func append(_ chunk: ChunkReference) {
    chunks.append(chunk)
    byteCount += Int64(chunk.length)
    if !chunk.isZeros { readByteCount += Int64(chunk.length) }
  }

  /// Hands the segment out, adds it to `recipe` and begins the next one behind it.
  mutating func hand(
    to segment: (Int64, [ChunkReference]) throws(RecipeReaderError) -> Void,
    keepingIn recipe: inout Recipe
  ) throws(RecipeReaderError) {
    try segment(startOffset, chunks)
    recipe.chunks.append(contentsOf: chunks)
    startOffset += byteCount
    (byteCount, readByteCount) = (0, 0)
    chunks.removeAll()
  }
}
