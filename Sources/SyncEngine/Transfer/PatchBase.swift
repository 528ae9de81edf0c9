import SyncCore

/// What is here of the bytes that a range may be made of.
struct PatchBase: Sendable {
  /// The bytes.
  private let bytes: [UInt8]
  /// The lengths of their pieces.
  private let lengths: [Int]
  /// The hashes of their pieces.
  let pieces: [UInt64]

  /// Cuts and hashes the bytes.
  init(of bytes: [UInt8]) {
    self.bytes = bytes
    let pieces = unsafe bytes.withUnsafeBytes { unsafe hashedPieces(of: $0) }
    lengths = pieces.map(\.byteCount)
    self.pieces = pieces.map(\.hash)
  }

  /// Makes `byteCount` bytes from these and from those that were sent along.
  func apply(
    _ patch: Patch, _ literals: ArraySlice<UInt8>, making byteCount: Int
  ) throws(WireError) -> [UInt8] {
    let stretches = try patch.stretches(ofPieces: lengths, making: byteCount)
    var made: [UInt8] = []
    made.reserveCapacity(byteCount)
    for stretch in stretches {
      if stretch.isOld {
        made += bytes[stretch.bytes]
      } else {
        made += literals.dropFirst(stretch.bytes.lowerBound).prefix(stretch.bytes.count)
      }
    }
    return made
  }
}

/// The pieces of bytes, in order. Of each the first 64 bits of its hash, the first byte highest.
func hashedPieces(of bytes: UnsafeRawBufferPointer) -> [(hash: UInt64, byteCount: Int)] {
  var offset = 0
  return unsafe PieceCutter.lengths(of: bytes).map { length in
    let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
    offset += length
    return unsafe (BLAKE3.chunkID(of: piece).words.0.byteSwapped, length)
  }
}

extension PatchHeader {
  /// A frame that makes a range from what the asker has; `nil` if that would hardly spare anything,
  /// or does not fit.
  static func frame(
    answering request: RangeRequest, with range: UnsafeRawBufferPointer,
    _ workspace: inout Workspace, _ packing: Packing
  ) -> [UInt8]? {
    let pieces = unsafe hashedPieces(of: range)
    let patch = Patch(making: pieces, from: request.pieces)
    let literalByteCount = patch.literalByteCount
    guard range.count - literalByteCount >= range.count / Limits.patchSavingDivisor,
      literalByteCount <= Limits.frameByteCount
    else { return nil }
    let literals = unsafe literals(of: patch, request.pieces, pieces, in: range)
    let packedCount = unsafe literals.withUnsafeBytes {
      unsafe workspace.packer.pack($0, into: workspace.packed, packing)
    }
    let header = PatchHeader(
      request: request.id, patch: patch, encoding: packedCount == nil ? .plain : packing.encoding)
    let head = header.encoded()
    let bodyByteCount = packedCount ?? literals.count
    guard head.count + bodyByteCount <= Limits.framePayloadByteCount else { return nil }
    var frame = FrameHeader.frame(
      type: FrameType.patch.rawValue, head: head, bodyByteCount: bodyByteCount)
    if let packedCount {
      unsafe frame.append(contentsOf: workspace.packed[..<packedCount])
    } else {
      frame += literals
    }
    return frame
  }

  /// The bytes of a range that a patch sends along.
  private static func literals(
    of patch: Patch, _ old: [UInt64], _ pieces: [(hash: UInt64, byteCount: Int)],
    in range: UnsafeRawBufferPointer
  ) -> [UInt8] {
    var literals: [UInt8] = []
    literals.reserveCapacity(patch.literalByteCount)
    var (offset, number) = (0, 0)
    for step in patch.steps {
      switch step {
      case .copy(_, let count):
        for piece in pieces[number..<number + count] { offset += piece.byteCount }
        number += count
      case .literal(let byteCount):
        unsafe literals.append(contentsOf: range[offset..<offset + byteCount])
        let end = offset + byteCount
        while offset < end {
          offset += pieces[number].byteCount
          number += 1
        }
      }
    }
    return literals
  }
}
