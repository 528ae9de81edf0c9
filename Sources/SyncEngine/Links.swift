import CLinux
import SyncCore

/// The connections of a share: one for each peer at most, whoever dialled.
struct Links {
  private struct Peer {
    var settings: PeerSettings
    var dialler: DialLoop?
    var link: Link?
    /// While the peer is paused: its connection, which is not listened to.
    var parked: Connection?
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
  private var pauses = Pauses()

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
      state.dialler = dialler(of: state)
      peers[peer.id] = state
    }
  }

  private mutating func remove(_ id: NodeID) {
    guard let peer = peers.removeValue(forKey: id) else { return }
    peer.dialler?.stop()
    peer.parked?.close()
    if let link = peer.link { connections[link]?.close() }
  }

  /// Nobody dials who has no address, or is paused.
  private func dialler(of state: Peer) -> DialLoop? {
    let (mailbox, peer) = (mailbox, state.settings.id)
    guard let address = state.settings.address, !pauses.cuts(peer) else { return nil }
    return DialLoop(
      address: address, identity: identity, expecting: peer, share: share,
      isResting: state.link != nil || state.parked != nil,
      connected: { mailbox.post(.up($0)) },
      trouble: { mailbox.post(.trouble(peer, $0.description)) })
  }

  /// Takes a connection, unless there is a better one: when both sides dialled at once, both keep
  /// the one that the node with the smaller id dialled; a newer one of the same side replaces an
  /// older one, which is then dead. That of a paused peer waits for the end of the pause.
  mutating func open(_ connection: Connection) -> Link? {
    guard var peer = peers[connection.peer] else {
      connection.close()
      return nil
    }
    guard !pauses.cuts(connection.peer) else {
      park(connection)
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
      peer.trouble = pauses.cuts(connection.peer) ? "" : reason
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
    for peer in peers.values {
      peer.dialler?.stop()
      peer.parked?.close()
    }
    for connection in connections.values { connection.close() }
  }

  /// Who has the share besides this node, sorted.
  var members: [NodeID] { peers.keys.sorted() }

  /// All peers, for the status.
  func report(
    andDistant members: [NodeID],
    _ standing: (NodeID) throws(IndexError) -> PeerStanding
  ) throws(IndexError) -> [StatusReport.Peer] {
    var report: [StatusReport.Peer] = []
    for id in peers.keys.sorted() {
      guard let peer = peers[id] else { continue }
      let standing = try standing(id)
      let isReady = standing.isReady
      let connection = peer.link.flatMap { connections[$0] }
      let end = pauses.end(of: id)
      let isMute = connection != nil && !pauses.cuts(id) && peer.trouble.isEmpty
      report.append(
        StatusReport.Peer(
          id: id, name: peer.settings.name, isConnected: isReady,
          acknowledged: standing.acknowledged,
          sentBytes: peer.sentBytes + (connection?.sentByteCount ?? 0),
          receivedBytes: peer.receivedBytes + (connection?.receivedByteCount ?? 0),
          trouble: isReady ? "" : isMute ? "it has not answered yet" : peer.trouble,
          pausedUntil: end, isHeard: pauses.heardOnly.contains(id)))
      report[report.count - 1].notHeld = standing.notHeld
      report[report.count - 1].sentRate = connection?.sentRate ?? 0
      report[report.count - 1].receivedRate = connection?.receivedRate ?? 0
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

// MARK: Pausing

extension Links {
  /// When the next pause is over, on the monotonic clock; `nil` if none ends by itself.
  var nextPauseEnd: Int64? {
    pauses.nextEnd.map { end in
      clinux_boot_nanoseconds() + max(0, end - clinux_wall_nanoseconds())
    }
  }

  /// The peers that are only heard.
  var heardOnly: Set<NodeID> { pauses.heardOnly }

  /// Says what is paused from now on.
  mutating func setPauses(_ next: Pauses) {
    let before = pauses
    pauses = next
    for id in peers.keys.sorted() {
      switch (before.cuts(id), next.cuts(id)) {
      case (false, true): pause(id)
      case (true, false): resume(id)
      case (true, true), (false, false): break
      }
    }
  }

  /// Ends pauses that are over; the names of the peers that go on.
  mutating func endPauses() -> [String] {
    let before = pauses
    let over = pauses.step(now: clinux_wall_nanoseconds())
    for id in over where before.cuts(id) { resume(id) }
    return over.compactMap { peers[$0]?.settings.name }
  }

  private mutating func pause(_ id: NodeID) {
    peers[id]?.dialler?.stop()
    peers[id]?.dialler = nil
    guard let link = peers[id]?.link else { return }
    connections[link]?.cut(CloseReason(code: CloseReason.paused, text: "it is paused there"))
  }

  /// The peer's connection is kept, so that it need not call again and again, and goes on at once
  /// when the pause is over. This side calls nobody meanwhile.
  private mutating func park(_ connection: Connection) {
    guard !connection.isInitiator else { return connection.close() }
    peers[connection.peer]?.parked?.close()
    peers[connection.peer]?.parked = connection
  }

  private mutating func resume(_ id: NodeID) {
    guard var peer = peers[id] else { return }
    peer.dialler = dialler(of: peer)
    if let parked = peer.parked { mailbox.post(.up(parked)) }
    peer.parked = nil
    peers[id] = peer
  }
}
