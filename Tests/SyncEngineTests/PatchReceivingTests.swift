import Glibc
import Synchronization
import Testing

@testable import SyncCore
@testable import SyncEngine

/// Ranges that come as patches: from the file here and the answer of the other side.
@Suite struct PatchReceivingTests {
  private let disk: PosixFileSystem
  private let inputs = Inputs()
  private let receiving: Receiving
  private let serving: Serving
  private let link = Link(number: 1)
  private let place = Place(parent: .root, name: Name(literal: "new"))

  private final class Inputs: Sendable {
    let all = Mutex<[Input]>([])

    func post(_ input: Input) { all.withLock { $0.append(input) } }
    var last: Input? { all.withLock { $0.last } }
    var count: Int { all.withLock { $0.count } }
  }

  /// A peer that keeps what is sent to it.
  private final class Wire: Transport {
    let frames = Mutex<[[UInt8]]>([])

    func send(_ frame: [UInt8], _ priority: Connection.Priority) {
      frames.withLock { $0.append(frame) }
    }

    var queuedByteCount: Int { 0 }
    var packing: Packing { .basic }
    func noteWork(running: Int64, delayed: Int64) {}
    var types: [UInt8] { frames.withLock { $0.map { $0[4] } } }
    func payload(_ number: Int) -> [UInt8] {
      frames.withLock { Array($0[number][FrameHeader.byteCount...]) }
    }
  }

  init() throws {
    var template = Array("/tmp/leftd-patching-XXXXXX".utf8CString)
    let root = unsafe template.withUnsafeMutableBufferPointer {
      unsafe String(cString: mkdtemp($0.baseAddress!))
    }
    disk = try PosixFileSystem(root: root)
    let inputs = inputs
    let staging = try Staging(disk)
    receiving = Receiving(disk, staging: staging) { inputs.post($0) }
    serving = Serving(fileSystem: disk, snapshots: Snapshots(disk, staging: staging))
    folder = root
  }

  private let folder: String

  private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws -> LocalFile {
    let descriptor = unsafe open("\(folder)/\(name)", O_CREAT | O_RDWR | O_TRUNC, 0o644)
    let count = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
    }
    try #require(count == bytes.count)
    close(descriptor)
    let path = try #require(RelativePath(bytes: Array(name.utf8)))
    let handle = try disk.open(path, in: disk.root, for: .reading)
    defer { disk.close(handle) }
    return LocalFile(path: path, stamp: try disk.stamp(of: handle))
  }

  private static let stage = StageID(number: 1)

  /// Expects a range of two chunks that make up a content, and prepares it as a patch of a file.
  private func prepare(_ new: [UInt8], from old: LocalFile) throws -> RangeRequest {
    let half = new.count / 2
    let parts = [Array(new[..<half]), Array(new[half...])]
    let chunks = parts.enumerated().map { number, part in
      PlacedChunk(
        offset: Int64(number * half),
        chunk: ChunkReference(
          id: unsafe part.withUnsafeBytes { unsafe BLAKE3.chunkID(of: $0) }, length: part.count))
    }
    let request = RangeRequest(
      id: 7, key: .open(1), offset: 0, lengths: chunks.map(\.chunk.length))
    receiving.open(Self.stage, place)
    receiving.expect(request, from: link, in: Self.stage, chunks)
    let part = LocalPart(file: old, bytes: 0..<old.stamp.size)
    let prepared = receiving.prepare(request, asPatchOf: part)
    return try #require(prepared)
  }

  @Test(arguments: [0, 70_000, 139_999])
  func oneChangedByteTravelsAsAFewKilobytes(place: Int) throws {
    let old = bytes(140_000, seed: 1)
    var new = old
    new[place] ^= 1
    let request = try prepare(new, from: write("old", old))
    #expect((60...300).contains(request.pieces.count))
    let wire = Wire()
    serving.serve(request, try write("here", new), to: wire)
    #expect(wire.types == [FrameType.patch.rawValue])
    #expect(wire.payload(0).count < 10_000)
    #expect(try receiving.takePatch(wire.payload(0), on: link) == nil)
    guard case .rangePatched(7) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
    // The chunks were verified before they were stored: they are what was asked for.
  }

  @Test func whatHasNothingInCommonComesAsItIs() throws {
    let request = try prepare(
      bytes(100_000, seed: 2), from: write("old", bytes(100_000, seed: 3)))
    let wire = Wire()
    serving.serve(request, try write("here", bytes(100_000, seed: 2)), to: wire)
    #expect(wire.types == [FrameType.data.rawValue])
    #expect(try receiving.takeData(wire.payload(0), on: link) == nil)
    guard case .rangeStored(7) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
  }

  @Test func aPatchThatMakesSomethingElseIsLost() throws {
    let old = bytes(100_000, seed: 4)
    let request = try prepare(bytes(100_000, seed: 5), from: write("old", old))
    let patch = Patch(steps: [.copy(first: 0, count: request.pieces.count)])
    let header = PatchHeader(request: 7, patch: patch, encoding: .plain)
    #expect(try receiving.takePatch(header.encoded(), on: link) == .wrongBytes)
    guard case .rangeLost(7) = inputs.last else {
      Issue.record("posted \(String(describing: inputs.last))")
      return
    }
    // What comes late for the lost range is ignored.
    let posted = inputs.count
    #expect(try receiving.takePatch(header.encoded(), on: link) == nil)
    #expect(inputs.count == posted)
  }

  @Test func onlyAPatchThatWasAskedForAndFitsIsTaken() throws {
    let old = bytes(100_000, seed: 6)
    let file = try write("old", old)
    let request = try prepare(old, from: file)
    func header(_ steps: [PatchStep], request: UInt64 = 7) -> [UInt8] {
      PatchHeader(request: request, patch: Patch(steps: steps), encoding: .plain).encoded()
    }
    let all = PatchStep.copy(first: 0, count: request.pieces.count)
    let posted = inputs.count
    try receiving.takePatch(header([all]), on: Link(number: 2))
    try receiving.takePatch(header([all], request: 8), on: link)
    for steps in [[], [all, all], [.copy(first: 1, count: request.pieces.count)]] as [[PatchStep]] {
      #expect(throws: WireError.self) { try receiving.takePatch(header(steps), on: link) }
    }
    #expect(inputs.count == posted)
    receiving.expect(
      RangeRequest(id: 9, key: .open(1), offset: 0, lengths: [5]), from: link, in: Self.stage, [])
    #expect(throws: WireError.self) { try receiving.takePatch(header([], request: 9), on: link) }
  }

  @Test func whereTheOldFileHasChangedTheRangeIsWantedAsItIs() throws {
    let old = bytes(100_000, seed: 7)
    let file = try write("old", old)
    _ = try write("old", Array(old.dropLast()))
    #expect(try prepare(old, from: file).pieces.isEmpty)
  }

  @Test func aRangeThatWasGivenUpIsNotAskedFor() throws {
    let old = bytes(100_000, seed: 8)
    let file = try write("old", old)
    let request = try prepare(old, from: file)
    receiving.close(Self.stage, keeping: true)
    let part = LocalPart(file: file, bytes: 0..<file.stamp.size)
    #expect(receiving.prepare(request, asPatchOf: part) == nil)
  }
}
