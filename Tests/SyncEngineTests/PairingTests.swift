import CLinux
import Glibc
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct PairingTests {
  private func join(_ host: Host, _ code: InvitationCode, _ identity: Identity) throws
    -> PairingResult
  {
    try Pairing.join(
      address: host.address, code: code, identity: identity, name: "joiner", listenPort: 4711)
  }

  private func otherCode() -> InvitationCode {
    InvitationCode(randomBytes: InvitationBook.randomBytes())
  }

  @Test func theRightCodeMakesBothKnowEachOtherOnce() throws {
    let host = try Host()
    let identity = try makeIdentity()
    let code = host.invitations.create(now: clinux_boot_nanoseconds())
    let typed = try #require(InvitationCode(text: "\(code)".uppercased()))
    let result = try join(host, typed, identity)
    #expect(
      result == PairingResult(peer: host.identity.id, name: "host", address: host.address))
    let there = try #require(host.paired.takeAll(timeoutNanoseconds: 20_000_000_000).first)
    #expect(there.peer == identity.id)
    #expect(there.name == "joiner")
    #expect(there.address == "127.0.0.1:4711")
    #expect(throws: EngineError.self) { try join(host, code, identity) }
    #expect(host.paired.takeAll(timeoutNanoseconds: 0).isEmpty)
  }

  @Test func aWrongCodeGetsNothingAndTheFifthEndsTheInvitation() throws {
    let host = try Host()
    let identity = try makeIdentity()
    let code = host.invitations.create(now: clinux_boot_nanoseconds())
    for _ in 1..<Limits.invitationTryCount {
      #expect(throws: EngineError.self) { try join(host, otherCode(), identity) }
      #expect(host.invitations.isOpen(now: clinux_boot_nanoseconds()))
    }
    #expect(throws: EngineError.self) { try join(host, otherCode(), identity) }
    #expect(!host.invitations.isOpen(now: clinux_boot_nanoseconds()))
    #expect(throws: EngineError.self) { try join(host, code, identity) }
    #expect(host.paired.takeAll(timeoutNanoseconds: 0).isEmpty)
  }

  @Test func withoutAnInvitationPairingIsRefusedInTheHandshake() throws {
    let host = try Host()
    let error = #expect(throws: EngineError.self) {
      try join(host, otherCode(), try makeIdentity())
    }
    #expect(error?.remedy.contains("leftd invite") == true)
  }

  @Test func anExpiredInvitationIsClosed() throws {
    let book = InvitationBook()
    let session = try session()
    let code = book.create(now: 1_000)
    let expiry = 1_000 + Int64(Limits.invitationSeconds) * 1_000_000_000
    #expect(book.isOpen(now: expiry - 1))
    #expect(!book.isOpen(now: expiry))
    #expect(book.use(proof: code.proof(by: .joiner, in: session), in: session, now: expiry) == nil)
  }

  @Test func aProofIsGoodForItsSessionItsCodeAndItsRoleOnly() throws {
    let book = InvitationBook()
    let session = try session()
    let code = book.create(now: 0)
    let elsewhere = PairingSession(
      joiner: session.joiner, inviter: session.inviter, exported: [UInt8](repeating: 9, count: 32))
    #expect(book.use(proof: code.proof(by: .joiner, in: elsewhere), in: session, now: 1) == nil)
    #expect(book.use(proof: code.proof(by: .inviter, in: session), in: session, now: 1) == nil)
    #expect(book.use(proof: [], in: session, now: 1) == nil)
    #expect(book.use(proof: code.proof(by: .joiner, in: session), in: session, now: 1) == code)
    #expect(book.use(proof: code.proof(by: .joiner, in: session), in: session, now: 1) == nil)
  }

  @Test func someoneWhoSendsNothingCostsNoTry() throws {
    let host = try Host(handshakeSeconds: 0.2)
    _ = host.invitations.create(now: clinux_boot_nanoseconds())
    for _ in 0..<Limits.invitationTryCount + 1 {
      let (channel, _) = try Dialer.connect(
        to: host.address, identity: try makeIdentity(), speaking: .pairing,
        by: Deadline(afterSeconds: 10))
      #expect(throws: ConnectionError.self) {
        try channel.read(exactly: 1, by: Deadline(afterSeconds: 10))
      }
    }
    #expect(host.invitations.isOpen(now: clinux_boot_nanoseconds()))
  }

  @Test func aJoinerDoesNotTrustWhoDoesNotKnowTheCode() throws {
    let own = try makeIdentity()
    let (descriptor, port) = try listen()
    let impostor = spawnThread(name: "impostor") {
      defer { close(descriptor) }
      let deadline = Deadline(afterSeconds: 20)
      do {
        while clinux_wait(descriptor, Int16(POLLIN), -1, 1000) == 0 && !deadline.isOver {}
        let channel = try SecureChannel(
          socket: Socket(owning: clinux_tcp_accept(descriptor)),
          context: try TLSContext(identity: own, role: .listener(isPairing: true)))
        _ = try channel.handshake(by: deadline)
        let request = try Introduction.read(from: channel, type: Pairing.joinType, by: deadline)
        guard let request else { throw Broken() }
        // What it got is all that it can send back.
        try request.write(to: channel, type: Pairing.welcomeType, by: deadline)
        _ = try channel.read(exactly: 1, by: deadline)
      } catch {}
    }
    let error = #expect(throws: EngineError.self) {
      try Pairing.join(
        address: "127.0.0.1:\(port)", code: otherCode(), identity: try makeIdentity(),
        name: "joiner", listenPort: 1)
    }
    #expect(error?.problem.contains("does not know the code") == true)
    impostor.join()
  }

  private func listen() throws -> (descriptor: Int32, port: Int32) {
    let descriptor = try unsafe Address("127.0.0.1:0").forEach(isListening: true) {
      address, length, _ in unsafe clinux_tcp_listen(address, length, 1)
    }
    return (descriptor, clinux_socket_port(descriptor))
  }

  @Test func onlyTheNewestInvitationsStayOpen() throws {
    let book = InvitationBook()
    let session = try session()
    let codes = (0...Limits.invitationCount).map { _ in book.create(now: 0) }
    let used = codes.map { code in
      book.use(proof: code.proof(by: .joiner, in: session), in: session, now: 1) == code
    }
    #expect(used == [false] + [Bool](repeating: true, count: Limits.invitationCount))
  }

  @Test func aCodeIsReadAsPeopleTypeIt() throws {
    let code = InvitationCode(randomBytes: [UInt8](0..<13))
    #expect("\(code)" == "aaaq-eaye-auda-ocaj-bifq")
    #expect(InvitationCode(text: "AAAQ eaye auda-ocajbifq ") == code)
    #expect(InvitationCode(text: "aaaq-eaye-auda-ocaj-bif") == nil)
    #expect(InvitationCode(text: "aaaq-eaye-auda-ocaj-bif1") == nil)
    #expect(InvitationCode(text: "") == nil)
  }

  private func session() throws -> PairingSession {
    PairingSession(
      joiner: try #require(NodeID(bytes: [UInt8](repeating: 1, count: 32))),
      inviter: try #require(NodeID(bytes: [UInt8](repeating: 2, count: 32))),
      exported: [UInt8](repeating: 3, count: 32))
  }
}
