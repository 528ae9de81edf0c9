import Glibc
import SyncCore
import Synchronization
import Testing

@testable import SyncEngine

/// What a peer sends is believed byte by byte, or not at all.
@Suite struct ReceivingTests {
  private let root: String
  private let inputs = Inputs()
  private let receiving: Receiving
  private let link = Link(number: 1)
  private let place = Place(parent: .root, name: Name(literal: "file"))

  /// Everything that was posted.
  private final class Inputs: Sendable {
    let all = Mutex<[Input]>([])

    func post(_ input: Input) { all.withLock { $0.append(input) } }
    var last: Input? { all.withLock { $0.last } }
    var count: Int { all.withLock { $0.count } }
  }

  init() throws {
    var template = Array("/tmp/leftd-receiving-XXXXXX".utf8CString)
    root = unsafe template.withUnsafeMutableBufferPointer {
      unsafe String(cString: mkdtemp($0.baseAddress!))
    }
    let disk = try PosixFileSystem(root: root)
    let inputs = inputs
    receiving = Receiving(disk, staging: try Staging(disk)) { inputs.post($0) }
  }

  private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private func summary(of bytes: [UInt8]) -> ContentSummary {
    unsafe bytes.withUnsafeBytes { unsafe ContentSummary(of: $0) }
  }

  // MARK: Ranges

  /// Opens a stage and expects one range of two chunks.
  private func expectRange(_ content: [UInt8]) -> (RangeRequest, [PlacedChunk]) {
    let half = content.count / 2
    let chunks = [content[..<half], content[half...]].map { part in
      ChunkReference(
        id: unsafe part.withUnsafeBytes { unsafe BLAKE3.chunkID(of: $0) }, length: part.count)
    }
    let placed = [
      PlacedChunk(offset: 0, chunk: chunks[0]),
      PlacedChunk(offset: Int64(half), chunk: chunks[1]),
    ]
    let request = RangeRequest(id: 7, key: .open(1), offset: 0, lengths: chunks.map(\.length))
    receiving.open(Self.stage, place)
    receiving.expect(request, from: link, in: Self.stage, placed)
    return (request, placed)
  }

  private static let stage = StageID(number: 1)

  private func frame(_ first: Int, _ parts: [[UInt8]], request: UInt64 = 7) -> [UInt8] {
    let header = DataHeader(
      request: request, first: first,
      parts: parts.map { DataHeader.Part(encoding: .plain, byteCount: $0.count) })
    return header.encoded() + parts.flatMap { $0 }
  }

  @Test func aRangeIsStoredOnceAllItsChunksAreThere() throws {
    let content = bytes(100_000, seed: 1)
    _ = expectRange(content)
    let posted = inputs.count
    try receiving.takeData(frame(0, [Array(content[..<50_000])]), on: link)
    #expect(inputs.count == posted)
    try receiving.takeData(frame(1, [Array(content[50_000...])]), on: link)
    guard case .rangeStored(7) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
  }

  @Test func aChunkThatDoesNotMatchItsHashIsLostAndNotWritten() throws {
    let content = bytes(100_000, seed: 2)
    _ = expectRange(content)
    var wrong = Array(content[..<50_000])
    wrong[49_999] ^= 1
    try receiving.takeData(frame(0, [wrong]), on: link)
    guard case .rangeLost(7) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
    // What comes late for the lost range is ignored.
    let posted = inputs.count
    try receiving.takeData(frame(1, [Array(content[50_000...])]), on: link)
    #expect(inputs.count == posted)
  }

