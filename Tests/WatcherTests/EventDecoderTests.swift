import SyncCore
import Testing

@testable import Watcher

@Suite struct EventDecoderTests {
  /// One event as the kernel writes it.
  private func bytes(
    _ watch: Int32, _ mask: UInt32, _ cookie: UInt32, _ name: [UInt8], padded: Int
  ) -> [UInt8] {
    func word(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    return word(UInt32(bitPattern: watch)) + word(mask) + word(cookie) + word(UInt32(padded)) + name
      + [UInt8](repeating: 0, count: padded - name.count)
  }

  private func decode(_ bytes: [UInt8]) -> (events: [RawEvent], isWhole: Bool) {
    var events: [RawEvent] = []
    let isWhole = unsafe bytes.withUnsafeBytes { bytes in
      unsafe EventDecoder.decode(bytes) { events.append($0) }
    }
    return (events, isWhole)
  }

  @Test func readsEventsOneAfterTheOther() {
    let buffer =
      bytes(7, 0x4000_0040, 9, [0x68, 0xD6], padded: 16) + bytes(-1, 0x4000, 0, [], padded: 0)
    let (events, isWhole) = decode(buffer)
    #expect(isWhole)
    #expect(
      events == [
        RawEvent(watch: 7, mask: [.movedFrom, .isDirectory], cookie: 9, name: Name([0x68, 0xD6])),
        RawEvent(watch: -1, mask: .queueOverflow),
      ])
  }

  @Test func saysThatBytesAreMissingWhereverTheyEnd() {
    let first = bytes(1, 0x100, 0, [0x61], padded: 16)
    let both = first + bytes(1, 0x8, 0, [0x61], padded: 16)
    for count in 0...both.count {
      let (events, isWhole) = decode(Array(both.prefix(count)))
      #expect(isWhole == [0, first.count, both.count].contains(count))
      #expect(events.count == count / first.count)
    }
  }

  @Test func refusesWhatIsNoName() {
    for name in [[], [0x2E], [0x2E, 0x2E], [0x61, 0x2F]] as [[UInt8]] {
      #expect(!decode(bytes(1, 0x100, 0, name, padded: 16)).isWhole)
    }
    #expect(
      !decode(bytes(1, 0x100, 0, [], padded: 0).dropLast(4) + [0xFF, 0xFF, 0xFF, 0xFF]).isWhole)
  }
}
