import CLinux
import Glibc
public import SyncCore

/// Opens connections to peers.
public enum Dialer {
  /// Connects to `address`, proves who both sides are and says which share it is about.
  ///
  /// Blocks for at most `seconds` (and as long as the resolver takes). A peer that does not know
  /// this node closes the connection right afterwards: its end tells, not this call.
  public static func dial(
    address: String, identity: Identity, expecting peer: NodeID, share: String,
    seconds: Double = Double(Limits.handshakeSeconds)
  ) throws(EngineError) -> Connection {
    let deadline = Deadline(afterSeconds: seconds)
    let (channel, found) = try connect(
      to: address, identity: identity, speaking: .sync, by: deadline)
    guard found == peer else {
      throw EngineError(
        "\(address) is node \(found), not \(peer)",
        remedy: "Correct the peer's address, or pair anew if the machine has a new key")
    }
    let opening = ConnectionOpening(share: share)
    do throws(ConnectionError) {
      let frame = FrameHeader.frame(type: ConnectionOpening.frameType, opening.payload)
      try channel.write(frame, by: deadline)
      return try Connection(channel: channel, peer: peer, isInitiator: true)
    } catch {
      throw failure(error, address, .sync)
    }
  }

  /// A channel to whoever answers at `address`, and who that is.
  static func connect(
    to address: String, identity: Identity, speaking spoken: TLSProtocol, by deadline: Deadline
  ) throws(EngineError) -> (channel: SecureChannel, peer: NodeID) {
    let descriptor = try unsafe Address(address).forEach(isListening: false) {
      socketAddress, length, left in
      // Each address gets its part of the time, so that one that is silent doesn't cost the others.
      let time = max(1, deadline.remainingMilliseconds / Int32(left))
      return unsafe clinux_tcp_connect(socketAddress, length, time)
    }
    guard descriptor >= 0 else {
      throw EngineError(
        "no connection to \(address): \(systemMessage(-descriptor))",
        remedy: "Check that leftd runs there and that no firewall is in the way",
        errno: -descriptor)
    }
    let socket = Socket(owning: descriptor)
    do throws(ConnectionError) {
      let context = try TLSContext(identity: identity, role: .dialler(spoken))
      let channel = try SecureChannel(socket: socket, context: context)
      let (peer, agreed) = try channel.handshake(by: deadline)
      guard agreed == spoken else { throw .insecure("the peer speaks another protocol") }
      return (channel, peer)
    } catch {
      throw failure(error, address, spoken)
    }
  }

  private static func failure(
    _ error: ConnectionError, _ address: String, _ spoken: TLSProtocol
  ) -> EngineError {
    let remedy =
      switch spoken {
      case .sync: "Check that leftd runs there and knows this node"
      case .pairing: "Check that leftd runs there, and run `leftd invite` there first"
      }
    return EngineError("no connection to \(address): \(error)", remedy: remedy)
  }
}
