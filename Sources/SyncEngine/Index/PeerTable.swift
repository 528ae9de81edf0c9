import SyncCore

/// Other nodes: their local numbers, from 1, how far the exchange with them has come, and the marks
/// between their sequences and ours.
struct PeerTable: ~Copyable {
  /// All nodes that are a peer or the source of a row, in the order of their numbers: a few.
  var nodes: [NodeID]

  private let insert: Statement
  private let select: Statement
  private let update: Statement
  private let clear: Statement
  private let selectMark: Statement
  private let upsertMark: Statement
  private let countMarks: Statement
  private let thinMarks: Statement
  private let deleteMarks: Statement
}

extension PeerTable {
  /// Prepares its statements and reads all nodes.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      nodes: try Self.nodes(connection),
      insert: try connection.prepare(
        "INSERT INTO peer (local, node) VALUES (?, ?)", "write a peer to"),
      select: try connection.prepare(
        """
        SELECT incarnation, received, acknowledged, confirmed, not_held, must_tell_all
        FROM peer WHERE local = ?
        """, "read a peer from"),
      update: try connection.prepare(
        """
        UPDATE peer
        SET incarnation = ?, received = ?, acknowledged = ?, confirmed = ?, not_held = ?,
          must_tell_all = ?
        WHERE local = ?
        """, "write a peer to"),
      clear: try connection.prepare(
        """
        UPDATE peer SET incarnation = NULL, confirmed = 0, not_held = 0, must_tell_all = 0
        WHERE local = ?
        """, "write a peer to"),
      selectMark: try connection.prepare(
        "SELECT theirs, ours FROM mark WHERE peer = ? AND ours <= ? ORDER BY ours DESC LIMIT 1",
        "read a mark from"),
      upsertMark: try connection.prepare(
        """
        INSERT INTO mark (peer, ours, theirs) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET theirs = max(theirs, excluded.theirs)
        """, "write a mark to"),
      countMarks: try connection.prepare(
        "SELECT count(*) FROM mark WHERE peer = ?", "read the marks of"),
      thinMarks: try connection.prepare(
        // Every second one of the older half: the older, the coarser.
        """
        DELETE FROM mark WHERE peer = ?1 AND ours IN (
          SELECT ours FROM (
            SELECT ours, row_number() OVER (ORDER BY ours) AS position FROM mark WHERE peer = ?1)
          WHERE position <= ?2 AND position % 2 = 1)
        """, "write a mark to"),
      deleteMarks: try connection.prepare("DELETE FROM mark WHERE peer = ?", "write a mark to"))
  }

  // MARK: Local numbers

  private static func nodes(_ connection: borrowing Database) throws(IndexError) -> [NodeID] {
    let rows = try connection.prepare(
      "SELECT local, node FROM peer ORDER BY local", "read the peers of")
    var nodes: [NodeID] = []
    while try rows.step() {
      guard let node = NodeID(bytes: rows.bytes(1)), rows.integer(0) == nodes.count + 1 else {
        throw rows.damaged("a peer is missing")
      }
      nodes.append(node)
    }
    return nodes
  }

  /// The number of a node; `nil` if it has none.
  func existingLocal(of node: NodeID) -> Int64? {
    nodes.firstIndex(of: node).map { Int64($0 + 1) }
  }

  /// The number of a node, given now if it has none.
  mutating func local(of node: NodeID) throws(IndexError) -> Int64 {
    if let local = existingLocal(of: node) { return local }
    let local = Int64(nodes.count + 1)
    insert.bind(1, local)
    try insert.bind(2, node.bytes)
    try insert.run()
    nodes.append(node)
    return local
  }

  /// The node with this number.
  func node(_ local: Int64) -> NodeID? {
    local >= 1 && local <= Int64(nodes.count) ? nodes[Int(local - 1)] : nil
  }

  // MARK: Progress and marks

  /// How far the exchange with the peer has come; `nil` before any.
  func progress(of local: Int64) throws(IndexError) -> PeerProgress? {
    select.bind(1, local)
    defer { select.reset() }
    guard try select.step(), !select.isNull(0) else { return nil }
    return PeerProgress(
      incarnation: select.bits(0), received: select.bits(1), acknowledged: select.bits(2),
      confirmed: select.bits(3), notHeld: select.bits(4), mustTellAll: select.integer(5) != 0)
  }

  /// Records it. The peer's sequences mean nothing in another incarnation, so its marks go with it.
  func put(_ progress: PeerProgress, of local: Int64) throws(IndexError) {
    if let earlier = try self.progress(of: local), earlier.incarnation != progress.incarnation {
      deleteMarks.bind(1, local)
      try deleteMarks.run()
    }
    update.bind(1, bits: progress.incarnation)
    update.bind(2, bits: progress.received)
    update.bind(3, bits: progress.acknowledged)
    update.bind(4, bits: progress.confirmed)
    update.bind(5, bits: progress.notHeld)
    update.bind(6, progress.mustTellAll ? 1 : 0)
    update.bind(7, local)
    try update.run()
  }

  /// Forgets it, and the peer's marks.
  func removeProgress(of local: Int64) throws(IndexError) {
    clear.bind(1, local)
    try clear.run()
    deleteMarks.bind(1, local)
    try deleteMarks.run()
  }

  /// Records a mark and keeps their number bounded.
  func put(_ mark: SequenceMark, of local: Int64) throws(IndexError) {
    upsertMark.bind(1, local)
    upsertMark.bind(2, bits: mark.ours)
    upsertMark.bind(3, bits: mark.theirs)
    try upsertMark.run()
    countMarks.bind(1, local)
    defer { countMarks.reset() }
    guard try countMarks.step(), countMarks.integer(0) > Limits.sequenceMarkCount else { return }
    thinMarks.bind(1, local)
    thinMarks.bind(2, Int64(Limits.sequenceMarkCount / 2))
    try thinMarks.run()
  }

  /// The last mark that is not above `ours`.
  func mark(of local: Int64, coveredBy ours: UInt64) throws(IndexError) -> SequenceMark? {
    selectMark.bind(1, local)
    selectMark.bind(2, Int64(clamping: ours))
    defer { selectMark.reset() }
    guard try selectMark.step() else { return nil }
    return SequenceMark(theirs: selectMark.bits(0), ours: selectMark.bits(1))
  }
}
