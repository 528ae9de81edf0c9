import COpenSSL
import SyncCore
import Synchronization

/// The invitations that are open on this node. Each is good for one node, for
/// `Limits.invitationSeconds`, and dies of `Limits.invitationTryCount` wrong proofs.
public final class InvitationBook: Sendable {
  private struct Invitation {
    let code: InvitationCode
    let expiry: Int64
    var failureCount = 0
  }

  private let invitations = Mutex<[Invitation]>([])

  /// A book without invitations.
  public init() {}

  /// Opens an invitation. `now` is a clock in nanoseconds that never goes back (CLOCK_BOOTTIME);
  /// the oldest invitation ends if there are too many.
  public func create(
    now: Int64, randomBytes: [UInt8] = InvitationBook.randomBytes()
  ) -> InvitationCode {
    let code = InvitationCode(randomBytes: randomBytes)
    invitations.withLock { invitations in
      invitations.removeAll { $0.expiry <= now }
      if invitations.count == Limits.invitationCount { invitations.removeFirst() }
      let expiry = now + Int64(Limits.invitationSeconds) * 1_000_000_000
      invitations.append(Invitation(code: code, expiry: expiry))
    }
    return code
  }

  /// Whether there is an invitation to be used.
  public func isOpen(now: Int64) -> Bool {
    invitations.withLock { $0.contains { $0.expiry > now } }
  }

  /// Takes the invitation whose code this proof shows, for ever, and returns the code; `nil` for a
  /// wrong proof, which counts against every open invitation, since it may have been meant for any.
  func use(proof: [UInt8], in session: PairingSession, now: Int64) -> InvitationCode? {
    invitations.withLock { invitations in
      invitations.removeAll { $0.expiry <= now }
      let index = invitations.firstIndex {
        InvitationCode.isEqual($0.code.proof(by: .joiner, in: session), proof)
      }
      if let index { return invitations.remove(at: index).code }
      for index in invitations.indices { invitations[index].failureCount += 1 }
      invitations.removeAll { $0.failureCount >= Limits.invitationTryCount }
      return nil
    }
  }

  /// The bytes that a code is made of, from OpenSSL's generator.
  public static func randomBytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 13)
    let result = unsafe RAND_bytes(&bytes, Int32(bytes.count))
    precondition(result == 1, "the kernel gives no randomness")
    return bytes
  }
}
