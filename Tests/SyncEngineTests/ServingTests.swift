import Glibc
import Synchronization
import Testing

@testable import SyncCore
@testable import SyncEngine

/// What peers are told of contents that are not to be had.
@Suite struct ServingTests {
  private let folder: String
  private let disk: PosixFileSystem
  private let serving: Serving
  private let path = RelativePath(components: [Name(literal: "file")])
  private let place = Place(parent: .root, name: Name(literal: "file"))

  /// A peer that keeps what is sent to it.
  private final class Wire: Transport {
    let frames = Mutex<[[UInt8]]>([])

    func send(_ frame: [UInt8], _ priority: Connection.Priority) {
      frames.withLock { $0.append(frame) }
    }

    var queuedByteCount: Int { 0 }
    var packing: Packing { .basic }
    func noteWork(running: Int64, delayed: Int64) {}
  }

  init() throws {
    var template = Array("/tmp/leftd-serving-XXXXXX".utf8CString)
    folder = unsafe template.withUnsafeMutableBufferPointer {
      unsafe String(cString: mkdtemp($0.baseAddress!))
    }
    disk = try PosixFileSystem(root: folder)
    serving = Serving(
      fileSystem: disk, snapshots: Snapshots(disk, staging: try Staging(disk)))
  }

  private func write(_ text: String) throws -> FileStamp {
    let descriptor = unsafe open("\(folder)/file", O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    defer { close(descriptor) }
    var text = text
    let count = text.withUTF8 { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    try #require(count == text.utf8.count)
    return try stamp()
  }

  private func stamp() throws -> FileStamp {
    let handle = try disk.open(path, in: disk.root, for: .reading)
    defer { disk.close(handle) }
    return try disk.stamp(of: handle)
  }

  /// What is answered to who asks for the file as it was seen, as a small one and as a large one.
  private func answers(
    as stamp: FileStamp, _ content: ContentID
  ) throws -> (small: ContentsHeader.Item, isRangeGone: Bool) {
    let wire = Wire()
    let file = LocalFile(path: path, stamp: stamp)
    let item = FetchRequest.Item(place: place, content: content)
    serving.serve(request: 1, [(item, file)], to: wire)
    serving.serve(
      RangeRequest(id: 2, key: .sealed(content), offset: 0, lengths: [4]), file, to: wire)
    let frames = wire.frames.withLock { $0.map { Array($0[FrameHeader.byteCount...]) } }
    try #require(frames.count == 2)
    var bodyOffset = 0
    let header = try ContentsHeader(payload: frames[0], bodyOffset: &bodyOffset)
    let gone = Message.unavailable(request: 2, isForGood: true).encoded()
    return (try #require(header.items.first), frames[1] == gone)
  }

  private func content(_ text: String) -> ContentID {
    var text = text
    return text.withUTF8 { unsafe ContentSummary(of: UnsafeRawBufferPointer($0)).id }
  }

  @Test func whoseNamesChangedMayHaveItsContent() throws {
    let before = try write("text")
    // A clock step is several milliseconds.
    for number in 0..<1000 where try stamp() == before {
      usleep(1000)
      _ = unsafe link("\(folder)/file", "\(folder)/other\(number)")
    }
    try #require(try stamp().isSameApartFromCtime(before) && stamp() != before)
    let touched = try answers(as: before, content("text"))
    #expect(touched.small.content == nil && !touched.small.isForGood && !touched.isRangeGone)
    let known = try answers(as: stamp(), content("text"))
    #expect(known.small.content == content("text"))
  }

  @Test func whatWasWrittenOverIsGone() throws {
    let before = try write("text")
    _ = try write("longer")
    let gone = try answers(as: before, content("text"))
    #expect(gone.small.content == nil && gone.small.isForGood && gone.isRangeGone)
  }

  @Test func whatIsAnotherContentIsNotSent() throws {
    let found = try write("text")
    let item = FetchRequest.Item(place: place, content: content("else"))
    let wire = Wire()
    serving.serve(request: 1, [(item, LocalFile(path: path, stamp: found))], to: wire)
    let frame = wire.frames.withLock { Array($0[0][FrameHeader.byteCount...]) }
    var bodyOffset = 0
    let header = try ContentsHeader(payload: frame, bodyOffset: &bodyOffset)
    #expect(header.items.first?.content == nil && header.items.first?.isForGood == true)
  }
}
