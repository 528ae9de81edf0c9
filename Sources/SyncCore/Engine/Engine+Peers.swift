// What peers are told, and what they say they have.

extension Engine {
  func sessionIndex(_ link: Link) -> Int? { sessions.firstIndex { $0.link == link } }

  /// The session of a peer that has said hello.
  func sessionIndex(of peer: NodeID) -> Int? {
    sessions.firstIndex { $0.peer == peer && $0.isReady }
  }

  /// A paired peer is connected: say who we are, as an index.
  mutating func greet(_ peer: NodeID, on link: Link) throws(IndexError) {
    let mustTellAll = try mustTellAll(peer)
    let progress = try index.progress(of: peer)
    var session = Session(link: link, peer: peer)
    session.isAskedForAll = mustTellAll
    session.received = progress?.received ?? 0
    sessions.append(session)
    let held = progress.map { Actor(node: peer.prefix, incarnation: $0.incarnation) }
    let hello = Hello(
      name: name, incarnation: index.actor.incarnation,
      heldIncarnation: progress?.incarnation ?? 0, heldSequence: progress?.received ?? 0,
      heldCounter: try held.map { held throws(IndexError) in try index.highestCounter(of: held) }
        ?? 0,
      time: now.wall,
      features: rules.features + Feature.allCases.map(\.rawValue)
        + (mustTellAll ? [Hello.tellAll] : []))
    effects.append(.send(link, .hello(hello)))
  }

  /// Takes a message of a connected peer. What breaks the protocol closes the connection.
  mutating func receive(_ message: Message, on link: Link) throws(IndexError) {
    guard let number = sessionIndex(link), !sessions[number].isRefused else { return }
    if case .hello(let hello) = message {
      guard !sessions[number].isReady else { return refuse(link, "said hello twice") }
      return try takeHello(hello, in: number)
    }
    guard sessions[number].isReady else { return refuse(link, "spoke before hello") }
    try noteHeard(in: number)
    switch message {
    case .hello: break
    case .announce(let entries, let upTo, let isLast):
      try takeAnnouncement(entries, upTo: upTo, isLast: isLast, in: number)
    case .directoryTimes(let times): take(times, in: number)
    case .linked(let places): take(linked: places, in: number)
    case .unheld(let entries): take(unheld: entries, in: number)
    case .acknowledge(let member, let sequence):
      try takeAcknowledgement(sequence, of: member, in: number)
    case .notHeld(let count): sessions[number].notHeld = count
    case .openContent(let content, let base): try takeWish(for: content, from: base, on: link)
    case .segment(let segment): try takeSegment(segment, on: link)
    case .difference(let difference): try takeDifference(difference, on: link)
    case .seal(let key, let content): try takeSeal(key, content, on: link)
    case .gone(let key, let isForGood): try takeGone(key, isForGood: isForGood, on: link)
    case .request(let request): try serve(request, on: link)
    case .fetch(let request): try serve(request, on: link)
    case .unavailable(let request, let isForGood):
      // A peer speaks for its own connection alone.
      if fetching.requests[request]?.link == link {
        try loseRequest(request, isForGood: isForGood)
      }
    }
  }

  mutating func refuse(_ link: Link, _ reason: String) {
    guard let number = sessionIndex(link), !sessions[number].isRefused else { return }
    sessions[number].isRefused = true
    log(.warning, "Closed the connection: the peer \(reason).", peer: sessions[number].peer)
    effects.append(.close(link, reason))
  }

