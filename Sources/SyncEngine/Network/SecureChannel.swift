import CLinux
import SyncCore
import Synchronization

/// A TLS session on a socket: bytes in order, both ways, for one reading and one writing thread at
/// a time.
///
/// The session is one object for both directions and under one lock, held for cryptography only:
/// while one thread waits for the network, the other works.
final class SecureChannel: Sendable {
  /// The connection below.
  let socket: Socket
  private let session: Mutex<TLSSession>
  private let inbound = Mutex(Inbound())
  private let outbound = Mutex(Outbound())
  private let bytesPerKey: UInt64
  private let receivedBytes = Atomic<UInt64>(0)
  private let sentBytes = Atomic<UInt64>(0)
  private let sentGauge = Mutex(RateGauge())
  private let receivedGauge = Mutex(RateGauge())

  /// Bytes from the socket that are not yet decrypted.
  private struct Inbound {
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    var consumed = 0
    var filled = 0
  }

  /// What is on its way to the socket.
  private struct Outbound {
    var spare: [UInt8] = []
    var bytesUnderKey: UInt64 = 0
  }

  /// A session over a connected socket; nothing is sent yet. This side's key is renewed each time
  /// that it encrypted `bytesPerKey`.
  init(
    socket: consuming Socket, context: TLSContext, bytesPerKey: UInt64 = Limits.bytesPerKey
  ) throws(ConnectionError) {
    self.bytesPerKey = bytesPerKey
    self.socket = socket
    session = Mutex(try context.makeSession())
    try self.socket.tune()
  }

  /// Bytes that came over the socket.
  var receivedByteCount: UInt64 { receivedBytes.load(ordering: .relaxed) }
  /// Bytes that went over the socket.
  var sentByteCount: UInt64 { sentBytes.load(ordering: .relaxed) }

  /// Bytes a second that come over it just now.
  var receivedRate: Int64 { receivedGauge.withLock { $0.rate(now: clinux_boot_nanoseconds()) } }
  /// Bytes a second that go over it just now.
  var sentRate: Int64 { sentGauge.withLock { $0.rate(now: clinux_boot_nanoseconds()) } }

  /// Agrees on keys and says who the peer proved to be and what it wants to speak.
  func handshake(
    by deadline: Deadline
  ) throws(ConnectionError) -> (peer: NodeID, protocol: TLSProtocol) {
    while true {
      do throws(ConnectionError) {
        let outcome = try inbound.withLock { (inbound) throws(ConnectionError) in
          try session.withLock { (session) throws(ConnectionError) in
            var used = 0
            defer { inbound.consumed += used }
            let input = inbound.buffer.span.extracting(inbound.consumed..<inbound.filled)
            return try session.handshake(input, used: &used)
          }
        }
        try flush { bytes throws(ConnectionError) in try send(bytes, by: deadline) }
        if outcome == .done { break }
      } catch {
        // The alert says why; whether it arrives is not waited for.
        try? flush { bytes throws(ConnectionError) in
          let sent = try socket.send(bytes)
          if sent == 0 { throw .timedOut }
          return sent
        }
        throw error
      }
      try inbound.withLock { (inbound) throws(ConnectionError) in
        try fill(&inbound) { buffer throws(ConnectionError) in
          try socket.receive(into: &buffer, by: deadline)
        }
      }
    }
    let (peer, spoken) = session.withLock { ($0.peer(), $0.agreedProtocol()) }
    guard let peer else { throw .insecure("the peer showed no certificate") }
    guard let spoken else { throw .insecure("the peer speaks none of our protocols") }
    return (peer, spoken)
  }

  /// Makes the buffers large: for peers that are proven.
  func growBuffers() {
    inbound.withLock { inbound in
      let missing = Limits.socketCallByteCount - inbound.buffer.count
      inbound.buffer += [UInt8](repeating: 0, count: missing)
    }
    session.withLock { $0.growOutput() }
  }

  /// Waits for exactly so many decrypted bytes, until the deadline.
  func read(exactly count: Int, by deadline: Deadline) throws(ConnectionError) -> [UInt8] {
    try read(exactly: count) { buffer throws(ConnectionError) in
      try socket.receive(into: &buffer, by: deadline)
    }
  }

