import COpenSSL
import SyncCore

/// The secret that a person carries from one machine to another: 100 random bits, written as five
/// groups of four base32 digits (`abcd-efgh-…`).
public struct InvitationCode: Sendable, Hashable, CustomStringConvertible {
  private static let digitCount = 20

  /// The digits, lower case, without dashes.
  private let digits: String
  /// The digits as bits, with zeros up to whole bytes: the key of both proofs.
  private let key: [UInt8]

  /// A code from 13 random bytes, of which 100 bits count.
  public init(randomBytes: [UInt8]) {
    precondition(randomBytes.count == 13)
    self.init(digits: String(Base32.encode(randomBytes).prefix(Self.digitCount)))!
  }

  /// Reads a code as a person types it: in either case, with or without dashes and spaces. `nil` if
  /// it cannot be one.
  public init?(text: String) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
    self.init(digits: String(decoding: digits, as: UTF8.self).lowercased())
  }

  private init?(digits: String) {
    // Four zero digits make it 15 whole bytes.
    guard digits.utf8.count == Self.digitCount, let key = Base32.decode((digits + "aaaa").utf8)
    else { return nil }
    self.digits = digits
    self.key = key
  }

  /// Five groups of four digits.
  public var description: String {
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && index % 4 == 0 { text += "-" }
      text.append(digit)
    }
    return text
  }

  /// Who proves that it knows the code.
  enum Prover: String {
    case joiner = "leftd join"
    case inviter = "leftd invite"
  }

  /// What only someone who knows the code can compute, and only within one TLS session between
  /// these two nodes: it is worth nothing to anyone in between.
  func proof(by prover: Prover, in session: PairingSession) -> [UInt8] {
    let text =
      Array(prover.rawValue.utf8) + session.exported + session.joiner.bytes
      + session.inviter.bytes
    var proof = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    _ = unsafe HMAC(
      EVP_sha256(), key, Int32(key.count), text, text.count, &proof, &count)
    precondition(count == 32, "libcrypto cannot compute HMAC-SHA256")
    return proof
  }

  /// Compares two proofs in a time that says nothing about where they differ.
  static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    unsafe left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}

/// What ties a proof to one TLS session.
struct PairingSession: Sendable, Hashable {
  /// The label of the exported bytes (RFC 8446 7.5).
  static let exporterLabel = "EXPORTER-leftd-pairing"
  /// How many are exported.
  static let exportedByteCount = 32

  /// The node that types the code.
  let joiner: NodeID
  /// The node that showed it.
  let inviter: NodeID
  /// Bytes that only the two ends of the session can compute.
  let exported: [UInt8]
}
