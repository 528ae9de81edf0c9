import Foundation
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct DeflateTests {
  @Test(arguments: Sample.shrinking, [1, 6, 9] as [Int32])
  func whatShrinksComesBackAsItWas(sample: Sample, level: Int32) throws {
    var deflater = Deflater(level: level)
    let bytes = sample.bytes(count: 64 * 1024)
    let packed = try #require(compress(bytes, with: &deflater))
    #expect(packed.count <= bytes.count - bytes.count / 32)
    #expect(try inflate(packed, count: bytes.count) == bytes)
  }

  @Test(arguments: Sample.incompressible)
  func whatDoesNotShrinkIsRefused(sample: Sample) {
    var deflater = Deflater()
    #expect(compress(sample.bytes(count: 64 * 1024), with: &deflater) == nil)
  }

  @Test func gainBelowThreePerCentIsRefused() {
    var deflater = Deflater()
    let noise = Sample.random.bytes(count: 64 * 1024)
    let smallGain = noise + [UInt8](repeating: 0, count: 1500)
    #expect(compress(smallGain, with: &deflater) == nil)
    let largerGain = noise + [UInt8](repeating: 0, count: 3000)
    #expect(compress(largerGain, with: &deflater) != nil)
  }

  @Test(arguments: 0...64)
  func shortInputsAreRefusedOrComeBack(count: Int) throws {
    var deflater = Deflater()
    let zeros = [UInt8](repeating: 0, count: count)
    if let packed = compress(zeros, with: &deflater) {
      #expect(packed.count < count)
      #expect(try inflate(packed, count: count) == zeros)
    } else {
      #expect(count < 8)
    }
  }

  @Test func oneDeflaterAndOneInflaterServeBlockAfterBlock() throws {
    var deflater = Deflater()
    var inflater = Inflater()
    for sample in Sample.shrinking + Sample.incompressible + Sample.shrinking {
      let bytes = sample.bytes(count: Limits.chunkByteCount)
      let packed = compress(bytes, with: &deflater)
      #expect((packed == nil) == Sample.incompressible.contains(sample))
      guard let packed else { continue }
      #expect(try decompress(packed, count: bytes.count, with: &inflater) == bytes)
      // An error leaves no trace in the next block.
      #expect(throws: InflateError.self) {
        try decompress([0xFF, 0xFF], count: 10, with: &inflater)
      }
    }
  }

  @Test func compressorWritesOnlyWithinItsOutput() {
    var deflater = Deflater()
    let bytes = Sample.text.bytes(count: 64 * 1024)
    var output = [UInt8](repeating: 0xAA, count: 2000)
    let count = unsafe bytes.withUnsafeBytes { input in
      unsafe output.withUnsafeMutableBytes { output in
        let half = unsafe UnsafeMutableRawBufferPointer(rebasing: output[..<1000])
        return unsafe deflater.compress(input, into: half)
      }
    }
    #expect(count == nil)
    #expect(output[1000...].allSatisfy { $0 == 0xAA })
  }
}

@Suite struct HostileInflateTests {
  private static let bytes = Sample.text.bytes(count: 20_000)

  private static func packed() throws -> [UInt8] {
    var deflater = Deflater()
    return try #require(compress(bytes, with: &deflater))
  }

  @Test func truncatedBlockIsRefused() throws {
    let packed = try Self.packed()
    for count in 0..<packed.count {
      #expect(throws: InflateError.self) {
        try inflate(Array(packed.prefix(count)), count: Self.bytes.count)
      }
    }
  }

  @Test func blockOfAnotherLengthIsRefused() throws {
    let packed = try Self.packed()
    for count in [0, 1, Self.bytes.count - 1, Self.bytes.count + 1, 2 * Self.bytes.count] {
      #expect(throws: InflateError.self) { try inflate(packed, count: count) }
    }
  }

  @Test func trailingBytesAreRefused() throws {
    let packed = try Self.packed()
    #expect(throws: InflateError.self) { try inflate(packed + [0], count: Self.bytes.count) }
    #expect(throws: InflateError.self) { try inflate(packed + packed, count: Self.bytes.count) }
  }

  @Test func bombStopsAtTheAnnouncedLength() throws {
    var deflater = Deflater(level: 9)
    let zeros = [UInt8](repeating: 0, count: 16 * 1024 * 1024)
    let bomb = try #require(compress(zeros, with: &deflater))
    #expect(bomb.count < 20_000)
    // `inflate` checks that nothing was written behind the output.
    #expect(throws: InflateError.self) { try inflate(bomb, count: Limits.chunkByteCount) }
  }

  @Test func randomAndFlippedBytesAreRefusedOrFillTheOutput() throws {
    let packed = try Self.packed()
    var generator = SplitMix(seed: 5)
    for round in 0..<500 {
      var bytes = packed
      if round % 2 == 0 {
        bytes[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1 << (generator.next() % 8))
      } else {
        bytes = generator.bytes(count: Int(generator.next() % 2000))
      }
      if let output = try? inflate(bytes, count: Self.bytes.count) {
        #expect(output.count == Self.bytes.count)
      }
    }
  }

  @Test func zlibAndGzipHeadersAreRefused() throws {
    for header in [[0x78, 0x9C], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]] as [[UInt8]] {
      let packed = try header + Self.packed()
      #expect(throws: InflateError.self) { try inflate(packed, count: Self.bytes.count) }
    }
  }
}

