import CLinux
import Glibc
import SyncCore

/// The owner of a connected TCP socket.
struct Socket: ~Copyable, Sendable {
  /// The open descriptor; closed when the owner goes.
  let descriptor: Int32

  /// Takes over an open descriptor.
  init(owning descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Sets what a connection needs; see tcp(7).
  func tune() throws(ConnectionError) {
    let result = clinux_tcp_tune(
      descriptor, Int32(Limits.deadLinkSeconds), Int32(Limits.unsentByteCount))
    guard result == 0 else { throw .lost(errno: -result) }
  }

  /// Hands over what fits now: bytes taken, 0 if none fits.
  func send(_ bytes: Span<UInt8>) throws(ConnectionError) -> Int {
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe clinux_socket_send(descriptor, bytes.baseAddress, bytes.count)
    }
    if result == -Int(EAGAIN) { return 0 }
    guard result >= 0 else { throw lost(Int32(-result)) }
    return result
  }

  /// Bounds what the kernel takes ahead of the reader; `nil`, or much, leaves it to the kernel.
  func boundReceived(_ byteCount: Int?) {
    clinux_bound_received(descriptor, Int32(clamping: byteCount ?? 0))
  }

  /// Waits for bytes, until the deadline if there is one: how many came into `buffer`, at most
  /// `count`. The end of the stream is an error.
  func receive(
    into buffer: inout [UInt8], upTo count: Int = .max, by deadline: Deadline?
  ) throws(ConnectionError) -> Int {
    while true {
      if let deadline { try waitForInput(by: deadline) }
      let result = unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe clinux_socket_receive(
          descriptor, buffer.baseAddress, min(count, buffer.count), deadline == nil ? 1 : 0)
      }
      if result == -Int(EAGAIN) { continue }
      guard result >= 0 else { throw lost(Int32(-result)) }
      guard result > 0 else { throw .closedByPeer(nil) }
      return result
    }
  }

  private func waitForInput(by deadline: Deadline) throws(ConnectionError) {
    repeat {
      let left = deadline.remainingMilliseconds
      guard left > 0 else { throw .timedOut }
      if clinux_wait(descriptor, Int16(POLLIN), -1, left) != 0 { return }
    } while true
  }

  /// Waits until `send` takes something.
  func waitForRoom(by deadline: Deadline) throws(ConnectionError) {
    repeat {
      let left = deadline.remainingMilliseconds
      guard left > 0 else { throw .timedOut }
      if clinux_wait(descriptor, Int16(POLLOUT), -1, left) != 0 { return }
    } while true
  }

  /// Says that nothing more will be sent; what is under way arrives.
  func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Ends both directions, and every call that waits in one.
  func end() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// The other end's numeric address; empty if it is gone.
  var remoteHost: String {
    var text = [CChar](repeating: 0, count: 64)
    guard unsafe clinux_socket_remote_host(descriptor, &text, text.count) == 0 else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private func lost(_ errno: Int32) -> ConnectionError {
    errno == ECONNRESET || errno == EPIPE ? .closedByPeer(nil) : .lost(errno: errno)
  }
}
