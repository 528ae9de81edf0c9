import CLinux
import Glibc
public import SyncCore
import Synchronization

/// Takes connections: of paired nodes, and of those that know an invitation code. Everyone else
/// gets a closed connection and learns nothing.
///
/// A stranger costs a thread with small buffers for at most `Limits.handshakeSeconds`, and there
/// are at most `Limits.strangerCount` of them. It listens until `stop`, whoever keeps a reference.
public final class Listener: Sendable {
  /// What a listener asks and tells; all on threads of its own.
  public struct Handlers: Sendable {
    /// Whether the node is a peer.
    public let isPaired: @Sendable (NodeID) -> Bool
    /// A peer wants to speak about a share, which may be unknown here: the connection is not yet
    /// started, and is the callee's from here on.
    public let accepted: @Sendable (_ share: String, Connection) -> Void
    /// A connection was refused: a sentence for those who look closely, at most one a second.
    public let refused: @Sendable (String) -> Void

    /// What to ask and tell.
    public init(
      isPaired: @escaping @Sendable (NodeID) -> Bool,
      accepted: @escaping @Sendable (_ share: String, Connection) -> Void,
      refused: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      self.isPaired = isPaired
      self.accepted = accepted
      self.refused = refused
    }
  }

  /// The port that it listens on, chosen by the kernel if 0 was asked for.
  public let port: UInt16

  /// Open until `stop`.
  private let socket: Mutex<Socket?>
  private let descriptor: Int32
  private let identity: Identity
  private let handlers: Handlers
  private let pairing: PairingHost?
  private let syncContext: TLSContext
  private let pairingContext: TLSContext
  private let handshakeSeconds: Double
  private let strangers = Strangers(limit: Limits.strangerCount)
  private let stopping: PollableWakeup
  private let state = Mutex(State())

  private struct State {
    var isStopped = false
    var acceptor: Thread?
    /// Refusals not yet told, and when the next may be.
    var untoldCount = 0
    var nextTelling: Deadline?
  }

  /// Listens on `address`, `HOST:PORT`: the first address of a name; `[::]` is all of IPv6 and
  /// IPv4. The same port can be had again at once after a restart.
  public convenience init(
    address: String, identity: Identity, handlers: Handlers, pairing: PairingHost? = nil,
    handshakeSeconds: Double = Double(Limits.handshakeSeconds)
  ) throws(EngineError) {
    let descriptor = try unsafe Address(address).forEach(isListening: true) {
      socketAddress, length, _ in
      unsafe clinux_tcp_listen(socketAddress, length, 64)
    }
    guard descriptor >= 0 else {
      throw EngineError(
        "cannot listen on \(address): \(systemMessage(-descriptor))",
        remedy: -descriptor == EADDRINUSE
          ? "End the program that has this port (`ss -ltnp` shows it), or set another one"
          : "Set an address of this machine, and a port above 1023",
        errno: -descriptor)
    }
    try self.init(
      owning: descriptor, identity: identity, handlers: handlers, pairing: pairing,
      handshakeSeconds: handshakeSeconds)
  }

  /// Takes connections from a socket that listens already (socket activation); owns it from here
  /// on.
  public init(
    owning descriptor: Int32, identity: Identity, handlers: Handlers, pairing: PairingHost? = nil,
    handshakeSeconds: Double = Double(Limits.handshakeSeconds)
  ) throws(EngineError) {
    self.descriptor = descriptor
    socket = Mutex(Socket(owning: descriptor))
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    let port = clinux_socket_port(descriptor)
    guard port >= 0 else {
      throw EngineError(
        "the socket to listen on is none: \(systemMessage(-port))",
        remedy: "Check the socket unit", errno: -port)
    }
    guard let stopping = PollableWakeup.make() else {
      throw EngineError(
        "cannot listen: no file descriptor is left", remedy: "Raise LimitNOFILE", errno: EMFILE)
    }
    self.stopping = stopping
    self.port = UInt16(port)
    self.identity = identity
    self.handlers = handlers
    self.pairing = pairing
    self.handshakeSeconds = handshakeSeconds
    do throws(ConnectionError) {
      syncContext = try TLSContext(identity: identity, role: .listener(isPairing: false))
      pairingContext = try TLSContext(identity: identity, role: .listener(isPairing: true))
    } catch {
      throw EngineError("\(error)", remedy: "Check the installation of libssl")
    }
    state.withLock { $0.acceptor = spawnThread(name: "accept") { [self] in acceptAll() } }
  }

