package import SyncCore

/// How contents for one peer are to be packed just now.
package struct Packing: Hashable, Sendable {
  /// What the peer understands and packs best.
  package var encoding: Encoding
  /// What it is worth.
  package var effort: CompressionEffort

  /// A way of packing.
  package init(encoding: Encoding, effort: CompressionEffort) {
    self.encoding = encoding
    self.effort = effort
  }

  /// What every peer understands.
  package static let basic = Packing(encoding: .deflate, effort: .low)

  /// zlib's level, zstd's level; `nil` where nothing is to be compressed. Levels in between cost
  /// more than those and shrink no better.
  fileprivate var level: Int32? {
    switch (encoding, effort) {
    case (.plain, _), (_, .none), (.deflate, .least): nil
    case (.deflate, .low), (.deflate, .medium): 1
    case (.deflate, .high): 6
    case (.zstd, .least): -10
    case (.zstd, .low): 1
    case (.zstd, .medium): 3
    case (.zstd, .high): 6
    }
  }
}

/// Packs blocks for peers; keeps the state of its compressors. One for each thread that sends.
struct Packer: ~Copyable {
  private var zstandard: ZstandardCompressor?
  /// A deflater and its level.
  private var deflater: Deflater?
  private var deflaterLevel: Int32 = 0

  init() {}

  /// Packs `input` to the start of `output`, and tells the length there; `nil` if that is not worth
  /// it: nothing is scarce that it would spare, or it would not shrink.
  mutating func pack(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
    _ packing: Packing
  ) -> Int? {
    guard let level = packing.level, input.count > 0, unsafe looksCompressible(input) else {
      return nil
    }
    switch packing.encoding {
    case .plain: return nil
    case .zstd:
      if zstandard == nil { zstandard = ZstandardCompressor() }
      return unsafe zstandard?.compress(input, into: output, level: level)
    case .deflate:
      if deflater == nil || deflaterLevel != level {
        deflater = Deflater(level: level)
        deflaterLevel = level
      }
      return unsafe deflater?.compress(input, into: output)
    }
  }
}

/// Undoes what a `Packer` did; keeps the state of its decompressors. One for each frame.
struct Unpacker: ~Copyable {
  private var zstandard: ZstandardDecompressor?
  private var inflater: Inflater?

  init() {}

  /// Unpacks a block that must give just as many bytes as `output` has, and is not `plain`.
  mutating func unpack(
    _ input: UnsafeRawBufferPointer, _ encoding: Encoding,
    into output: UnsafeMutableRawBufferPointer
  ) throws(InflateError) {
    switch encoding {
    case .plain: preconditionFailure("what is plain is used where it lies")
    case .zstd:
      if zstandard == nil { zstandard = ZstandardDecompressor() }
      unsafe try zstandard?.decompress(input, into: output)
    case .deflate:
      if inflater == nil { inflater = Inflater() }
      unsafe try inflater?.decompress(input, into: output)
    }
  }
}
