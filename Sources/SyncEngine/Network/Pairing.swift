import CLinux
public import SyncCore

/// What two nodes know of each other after they were paired.
public struct PairingResult: Sendable, Hashable {
  /// Who the other node is, proven.
  public let peer: NodeID
  /// What it calls itself: chosen by it, to be shown escaped.
  public let name: String
  /// Where to dial it, `HOST:PORT`; `nil` if it does not listen.
  public let address: String?
}

/// Two nodes get to know each other by a code that a person carries over.
///
/// The joiner proves first that it knows the code, so that whoever merely knows the address learns
/// nothing; then the inviter does, so that the joiner never pairs with someone in between.
public enum Pairing {
  static let joinType: UInt8 = 1
  static let welcomeType: UInt8 = 2

  /// Pairs with the node that listens at `address` and showed `code`. `name` and `listenPort` (0:
  /// this node does not listen) are what the other learns. Blocks for at most `seconds`.
  public static func join(
    address: String, code: InvitationCode, identity: Identity, name: String, listenPort: UInt16,
    seconds: Double = Double(Limits.handshakeSeconds)
  ) throws(EngineError) -> PairingResult {
    let deadline = Deadline(afterSeconds: seconds)
    let (channel, peer) = try Dialer.connect(
      to: address, identity: identity, speaking: .pairing, by: deadline)
    guard peer != identity.id else {
      throw EngineError(
        "\(address) is this node itself", remedy: "Give the address of the other machine")
    }
    let session = PairingSession(
      joiner: identity.id, inviter: peer, exported: export(channel))
    let answer: Introduction?
    do throws(ConnectionError) {
      let introduction = Introduction(
        proof: code.proof(by: .joiner, in: session), listenPort: listenPort, name: name)
      try introduction.write(to: channel, type: joinType, by: deadline)
      answer = try Introduction.read(from: channel, type: welcomeType, by: deadline)
    } catch {
      throw EngineError(
        "\(address) did not accept the code (\(error))",
        remedy: "Check the code; it is good once and for ten minutes: run `leftd invite` again")
    }
    guard let answer,
      InvitationCode.isEqual(answer.proof, code.proof(by: .inviter, in: session))
    else {
      throw EngineError(
        "the node at \(address) does not know the code itself",
        remedy: "Check the address: someone else may answer there")
    }
    return PairingResult(peer: peer, name: answer.name, address: address)
  }

  static func export(_ channel: SecureChannel) -> [UInt8] {
    channel.exportKeyingMaterial(
      label: PairingSession.exporterLabel, count: PairingSession.exportedByteCount)
  }
}

/// What a listener needs to pair with those who know a code.
public struct PairingHost: Sendable {
  /// The codes that are good just now.
  public let invitations: InvitationBook
  /// What this node calls itself.
  public let name: String
  /// Called for each node that proved a code, before it is told so: records it as a peer. A throw
  /// means that it could not, and the other side is not welcomed.
  public let paired: @Sendable (PairingResult) throws -> Void

  /// How to pair.
  public init(
    invitations: InvitationBook, name: String,
    paired: @escaping @Sendable (PairingResult) throws -> Void
  ) {
    self.invitations = invitations
    self.name = name
    self.paired = paired
  }

  /// Answers one joiner. A wrong code gets nothing but the end of the connection.
  func welcome(
    _ channel: SecureChannel, peer: NodeID, own: NodeID, port: UInt16, by deadline: Deadline
  ) throws(ConnectionError) {
    let request = try Introduction.read(from: channel, type: Pairing.joinType, by: deadline)
    guard let request else { throw .violation("no introduction of a joiner") }
    guard peer != own else { throw .violation("a node that joins itself") }
    let session = PairingSession(
      joiner: peer, inviter: own, exported: Pairing.export(channel))
    let code = invitations.use(
      proof: request.proof, in: session, now: clinux_boot_nanoseconds())
    guard let code else { throw .violation("a wrong pairing code") }
    let address =
      request.listenPort == 0
      ? nil : Address.text(host: channel.socket.remoteHost, port: request.listenPort)
    do {
      try paired(PairingResult(peer: peer, name: request.name, address: address))
    } catch {
      throw .violation("the new peer could not be recorded")
    }
    let answer = Introduction(
      proof: code.proof(by: .inviter, in: session), listenPort: port, name: name)
    try answer.write(to: channel, type: Pairing.welcomeType, by: deadline)
    channel.socket.finishSending()
  }
}

/// One side's message in a pairing: its proof (32 bytes), the port it listens on (2 bytes,
/// big-endian, 0 for none), the length of its name (1 byte) and the name in UTF-8.
struct Introduction {
  let proof: [UInt8]
  let listenPort: UInt16
  let name: String

  init(proof: [UInt8], listenPort: UInt16, name: String) {
    self.proof = proof
    self.listenPort = listenPort
    // A name that is cut within a character ends in the replacement character.
    self.name = String(decoding: name.utf8.prefix(Limits.shareNameByteCount), as: UTF8.self)
  }

  private init?(payload: [UInt8]) {
    guard payload.count >= 35, payload.count == 35 + Int(payload[34]) else { return nil }
    proof = Array(payload[..<32])
    listenPort = UInt16(payload[32]) << 8 | UInt16(payload[33])
    guard let name = String(validating: payload[35...], as: UTF8.self) else { return nil }
    self.name = name
  }

  func write(
    to channel: SecureChannel, type: UInt8, by deadline: Deadline
  ) throws(ConnectionError) {
    let bytes = Array(name.utf8)
    let port = [UInt8(listenPort >> 8), UInt8(truncatingIfNeeded: listenPort)]
    let payload = proof + port + [UInt8(bytes.count)] + bytes
    try channel.write(FrameHeader.frame(type: type, payload), by: deadline)
  }

  /// The other side's; `nil` if it sent something else.
  static func read(
    from channel: SecureChannel, type: UInt8, by deadline: Deadline
  ) throws(ConnectionError) -> Introduction? {
    let bytes = try channel.read(exactly: FrameHeader.byteCount, by: deadline)
    guard let header = FrameHeader(bytes.span), header.type == type,
      header.payloadByteCount <= 35 + Int(UInt8.max)
    else { return nil }
    return Introduction(
      payload: try channel.read(exactly: header.payloadByteCount, by: deadline))
  }
}
