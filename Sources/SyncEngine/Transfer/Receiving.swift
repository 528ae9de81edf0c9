package import SyncCore
import Synchronization

/// Takes contents from peers and from files here, verifies every byte, and puts them into the
/// staging area. On workers' threads; what arrives was asked for, or is thrown away.
package final class Receiving: Sendable {
  /// A range on its way.
  struct Expectation {
    var stage: StageID
    /// The connection over which it was asked for.
    var link: Link
    var chunks: [PlacedChunk]
    var missingCount: Int
    var arrived: [Bool]
    /// What it may be made of.
    var old: PatchBase?
  }

  /// What a small content that was asked for is to become.
  struct SmallExpectation {
    var content: ContentID
    var mode: UInt16
    var mtime: Int64
  }

  struct State {
    var stages: [StageID: PartialFile] = [:]
    var ranges: [UInt64: Expectation] = [:]
    var fetches: [UInt64: [Place: SmallExpectation]] = [:]
    /// The connection that each fetch was sent over.
    var links: [UInt64: Link] = [:]
  }

  let state = Mutex(State())
  let fileSystem: any FileSystem
  /// Where the other shares of this machine lie.
  let siblings: @Sendable (String) -> (any FileSystem)?
  private let staging: Staging
  let post: @Sendable (Input) -> Void
  /// Whether the disk is known to share no blocks.
  let sharesNothing = Atomic(false)

  /// Receives for one share; what became of it goes to `post`.
  package init(
    _ fileSystem: any FileSystem, staging: Staging,
    siblings: @escaping @Sendable (String) -> (any FileSystem)? = { _ in nil },
    post: @escaping @Sendable (Input) -> Void
  ) {
    self.fileSystem = fileSystem
    self.siblings = siblings
    self.staging = staging
    self.post = post
  }

  // MARK: Small contents

  /// Remembers what a fetch is for.
  package func expect(
    _ request: FetchRequest, from link: Link, attributes: [(mode: UInt16, mtime: Int64)]
  ) {
    var expected: [Place: SmallExpectation] = [:]
    for (item, attributes) in zip(request.items, attributes) {
      expected[item.place] = SmallExpectation(
        content: item.content, mode: attributes.mode, mtime: attributes.mtime)
    }
    state.withLock { state in
      state.fetches[request.id] = expected
      state.links[request.id] = link
    }
  }

  /// A connection is gone: nothing more is expected over it.
  package func forget(_ link: Link) {
    state.withLock { state in
      for id in state.links.keys.filter({ state.links[$0] == link }) {
        state.links[id] = nil
        state.fetches[id] = nil
      }
    }
  }

  /// Stages the contents of a `contents` frame. Returns what went wrong with one of them.
  @discardableResult
  package func takeContents(
    _ payload: [UInt8], on link: Link
  ) throws(WireError) -> ReceiveError? {
    var bodyOffset = 0
    let header = try ContentsHeader(payload: payload, bodyOffset: &bodyOffset)
    let body = try unpacked(
      payload, from: bodyOffset, header.encoding, byteCount: header.byteCount)
    var staged: [StagedContent] = []
    var (missing, failed): ([Place], [Place]) = ([], [])
    var trouble: ReceiveError?
    var offset = body.startIndex
    for item in header.items {
      defer { offset += item.byteCount }
      let expected = takeExpectation(header.request, item.place, on: link)
      if header.request != 0, expected == nil { continue }
      let bytes = body[offset..<offset + item.byteCount]
      do throws(ReceiveError) {
        if let content = try stage(item, expected, bytes) {
          staged.append(content)
        } else if item.content == nil, !item.isForGood {
          failed.append(item.place)
        } else {
          missing.append(item.place)
        }
      } catch {
        trouble = error
        failed.append(item.place)
      }
    }
    post(
      .fetched(
        link, request: header.request, staged: staged, missing: missing, failed: failed))
    return trouble
  }

  /// A block that fills the rest of a payload; `byteCount` is its length without packing.
  func unpacked(
    _ payload: [UInt8], from offset: Int, _ encoding: Encoding, byteCount: Int
  ) throws(WireError) -> ArraySlice<UInt8> {
    guard encoding != .plain else { return payload[offset...] }
    var unpacker = Unpacker()
    var isWhole = false
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
      unsafe payload.withUnsafeBytes { input in
        let body = unsafe UnsafeRawBufferPointer(rebasing: input[offset...])
        do throws(InflateError) {
          unsafe try unpacker.unpack(
            body, encoding,
            into: UnsafeMutableRawBufferPointer(output))
          isWhole = true
        } catch {}
      }
      count = isWhole ? byteCount : 0
    }
    guard isWhole else { throw WireError("contents that can't be unpacked") }
    return bytes[...]
  }

  private func takeExpectation(
    _ request: UInt64, _ place: Place, on link: Link
  ) -> SmallExpectation? {
    guard request != 0 else { return nil }
    return state.withLock { state in
      guard state.links[request] == link else { return nil }
      let expected = state.fetches[request]?.removeValue(forKey: place)
      if state.fetches[request]?.isEmpty == true {
        state.fetches[request] = nil
        state.links[request] = nil
      }
      return expected
    }
  }

  /// Verifies and stages one content; `nil` if the peer does not have what was asked for.
  private func stage(
    _ item: ContentsHeader.Item, _ expected: SmallExpectation?, _ bytes: ArraySlice<UInt8>
  ) throws(ReceiveError) -> StagedContent? {
    guard let content = item.content, expected == nil || expected?.content == content else {
      return nil
    }
    let result: Result<StagedContent, ReceiveError> = unsafe bytes.withUnsafeBytes { bytes in
      guard unsafe ContentSummary(of: bytes).id == content else { return .failure(.wrongBytes) }
      do throws(FileError) {
        let file = unsafe try staging.putSmall(
          place: item.place, bytes: bytes, mode: expected?.mode ?? item.mode,
          mtime: expected?.mtime ?? item.mtime)
        return .success(StagedContent(content: content, file: file))
      } catch {
        return .failure(.unwritable(error.errno))
      }
    }
    return try result.get()
  }

  /// Copies a small file here into the staging area.
  package func copy(
    _ place: Place, _ content: ContentID, from file: LocalFile, mode: UInt16, mtime: Int64
  ) {
    let size = Int(file.stamp.size)
    var staged: StagedFile?
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { unsafe buffer.deallocate() }
    do throws(SharedFileError) {
      try fileSystem.withFile(file) { handle throws(SharedFileError) in
        unsafe try fileSystem.readAll(handle, into: buffer, at: 0)
      }
      let bytes = UnsafeRawBufferPointer(buffer)
      if unsafe ContentSummary(of: bytes).id == content {
        staged = unsafe try? staging.putSmall(place: place, bytes: bytes, mode: mode, mtime: mtime)
      }
    } catch {
      staged = nil
    }
    post(.copied(place, content, staged))
  }

  // MARK: Large contents

  /// Opens a stage and verifies what an earlier life left in it; everything else in it is zeros.
  package func open(_ id: StageID, _ place: Place) {
    do throws(FileError) {
      var file = try staging.open(place, size: 0)
      let chunks = file.recovered.map { PlacedChunk(offset: $0.offset, chunk: $0.chunk) }
      var verified = chunks.filter { Self.verify($0, in: file) }
      do throws(FileError) {
        try file.clear(besides: verified.map { ($0.offset, $0.chunk) })
      } catch {
        file.discard()
        file = try staging.open(place, size: 0)
        verified = []
      }
      state.withLock { $0.stages[id] = file }
      post(.stageOpened(id, verified))
    } catch {
      post(.stageFailed(id, error.errno))
    }
  }

  private static func verify(_ chunk: PlacedChunk, in file: PartialFile) -> Bool {
    let length = chunk.chunk.length
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
    defer { unsafe buffer.deallocate() }
    guard let count = unsafe try? file.read(into: buffer, at: chunk.offset), count == length else {
      return false
    }
    return unsafe BLAKE3.chunkID(of: UnsafeRawBufferPointer(buffer)) == chunk.chunk.id
  }

  /// Prepares for a range that is about to be asked for.
  package func expect(
    _ request: RangeRequest, from link: Link, in stage: StageID, _ chunks: [PlacedChunk]
  ) {
    state.withLock { state in
      state.ranges[request.id] = Expectation(
        stage: stage, link: link, chunks: chunks, missingCount: chunks.count,
        arrived: Array(repeating: false, count: chunks.count))
    }
  }

  /// Verifies and stores the chunks of a `data` frame. Returns what went wrong with one of them.
  @discardableResult
  package func takeData(
    _ payload: [UInt8], on link: Link
  ) throws(WireError) -> ReceiveError? {
    var bodyOffset = 0
    let header = try DataHeader(payload: payload, bodyOffset: &bodyOffset)
    guard let (expected, file) = expectation(of: header.request, on: link) else { return nil }
    guard header.first + header.parts.count <= expected.chunks.count else {
      throw WireError("more chunks than were asked for")
    }
    let chunks = expected.chunks[header.first..<header.first + header.parts.count]
    do throws(ReceiveError) {
      try store(Array(chunks), header.parts, payload, from: bodyOffset, in: file)
      noteArrived(
        header.request, header.first..<header.first + header.parts.count,
        then: .rangeStored(header.request))
      return nil
    } catch {
      return lose(header.request, of: expected.stage, because: error)
    }
  }

  /// What a request is for; `nil` for an answer to what was given up in the meantime, or to what
  /// another peer was asked.
  func expectation(of request: UInt64, on link: Link) -> (Expectation, PartialFile)? {
    state.withLock { state in
      guard let expected = state.ranges[request], expected.link == link,
        let file = state.stages[expected.stage]
      else { return nil }
      return (expected, file)
    }
  }

  /// What came for a request can't be kept.
  func lose(_ request: UInt64, of stage: StageID, because error: ReceiveError) -> ReceiveError {
    switch error {
    case .wrongBytes:
      state.withLock { $0.ranges[request] = nil }
      post(.rangeLost(request))
    case .unwritable(let errno): post(.stageFailed(stage, errno))
    }
    return error
  }

  private func store(
    _ chunks: [PlacedChunk], _ parts: [DataHeader.Part], _ payload: [UInt8], from bodyOffset: Int,
    in file: PartialFile
  ) throws(ReceiveError) {
    var result: Result<Void, ReceiveError> = .success(())
    unsafe payload.withUnsafeBytes { bytes in
      do throws(ReceiveError) {
        var unpacker = Unpacker()
        var offset = bodyOffset
        for (chunk, part) in zip(chunks, parts) {
          let body = unsafe UnsafeRawBufferPointer(
            rebasing: bytes[offset..<offset + part.byteCount])
          unsafe try store(chunk, part, body, in: file, &unpacker)
          offset += part.byteCount
        }
      } catch {
        result = .failure(error)
      }
    }
    try result.get()
    try note(chunks, in: file)
  }

  /// Remembers what is stored, for a later try.
  func note(_ chunks: [PlacedChunk], in file: PartialFile) throws(ReceiveError) {
    do throws(FileError) {
      try file.note(chunks.map { ($0.offset, $0.chunk) })
    } catch {
      throw .unwritable(error.errno)
    }
  }

  private func store(
    _ chunk: PlacedChunk, _ part: DataHeader.Part, _ body: UnsafeRawBufferPointer,
    in file: PartialFile, _ unpacker: inout Unpacker
  ) throws(ReceiveError) {
    guard part.encoding != .plain else { return unsafe try store(chunk, body, in: file) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: chunk.chunk.length, alignment: 16)
    defer { unsafe buffer.deallocate() }
    do throws(InflateError) {
      unsafe try unpacker.unpack(body, part.encoding, into: buffer)
    } catch {
      throw .wrongBytes
    }
    unsafe try store(chunk, UnsafeRawBufferPointer(buffer), in: file)
  }

  /// Every byte is hashed before it is believed.
  func store(
    _ chunk: PlacedChunk, _ bytes: UnsafeRawBufferPointer, in file: PartialFile
  ) throws(ReceiveError) {
    guard bytes.count == chunk.chunk.length, unsafe BLAKE3.chunkID(of: bytes) == chunk.chunk.id
    else { throw .wrongBytes }
    do throws(FileError) {
      unsafe try file.write(bytes, at: chunk.offset)
    } catch {
      throw .unwritable(error.errno)
    }
  }

  func noteArrived(_ request: UInt64, _ chunks: Range<Int>, then input: Input) {
    let isWhole = state.withLock { state in
      guard var expected = state.ranges[request] else { return false }
      for chunk in chunks where !expected.arrived[chunk] {
        expected.arrived[chunk] = true
        expected.missingCount -= 1
      }
      state.ranges[request] = expected.missingCount == 0 ? nil : expected
      return expected.missingCount == 0
    }
    if isWhole { post(input) }
  }

  /// Gives a stage its final size and attributes.
  package func finish(_ stage: StageID, size: Int64, mode: UInt16, mtime: Int64) {
    guard let file = state.withLock({ $0.stages.removeValue(forKey: stage) }) else { return }
    do throws(FileError) {
      post(.stageFinished(stage, try file.finish(mode: mode, mtime: mtime, size: size)))
    } catch {
      post(.stageFailed(stage, error.errno))
    }
  }

  /// Gives a stage up, and what was expected for it.
  package func close(_ stage: StageID, keeping: Bool) {
    let file = state.withLock { state in
      for id in state.ranges.keys.filter({ state.ranges[$0]?.stage == stage }) {
        state.ranges[id] = nil
      }
      return state.stages.removeValue(forKey: stage)
    }
    if keeping { file?.close() } else { file?.discard() }
  }
}
