import CLinux
import Glibc
import SyncCore
import Synchronization
import Testing

@testable import SyncEngine

/// A directory of its own for one test.
struct ScratchDirectory: ~Copyable {
  let path: String

  init() {
    var template = Array("/tmp/leftd-network-XXXXXX".utf8CString)
    let made = unsafe mkdtemp(&template)
    path = unsafe made.map { unsafe String(cString: $0) } ?? "/nonexistent"
  }

  deinit {
    for name in [Identity.fileName] { _ = unsafe unlink("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }
}

func makeIdentity() throws -> Identity {
  let directory = ScratchDirectory()
  return try Identity.loadOrCreate(in: directory.path)
}

/// What a connection delivered, to be waited for.
final class Recorder: Sendable {
  enum Event: Sendable {
    case frame(type: UInt8, payload: [UInt8])
    case closed(ConnectionError)
  }

  let mailbox = Mailbox<Event>()
  private let waiting = Mutex<[Event]>([])

  func start(_ connection: Connection) {
    connection.start(
      receive: { [self] in mailbox.post(.frame(type: $0, payload: $1)) },
      closed: { [self] in mailbox.post(.closed($0)) })
  }

  /// The next event; fails the test if none comes within 20 s.
  func next() throws -> Event {
    try waiting.withLock { waiting in
      if waiting.isEmpty { waiting = mailbox.takeAll(timeoutNanoseconds: 20_000_000_000) }
      try #require(!waiting.isEmpty, "nothing came within 20 s")
      return waiting.removeFirst()
    }
  }

  func nextFrame() throws -> (type: UInt8, payload: [UInt8]) {
    switch try next() {
    case .frame(let type, let payload): return (type, payload)
    case .closed(let error):
      Issue.record("closed: \(error)")
      throw error
    }
  }

  /// The cause of the end, after whatever frames still come.
  func end() throws -> ConnectionError {
    while true {
      if case .closed(let error) = try next() { return error }
    }
  }
}

/// A listener with what it accepted and refused.
final class Host: Sendable {
  let identity: Identity
  let listener: Listener
  let accepted = Mailbox<(String, Connection)>()
  let refused = Mailbox<String>()
  let paired = Mailbox<PairingResult>()
  let invitations = InvitationBook()

  init(
    address: String = "127.0.0.1:0", identity: Identity? = nil, peers: Set<NodeID> = [],
    handshakeSeconds: Double = 10
  ) throws {
    let identity = try identity ?? makeIdentity()
    self.identity = identity
    let (accepted, refused, paired) = (accepted, refused, paired)
    listener = try Listener(
      address: address, identity: identity,
      handlers: Listener.Handlers(
        isPaired: { peers.contains($0) }, accepted: { accepted.post(($0, $1)) },
        refused: { refused.post($0) }),
      pairing: PairingHost(
        invitations: invitations, name: "host", paired: { paired.post($0) }),
      handshakeSeconds: handshakeSeconds)
  }

  deinit { listener.stop() }

  var address: String { "127.0.0.1:\(listener.port)" }

  func nextAccepted() throws -> (share: String, connection: Connection) {
    let taken = accepted.takeAll(timeoutNanoseconds: 20_000_000_000)
    let first = try #require(taken.first, "nobody was accepted within 20 s")
    return first
  }

  func nextRefusal() throws -> String {
    try #require(refused.takeAll(timeoutNanoseconds: 20_000_000_000).first)
  }
}

/// Both ends of a connection.
func connectedPair(share: String = "share") throws -> (
  dialler: Connection, acceptor: Connection, host: Host
) {
  let identity = try makeIdentity()
  let host = try Host(peers: [identity.id])
  let dialler = try Dialer.dial(
    address: host.address, identity: identity, expecting: host.identity.id, share: share)
  return (dialler, try host.nextAccepted().connection, host)
}

/// A plain TCP connection, for everything that is not leftd.
final class PlainClient: Sendable {
  let socket: Socket

  init(port: UInt16) throws {
    let descriptor = try unsafe Address("127.0.0.1:\(port)").forEach(isListening: false) {
      address, length, _ in unsafe clinux_tcp_connect(address, length, 5000)
    }
    try #require(descriptor >= 0)
    socket = Socket(owning: descriptor)
  }

  /// Whether the other side ends the connection within 20 s, whatever it says before.
  func isEnded() -> Bool {
    let deadline = Deadline(afterSeconds: 20)
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      do throws(ConnectionError) {
        _ = try socket.receive(into: &buffer, by: deadline)
      } catch {
        return error != .timedOut
      }
    }
  }
}

/// Bytes that look random and are the same for the same seed.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}

/// Something that always works did not.
struct Broken: Error {}