  private mutating func takeHello(_ hello: Hello, in number: Int) throws(IndexError) {
    let (link, peer) = (sessions[number].link, sessions[number].peer)
    let knowsUs = hello.heldIncarnation == index.actor.incarnation
    let isStrange = [try isStrange(hello.heldCounter), try isStrange(hello.heldSequence)]
    if knowsUs, isStrange.contains(true) { return try beginNewLife(because: link, peer) }
    // A second connection to the same peer replaces the first.
    for other in sessions where other.peer == peer && other.link != link {
      effects.append(.close(other.link, "replaced by a newer connection"))
    }
    // At the first hello, too: what is still applied of an older connection may not say otherwise.
    if try index.progress(of: peer)?.incarnation != hello.incarnation {
      try forgetWhatCame(from: peer, now: hello.incarnation)
      sessions[number].received = 0
    }
    if knowsUs, try lacksTombstones(peer, by: hello) {
      return try askAnew(peer, on: link, holding: hello.heldSequence)
    }
    let theirs = ShareRules(features: hello.features)
    let hasSource = sessions.contains { $0.isReady && $0.peer != peer && $0.role == .source }
    if let objection = rules.objection(to: theirs, hasSource: hasSource) {
      return refuse(link, objection)
    }
    if hello.features.contains(Hello.tellAll) {
      try index.transaction { () throws(IndexError) in try index.forgetSource(peer) }
    }
    sessions[number].role = theirs.role
    sessions[number].knowsDeltas = hello.features.contains(Feature.delta.rawValue)
    sessions[number].isReady = true
    sessions[number].incarnation = hello.incarnation
    sessions[number].announced = knowsUs ? hello.heldSequence : 0
    sessions[number].acknowledged = sessions[number].announced
    sessions[number].confirmed = sessions[number].announced
    // The peer's time is any number: the difference of two can have 64 bits.
    let skew = UInt64(bitPattern: max(hello.time, now.wall) &- min(hello.time, now.wall))
    if skew > Limits.clockSkewNanoseconds {
      log(
        .warning,
        "The clocks differ by \(skew / 1_000_000_000) s: which of two edits is the later one "
          + "may be decided wrongly. Set the clocks (systemd-timesyncd, chrony).", peer: peer)
    }
    log(.notice, "Connected to \(DisplayText.escape(Array(hello.name.utf8))).", peer: peer)
    try tellNotHeld()
    try announceMore(in: number)
  }

  /// A peer has a new index: what came from it is told to it like everything else, since it may not
  /// have it any more.
  private func forgetWhatCame(from peer: NodeID, now incarnation: UInt64) throws(IndexError) {
    try index.transaction { () throws(IndexError) in
      try index.forgetSource(peer)
      try index.put(
        PeerProgress(incarnation: incarnation, received: 0, acknowledged: 0), of: peer)
    }
  }

  /// A peer remembers more of us than we do: the index was lost or rolled back. From now on we
  /// count as another; what is on disk is as good as newly found.
  ///
  /// Once in a run at most: nothing takes the index back while it is open, and a peer that says so
  /// again would have it rebuilt for ever.
  private mutating func beginNewLife(because link: Link, _ peer: NodeID) throws(IndexError) {
    guard !hasBegunNewLife else {
      return refuse(link, "claims once more to hold changes of this node that it never made")
    }
    guard flipping == nil else {
      // Its rows are about to be written: the peer says it again when it has dialled again.
      silence(link)
      return effects.append(.close(link, "is applying changes; dial again"))
    }
    hasBegunNewLife = true
    log(
      .warning,
      "This node's index is older than what the peer remembers of it: it is rebuilt from the disk. "
        + "Nothing is lost; equal contents are recognised.", peer: peer)
    let incarnation = Actor.incarnation(from: random.next())
    try index.transaction { () throws(IndexError) in try index.reset(incarnation: incarnation) }
    for session in sessions {
      silence(session.link)
      effects.append(.close(session.link, "begins a new index"))
    }
    units = []
    jobs = []
    backlog = []
    busyBundles = [:]
    openFiles = [:]
    closedStreams = []
    unsettled = [:]
    vacated = [:]
    hasScanned = false
    giveUpFetching()
    lookAtEverything()
    // What was to be recorded is recorded by the scan.
    for number in barriers.indices { barriers[number].lastJob = lastJob }
  }

  /// Hears and tells nothing more on a connection that is being closed.
  mutating func silence(_ link: Link) {
    guard let number = sessionIndex(link) else { return }
    sessions[number].isRefused = true
    sessions[number].isReady = false
  }

