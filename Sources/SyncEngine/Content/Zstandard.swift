import CZstd
import SyncCore

/// Shrinks chunks and packs one at a time with Zstandard, each a frame of its own.
///
/// Keeps up to a few MiB of state between them; one for each thread that sends.
@safe package struct ZstandardCompressor: ~Copyable {
  private let context: OpaquePointer

  package init() {
    guard let context = unsafe ZSTD_createCCtx() else { preconditionFailure("there is no memory") }
    unsafe self.context = unsafe context
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  /// Compresses `input` to the start of `output` at a level of zstd's and returns the number of
  /// bytes written there; `nil` if they are not at least 1/32 (3 %) fewer than the input, or don't
  /// fit.
  package mutating func compress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, level: Int32
  ) -> Int? {
    let limit = min(output.count, input.count - input.count / 32 - 1)
    guard limit > 0 else { return nil }
    let count = unsafe ZSTD_compressCCtx(
      context, output.baseAddress, limit, input.baseAddress, input.count, level)
    return ZSTD_isError(count) == 0 ? count : nil
  }
}

/// Undoes `ZstandardCompressor`. Nothing that it is given can make it write outside the output or
/// read outside the input, and it takes no memory beside its state of 100 KiB: whole frames are
/// decompressed in place, whatever window they ask for.
@safe struct ZstandardDecompressor: ~Copyable {
  private let context: OpaquePointer

  init() {
    guard let context = unsafe ZSTD_createDCtx() else { preconditionFailure("there is no memory") }
    unsafe self.context = unsafe context
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  /// Decompresses `input`, which must be one whole frame that says how long its content is, and
  /// nothing else, and must fill `output` to its last byte. After an error the bytes in `output`
  /// are anything.
  mutating func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(InflateError) {
    guard input.count > 0, output.count > 0 else { throw InflateError() }
    // What it claims is checked before any work is done.
    let claimed = unsafe ZSTD_getFrameContentSize(input.baseAddress, input.count)
    let length = unsafe ZSTD_findFrameCompressedSize(input.baseAddress, input.count)
    guard claimed == UInt64(output.count), length == input.count else { throw InflateError() }
    let count = unsafe ZSTD_decompressDCtx(
      context, output.baseAddress, output.count, input.baseAddress, input.count)
    guard count == output.count else { throw InflateError() }
  }
}
