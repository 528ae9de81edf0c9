package import SyncCore

/// Reads what peers asked for and sends it. On workers' threads; what is queued for a peer is
/// bounded by what the peer may ask for at once.
package struct Serving: Sendable {
  let fileSystem: any FileSystem

  /// Serves from one share.
  package init(fileSystem: any FileSystem) { self.fileSystem = fileSystem }

  /// Sends a range of a large file, several chunks a frame; or says that it isn't to be had.
  package func serve(
    _ request: RangeRequest, _ file: LocalFile, to peer: some Transport
  ) {
    do throws(SharedFileError) {
      let frames = try fileSystem.withFile(file.path, as: file.stamp) {
        handle throws(SharedFileError) -> [[UInt8]] in
        try self.frames(for: request, from: handle)
      }
      for frame in frames { peer.send(frame, .range) }
    } catch {
      peer.send(.unavailable(request: request.id, isForGood: error.isForGood))
    }
  }

  private func frames(for request: RangeRequest, from handle: FileHandle)
    throws(SharedFileError) -> [[UInt8]]
  {
    let byteCount = request.lengths.reduce(0, +)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
    defer { unsafe buffer.deallocate() }
    unsafe try fileSystem.readAll(handle, into: buffer, at: request.offset)
    var deflater = Deflater()
    var frames: [[UInt8]] = []
    var first = 0
    var offset = 0
    while first < request.lengths.count {
      let count = Self.chunkCount(of: request.lengths[first...])
      let lengths = request.lengths[first..<first + count]
      let size = lengths.reduce(0, +)
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + size])
      unsafe frames.append(
        Self.frame(
          request: request.id, first: first, lengths: lengths, bytes, deflater: &deflater))
      first += count
      offset += size
    }
    return frames
  }

  /// How many chunks fit into one frame; at least one.
  private static func chunkCount(of lengths: ArraySlice<Int>) -> Int {
    var count = 0
    var byteCount = 0
    for length in lengths {
      byteCount += length
      if byteCount > Limits.frameByteCount { break }
      count += 1
    }
    return max(count, 1)
  }

  /// A `data` frame; each chunk is deflated on its own where that makes it smaller.
  private static func frame(
    request: UInt64, first: Int, lengths: ArraySlice<Int>, _ bytes: UnsafeRawBufferPointer,
    deflater: inout Deflater
  ) -> [UInt8] {
    var parts: [DataHeader.Part] = []
    let body = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) {
      buffer, initializedCount in
      let output = UnsafeMutableRawBufferPointer(buffer)
      var source = 0
      for length in lengths {
        let chunk = unsafe UnsafeRawBufferPointer(rebasing: bytes[source..<source + length])
        let target = unsafe UnsafeMutableRawBufferPointer(
          rebasing: output[initializedCount..<initializedCount + length])
        var byteCount = length
        if unsafe looksCompressible(chunk),
          let less = unsafe deflater.compress(chunk, into: target)
        {
          byteCount = less
          parts.append(DataHeader.Part(isDeflated: true, byteCount: less))
        } else {
          unsafe target.copyMemory(from: chunk)
          parts.append(DataHeader.Part(isDeflated: false, byteCount: length))
        }
        initializedCount += byteCount
        source += length
      }
    }
    let head = DataHeader(request: request, first: first, parts: parts).encoded()
    var frame: [UInt8] = []
    frame.reserveCapacity(FrameHeader.byteCount + head.count + body.count)
    FrameHeader(type: FrameType.data.rawValue, payloadByteCount: head.count + body.count)
      .append(to: &frame)
    frame += head
    frame += body
    return frame
  }

  /// Sends small contents, as many frames as it takes; those that aren't to be had are named.
  package func serve(
    request: UInt64, _ items: [(item: FetchRequest.Item, file: LocalFile?)], to peer: some Transport
  ) {
    var pack = Pack()
    for (item, file) in items {
      let size = file?.stamp.size ?? 0
      guard let file, size <= Int64(Limits.smallContentByteCount) else {
        if !pack.hasRoom(for: 0, at: item.place) {
          peer.send(pack.frame(answering: request), .pack)
        }
        pack.addMissing(item.place, isForGood: true)
        continue
      }
      if !pack.hasRoom(for: size, at: item.place) {
        peer.send(pack.frame(answering: request), .pack)
      }
      do throws(SharedFileError) {
        let content = try pack.add(
          file.path, as: file.stamp, for: item.place, from: fileSystem)
        if content != item.content { pack.replaceLastByMissing() }
      } catch {
        pack.addMissing(item.place, isForGood: error.isForGood)
      }
    }
    if !pack.items.isEmpty { peer.send(pack.frame(answering: request), .pack) }
  }
}