  /// The connection is gone. What only this peer can give waits until it is back, and is announced
  /// again then.
  mutating func forget(_ link: Link) throws(IndexError) {
    guard let number = sessionIndex(link) else { return }
    let session = sessions.remove(at: number)
    if session.isReady { log(.notice, "Disconnected.", peer: session.peer) }
    discardUnclaimed(of: link)
    for number in units.indices.reversed() where units[number].id != flipping?.unit {
      let count = units[number].parts.count
      units[number].parts.removeAll { $0.link == link }
      if units[number].parts.isEmpty {
        units.remove(at: number)
      } else if units[number].parts.count < count {
        units[number].deletionCount = 0
        retryLater(number)
      }
    }
    try loseRequests(on: link)
    try saveProgress(of: session)
  }

  // MARK: Telling

  mutating func announceToAll() throws(IndexError) {
    try tellNotHeld()
    for number in sessions.indices where sessions[number].isReady { try announceMore(in: number) }
  }

  /// Announces what has changed since the last announcement, as one unit.
  mutating func announceMore(in number: Int) throws(IndexError) {
    guard !heardOnly.contains(sessions[number].peer) else { return }
    while sessions[number].announced < index.sequence {
      guard mayAnnounce(in: number) else { return }
      let session = sessions[number]
      let rows = try index.rows(after: session.announced, limit: Limits.unitEntryCount)
      guard let last = rows.last else {
        // What was last here is forgotten.
        sessions[number].announced = index.sequence
        noteAcknowledged(upTo: index.sequence, isTold: false, in: number)
        break
      }
      let withheld = rules.role == .replica ? node : nil
      let entries = try Announcement.entries(
        telling: rows, to: session.peer, beyond: session.announced, withholding: withheld,
        index: index)
      let unheld = try UnheldDirectories.entries(
        among: rows, to: session.peer, beyond: session.announced, withholding: withheld,
        index: index)
      sessions[number].announced = last.sequence
      if entries.isEmpty, unheld.isEmpty {
        // Nothing of it concerns the peer: it has it as soon as it has what came before.
        noteAcknowledged(upTo: last.sequence, isTold: false, in: number)
        continue
      }
      sessions[number].lastTold = last.sequence
      noteAcknowledged(upTo: last.sequence, isTold: true, in: number)
      try tellTimes(with: entries, on: session.link)
      try tellLinks(with: entries, on: session.link)
      for message in Message.unheld(unheld) { effects.append(.send(session.link, message)) }
      for message in Message.announcements(entries, upTo: last.sequence) {
        effects.append(.send(session.link, message))
      }
    }
  }

  /// Whether one more unit may be announced. With as many open as there may be one more may go out
  /// now and then, or a peer could wait for ever for contents that have been replaced since, and
  /// could not hear of what replaced them.
  private mutating func mayAnnounce(in number: Int) -> Bool {
    let openCount = sessions[number].openCount
    if openCount >= Limits.unacknowledgedUnitCount {
      guard openCount < 2 * Limits.unacknowledgedUnitCount - 1 else { return false }
      let patience = min(
        Limits.announcePatienceNanoseconds << Int64(min(sessions[number].extraCount, 8)),
        Limits.longestAnnouncePatienceNanoseconds)
      let due = sessions[number].movedAt + patience
      guard due <= now.monotonic else {
        wake(after: due - now.monotonic)
        return false
      }
      sessions[number].extraCount += 1
    }
    sessions[number].movedAt = now.monotonic
    return true
  }

  /// Tells everybody how much is known and not held here, if they don't know that. Goes ahead of
  /// the acknowledgement of what isn't held: who waits for that can say so.
  mutating func tellNotHeld() throws(IndexError) {
    let count = UInt64(try index.totals().notHeld)
    for number in sessions.indices
    where isTold(sessions[number]) && sessions[number].toldNotHeld != count {
      sessions[number].toldNotHeld = count
      effects.append(.send(sessions[number].link, .notHeld(count: count)))
    }
  }

  // MARK: Acknowledging