  @Test func moreChunksThanWereAskedForBreakTheProtocol() throws {
    let content = bytes(100_000, seed: 3)
    _ = expectRange(content)
    #expect(throws: WireError.self) {
      try receiving.takeData(frame(1, [Array(content[50_000...]), [0]]), on: link)
    }
    #expect(throws: WireError.self) { try receiving.takeData([1, 2, 3], on: link) }
  }

  @Test func whatAnotherPeerWasAskedForIsNotTaken() throws {
    let content = bytes(100_000, seed: 9)
    _ = expectRange(content)
    let posted = inputs.count
    let other = Link(number: 2)
    // Neither right nor wrong bytes of another peer touch the request.
    try receiving.takeData(frame(0, [bytes(50_000, seed: 10)]), on: other)
    try receiving.takeData(frame(0, [Array(content[..<50_000])]), on: other)
    try receiving.takeData(frame(1, [Array(content[50_000...])]), on: other)
    #expect(inputs.count == posted)
    try receiving.takeData(frame(0, [Array(content[..<50_000])]), on: link)
    try receiving.takeData(frame(1, [Array(content[50_000...])]), on: link)
    guard case .rangeStored(7) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
  }

  @Test func smallContentsThatAnotherPeerWasAskedForAreNotTaken() throws {
    let content = bytes(500, seed: 11)
    let id = summary(of: content).id
    receiving.expect(
      FetchRequest(id: 3, items: [FetchRequest.Item(place: place, content: id)]), from: link,
      attributes: [(0o644, 5)])
    func staged(from link: Link) throws -> Int {
      try receiving.takeContents(pack(content, claiming: id, request: 3), on: link)
      guard case .fetched(_, 3, let staged, _, _) = inputs.last else { return -1 }
      return staged.count
    }
    #expect(try staged(from: Link(number: 2)) == 0)
    #expect(try staged(from: link) == 1)
  }

  @Test func whatWasNotAskedForIsThrownAway() throws {
    let posted = inputs.count
    try receiving.takeData(frame(0, [bytes(10, seed: 4)], request: 99), on: link)
    #expect(inputs.count == posted)
  }

  @Test func nothingIsWrittenIntoAStageThatWasGivenUp() throws {
    let content = bytes(100_000, seed: 5)
    _ = expectRange(content)
    receiving.close(Self.stage, keeping: true)
    let posted = inputs.count
    try receiving.takeData(frame(0, [Array(content[..<50_000])]), on: link)
    #expect(inputs.count == posted)
  }

  // MARK: Small contents

  private func pack(_ content: [UInt8], claiming id: ContentID, request: UInt64 = 0) -> [UInt8] {
    let item = ContentsHeader.Item(
      place: place, content: id, byteCount: content.count, mode: 0o640, mtime: 1_000_000_007)
    return ContentsHeader(request: request, encoding: .plain, items: [item]).encoded() + content
  }

  @Test func aPushedContentIsStagedWithModeAndTime() throws {
    let content = bytes(5000, seed: 6)
    try receiving.takeContents(pack(content, claiming: summary(of: content).id), on: link)
    guard case .fetched(_, 0, let staged, let missing, let failed) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
    #expect(missing.isEmpty && failed.isEmpty)
    #expect(staged.first?.content == summary(of: content).id)
    #expect(staged.first?.file.stamp.mode == 0o640)
    #expect(staged.first?.file.stamp.mtime == 1_000_000_007)
  }

  @Test func aContentThatIsNotWhatItClaimsHasFailedAndIsNotGone() throws {
    let content = bytes(5000, seed: 7)
    let other = summary(of: bytes(5000, seed: 8)).id
    try receiving.takeContents(pack(content, claiming: other), on: link)
    guard case .fetched(_, 0, let staged, let missing, let failed) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
    #expect(staged.isEmpty)
    #expect(missing.isEmpty && failed == [place])
  }

  @Test(arguments: [true, false]) func whatCannotBeReadJustNowIsNotGone(isForGood: Bool) throws {
    let item = ContentsHeader.Item(lacking: place, isForGood: isForGood)
    receiving.expect(
      FetchRequest(
        id: 9, items: [FetchRequest.Item(place: place, content: summary(of: [1]).id)]),
      from: link, attributes: [(0o644, 5)])
    let frame = ContentsHeader(request: 9, encoding: .plain, items: [item]).encoded()
    try receiving.takeContents(frame, on: link)
    guard case .fetched(_, 9, _, let missing, let failed) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
    #expect(missing == (isForGood ? [place] : []) && failed == (isForGood ? [] : [place]))
  }

  @Test func aBombIsRefused() {
    let item = ContentsHeader.Item(
      place: place, content: summary(of: []).id, byteCount: 1000, mode: 0o644, mtime: 0)
    let header = ContentsHeader(request: 0, encoding: .deflate, items: [item]).encoded()
    #expect(throws: WireError.self) {
      try receiving.takeContents(header + [0x63, 0x60, 0x00], on: link)
    }
  }
}
