/// The bounds of the control socket. Only the same user and root can reach it; they keep a broken
/// script, not an attacker, from holding the daemon up.
enum ControlLimits {
  /// A request: a path of `PATH_MAX` bytes, escaped, and the words around it.
  static let requestByteCount = 16 * 1024
  /// Clients at a time, each with a thread of its own; a person uses one or two.
  static let clientCount = 16
  /// How long a client may take to send its request or to read the answer.
  static let clientSeconds: Int32 = 10
  /// An answer: 64 shares with 64 peers each fit tenfold.
  static let replyByteCount = 8 * 1024 * 1024
}
