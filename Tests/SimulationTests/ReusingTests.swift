import Synchronization
import Testing

@testable import Simulation
@testable import SyncCore
@testable import SyncEngine

/// What is taken from files here is what it should be, whatever happens to them meanwhile.
@Suite struct ReusingTests {
  private static let stage = StageID(number: 1)
  private static let source = RelativePath(bytes: Array("old".utf8))!

  private final class Inputs: Sendable {
    let all = Mutex<[Input]>([])
  }

  private let disk = MemoryFileSystem()
  private let inputs = Inputs()
  private let receiving: Receiving
  private let staging: Staging

  init() throws {
    let inputs = inputs
    staging = try Staging(disk)
    receiving = Receiving(disk, staging: staging) { input in
      inputs.all.withLock { $0.append(input) }
    }
  }

  private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private static func write(_ bytes: [UInt8], to disk: MemoryFileSystem) {
    disk.sparing {
      try? disk.removeFile(source.name!, in: disk.root)
      if let handle = try? disk.create(source.name!, in: disk.root, mode: 0o644) {
        unsafe bytes.withUnsafeBytes { unsafe try? disk.write(handle, $0, at: 0) }
        disk.close(handle)
      }
    }
  }

  /// Overwrites the file that is there.
  private static func overwrite(_ bytes: [UInt8], on disk: MemoryFileSystem) {
    disk.sparing {
      guard let handle = try? disk.open(source, in: disk.root, for: .writing) else { return }
      unsafe bytes.withUnsafeBytes { unsafe try? disk.write(handle, $0, at: 0) }
      disk.close(handle)
    }
  }

  /// The chunks of some bytes, to lie as far from their old place as said.
  private static func chunks(of bytes: [UInt8], distance: Int64) -> [ReusedChunk] {
    var offset: Int64 = 0
    let summary = unsafe bytes.withUnsafeBytes { unsafe ContentSummary(of: $0) }
    return summary.recipe.chunks.map { chunk in
      defer { offset += Int64(chunk.length) }
      return ReusedChunk(
        sourceOffset: offset, target: PlacedChunk(offset: offset + distance, chunk: chunk))
    }
  }

  /// Takes chunks from the file here; what was taken, each of which is what it should be.
  private func reuse(_ chunks: [ReusedChunk]) throws -> [PlacedChunk] {
    let stamp = try disk.sparing {
      try disk.stamp(of: Self.source.name!, in: disk.root)
    }
    inputs.all.withLock { $0 = [] }
    receiving.reuse(Self.stage, LocalFile(path: Self.source, stamp: stamp), chunks)
    guard case .reused(Self.stage, let taken, let missing)? = inputs.all.withLock({ $0.last })
    else {
      Issue.record("no answer")
      return []
    }
    #expect(taken.count + missing.count == chunks.count)
    return taken
  }

  /// Ends the stage; what is in it.
  private func staged(size: Int64, at place: Place) throws -> [UInt8] {
    receiving.finish(Self.stage, size: size, mode: 0o644, mtime: 5)
    guard case .stageFinished? = inputs.all.withLock({ $0.last }) else {
      Issue.record("not finished")
      return []
    }
    let path = ReservedFolder.staging(of: place.parent).appending(place.name)
    return disk.sparing { disk.content(at: path) ?? [] }
  }

  private let place = Place(parent: .root, name: Name(literal: "new"))

  @Test(arguments: [0, 8192, 100, 4095] as [Int64])
  func wholeBlocksAreSharedAndTheRestIsCopied(distance: Int64) throws {
    let bytes = Self.bytes(1_000_000, seed: 1)
    Self.write(bytes, to: disk)
    receiving.open(Self.stage, place)
    let chunks = Self.chunks(of: bytes, distance: distance)
    #expect(try reuse(chunks).count == chunks.count)
    let shared = disk.shared
    if distance % 4096 == 0 {
      #expect(shared.byteCount == 999_424 && shared.callCount == 1)
    } else {
      #expect(shared.callCount == 0)
    }
    let result = try staged(size: distance + Int64(bytes.count), at: place)
    let isRight = result == Array(repeating: 0, count: Int(distance)) + bytes
    #expect(isRight)
  }

  @Test func rowsWithGapsBetweenThemAreSharedOneByOne() throws {
    let bytes = Self.bytes(1_000_000, seed: 2)
    Self.write(bytes, to: disk)
    receiving.open(Self.stage, place)
    var chunks = Self.chunks(of: bytes, distance: 0)
    let gap = chunks.remove(at: chunks.count / 2).target
    #expect(try reuse(chunks).count == chunks.count)
    #expect(disk.shared.callCount == 2)
    var expected = bytes
    for index in Int(gap.offset)..<Int(gap.offset) + gap.chunk.length { expected[index] = 0 }
    let isRight = try staged(size: Int64(bytes.count), at: place) == expected
    #expect(isRight)
  }

  @Test func whereNothingCanBeSharedThatIsFoundOutOnce() throws {
    let bytes = Self.bytes(500_000, seed: 3)
    Self.write(bytes, to: disk)
    disk.refuseSharing()
    receiving.open(Self.stage, place)
    let chunks = Self.chunks(of: bytes, distance: 0)
    let half = chunks.count / 2
    #expect(try reuse(Array(chunks[..<half])).count == half)
    #expect(try reuse(Array(chunks[half...])).count == chunks.count - half)
    #expect(disk.shared == (0, 1))
    let isRight = try staged(size: Int64(bytes.count), at: place) == bytes
    #expect(isRight)
  }

  /// Somebody writes something else into the file at one call, and what was there at a later one:
  /// at every pair of them.
  @Test func aWriterSlipsNothingIn() throws {
    let bytes = Self.bytes(300_000, seed: 4)
    let junk = Self.bytes(300_000, seed: 5)
    let chunks = Self.chunks(of: bytes, distance: 0)
    var takenCount = 0
    for (call, pause) in (1...16).flatMap({ call in [1, 2, 3, 5].map { (call, $0) } }) {
      Self.write(bytes, to: disk)
      let name = "new-\(call)-\(pause)"
      let place = Place(parent: .root, name: Name(name.utf8)!)
      receiving.open(Self.stage, place)
      disk.interfere(at: call) { disk in
        Self.overwrite(junk, on: disk)
        disk.interfere(at: pause) { Self.overwrite(bytes, on: $0) }
      }
      let taken = try reuse(chunks)
      disk.interfere(at: .max) { _ in }
      takenCount += taken.count
      let result = try staged(size: Int64(bytes.count), at: place)
      for chunk in taken {
        let range = Int(chunk.offset)..<Int(chunk.offset) + chunk.chunk.length
        let isRight = result[range] == bytes[range]
        #expect(isRight, "\(name) at \(chunk.offset)")
      }
    }
    #expect(takenCount > 0)
  }
}
