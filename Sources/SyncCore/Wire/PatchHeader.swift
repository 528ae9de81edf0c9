/// The head of a `patch` frame: how the bytes of a range are made from those that the asker named
/// by their pieces; the bytes that it lacks follow, as one block.
public struct PatchHeader: Hashable, Sendable {
  /// The request that is answered.
  public var request: UInt64
  /// What to do.
  public var patch: Patch
  /// How the bytes that follow are packed.
  public var encoding: Encoding

  /// A header from its parts.
  public init(request: UInt64, patch: Patch, encoding: Encoding) {
    self.request = request
    self.patch = patch
    self.encoding = encoding
  }

  /// The bytes of the header.
  public func encoded() -> [UInt8] {
    var writer = WireWriter()
    writer.number(request)
    writer.number(patch.steps.count)
    for step in patch.steps {
      switch step {
      case .literal(let byteCount):
        writer.number(0)
        writer.number(byteCount)
      case .copy(let first, let count):
        writer.number(count)
        writer.number(first)
      }
    }
    writer.byte(encoding.rawValue)
    return writer.bytes
  }

  /// Reads the header of a payload; the block begins at `bodyOffset` and fills the rest.
  public init(payload: [UInt8], bodyOffset: inout Int) throws(WireError) {
    var reader = WireReader(payload)
    request = try reader.number()
    patch = Patch()
    var literalByteCount = 0
    for _ in 0..<(try reader.count(upTo: Limits.patchStepCount, of: "steps of a patch")) {
      let count = try reader.count(upTo: Limits.patchPieceCount, of: "pieces of a step")
      if count > 0 {
        let first = try reader.count(upTo: Limits.patchPieceCount, of: "pieces before a step")
        patch.steps.append(.copy(first: first, count: count))
        continue
      }
      let byteCount = try reader.count(
        upTo: Limits.patchByteCount - literalByteCount, of: "bytes of a patch")
      guard byteCount > 0 else { throw WireError("step without bytes") }
      literalByteCount += byteCount
      patch.steps.append(.literal(byteCount: byteCount))
    }
    encoding = try reader.encoding()
    bodyOffset = payload.count - reader.remaining
    let isWhole = encoding == .plain ? reader.remaining == literalByteCount : literalByteCount > 0
    guard isWhole else { throw WireError("patch with other bytes than said") }
  }
}
