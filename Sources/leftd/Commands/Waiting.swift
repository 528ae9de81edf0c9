import SyncCore
import SyncEngine

/// What `leftd wait` waits for: in each share the sequence that every peer must acknowledge.
struct Waiting {
  /// A peer that has not acknowledged enough.
  struct Missing {
    var share: String
    var peer: StatusReport.Peer
    var target: UInt64

    /// How many changes it still lacks.
    var count: UInt64 { target - peer.acknowledged }
  }

  /// For whom.
  struct Peers {
    /// Their names or ids; empty for all.
    var names: [String] = []
    /// Whether only while they are connected.
    var areConnected = false

    func includes(_ peer: StatusReport.Peer) -> Bool {
      (names.isEmpty || names.contains { Self.names(peer).contains($0) })
        && (!areConnected || peer.isConnected)
    }

    /// Under what a peer is known.
    static func names(_ peer: StatusReport.Peer) -> [String] {
      [peer.name, peer.id.description, peer.id.short]
    }
  }

  private let shares: [String]
  private let path: RelativePath?
  private let peers: Peers
  private var targets: [String: UInt64] = [:]

  /// All shares, or the one that the absolute path lies in. A peer that is named must be one.
  init(_ status: DaemonStatus, path: [UInt8]?, peers: Peers = Peers()) throws(EngineError) {
    self.peers = peers
    let all = status.shares.flatMap(\.peers)
    let known = Set(all.flatMap(Peers.names))
    if let stranger = peers.names.first(where: { !known.contains($0) }) {
      throw EngineError(
        "there is no peer \(quoted(stranger))",
        remedy: known.isEmpty
          ? "Nobody is paired with this node: 'leftd invite' begins that."
          : "There are \(Set(all.map(\.name)).sorted().map(printable).joined(separator: ", ")).")
    }
    guard let path else {
      shares = status.shares.map(\.share)
      self.path = nil
      return
    }
    let found = try SharePath(path, in: status)
    shares = [found.share]
    self.path = found.path
  }

  /// Asks each share for the sequence that stands for all that was written up to now.
  mutating func flush(_ daemon: ControlClient, deadline: Int?) throws(EngineError) {
    for share in shares {
      var answer = try daemon.ask(.flush(share: share), deadline: deadline)
      if let path, !path.isRoot {
        answer = try daemon.ask(.sequence(share: share, path: path))
      }
      targets[share] = answer.first?.number(1) ?? 0
    }
  }

  /// Who knows of things and doesn't hold them, a line each.
  func exceptions(in status: DaemonStatus) -> [String] {
    status.shares.filter { targets[$0.share] != nil }.flatMap { share in
      share.peers.filter { peers.includes($0) && $0.notHeld > 0 }.map { peer in
        let count = Amount.count(peer.notHeld, "thing", "things")
        return "\(printable(peer.name)) does not hold \(count) of share "
          + "\(printable(share.share)): ignored there, or something else is in the place; "
          + "'leftd explain PATH' there says why"
      }
    }
  }

  /// The peers that still lack something.
  func missing(in status: DaemonStatus) -> [Missing] {
    status.shares.flatMap { share -> [Missing] in
      guard let target = targets[share.share] else { return [] }
      return share.peers.filter { peers.includes($0) && $0.acknowledged < target }.map {
        Missing(share: share.share, peer: $0, target: target)
      }
    }
  }
}
