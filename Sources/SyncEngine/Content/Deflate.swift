import CZlib

/// Shrinks chunks and packs one at a time: raw deflate (RFC 1951), each block on its own.
///
/// Keeps zlib's 256 KiB of state between blocks; one for each thread that sends.
@safe package struct Deflater: ~Copyable {
  /// On the heap, because zlib's own state points back to it.
  private let stream: UnsafeMutablePointer<z_stream>

  /// A compressor of zlib's level 1 (fastest) to 9 (smallest).
  package init(level: Int32 = 1) {
    precondition((1...9).contains(level))
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let result = unsafe deflateInit2_(
      stream, level, Z_DEFLATED, Deflate.windowBits, Deflate.memoryLevel, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(result == Z_OK, "zlib refuses to start, or there is no memory")
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Compresses `input` to the start of `output` and returns the number of bytes written there;
  /// `nil` if they are not at least 1/32 (3 %) fewer than the input, or don't fit.
  package mutating func compress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    let limit = min(output.count, input.count - input.count / 32 - 1)
    guard limit > 0 else { return nil }
    unsafe deflateReset(stream)
    unsafe stream.give(input: input, output: output, outputByteCount: limit)
    // Out of room is no error: deflate then stops where it is, and the rest is not even looked at.
    guard unsafe deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
    return unsafe limit - Int(stream.pointee.avail_out)
  }
}

/// What arrived is not a deflated block of the length that was announced.
struct InflateError: Error, Hashable {}

/// Undoes `Deflater`; keeps zlib's state between blocks. Nothing that it is given can make it write
/// outside the output, read outside the input, or work longer than these two sizes warrant.
@safe struct Inflater: ~Copyable {
  private let stream: UnsafeMutablePointer<z_stream>

  /// A decompressor for any number of blocks, one after the other.
  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let result = unsafe inflateInit2_(
      stream, Deflate.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(result == Z_OK, "zlib refuses to start, or there is no memory")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Decompresses `input`, which must be one whole block and nothing else, and must fill `output`
  /// to its last byte. After an error the bytes in `output` are anything.
  mutating func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(InflateError) {
    // Nothing that is empty is ever compressed.
    guard input.count > 0, output.count > 0 else { throw InflateError() }
    unsafe inflateReset(stream)
    unsafe stream.give(input: input, output: output, outputByteCount: output.count)
    let result = unsafe inflate(stream, Z_FINISH)
    let isWhole = unsafe stream.pointee.avail_in == 0 && stream.pointee.avail_out == 0
    guard result == Z_STREAM_END, isWhole else { throw InflateError() }
  }
}

/// What both sides agree on.
private enum Deflate {
  /// A window of 32 KiB; negative: without zlib's header and checksum, since chunks have hashes.
  static let windowBits: Int32 = -15
  /// zlib's default.
  static let memoryLevel: Int32 = 8
}

extension UnsafeMutablePointer<z_stream> {
  /// Points the stream at one block's input, which zlib only reads, and room for its output.
  fileprivate func give(
    input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer, outputByteCount: Int
  ) {
    let bytes = unsafe input.assumingMemoryBound(to: UInt8.self)
    unsafe pointee.next_in = UnsafeMutablePointer<UInt8>(mutating: bytes.baseAddress)
    unsafe pointee.avail_in = UInt32(input.count)
    unsafe pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
    unsafe pointee.avail_out = UInt32(outputByteCount)
  }
}
