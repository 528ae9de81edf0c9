package import SyncCore
import Synchronization

// Ranges that come as patches of what is here.

extension Receiving {
  /// Adds to a request, for which all is prepared, what is here of a part that the range may
  /// resemble. `nil` if the range is not wanted any more. Where the part can't be read, the range
  /// is wanted as it is.
  package func prepare(_ request: RangeRequest, asPatchOf part: LocalPart) -> RangeRequest? {
    guard let old = read(part).map(PatchBase.init) else { return request }
    let isWanted = state.withLock { state in
      state.ranges[request.id]?.old = old
      return state.ranges[request.id] != nil
    }
    guard isWanted else { return nil }
    var request = request
    request.pieces = old.pieces
    return request
  }

  private func read(_ part: LocalPart) -> [UInt8]? {
    // What comes of the bytes is verified: it does not matter whether the file changes meanwhile.
    try? fileSystem.withFile(part.file) {
      handle throws(SharedFileError) in
      var outcome: Result<Void, SharedFileError> = .success(())
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: part.bytes.count) { buffer, count in
        let room = UnsafeMutableRawBufferPointer(buffer)
        do throws(SharedFileError) {
          unsafe try fileSystem.readAll(handle, into: room, at: part.bytes.lowerBound)
          count = part.bytes.count
        } catch {
          outcome = .failure(error)
        }
      }
      try outcome.get()
      return bytes
    }
  }

  /// Makes, verifies and stores the chunks of a range from a `patch` frame. Returns what went
  /// wrong.
  @discardableResult
  package func takePatch(
    _ payload: [UInt8], on link: Link
  ) throws(WireError) -> ReceiveError? {
    var bodyOffset = 0
    let header = try PatchHeader(payload: payload, bodyOffset: &bodyOffset)
    guard let (expected, file) = expectation(of: header.request, on: link) else { return nil }
    guard let old = expected.old else { throw WireError("a patch that was not asked for") }
    let literals = try unpacked(
      payload, from: bodyOffset, header.encoding, byteCount: header.patch.literalByteCount)
    let made = try old.apply(
      header.patch, literals, making: expected.chunks.reduce(0) { $0 + $1.chunk.length })
    do throws(ReceiveError) {
      try store(expected.chunks, of: made, in: file)
      noteArrived(
        header.request, expected.chunks.indices, then: .rangePatched(header.request))
      return nil
    } catch {
      return lose(header.request, of: expected.stage, because: error)
    }
  }

  private func store(
    _ chunks: [PlacedChunk], of bytes: [UInt8], in file: PartialFile
  ) throws(ReceiveError) {
    var result: Result<Void, ReceiveError> = .success(())
    unsafe bytes.withUnsafeBytes { bytes in
      do throws(ReceiveError) {
        var offset = 0
        for chunk in chunks {
          let end = offset + chunk.chunk.length
          unsafe try store(chunk, UnsafeRawBufferPointer(rebasing: bytes[offset..<end]), in: file)
          offset = end
        }
      } catch {
        result = .failure(error)
      }
    }
    try result.get()
    try note(chunks, in: file)
  }
}
