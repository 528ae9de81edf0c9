package import SyncCore
import Synchronization

/// Reads what peers asked for and sends it. On workers' threads; what is queued for a peer is
/// bounded by what the peer may ask for at once.
package struct Serving: Sendable {
  let fileSystem: any FileSystem
  private let snapshots: Snapshots
  private let workspaces = Workspaces()

  /// Serves from one share, and what was read of it from snapshots from these.
  package init(fileSystem: any FileSystem, snapshots: Snapshots) {
    self.fileSystem = fileSystem
    self.snapshots = snapshots
  }

  /// Sends a range of a large file, several chunks a frame; or says that it isn't to be had.
  package func serve(
    _ request: RangeRequest, _ file: LocalFile, to peer: some Transport
  ) {
    do throws(SharedFileError) {
      let frames = try peer.working { () throws(SharedFileError) in
        try snapshots.withFile(file, for: request.key) {
          handle throws(SharedFileError) -> [[UInt8]] in
          try self.frames(for: request, from: handle, packing: peer.packing)
        }
      }
      for frame in frames { peer.send(frame, .range) }
    } catch {
      peer.send(.unavailable(request: request.id, isForGood: error.isForGood))
    }
  }

  private func frames(
    for request: RangeRequest, from handle: FileHandle, packing: Packing
  ) throws(SharedFileError) -> [[UInt8]] {
    let desk = workspaces.take()
    defer { workspaces.giveBack(desk) }
    return try desk.workspace.withLock { workspace throws(SharedFileError) in
      try frames(for: request, from: handle, packing, &workspace)
    }
  }

  private func frames(
    for request: RangeRequest, from handle: FileHandle, _ packing: Packing,
    _ workspace: inout Workspace
  ) throws(SharedFileError) -> [[UInt8]] {
    let range = unsafe UnsafeMutableRawBufferPointer(
      rebasing: workspace.raw[..<request.byteCount])
    unsafe try fileSystem.readAll(handle, into: range, at: request.offset)
    if !request.pieces.isEmpty {
      let bytes = UnsafeRawBufferPointer(range)
      let patch = unsafe PatchHeader.frame(answering: request, with: bytes, &workspace, packing)
      if let patch { return [patch] }
    }
    var frames: [[UInt8]] = []
    var first = 0
    var offset = 0
    while first < request.lengths.count {
      let count = Self.chunkCount(of: request.lengths[first...])
      let lengths = request.lengths[first..<first + count]
      let size = lengths.reduce(0, +)
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: range[offset..<offset + size])
      unsafe frames.append(
        Self.frame(
          request: request.id, first: first, lengths: lengths, bytes, &workspace, packing))
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

  /// A `data` frame; each chunk is packed on its own where that makes it smaller.
  private static func frame(
    request: UInt64, first: Int, lengths: ArraySlice<Int>, _ bytes: UnsafeRawBufferPointer,
    _ workspace: inout Workspace, _ packing: Packing
  ) -> [UInt8] {
    var parts: [DataHeader.Part] = []
    var source = 0
    var packedCount = 0
    for length in lengths {
      let chunk = unsafe UnsafeRawBufferPointer(rebasing: bytes[source..<source + length])
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: workspace.packed[packedCount...])
      if let less = unsafe workspace.packer.pack(chunk, into: room, packing) {
        parts.append(DataHeader.Part(encoding: packing.encoding, byteCount: less))
        packedCount += less
      } else {
        parts.append(DataHeader.Part(encoding: .plain, byteCount: length))
      }
      source += length
    }
    var frame = FrameHeader.frame(
      type: FrameType.data.rawValue,
      head: DataHeader(request: request, first: first, parts: parts).encoded(),
      bodyByteCount: parts.reduce(0) { $0 + $1.byteCount })
    (source, packedCount) = (0, 0)
    for (part, length) in zip(parts, lengths) {
      if part.encoding == .plain {
        unsafe frame.append(contentsOf: bytes[source..<source + length])
      } else {
        unsafe frame.append(
          contentsOf: workspace.packed[packedCount..<packedCount + part.byteCount])
        packedCount += part.byteCount
      }
      source += length
    }
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
          peer.send(pack.frame(answering: request, peer.packing), .pack)
        }
        pack.addMissing(item.place, isForGood: true)
        continue
      }
      if !pack.hasRoom(for: size, at: item.place) {
        peer.send(pack.frame(answering: request, peer.packing), .pack)
      }
      do throws(SharedFileError) {
        let content = try pack.add(
          file.path, as: file.stamp, for: item.place, from: fileSystem
        ).content
        if content != item.content { pack.replaceLastByMissing() }
      } catch {
        pack.addMissing(item.place, isForGood: error.isForGood)
      }
    }
    if !pack.items.isEmpty { peer.send(pack.frame(answering: request, peer.packing), .pack) }
  }
}