  /// Takes no more connections, and ends those that have not yet said who they are; the accepted
  /// ones go on. Returns when the port is free; an `accepted` that runs just now may end later. Not
  /// to be called within a handler.
  public func stop() {
    let acceptor = state.withLock { state in
      state.isStopped = true
      return state.acceptor
    }
    stopping.signal()
    strangers.close()
    acceptor?.join()
    strangers.waitUntilEmpty()
    socket.withLock { $0 = nil }
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  // MARK: Accepting

  private func acceptAll() {
    while !isStopped {
      let accepted = clinux_tcp_accept(descriptor)
      if accepted >= 0 {
        receive(Socket(owning: accepted))
        continue
      }
      switch -accepted {
      case EAGAIN:
        _ = clinux_wait(descriptor, Int16(POLLIN), stopping.descriptor, -1)
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        // The connection stays in the queue, so waiting for it would spin.
        refused("no connection can be taken: \(systemMessage(-accepted))")
        _ = clinux_wait(stopping.descriptor, Int16(POLLIN), -1, 200)
      default:
        // The connection itself is broken (accept(2) hands on its network's errors).
        continue
      }
    }
  }

  private func receive(_ socket: consuming Socket) {
    let deadline = Deadline(afterSeconds: handshakeSeconds)
    let isPairing = pairing?.invitations.isOpen(now: clinux_boot_nanoseconds()) ?? false
    let channel: SecureChannel
    do throws(ConnectionError) {
      channel = try SecureChannel(
        socket: socket, context: isPairing ? pairingContext : syncContext)
    } catch {
      refused("\(error)")
      return
    }
    guard let number = strangers.enter(end: { channel.socket.end() }) else { return }
    spawnThread(name: "handshake") { [self] in
      defer { strangers.leave(number) }
      do throws(ConnectionError) {
        try welcome(channel, number, by: deadline)
      } catch {
        refused("\(channel.socket.remoteHost): \(error)")
      }
    }
  }

  // MARK: One stranger

  private func welcome(
    _ channel: SecureChannel, _ number: UInt64, by deadline: Deadline
  ) throws(ConnectionError) {
    let (peer, spoken) = try channel.handshake(by: deadline)
    switch spoken {
    case .pairing:
      guard let pairing else { throw .violation("pairing without an invitation") }
      try pairing.welcome(channel, peer: peer, own: identity.id, port: port, by: deadline)
    case .sync:
      guard handlers.isPaired(peer) else { throw .violation("node \(peer.short) is not paired") }
      let opening = try readOpening(channel, by: deadline)
      let connection = try Connection(channel: channel, peer: peer, isInitiator: false)
      guard opening.major == ConnectionOpening.major else {
        connection.start(receive: { _, _ in }, closed: { _ in })
        connection.close(Self.reason(forMajor: opening.major))
        throw .violation("protocol \(opening.major) is not spoken here")
      }
      strangers.leave(number)
      handlers.accepted(opening.share, connection)
    }
  }

  private static func reason(forMajor major: UInt8) -> CloseReason {
    let own = ConnectionOpening.major
    return CloseReason(
      code: CloseReason.unknownMajor,
      text: "protocol \(major) is not spoken here, only \(own): install the same version of leftd")
  }

  private func readOpening(
    _ channel: SecureChannel, by deadline: Deadline
  ) throws(ConnectionError) -> ConnectionOpening {
    let bytes = try channel.read(exactly: FrameHeader.byteCount, by: deadline)
    guard let header = FrameHeader(bytes.span), header.type == ConnectionOpening.frameType,
      let opening = ConnectionOpening(
        payload: try channel.read(exactly: header.payloadByteCount, by: deadline))
    else { throw .violation("a connection that does not begin with its opening") }
    return opening
  }

  /// Tells that a connection was refused, unless one was told within the last second; how many were
  /// left out is said with the next.
  private func refused(_ reason: String) {
    let untoldCount: Int? = state.withLock { state in
      if let next = state.nextTelling, !next.isOver {
        state.untoldCount += 1
        return nil
      }
      defer { state.untoldCount = 0 }
      state.nextTelling = Deadline(afterSeconds: 1)
      return state.untoldCount
    }
    guard let untoldCount else { return }
    handlers.refused(untoldCount == 0 ? reason : "\(reason) (and \(untoldCount) others)")
  }
}
