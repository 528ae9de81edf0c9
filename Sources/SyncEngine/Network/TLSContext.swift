import COpenSSL
import SyncCore
import Synchronization

/// What is spoken inside TLS, as ALPN names it (RFC 7301).
enum TLSProtocol: String {
  /// Frames about one share.
  case sync = "leftd/1"
  /// Two nodes that hold the same invitation code get to know each other.
  case pairing = "leftd-pair/1"
}

/// Which part a session plays, and what it speaks.
enum TLSRole {
  /// Answers; takes part in pairing only while an invitation is open.
  case listener(isPairing: Bool)
  /// Begins.
  case dialler(TLSProtocol)
}

/// The settings that sessions of one role share: TLS 1.3, this node's certificate, any certificate
/// of the peer. Whose it is must be checked after the handshake.
final class TLSContext: Sendable {
  private let handle: Mutex<Handle>
  private let isListener: Bool

  /// Settings with this node's key; fails only without memory or with a crippled OpenSSL.
  init(identity: Identity, role: TLSRole) throws(ConnectionError) {
    switch role {
    case .listener: isListener = true
    case .dialler: isListener = false
    }
    guard let pointer = unsafe SSL_CTX_new(TLS_method()) else {
      throw .insecure(TLSSession.reason())
    }
    let handle = unsafe Handle(owning: pointer)
    try handle.configure(identity: identity, role: role)
    self.handle = Mutex(handle)
  }

  /// A new session.
  func makeSession() throws(ConnectionError) -> TLSSession {
    let isListener = isListener
    return try handle.withLock { (handle) throws(ConnectionError) -> TLSSession in
      try unsafe TLSSession.make(context: handle.pointer, isListener: isListener)
    }
  }

  @safe private struct Handle: ~Copyable {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

    deinit { unsafe SSL_CTX_free(pointer) }

    borrowing func configure(identity: Identity, role: TLSRole) throws(ConnectionError) {
      let context = unsafe pointer
      unsafe SSL_CTX_set_verify(
        context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, { _, _ in 1 })
      let isReady =
        unsafe copenssl_context_restrict(context) == 1
        && SSL_CTX_use_certificate_ASN1(
          context, Int32(identity.certificate.count), identity.certificate) == 1
        && SSL_CTX_use_PrivateKey_ASN1(
          EVP_PKEY_EC, context, identity.key, identity.key.count) == 1
      guard isReady else { throw .insecure(TLSSession.reason()) }
      switch role {
      case .listener(let isPairing):
        unsafe copenssl_context_accept_protocols(context, isPairing ? 1 : 0)
      case .dialler(let spoken):
        let name = Array(spoken.rawValue.utf8)
        let offer = [UInt8(name.count)] + name
        // This function returns 0 when it succeeded.
        guard unsafe SSL_CTX_set_alpn_protos(context, offer, UInt32(offer.count)) == 0 else {
          throw .insecure(TLSSession.reason())
        }
      }
    }
  }
}
