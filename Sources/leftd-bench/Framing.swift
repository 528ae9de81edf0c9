import CLinux
import Glibc
import SyncCore
import SyncEngine
import Synchronization

extension Benchmarks {
  private static let frameCount = 64
  private static let frameByteCount = 256 * 1024

  /// Frames through TLS between two threads, beside as many bytes through a plain socket.
  static func framing() {
    let scratches = [Scratch(), Scratch()]
    defer { withExtendedLifetime(scratches) {} }
    do throws(EngineError) {
      let near = try Identity.loadOrCreate(in: scratches[0].path)
      let far = try Identity.loadOrCreate(in: scratches[1].path)
      let host = SharedConnection()
      let listener = try Listener(
        address: "127.0.0.1:0", identity: far,
        handlers: Listener.Handlers(
          isPaired: { $0 == near.id }, accepted: { host.set($1) }))
      defer { listener.stop() }
      let sender = try Dialer.dial(
        address: "127.0.0.1:\(listener.port)", identity: near, expecting: far.id, share: "bench")
      let receiver = host.wait()
      let arrived = Counter()
      receiver.start(receive: { _, payload in arrived.add(payload.count) }, closed: { _ in })
      sender.start(receive: { _, _ in }, closed: { _ in })
      defer {
        sender.close()
        receiver.close()
      }
      let frame = FrameHeader.frame(
        type: 9, [UInt8](repeating: 5, count: frameByteCount))
      compare("framing and encryption to a plain socket", with: plainSocket) {
        let goal = arrived.value + frameCount * frameByteCount
        for _ in 0..<frameCount {
          while sender.queuedByteCount > 8 << 20 { usleep(200) }
          sender.send(frame, .range)
        }
        while arrived.value < goal { usleep(200) }
      }
    } catch {
      print("no connection on the loopback: \(error)")
      exit(1)
    }
  }

  private static func plainSocket() {
    var ends: [Int32] = [0, 0]
    let result = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    precondition(result == 0, "no socket")
    let (from, to) = (ends[0], ends[1])
    let writer = spawnThread(name: "plain") {
      let bytes = [UInt8](repeating: 5, count: frameByteCount)
      for _ in 0..<frameCount {
        var done = 0
        while done < frameByteCount {
          let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(from, bytes.baseAddress! + done, frameByteCount - done, 0)
          }
          precondition(count > 0, "the socket takes nothing")
          done += count
        }
      }
    }
    var (buffer, left) = ([UInt8](repeating: 0, count: frameByteCount), frameCount * frameByteCount)
    while left > 0 { left -= unsafe recv(to, &buffer, frameByteCount, 0) }
    writer.join()
    close(from)
    close(to)
  }
}

/// The connection that a listener has taken.
private final class SharedConnection: Sendable {
  private let connection = Mutex<Connection?>(nil)

  func set(_ new: Connection) { connection.withLock { $0 = new } }

  func wait() -> Connection {
    while true {
      if let found = connection.withLock({ $0 }) { return found }
      usleep(1000)
    }
  }
}

private final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  var value: Int { count.load(ordering: .relaxed) }
  func add(_ more: Int) { count.add(more, ordering: .relaxed) }
}