@Suite struct CompressibilityTests {
  @Test(arguments: Sample.shrinking, [300, 4096, 65_536, 196_608])
  func whatShrinksLooksCompressible(sample: Sample, count: Int) {
    #expect(looks(sample.bytes(count: count)))
  }

  @Test(arguments: Sample.incompressible, [0, 1, 3, 16, 300, 4096, 65_536, 196_608])
  func whatDoesNotShrinkDoesNot(sample: Sample, count: Int) {
    #expect(!looks(sample.bytes(count: count)))
  }

  @Test func compressibleQuarterIsEnough() {
    var bytes = Sample.random.bytes(count: 64 * 1024)
    bytes.replaceSubrange(0..<(16 * 1024), with: Sample.text.bytes(count: 16 * 1024))
    #expect(looks(bytes))
  }

  private func looks(_ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBytes { unsafe looksCompressible($0) }
  }
}

/// Kinds of contents.
enum Sample: CaseIterable {
  case zeros, text, base64, sound, records, ramp
  case random, deflated

  static let shrinking: [Sample] = [.zeros, .text, .base64, .sound, .records, .ramp]
  static let incompressible: [Sample] = [.random, .deflated]

  func bytes(count: Int) -> [UInt8] {
    var generator = SplitMix(seed: 99)
    switch self {
    case .zeros: return [UInt8](repeating: 0, count: count)
    case .text: return Self.text(count: count, &generator)
    case .base64:
      return Array(Data(generator.bytes(count: count)).base64EncodedData().prefix(count))
    case .sound:
      // 16-bit samples of low amplitude: the lower byte is noise, the upper one nearly constant.
      return generator.bytes(count: count).enumerated().map { $0 % 2 == 0 ? $1 : $1 >> 6 }
    case .records:
      // Random, but for the first 16 of every 64 bytes.
      let header = generator.bytes(count: 16)
      return Array(
        (0...(count / 64)).flatMap { _ in header + generator.bytes(count: 48) }.prefix(count))
    case .ramp:
      // All byte values equally often: only the repetition shows.
      return (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    case .random: return generator.bytes(count: count)
    case .deflated:
      var deflater = Deflater(level: 9)
      let packed = compress(Self.text(count: 8 * count + 2000, &generator), with: &deflater)
      // The start of a block, where the code tables are, is less random than the rest.
      return Array(packed!.dropFirst(200).prefix(count))
    }
  }

  private static func text(count: Int, _ generator: inout SplitMix) -> [UInt8] {
    let words = (0..<2000).map { _ in
      (0..<(2 + generator.next() % 8)).map { _ in UInt8(97 + generator.next() % 26) }
    }
    var text: [UInt8] = []
    while text.count < count {
      // Few words are frequent and many are rare.
      let rank = generator.next() % (1 + generator.next() % UInt64(words.count))
      text += words[Int(rank)] + [32]
    }
    return Array(text.prefix(count))
  }
}

/// SplitMix64.
struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// The outputs, lowest byte first.
  mutating func bytes(count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, initializedCount in
      let words = UnsafeMutableRawBufferPointer(buffer)
      for offset in stride(from: 0, to: count, by: 8) {
        unsafe words.storeBytes(of: next().littleEndian, toByteOffset: offset, as: UInt64.self)
      }
      initializedCount = count
    }
  }
}

private func compress(_ bytes: [UInt8], with deflater: inout Deflater) -> [UInt8]? {
  var output = [UInt8](repeating: 0, count: bytes.count)
  let count = unsafe bytes.withUnsafeBytes { input in
    unsafe output.withUnsafeMutableBytes { unsafe deflater.compress(input, into: $0) }
  }
  return count.map { Array(output.prefix($0)) }
}

private func inflate(_ bytes: [UInt8], count: Int) throws -> [UInt8] {
  var inflater = Inflater()
  return try decompress(bytes, count: count, with: &inflater)
}

/// Decompresses to `count` bytes and checks that those behind them are left alone.
private func decompress(
  _ bytes: [UInt8], count: Int, with inflater: inout Inflater
) throws -> [UInt8] {
  var output = [UInt8](repeating: 0xAA, count: count + 64)
  defer { #expect(output[count...].allSatisfy { $0 == 0xAA }) }
  try unsafe bytes.withUnsafeBytes { input in
    try unsafe output.withUnsafeMutableBytes { output in
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: output[..<count])
      try unsafe inflater.decompress(input, into: room)
    }
  }
  return Array(output[..<count])
}
