import Glibc
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct ContentSummaryTests {
  @Test func summaryIsTheRecipeOfTheCutterWithTheHashesOfItsChunks() {
    let bytes = randomBytes(count: 500_000, seed: 1)
    let summary = summary(of: bytes)
    #expect(summary.recipe.size == 500_000)
    #expect(summary.recipe.chunks.count > 2)
    var start = 0
    for chunk in summary.recipe.chunks {
      unsafe bytes[start...].withUnsafeBytes { rest in
        unsafe #expect(ChunkCutter.firstCut(in: rest) == chunk.length)
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: rest[..<chunk.length])
        unsafe #expect(BLAKE3.chunkID(of: bytes) == chunk.id)
      }
      start += chunk.length
    }
    #expect(summary.id == BLAKE3.contentID(of: summary.recipe))
  }

  @Test func emptyContentHasNoChunk() {
    #expect(summary(of: []) == ContentSummary(of: Recipe()))
  }
}

@Suite struct RecipeReaderTests {
  /// Reads descriptors as they are; its root doesn't matter.
  private let disk: PosixFileSystem

  init() throws { disk = try PosixFileSystem(root: "/tmp") }

  @Test(arguments: [
    0, 1, 16 * 1024 + 1, 192 * 1024, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 10_000_000,
  ])
  func readingAFileGivesTheSummaryOfItsBytes(count: Int) throws {
    let bytes = randomBytes(count: count, seed: 2)
    let file = TemporaryFile(bytes)
    var reader = RecipeReader()
    var offset: Int64 = 0
    var chunks: [ChunkReference] = []
    let read = try reader.read(FileHandle(rawValue: file.descriptor), of: disk) { start, segment in
      #expect(start == offset)
      let size = Recipe(chunks: segment).size
      let isLast = start + size == Int64(count)
      #expect(size >= Limits.segmentByteCount || (isLast && size > 0))
      #expect(size < Limits.segmentByteCount + Int64(Limits.chunkByteCount))
      #expect(segment.count <= Limits.segmentChunkCount)
      offset += size
      chunks += segment
    }
    #expect(read == summary(of: bytes))
    #expect(chunks == read.recipe.chunks)
  }