  /// What the peer isn't told of is as good as acknowledged.
  private mutating func noteAcknowledged(upTo: UInt64, isTold: Bool, in number: Int) {
    sessions[number].unacknowledged.append(
      Session.Announced(upTo: upTo, toldUpTo: isTold ? upTo : 0, isAcknowledged: !isTold))
    advanceAcknowledged(in: number)
  }

  /// Units are acknowledged in any order; what counts is up to where all are.
  private mutating func advanceAcknowledged(in number: Int) {
    sessions[number].joinAcknowledged()
    if let first = sessions[number].unacknowledged.first, first.isAcknowledged {
      sessions[number].acknowledged = first.upTo
      sessions[number].confirmed = max(sessions[number].confirmed, first.toldUpTo)
      sessions[number].unacknowledged.removeFirst()
    }
  }

  private mutating func takeAcknowledgement(
    _ sequence: UInt64, of member: NodeID, in number: Int
  ) throws(IndexError) {
    let session = sessions[number]
    guard member == session.peer else { return try note(sequence, of: member, in: number) }
    guard let unit = session.unacknowledged.firstIndex(where: { $0.upTo == sequence }) else {
      return refuse(session.link, "acknowledged a unit that was not announced")
    }
    sessions[number].unacknowledged[unit].isAcknowledged = true
    sessions[number].movedAt = now.monotonic
    sessions[number].extraCount = 0
    advanceAcknowledged(in: number)
    try relay(sequence: sessions[number].acknowledged, of: session.peer, from: session.peer)
    for (member, covered) in sessions[number].relayed.sorted(by: { $0.key < $1.key }) {
      try relay(sequence: covered, of: member, from: session.peer)
    }
    try announceMore(in: number)
  }

  /// Another node passes on what a member that it is connected to, or has heard of, has durably.
  private mutating func note(
    _ sequence: UInt64, of member: NodeID, in number: Int
  ) throws(IndexError) {
    guard member != node else { return }
    let session = sessions[number]
    // More may have been announced on an earlier connection than on this one.
    guard sequence <= index.sequence, session.relayed.count < Limits.actorCount else {
      return refuse(session.link, "passed on an acknowledgement of what there never was")
    }
    sessions[number].relayed[member] = max(session.relayed[member] ?? 0, sequence)
    try relay(sequence: sequence, of: member, from: session.peer)
  }

  /// Tells all others what `peer` has said.
  private mutating func relay(
    sequence: UInt64, of member: NodeID, from peer: NodeID
  ) throws(IndexError) {
    for other in sessions where other.isReady && other.peer != peer {
      try relay(sequence: sequence, of: member, to: other.link)
    }
  }

  /// A member that has everything of ours up to a sequence also has what came here before that from
  /// another peer: that peer is told, in its own count.
  private mutating func relay(
    sequence: UInt64, of member: NodeID, to link: Link
  ) throws(IndexError) {
    guard let number = sessionIndex(link), sessions[number].peer != member,
      let mark = try index.mark(of: sessions[number].peer, coveredBy: sequence),
      mark.theirs > sessions[number].relayedTo[member] ?? 0
    else { return }
    sessions[number].relayedTo[member] = mark.theirs
    effects.append(.send(link, .acknowledge(member: member, sequence: mark.theirs)))
  }

  /// Remembers how far the exchange with a peer came, for people who ask while it is away.
  private func saveProgress(of session: Session) throws(IndexError) {
    guard let progress = try progress(of: session) else { return }
    try index.transaction { () throws(IndexError) in
      try index.put(progress, of: session.peer)
    }
  }

  /// How far the exchange with a connected peer came, if that isn't known yet.
  func progress(of session: Session) throws(IndexError) -> PeerProgress? {
    guard session.isReady else { return nil }
    var progress =
      try index.progress(of: session.peer)
      ?? PeerProgress(incarnation: session.incarnation, received: 0, acknowledged: 0)
    guard progress.incarnation == session.incarnation,
      progress.acknowledged != session.acknowledged || progress.confirmed != session.confirmed
        || progress.notHeld != session.notHeld
    else { return nil }
    progress.acknowledged = session.acknowledged
    progress.confirmed = session.confirmed
    progress.notHeld = session.notHeld
    return progress
  }
}
