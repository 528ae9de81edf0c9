import SyncCore

/// The connections of a share: one for each peer at most, whoever dialled.
struct Links {
  private struct Peer {
    var settings: PeerSettings
    var dialler: DialLoop?
    var link: Link?
    var trouble = ""
    /// Bytes of connections that are closed.
    var sentBytes: UInt64 = 0
    var receivedBytes: UInt64 = 0
  }

  private let share: String
  private let identity: Identity
  private let mailbox: Mailbox<Event>
  private var peers: [NodeID: Peer] = [:]
  private var connections: [Link: Connection] = [:]
  private var lastLink: UInt64 = 0

  init(share: String, identity: Identity, mailbox: Mailbox<Event>) {
    self.share = share
    self.identity = identity
    self.mailbox = mailbox
  }

  func connection(_ link: Link) -> Connection? { connections[link] }

  /// Takes the peers of the share; dials those with an address.
  mutating func setPeers(_ settings: [PeerSettings]) {
    let kept = Set(settings.map(\.id))
    for id in peers.keys.filter({ !kept.contains($0) }) { remove(id) }
    for peer in settings where peer.id != identity.id {
      if let known = peers[peer.id]?.settings, known.address == peer.address {
        peers[peer.id]?.settings = peer
        continue
      }
      peers[peer.id]?.dialler?.stop()
      var state = peers[peer.id] ?? Peer(settings: peer)
      state.settings = peer
      state.dialler = peer.address.map { dialler(of: peer.id, at: $0) }
      if state.link != nil { state.dialler?.rest() }
      peers[peer.id] = state
    }
  }

  private mutating func remove(_ id: NodeID) {
    guard let peer = peers.removeValue(forKey: id) else { return }
    peer.dialler?.stop()
    if let link = peer.link { connections[link]?.close() }
  }

  private func dialler(of peer: NodeID, at address: String) -> DialLoop {
    let mailbox = mailbox
    return DialLoop(
      address: address, identity: identity, expecting: peer, share: share,
      connected: { mailbox.post(.up($0)) },
      trouble: { mailbox.post(.trouble(peer, $0.description)) })
  }

  /// Takes a connection, unless there is a better one: when both sides dialled at once, both keep
  /// the one that the node with the smaller id dialled; a newer one of the same side replaces an
  /// older one, which is then dead.
  mutating func open(_ connection: Connection) -> Link? {
    guard var peer = peers[connection.peer] else {
      connection.close()
      return nil
    }
    if let link = peer.link, let standing = connections[link],
      standing.isInitiator != connection.isInitiator
    {
      let isPreferred = connection.isInitiator == (identity.id < connection.peer)
      guard isPreferred else {
        connection.close()
        return nil
      }
    }
    if let link = peer.link { connections[link]?.close() }
    lastLink += 1
    let link = Link(number: lastLink)
    connections[link] = connection
    peer.link = link
    peer.trouble = ""
    peer.dialler?.rest()
    peers[connection.peer] = peer
    return link
  }

  /// A connection ended; its peer is dialled again unless another one is up.
  mutating func close(_ link: Link, because reason: String) {
    guard let connection = connections.removeValue(forKey: link),
      var peer = peers[connection.peer]
    else { return }
    peer.sentBytes += connection.sentByteCount
    peer.receivedBytes += connection.receivedByteCount
    if peer.link == link {
      peer.link = nil
      peer.trouble = reason
      peer.dialler?.retry()
    }
    peers[connection.peer] = peer
  }

  /// Dialling does not succeed.
  mutating func note(_ reason: String, of peer: NodeID) {
    if peers[peer]?.link == nil { peers[peer]?.trouble = reason }
  }

  /// Ends all connections and stops dialling.
  mutating func stop() {
    for peer in peers.values { peer.dialler?.stop() }
    for connection in connections.values { connection.close() }
  }

  /// All peers, for the status.
  func report(
    andDistant members: [NodeID],
    _ standing: (NodeID) throws(IndexError) -> (isReady: Bool, acknowledged: UInt64)
  ) throws(IndexError) -> [StatusReport.Peer] {
    var report: [StatusReport.Peer] = []
    for id in peers.keys.sorted() {
      guard let peer = peers[id] else { continue }
      let (isReady, acknowledged) = try standing(id)
      let connection = peer.link.flatMap { connections[$0] }
      report.append(
        StatusReport.Peer(
          id: id, name: peer.settings.name, isConnected: isReady, acknowledged: acknowledged,
          sentBytes: peer.sentBytes + (connection?.sentByteCount ?? 0),
          receivedBytes: peer.receivedBytes + (connection?.receivedByteCount ?? 0),
          trouble: isReady ? "" : peer.trouble))
    }
    for member in members where peers[member] == nil {
      report.append(
        StatusReport.Peer(
          id: member, name: member.short, isConnected: false,
          acknowledged: try standing(member).acknowledged, sentBytes: 0, receivedBytes: 0,
          trouble: "reached through other nodes"))
    }
    return report
  }
}