  /// Waits for exactly so many decrypted bytes. They are decrypted into the array that is returned;
  /// `receive` waits for what is on the socket, and says how much of its buffer it filled.
  func read(
    exactly count: Int, receive: (inout [UInt8]) throws(ConnectionError) -> Int
  ) throws(ConnectionError) -> [UInt8] {
    guard count > 0 else { return [] }
    var failure: ConnectionError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      // The array may have more room than was asked for.
      let room = unsafe UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
      var target = unsafe MutableRawSpan(_unsafeBytes: room)
      do throws(ConnectionError) {
        try readAll(into: &target, receive)
        initializedCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private func readAll(
    into target: inout MutableRawSpan,
    _ receive: (inout [UInt8]) throws(ConnectionError) -> Int
  ) throws(ConnectionError) {
    var done = 0
    try inbound.withLock { (inbound) throws(ConnectionError) in
      while true {
        var used = 0
        let outcome = try session.withLock { (session) throws(ConnectionError) in
          let input = inbound.buffer.span.extracting(inbound.consumed..<inbound.filled)
          return try session.read(input, used: &used, into: &target, count: &done)
        }
        inbound.consumed += used
        if done == target.byteCount { return }
        if outcome == .needsInput { try fill(&inbound, receive) }
      }
    }
  }

  /// Encrypts and sends, in this order, texts of together at most `Limits.socketCallByteCount`
  /// bytes and one frame. `send` hands bytes to the socket, or waits until it takes some, and says
  /// how many it took.
  func write(
    _ texts: [ArraySlice<UInt8>], send: (Span<UInt8>) throws(ConnectionError) -> Int
  ) throws(ConnectionError) {
    var byteCount = 0
    for text in texts { byteCount += text.count }
    let mustRenew = outbound.withLock { outbound in
      outbound.bytesUnderKey += UInt64(byteCount)
      guard outbound.bytesUnderKey > bytesPerKey else { return false }
      outbound.bytesUnderKey = 0
      return true
    }
    try session.withLock { (session) throws(ConnectionError) in
      if mustRenew { session.renewKey() }
      for text in texts { try session.write(text.span) }
    }
    try flush(send)
  }

  /// Sends one short text, until the deadline.
  func write(_ text: [UInt8], by deadline: Deadline) throws(ConnectionError) {
    try write([text[...]]) { bytes throws(ConnectionError) in try send(bytes, by: deadline) }
  }

  private func send(_ bytes: Span<UInt8>, by deadline: Deadline) throws(ConnectionError) -> Int {
    let sent = try socket.send(bytes)
    if sent == 0 { try socket.waitForRoom(by: deadline) }
    return sent
  }

  /// Bytes that only the two ends of this session can compute (RFC 8446 7.5).
  func exportKeyingMaterial(label: String, count: Int) -> [UInt8] {
    session.withLock { $0.exportKeyingMaterial(label: label, count: count) }
  }

  private func fill(
    _ inbound: inout Inbound, _ receive: (inout [UInt8]) throws(ConnectionError) -> Int
  ) throws(ConnectionError) {
    // OpenSSL uses up what it has before it asks for more; it is never given up here.
    guard inbound.consumed == inbound.filled else { return }
    let count = try receive(&inbound.buffer)
    inbound.consumed = 0
    inbound.filled = count
    receivedBytes.add(UInt64(count), ordering: .relaxed)
    receivedGauge.withLock { $0.take(count, now: clinux_boot_nanoseconds()) }
  }

  private func flush(
    _ send: (Span<UInt8>) throws(ConnectionError) -> Int
  ) throws(ConnectionError) {
    try outbound.withLock { (outbound) throws(ConnectionError) in
      let count = session.withLock { $0.takeOutput(&outbound.spare) }
      var done = 0
      while done < count {
        let sent = try send(outbound.spare.span.extracting(done..<count))
        done += sent
        sentBytes.add(UInt64(sent), ordering: .relaxed)
        sentGauge.withLock { $0.take(sent, now: clinux_boot_nanoseconds()) }
      }
    }
  }
}
