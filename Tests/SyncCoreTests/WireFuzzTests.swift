import Testing

@testable import SyncCore

/// Bytes that nobody meant: none of them may stop the program, whatever else they do.
@Suite struct WireFuzzTests {
  private static let types: [UInt8] = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]

  private func readEverything(_ type: UInt8, _ payload: [UInt8]) {
    _ = try? decode(type, payload)
    var offset = 0
    _ = try? ContentsHeader(payload: payload, bodyOffset: &offset)
    _ = try? DataHeader(payload: payload, bodyOffset: &offset)
    _ = try? PatchHeader(payload: payload, bodyOffset: &offset)
  }

  @Test func randomBytesAreReadOrRefused() {
    var samples = Samples(seed: 7)
    for round in 0..<40_000 {
      var payload = samples.bytes(samples.below(60))
      // Small numbers get further: they are counts, types and flags.
      for index in payload.indices where samples.chance(2) { payload[index] &= 7 }
      readEverything(Self.types[round % Self.types.count], payload)
      _ = ConnectionOpening(payload: payload)
      _ = CloseReason(payload: payload)
      _ = try? JournalRecord(payload)
    }
  }

  @Test func oneWrongByteIsReadOrRefused() {
    var samples = Samples(seed: 8)
    for _ in 0..<1500 {
      let message = samples.message()
      var payload = message.encoded()
      guard !payload.isEmpty else { continue }
      for _ in 0..<25 {
        let index = samples.below(payload.count)
        let right = payload[index]
        payload[index] = samples.pick([0, 1, 0x7F, 0x80, 0xFF, right ^ 1, right &+ 1])
        let type = message.frameType.rawValue
        if let read = try? decode(type, payload), type != FrameType.hello.rawValue {
          // What is believed can be passed on.
          #expect((try? decode(type, read.encoded())) == read)
        }
        payload[index] = right
      }
    }
  }
}
