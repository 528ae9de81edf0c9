import Glibc
public import SyncCore

/// Why a connection ended or never came to be.
public enum ConnectionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// This side closed it.
  case closedHere
  /// The peer closed it, and what it said about that, if anything.
  case closedByPeer(CloseReason?)
  /// The network did: the kernel's errno.
  case lost(errno: Int32)
  /// TLS failed: what OpenSSL says.
  case insecure(String)
  /// The peer sent what the protocol doesn't allow.
  case violation(String)
  /// The other side did not do its part in time.
  case timedOut

  /// For people, without a full stop.
  public var description: String {
    switch self {
    case .closedHere: "closed here"
    case .closedByPeer(nil): "closed by the peer"
    case .closedByPeer(let reason?): "closed by the peer: \(DisplayText.escape(reason.text))"
    case .lost(let errno): systemMessage(errno)
    case .insecure(let reason): "TLS failed: \(reason)"
    case .violation(let what): "the peer broke the protocol: \(what)"
    case .timedOut: "no answer in time"
    }
  }
}

/// What the C library says about an errno ("Connection refused").
func systemMessage(_ errno: Int32) -> String {
  var text = [CChar](repeating: 0, count: 128)
  // The XSI form of strerror_r: the one that Swift imports.
  guard unsafe strerror_r(errno, &text, text.count) == 0 else { return "error \(errno)" }
  return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
