import COpenSSL
import Glibc
import SyncCore
import Testing

@testable import SyncEngine

@Suite struct NetworkListenerTests {
  @Test func aNodeThatIsNotTheExpectedOneIsNotSpokenTo() throws {
    let identity = try makeIdentity()
    let host = try Host(peers: [identity.id])
    let error = #expect(throws: EngineError.self) {
      try Dialer.dial(
        address: host.address, identity: identity, expecting: identity.id, share: "s")
    }
    #expect(error?.problem.contains("\(host.identity.id)") == true)
    #expect(host.accepted.takeAll(timeoutNanoseconds: 0).isEmpty)
  }

  @Test func aStrangerWithAProperKeyIsClosedWithoutAFrame() throws {
    let host = try Host()
    let (channel, _) = try Dialer.connect(
      to: host.address, identity: try makeIdentity(), speaking: .sync,
      by: Deadline(afterSeconds: 10))
    #expect(throws: ConnectionError.closedByPeer(nil)) {
      try channel.read(exactly: 1, by: Deadline(afterSeconds: 10))
    }
    #expect(try host.nextRefusal().contains("not paired"))
    #expect(host.accepted.takeAll(timeoutNanoseconds: 0).isEmpty)
  }

  @Test func randomBytesAreRefused() throws {
    let host = try Host()
    let client = try PlainClient(port: host.listener.port)
    _ = try client.socket.send(noise(1000, seed: 5).span)
    #expect(client.isEnded())
  }

  @Test func someoneWhoSaysNothingIsEndedByTheDeadline() throws {
    let host = try Host(handshakeSeconds: 0.1)
    let client = try PlainClient(port: host.listener.port)
    #expect(client.isEnded())
    #expect(try host.nextRefusal().contains("no answer in time"))
  }

  @Test func aPeerThatDoesNotSayItsShareIsEndedByTheDeadline() throws {
    let identity = try makeIdentity()
    let host = try Host(peers: [identity.id], handshakeSeconds: 0.3)
    let (channel, _) = try Dialer.connect(
      to: host.address, identity: identity, speaking: .sync, by: Deadline(afterSeconds: 10))
    try channel.write([0, 0, 0], by: Deadline(afterSeconds: 10))
    #expect(throws: ConnectionError.closedByPeer(nil)) {
      try channel.read(exactly: 1, by: Deadline(afterSeconds: 10))
    }
  }

  @Test(
    arguments: [
      [0xFF, 0xFF, 0xFF, 0xFF, 0], [0, 4, 4, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 2, 0, 1, 0],
      [0, 0, 0, 3, 1, 1, 1, 65], [0, 0, 0, 3, 0, 1, 2, 65], [0, 0, 0, 3, 0, 1, 1, 0xFF],
    ] as [[UInt8]])
  func anOpeningThatIsNoneIsRefused(bytes: [UInt8]) throws {
    let identity = try makeIdentity()
    let host = try Host(peers: [identity.id])
    let (channel, _) = try Dialer.connect(
      to: host.address, identity: identity, speaking: .sync, by: Deadline(afterSeconds: 10))
    try channel.write(bytes, by: Deadline(afterSeconds: 10))
    #expect(throws: ConnectionError.closedByPeer(nil)) {
      try channel.read(exactly: 1, by: Deadline(afterSeconds: 10))
    }
    #expect(host.accepted.takeAll(timeoutNanoseconds: 0).isEmpty)
  }

  @Test func anUnknownMajorIsToldWhatIsSpoken() throws {
    let identity = try makeIdentity()
    let host = try Host(peers: [identity.id])
    let (channel, peer) = try Dialer.connect(
      to: host.address, identity: identity, speaking: .sync, by: Deadline(afterSeconds: 10))
    let opening = ConnectionOpening(share: "s", major: 77)
    try channel.write(
      FrameHeader.frame(type: ConnectionOpening.frameType, opening.payload),
      by: Deadline(afterSeconds: 10))
    let recorder = Recorder()
    recorder.start(try Connection(channel: channel, peer: peer, isInitiator: true))
    guard case .closedByPeer(let reason?) = try recorder.end() else {
      Issue.record("no reason was given")
      return
    }
    #expect(reason.code == CloseReason.unknownMajor)
    #expect(String(decoding: reason.text, as: UTF8.self).contains("protocol 77"))
  }

  @Test func withoutACertificateOrWithOlderTLSNobodyGetsIn() throws {
    let host = try Host()
    for version in [TLS1_2_VERSION, TLS1_3_VERSION] {
      let client = try PlainClient(port: host.listener.port)
      guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { throw Broken() }
      defer { unsafe SSL_CTX_free(context) }
      _ = unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
      let offer: [UInt8] = [7] + Array("leftd/1".utf8)
      unsafe SSL_CTX_set_alpn_protos(context, offer, UInt32(offer.count))
      guard let ssl = unsafe SSL_new(context) else { throw Broken() }
      defer { unsafe SSL_free(ssl) }
      unsafe SSL_set_fd(ssl, client.socket.descriptor)
      let isConnected = unsafe SSL_connect(ssl) == 1
      // TLS 1.3 lets the client finish before the listener has looked for its certificate.
      #expect(isConnected == (version == TLS1_3_VERSION))
      var byte: UInt8 = 0
      #expect(unsafe SSL_read(ssl, &byte, 1) <= 0)
    }
    #expect(host.accepted.takeAll(timeoutNanoseconds: 0).isEmpty)
  }

  @Test func thosePairedGetInThoughStrangersFillAllPlaces() throws {
    let identity = try makeIdentity()
    let host = try Host(peers: [identity.id], handshakeSeconds: 600)
    let silent = try (0..<Limits.strangerCount + 3).map { _ in
      try PlainClient(port: host.listener.port)
    }
    let connection = try Dialer.dial(
      address: host.address, identity: identity, expecting: host.identity.id, share: "s")
    _ = try host.nextAccepted()
    #expect(silent[0].isEnded())
    connection.close()
  }

  @Test func thePortCanBeTakenAgainAtOnceButNotTwice() throws {
    let identity = try makeIdentity()
    let (recorder, acceptorRecorder) = (Recorder(), Recorder())
    let first = try Host(peers: [identity.id])
    let connection = try Dialer.dial(
      address: first.address, identity: identity, expecting: first.identity.id, share: "s")
    recorder.start(connection)
    acceptorRecorder.start(try first.nextAccepted().connection)
    let error = #expect(throws: EngineError.self) { try Host(address: first.address) }
    #expect(error?.errno == EADDRINUSE)
    first.listener.stop()
    // The accepted connection lives on, on the same port.
    let second = try Host(
      address: first.address, identity: first.identity, peers: [identity.id])
    let again = try Dialer.dial(
      address: second.address, identity: identity, expecting: second.identity.id, share: "s")
    _ = try second.nextAccepted()
    again.close()
    connection.close()
    _ = try recorder.end()
  }

  @Test func anAddressIsReadAsPeopleWriteIt() throws {
    #expect(try Address("[::1]:22001").host == "::1")
    #expect(try Address("tower.local:1").port == 1)
    for text in ["", "host", "host:", ":1", "host:65536", "::1:5", "[::1]", "host:-1"] {
      #expect(throws: EngineError.self) { try Address(text) }
    }
    #expect(throws: EngineError.self) { try Host(address: "192.0.2.1:0") }
  }

  @Test func oneListenerTakesIPv4AndIPv6() throws {
    let identity = try makeIdentity()
    let host = try Host(address: "[::]:0", peers: [identity.id])
    for address in ["127.0.0.1", "[::1]", "localhost"] {
      let connection = try Dialer.dial(
        address: "\(address):\(host.listener.port)", identity: identity,
        expecting: host.identity.id, share: "s")
      let accepted = try host.nextAccepted().connection
      #expect(address != "127.0.0.1" || accepted.remoteHost == "127.0.0.1")
      connection.close()
    }
  }
}
