import CZlib
import CZstd
import Glibc
import SyncCore
import SyncEngine

extension Benchmarks {
  private static let byteCount = 4 << 20
  private static let chunkByteCount = 64 * 1024

  private static func noise() -> [UInt8] {
    var random = SplitMix64(seed: 1)
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let words = UnsafeMutableRawBufferPointer(buffer)
      for offset in stride(from: 0, to: byteCount, by: 8) {
        unsafe words.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
      }
      count = byteCount
    }
  }

  /// Lines as a server writes them.
  private static func text() -> [UInt8] {
    var (random, bytes) = (SplitMix64(seed: 2), [UInt8]())
    while bytes.count < 1 << 20 {
      let (host, page, size) = (random.next() % 200, random.next() % 500, random.next() % 100_000)
      bytes += "10.0.\(host).7 - - GET /a/\(page * 7919) HTTP/1.1 200 \(size)\n".utf8
    }
    return bytes
  }

  /// Cutting and hashing beside copying, and beside reading.
  static func contents() {
    let bytes = noise()
    var copy = [UInt8](repeating: 0, count: byteCount)
    unsafe bytes.withUnsafeBytes { bytes in
      let copyAll = {
        unsafe copy.withUnsafeMutableBytes { unsafe $0.copyMemory(from: bytes) }
        keep(Int(copy[byteCount / 2]))
      }
      compare("cutting to copying", with: copyAll) {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
          let cut = unsafe ChunkCutter.firstCut(in: rest)
          unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(cut))
        }
      }
      compare("hashing to copying", with: copyAll) {
        for start in stride(from: 0, to: byteCount, by: chunkByteCount) {
          let chunk = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + chunkByteCount])
          keep(Int(truncatingIfNeeded: unsafe BLAKE3.chunkID(of: chunk).words.0))
        }
      }
    }
  }

  /// What leftd does around the libraries, beside plain calls of them.
  static func compression() {
    let bytes = text()
    var output = [UInt8](repeating: 0, count: 2 * chunkByteCount)
    var deflater = Deflater()
    var zstandard = ZstandardCompressor()
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe output.withUnsafeMutableBytes { output in
        func forEachChunk(_ body: (UnsafeRawBufferPointer) -> Int) {
          for start in stride(from: 0, to: bytes.count - chunkByteCount, by: chunkByteCount) {
            unsafe keep(
              body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + chunkByteCount])))
          }
        }
        let room = unsafe output.baseAddress!.assumingMemoryBound(to: UInt8.self)
        compare("deflate to zlib's own") {
          unsafe forEachChunk { chunk in
            var count = uLongf(2 * chunkByteCount)
            let source = unsafe chunk.baseAddress!.assumingMemoryBound(to: UInt8.self)
            _ = unsafe compress2(room, &count, source, uLong(chunk.count), 1)
            return Int(count)
          }
        } _: {
          unsafe forEachChunk { chunk in unsafe deflater.compress(chunk, into: output) ?? 0 }
        }
        compare("zstd to its library's own") {
          unsafe forEachChunk { chunk in
            unsafe ZSTD_compress(
              output.baseAddress, output.count, chunk.baseAddress, chunk.count, 1)
          }
        } _: {
          unsafe forEachChunk { chunk in
            unsafe zstandard.compress(chunk, into: output, level: 1) ?? 0
          }
        }
      }
    }
  }
}
