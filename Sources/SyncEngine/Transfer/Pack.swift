import SyncCore

/// Small files on their way into one `contents` frame. Their contents are read straight behind one
/// another.
@safe struct Pack: ~Copyable {
  private let body: UnsafeMutableRawBufferPointer
  private var filled = 0
  /// Bytes that the frame will have at most.
  private var roughByteCount = 0
  private(set) var items: [ContentsHeader.Item] = []

  init() {
    unsafe body = .allocate(byteCount: Limits.packByteCount, alignment: 16)
  }

  deinit { unsafe body.deallocate() }

  /// Whether a file of this size still fits.
  func hasRoom(for byteCount: Int64, at place: Place) -> Bool {
    items.count < Limits.packFileCount
      && Int64(roughByteCount + ContentsHeader.roughByteCount(of: place)) + byteCount
        <= Int64(Limits.packByteCount)
  }

  /// Adds a file; nothing is added when it throws. `also` gets it as well while it is open.
  mutating func add<Result>(
    _ path: RelativePath, as stamp: FileStamp, for place: Place, from fileSystem: any FileSystem,
    also: (FileHandle) throws(SharedFileError) -> Result = { _ in () }
  ) throws(SharedFileError) -> (content: ContentID, Result) {
    precondition(hasRoom(for: stamp.size, at: place))
    let room = unsafe UnsafeMutableRawBufferPointer(
      rebasing: body[filled..<filled + Int(stamp.size)])
    let result = try fileSystem.withFile(path, as: stamp) { handle throws(SharedFileError) in
      unsafe try fileSystem.readAll(handle, into: room, at: 0)
      return try also(handle)
    }
    let content = unsafe ContentSummary(of: UnsafeRawBufferPointer(room)).id
    filled += Int(stamp.size)
    append(
      ContentsHeader.Item(
        place: place, content: content, byteCount: Int(stamp.size), mode: stamp.mode,
        mtime: stamp.mtime))
    return (content, result)
  }

  /// Adds that a file is not to be had: any more, or just now.
  mutating func addMissing(_ place: Place, isForGood: Bool) {
    append(ContentsHeader.Item(lacking: place, isForGood: isForGood))
  }

  /// Takes the last file off again: it isn't what was asked for.
  mutating func replaceLastByMissing() {
    let last = items.removeLast()
    filled -= last.byteCount
    addMissing(last.place, isForGood: true)
  }

  private mutating func append(_ item: ContentsHeader.Item) {
    items.append(item)
    roughByteCount += item.byteCount + ContentsHeader.roughByteCount(of: item.place)
  }

  /// The frame, packed if that makes it smaller.
  func frame(answering request: UInt64, packedBy packing: Packing) -> [UInt8] {
    let raw = unsafe UnsafeRawBufferPointer(rebasing: body[..<filled])
    let packed = unsafe pack(raw, packing)
    let header = ContentsHeader(
      request: request, encoding: packed == nil ? .plain : packing.encoding, items: items)
    var frame = FrameHeader.frame(
      type: FrameType.contents.rawValue, head: header.encoded(),
      bodyByteCount: packed?.count ?? filled)
    if let packed { frame += packed } else { unsafe frame.append(contentsOf: raw) }
    return frame
  }

  /// The frame; the pack is empty afterwards.
  mutating func frame(answering request: UInt64, _ packing: Packing) -> [UInt8] {
    defer {
      items = []
      filled = 0
      roughByteCount = 0
    }
    return frame(answering: request, packedBy: packing)
  }

  private func pack(_ raw: UnsafeRawBufferPointer, _ packing: Packing) -> [UInt8]? {
    var packer = Packer()
    var count: Int?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: raw.count) { buffer, initializedCount in
      unsafe count = packer.pack(raw, into: UnsafeMutableRawBufferPointer(buffer), packing)
      initializedCount = count ?? 0
    }
    return count == nil ? nil : bytes
  }
}
