public import SyncCore

/// What each set did here: the last sets, within `Limits`.
struct HistoryTable: ~Copyable {
  private let insert: Statement
  private let select: Statement
  private let selectOne: Statement
  /// Sets put since older ones were last let go.
  private var unthinned = Limits.historyThinningCount
}

extension HistoryTable {
  private static let columns =
    "number, last, time, origin, created, changed, moved, deleted, items"

  /// Prepares its statements.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      insert: try connection.prepare(
        "REPLACE INTO history (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "write the history in"),
      select: try connection.prepare(
        "SELECT \(Self.columns) FROM history WHERE number < ? ORDER BY number DESC LIMIT 1",
        "read the history in"),
      selectOne: try connection.prepare(
        "SELECT \(Self.columns) FROM history WHERE number = ?", "read the history in"))
  }

  /// Keeps a set. `origin` is 0 for this machine, -1 for nobody known, else a node's number.
  mutating func put(_ set: HistorySet, origin: Int64) throws(IndexError) {
    insert.bind(1, bits: set.number)
    insert.bind(2, bits: set.last)
    insert.bind(3, set.time)
    insert.bind(4, origin)
    insert.bind(5, Int64(set.counts.created))
    insert.bind(6, Int64(set.counts.changed))
    insert.bind(7, Int64(set.counts.moved))
    insert.bind(8, Int64(set.counts.deleted))
    try insert.run(binding: 9, set.encodedItems)
    unthinned += 1
  }

  /// Lets go what is too old or too much, once in a while.
  mutating func thin(_ connection: borrowing Database, now: Int64) throws(IndexError) {
    guard unthinned >= Limits.historyThinningCount else { return }
    unthinned = 0
    try connection.execute(
      """
      DELETE FROM history WHERE time < \(now - Limits.historyAgeNanoseconds);
      DELETE FROM history WHERE number <= (
        SELECT number FROM history ORDER BY number DESC LIMIT 1 OFFSET \(Limits.historySetCount));
      DELETE FROM history WHERE number IN (
        SELECT number FROM (
          SELECT number, sum(length(items)) OVER (ORDER BY number DESC) AS total FROM history)
        WHERE total > \(Limits.historyByteCount));
      """, "thin the history in")
  }

  /// The last set before a number, with where its maker is found.
  func set(before number: UInt64) throws(IndexError) -> (set: HistorySet, origin: Int64)? {
    select.bind(1, Int64(clamping: number))
    return try read(select)
  }

  /// The set with a number.
  func set(_ number: UInt64) throws(IndexError) -> (set: HistorySet, origin: Int64)? {
    selectOne.bind(1, bits: number)
    return try read(selectOne)
  }

  private func read(
    _ statement: borrowing Statement
  ) throws(IndexError) -> (set: HistorySet, origin: Int64)? {
    defer { statement.reset() }
    guard try statement.step() else { return nil }
    var set = HistorySet(
      number: statement.bits(0), last: statement.bits(1), time: statement.integer(2),
      origin: .here)
    set.counts.created = Int(statement.integer(4))
    set.counts.changed = Int(statement.integer(5))
    set.counts.moved = Int(statement.integer(6))
    set.counts.deleted = Int(statement.integer(7))
    do throws(WireError) {
      set.items = try HistorySet.items(statement.bytes(8))
    } catch {
      throw statement.damaged("a set's changes: \(error)")
    }
    return (set, statement.integer(3))
  }
}

extension SQLiteIndex {
  /// Keeps what a set did; the oldest are let go. Within a transaction.
  public func note(_ set: HistorySet) throws(IndexError) {
    try requireTransaction()
    let origin: Int64 =
      switch set.origin {
      case .here: 0
      case .peer(nil): -1
      case .peer(let peer?): try ids.peers.local(of: peer)
      }
    try history.put(set, origin: origin)
    try history.thin(connection, now: set.time)
  }

  /// The set with a number; `nil` if there is none, or not any more.
  func history(_ number: UInt64) throws(IndexError) -> HistorySet? {
    try history.set(number).map { found in named(found.set, found.origin) }
  }

  /// The last sets, the newest first, that concern a path: at most `count`.
  func history(concerning path: RelativePath, count: Int) throws(IndexError) -> [HistorySet] {
    var sets: [HistorySet] = []
    var end = UInt64(Int64.max)
    while sets.count < count, let (set, origin) = try history.set(before: end) {
      end = set.number
      if path.isRoot || set.concerns(path) { sets.append(named(set, origin)) }
    }
    return sets
  }

  private func named(_ set: HistorySet, _ origin: Int64) -> HistorySet {
    var set = set
    let nodes = ids.peers.nodes
    let peer = nodes.indices.contains(Int(origin) - 1) ? nodes[Int(origin) - 1] : nil
    set.origin = origin == 0 ? .here : .peer(peer)
    return set
  }
}
