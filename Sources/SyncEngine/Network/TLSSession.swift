import COpenSSL
import SyncCore

/// One TLS session without a socket: encrypted bytes are given to it and taken from it. Not safe
/// for two threads at once; `SecureChannel` keeps it under a lock.
@safe struct TLSSession: ~Copyable {
  private let ssl: OpaquePointer
  private let wire: UnsafeMutablePointer<copenssl_wire>
  /// Encrypted bytes for the socket; the first `outputByteCount` are valid.
  private var output: [UInt8]
  private(set) var outputByteCount = 0

  /// What a handshake's step or a read came to.
  enum Outcome {
    /// The handshake is done; bytes were read.
    case done
    /// More bytes from the socket are needed.
    case needsInput
  }

  /// A session of the context, with room for the output of a handshake.
  static func make(
    context: OpaquePointer, isListener: Bool
  ) throws(ConnectionError) -> TLSSession {
    guard let ssl = unsafe SSL_new(context) else { throw .insecure(reason()) }
    let session = unsafe TLSSession(owning: ssl)
    guard let bio = unsafe copenssl_wire_bio(session.wire) else { throw .insecure(reason()) }
    unsafe SSL_set_bio(ssl, bio, bio)
    if isListener { unsafe SSL_set_accept_state(ssl) } else { unsafe SSL_set_connect_state(ssl) }
    return session
  }

  private init(owning ssl: OpaquePointer) {
    unsafe self.ssl = unsafe ssl
    unsafe wire = .allocate(capacity: 1)
    unsafe wire.initialize(to: copenssl_wire())
    output = [UInt8](repeating: 0, count: Self.handshakeOutputByteCount)
  }

  deinit {
    unsafe SSL_free(ssl)
    unsafe wire.deallocate()
  }

  private static let handshakeOutputByteCount = 16 * 1024
  /// Room for the records of one write, with what a post-handshake message may need beside them.
  static let outputByteCount = Limits.socketCallByteCount + 64 * 1024

  /// Makes room for writes of `Limits.socketCallByteCount`: only proven peers get that.
  mutating func growOutput() {
    output += [UInt8](repeating: 0, count: Self.outputByteCount - output.count)
  }

  /// Goes on with the handshake; `used` bytes of `input` are done with.
  mutating func handshake(
    _ input: Span<UInt8>, used: inout Int
  ) throws(ConnectionError) -> Outcome {
    let result = unsafe call(input, used: &used) { ssl in unsafe SSL_do_handshake(ssl) }
    return try outcome(of: result)
  }

  /// Decrypts into `target` behind its first `count` bytes until it is full or the input is used
  /// up; `count` grows with it.
  mutating func read(
    _ input: Span<UInt8>, used: inout Int, into target: inout MutableRawSpan, count: inout Int
  ) throws(ConnectionError) -> Outcome {
    let start = count
    var result: Int32 = 1
    unsafe call(input, used: &used) { ssl in
      unsafe target.withUnsafeMutableBytes { target in
        while result == 1 && count < target.count {
          var got = 0
          let room = target.count - count
          result = unsafe SSL_read_ex(ssl, target.baseAddress! + count, room, &got)
          count += got
        }
        return result
      }
    }
    // What there was is handed over; a failure that lasts comes back at the next call.
    return count > start ? .done : try outcome(of: result)
  }

  /// Encrypts all of `plaintext`, which must fit: the output is empty or small, and the plaintext
  /// has at most `Limits.socketCallByteCount` bytes.
  mutating func write(_ plaintext: Span<UInt8>) throws(ConnectionError) {
    var used = 0
    let empty: [UInt8] = []
    var done = 0
    var result: Int32 = 1
    unsafe call(empty.span, used: &used) { ssl in
      unsafe plaintext.withUnsafeBytes { plaintext in
        while result == 1 && done < plaintext.count {
          var taken = 0
          result = unsafe SSL_write_ex(
            ssl, plaintext.baseAddress! + done, plaintext.count - done, &taken)
          done += taken
        }
        return result
      }
    }
    guard done == plaintext.count else {
      _ = try outcome(of: result)
      throw .insecure("the session cannot write")
    }
  }

  /// Changes the key that this side writes with, at the next write.
  mutating func renewKey() { unsafe SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) }

  /// Exchanges the output with an array to be filled next, of any size; the first so many bytes
  /// are for the socket.
  mutating func takeOutput(_ spare: inout [UInt8]) -> Int {
    if spare.count != output.count { spare = [UInt8](repeating: 0, count: output.count) }
    swap(&output, &spare)
    defer { outputByteCount = 0 }
    return outputByteCount
  }

  /// After the handshake: who the peer is, by its certificate.
  borrowing func peer() -> NodeID? {
    guard let certificate = unsafe SSL_get1_peer_certificate(ssl) else { return nil }
    defer { unsafe X509_free(certificate) }
    return unsafe Certificate.nodeID(of: certificate)
  }

  /// After the handshake: what both agreed to speak.
  borrowing func agreedProtocol() -> TLSProtocol? {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(ssl, &name, &count)
    let bytes = unsafe UnsafeBufferPointer(start: name, count: Int(count))
    return unsafe TLSProtocol(rawValue: String(decoding: bytes, as: UTF8.self))
  }

  /// Bytes that only the two ends of this session can compute (RFC 8446 7.5).
  borrowing func exportKeyingMaterial(label: String, count: Int) -> [UInt8] {
    var material = [UInt8](repeating: 0, count: count)
    let result = unsafe SSL_export_keying_material(
      ssl, &material, count, label, label.utf8.count, nil, 0, 0)
    precondition(result == 1, "keying material can be exported after the handshake only")
    return material
  }

  /// Why OpenSSL refused, in its own words; clears this thread's list of errors.
  static func reason() -> String {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    guard let text = unsafe ERR_reason_error_string(code) else { return "no reason given" }
    return unsafe String(cString: text)
  }

  /// Runs one or more calls of OpenSSL with input and output in place.
  @discardableResult
  private mutating func call(
    _ input: Span<UInt8>, used: inout Int, _ body: (OpaquePointer) -> Int32
  ) -> Int32 {
    ERR_clear_error()
    let (ssl, wire) = unsafe (self.ssl, self.wire)
    let start = outputByteCount
    let (result, left, outputEnd) = unsafe input.withUnsafeBytes { input in
      unsafe output.withUnsafeMutableBytes { output in
        unsafe wire.pointee = copenssl_wire(
          input: input.baseAddress?.assumingMemoryBound(to: UInt8.self),
          input_count: input.count,
          output: output.baseAddress?.assumingMemoryBound(to: UInt8.self),
          output_count: start, output_capacity: output.count)
        let result = unsafe body(ssl)
        defer { unsafe wire.pointee = copenssl_wire() }
        return unsafe (result, wire.pointee.input_count, wire.pointee.output_count)
      }
    }
    used = input.count - left
    outputByteCount = outputEnd
    return result
  }

  private borrowing func outcome(of result: Int32) throws(ConnectionError) -> Outcome {
    if result == 1 { return .done }
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .needsInput
    case SSL_ERROR_ZERO_RETURN: throw .closedByPeer(nil)
    // The room for output is made for all that this side writes: only a peer that makes it answer
    // without end gets here.
    case SSL_ERROR_WANT_WRITE: throw .violation("too many TLS messages that want an answer")
    default: throw .insecure(Self.reason())
    }
  }
}
