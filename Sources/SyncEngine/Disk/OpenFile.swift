import SyncCore

/// An open file, closed when its owner goes. Its calls are those of `FileSystem` on its handle.
struct OpenFile: ~Copyable, Sendable {
  private let fileSystem: any FileSystem
  private let handle: FileHandle

  /// Opens `name` in `directory`.
  init(_ name: Name, in directory: Directory, for access: FileAccess) throws(FileError) {
    fileSystem = directory.fileSystem
    handle = try fileSystem.open(name, in: directory.handle, for: access)
  }

  /// Creates `name` in `directory`.
  init(creating name: Name, in directory: Directory, mode: UInt16) throws(FileError) {
    fileSystem = directory.fileSystem
    handle = try fileSystem.create(name, in: directory.handle, mode: mode)
  }

  /// Creates a file without a name, on the file system of `directory`.
  init(namelessIn directory: Directory) throws(FileError) {
    fileSystem = directory.fileSystem
    handle = try fileSystem.createNameless(in: directory.handle)
  }

  private init(_ handle: FileHandle, of fileSystem: any FileSystem) {
    (self.fileSystem, self.handle) = (fileSystem, handle)
  }

  deinit { fileSystem.close(handle) }

  /// The same file once more, to be written past the page cache.
  func direct() throws(FileError) -> OpenFile {
    OpenFile(try fileSystem.openDirect(handle), of: fileSystem)
  }

  func stamp() throws(FileError) -> FileStamp { try fileSystem.stamp(of: handle) }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(FileError) -> Int {
    unsafe try fileSystem.read(handle, into: buffer, at: offset)
  }

  /// The first `count` bytes, or all if there are fewer.
  func bytes(count: Int) throws(FileError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { unsafe buffer.deallocate() }
    let done = unsafe try read(into: buffer, at: 0)
    return unsafe Array(buffer[..<done])
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
    unsafe try fileSystem.write(handle, bytes, at: offset)
  }

  func write(_ bytes: RawSpan, at offset: Int64) throws(FileError) {
    // `withUnsafeBytes` does not pass a typed error on.
    let result = unsafe bytes.withUnsafeBytes { buffer -> Result<Void, FileError> in
      do throws(FileError) {
        unsafe try fileSystem.write(handle, buffer, at: offset)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  func write(bytes: [UInt8], at offset: Int64) throws(FileError) {
    try write(unsafe bytes.span.bytes, at: offset)
  }

  /// Takes a range of another file over by sharing its blocks; see `FileSystem.share`.
  func share(
    _ range: Range<Int64>?, of source: FileHandle, at offset: Int64
  ) throws(FileError) {
    try fileSystem.share(range, of: source, into: handle, at: offset)
  }

  /// Runs `body` with the handle, which is not to be closed.
  func withHandle<Result, Failure>(
    _ body: (FileHandle) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(handle)
  }

  func truncate(to size: Int64) throws(FileError) { try fileSystem.truncate(handle, to: size) }

  func punchHole(_ range: Range<Int64>) throws(FileError) {
    try fileSystem.punchHole(in: handle, range)
  }

  func reserve(size: Int64) throws(FileError) { try fileSystem.reserve(handle, size: size) }

  var hasRoom: Bool { fileSystem.hasRoom(handle) }

  var hasWriter: Bool? { fileSystem.hasWriter(handle) }

  func startWriteback() { fileSystem.startWriteback(handle) }

  func setMode(_ mode: UInt16) throws(FileError) { try fileSystem.setMode(handle, mode) }

  func setMtime(_ mtime: Int64) throws(FileError) { try fileSystem.setMtime(handle, mtime) }

  func attributes() throws(FileError) -> ExtendedAttributes {
    try fileSystem.attributes(of: handle)
  }

  /// Sets and takes away what differs between `before` and `after`, where it is as in `before`:
  /// what somebody else has changed stays. What the file system refuses is not done, either.
  func changeAttributes(
    from before: ExtendedAttributes, to after: ExtendedAttributes
  ) throws(FileError) {
    if before == after { return }
    let found = try attributes()
    for name in before.names(and: after)
    where before[name] != after[name] && isAsBefore(name, found, before) {
      try fileSystem.setAttribute(handle, name, after[name], isNew: before[name] == nil)
    }
  }

  /// An owner that nobody knew is one since a share began to keep owners.
  private func isAsBefore(
    _ name: [UInt8], _ found: ExtendedAttributes, _ before: ExtendedAttributes
  ) -> Bool {
    found[name] == before[name] || name == ExtendedAttributes.owner && before[name] == nil
  }

  /// The same for something that is nobody else's.
  func setAttributes(_ wanted: ExtendedAttributes) throws(FileError) {
    try changeAttributes(from: attributes(), to: wanted)
  }

  func readSymlink() throws(FileError) -> [UInt8] { try fileSystem.readSymlink(handle) }

  func flush() throws(FileError) { try fileSystem.flush(handle) }
}