  @Test func constantBytesAreReadLikeOthers() throws {
    let bytes = [UInt8](repeating: 0, count: 3_000_000)
    let file = TemporaryFile(bytes)
    var reader = RecipeReader()
    #expect(
      try reader.read(FileHandle(rawValue: file.descriptor), of: disk) { _, _ in }
        == summary(of: bytes))
  }

  /// Pieces of data between holes, in pages of 4096 bytes.
  @Test(arguments: [
    [0..<1], [1000..<1001], [47..<49], [0..<300, 400..<700, 1500..<1501], [],
    [100..<101, 110..<111, 160..<260, 300..<301],
  ])
  func holesAreReadLikeZeros(data: [Range<Int>]) throws {
    for (count, offset) in [(2000, 0), (2000, -1), (1999, 77), (1600, 4095)] {
      var bytes = [UInt8](repeating: 0, count: count * 4096 + offset)
      for (number, pages) in data.enumerated() {
        let piece = randomBytes(count: pages.count * 4096, seed: UInt64(number))
        let start = pages.lowerBound * 4096
        bytes.replaceSubrange(start..<min(start + piece.count, bytes.count), with: piece)
        bytes = Array(bytes.prefix(count * 4096 + offset))
      }
      let file = TemporaryFile(
        bytes, holesBesides: data.map { $0.lowerBound * 4096..<$0.upperBound * 4096 })
      var reader = RecipeReader()
      #expect(
        try reader.read(FileHandle(rawValue: file.descriptor), of: disk) { _, _ in }
          == summary(of: bytes))
    }
  }

  /// What system calls gave it to read since it began (`proc_pid_io(5)`).
  private func bytesReadByThisThread() throws -> Int {
    let descriptor = unsafe open("/proc/thread-self/io", O_RDONLY)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = unsafe read(descriptor, &bytes, bytes.count)
    let line = bytes.prefix(max(count, 0)).prefix { $0 != 0x0A }
    return try #require(Int(String(decoding: line.dropFirst("rchar: ".count), as: UTF8.self)))
  }

  @Test func aLargeHoleIsNotRead() throws {
    let file = TemporaryFile(randomBytes(count: 1 << 20, seed: 1))
    ftruncate(file.descriptor, 100 << 30)
    var reader = RecipeReader()
    let start = try bytesReadByThisThread()
    var segmentCount = 0
    let read = try reader.read(FileHandle(rawValue: file.descriptor), of: disk) { _, _ in
      segmentCount += 1
    }
    #expect(try bytesReadByThisThread() - start < 4 << 20)
    #expect(read.recipe.size == 100 << 30)
    #expect(read.recipe.chunks.count { $0.isZeros } > 500_000)
    #expect(segmentCount < 200)
  }

  @Test func theChunkOfZerosIsWhatZerosAreCutInto() {
    let zeros = [UInt8](repeating: 0, count: 2 * Limits.chunkByteCount)
    #expect(summary(of: zeros).recipe.chunks == [.zeros, .zeros])
  }

  @Test func oneReaderServesFileAfterFile() throws {
    var reader = RecipeReader()
    for seed in 3..<6 {
      let bytes = randomBytes(count: 1_500_000 * (6 - seed), seed: UInt64(seed))
      let file = TemporaryFile(bytes)
      // The descriptor's own offset is of no account.
      lseek(file.descriptor, 1000, SEEK_SET)
      #expect(
        try reader.read(FileHandle(rawValue: file.descriptor), of: disk) { _, _ in }
          == summary(of: bytes))
    }
  }

  @Test func directoryCannotBeRead() throws {
    let descriptor = unsafe open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(descriptor) }
    var reader = RecipeReader()
    var segmentCount = 0
    do {
      _ = try reader.read(FileHandle(rawValue: descriptor), of: disk) { _, _ in segmentCount += 1 }
      Issue.record("reading a directory succeeded")
    } catch {
      #expect(error == .unreadable(errno: EISDIR, offset: 0))
    }
    #expect(segmentCount == 0)
  }

  @Test func receiverOfSegmentsCanStopTheReading() throws {
    let file = TemporaryFile(randomBytes(count: 9_000_000, seed: 6))
    var reader = RecipeReader()
    var segmentCount = 0
    do {
      _ = try reader.read(FileHandle(rawValue: file.descriptor), of: disk) {
        _, _ throws(RecipeReaderError) in
        segmentCount += 1
        throw .abandoned
      }
      Issue.record("reading went on to the end")
    } catch {
      #expect(error == .abandoned)
    }
    #expect(segmentCount == 1)
  }
}

/// An unlinked file with these bytes, closed when it is let go.
private struct TemporaryFile: ~Copyable {
  let descriptor: Int32

  init(_ bytes: [UInt8]) {
    var path = Array("/tmp/leftd-test-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&path)
    precondition(descriptor >= 0, "cannot make a temporary file")
    unsafe unlink(path)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe write(descriptor, $0.baseAddress! + written, $0.count - written)
      }
      precondition(count > 0, "cannot write a temporary file")
      written += count
    }
  }

  /// With holes wherever there are no `data`.
  init(_ bytes: [UInt8], holesBesides data: [Range<Int>]) {
    self.init([])
    ftruncate(descriptor, bytes.count)
    for range in data {
      let piece = bytes[range.clamped(to: bytes.indices)]
      let count = unsafe piece.withUnsafeBytes {
        unsafe pwrite(descriptor, $0.baseAddress, $0.count, range.lowerBound)
      }
      precondition(count == piece.count, "cannot write a temporary file")
    }
  }

  deinit { close(descriptor) }
}

private func summary(of bytes: [UInt8]) -> ContentSummary {
  unsafe bytes.withUnsafeBytes { unsafe ContentSummary(of: $0) }
}

private func randomBytes(count: Int, seed: UInt64) -> [UInt8] {
  var generator = SplitMix(seed: seed)
  return generator.bytes(count: count)
}
