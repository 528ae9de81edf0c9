public import SyncCore

/// The index in a file, by SQLite: in WAL mode with `synchronous=FULL`, so that a transaction is on
/// the disk when it returns (https://sqlite.org/wal.html).
///
/// The file is held exclusively: a second daemon with the same state directory is refused at once.
/// An error within a transaction undoes all of it. A damaged file is never repaired: the error says
/// to move it aside, and an index built anew costs time and no data.
///
/// Not for use by several threads at once.
public final class SQLiteIndex: Index {
  /// This node in this life of the index.
  public var actor: Actor { Actor(node: node.prefix, incarnation: meta.incarnation) }

  private let node: NodeID

  var meta: Meta
  private let metaTable: MetaTable
  var ids: LocalIDs
  let files: FileTable
  let directories: DirectoryTable
  let recipes: RecipeTable
  let journalTable: JournalTable
  var history: HistoryTable
  let trashedTable: TrashedTable
  let connection: Database

  private var durability = Durability.now
  private let begin: Statement
  private let commit: Statement
  private let rollback: Statement
  private var isInTransaction = false
  /// Below which no sequence is given any more.
  private var floor: UInt64 = 0

  /// Opens the index, or makes a new one.
  ///
  /// A file that is refused is left as it is: one of a newer leftd, of another node, of another
  /// program, one that is damaged, or one that another process holds.
  ///
  /// - Parameters:
  ///   - path: The file; beside it lies `PATH-wal`, which belongs to it. `nil` for an index in
  ///     memory.
  ///   - node: This node.
  ///   - randomIncarnation: Used for a new index only; an existing one keeps its own.
  /// - Complexity: Independent of the number of rows, but after a crash up to some megabytes of log
  ///   are read.
  public init(path: String?, node: NodeID, randomIncarnation: UInt64) throws(IndexError) {
    let connection = try Database(path: path)
    try Schema.refuseNewerFile(connection)
    // Before the file is read for the first time, so that no shared memory is ever made.
    try connection.execute("PRAGMA locking_mode = EXCLUSIVE", "lock")
    try Schema.prepare(connection, node: node, incarnation: randomIncarnation)
    try Self.configure(connection)
    metaTable = try MetaTable(connection)
    meta = try MetaTable.read(connection)
    ids = try LocalIDs(connection)
    files = try FileTable(connection)
    directories = try DirectoryTable(connection)
    recipes = try RecipeTable(connection)
    journalTable = try JournalTable(connection)
    history = try HistoryTable(connection)
    trashedTable = try TrashedTable(connection)
    begin = try connection.prepare("BEGIN IMMEDIATE", "write to")
    commit = try connection.prepare("COMMIT", "commit to")
    rollback = try connection.prepare("ROLLBACK", "undo a change of")
    self.node = node
    self.connection = connection
  }

  private static func configure(_ connection: borrowing Database) throws(IndexError) {
    try connection.execute(
      """
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -\(Limits.indexCacheByteCount / 1024);
      PRAGMA mmap_size = 0;
      PRAGMA temp_store = MEMORY;
      PRAGMA wal_autocheckpoint = \(Limits.indexLogByteCount / 4096);
      PRAGMA journal_size_limit = \(2 * Limits.indexLogByteCount);
      PRAGMA cell_size_check = ON;
      PRAGMA trusted_schema = OFF;
      """, "open")
  }

  // MARK: Transactions

  /// The highest sequence given to a row so far.
  public var sequence: UInt64 { meta.sequence }

  /// Runs `body` and keeps its changes together; when it throws, none of them.
  ///
  /// RACE: When the flush itself fails, the changes are undone here, but the next start may find
  /// them in the log. Nothing of them has been told to anyone, and they are compared with the disk
  /// as all rows are then.
  public func transaction(
    _ durability: Durability, _ body: () throws(IndexError) -> Void
  ) throws(IndexError) {
    precondition(!isInTransaction, "a transaction within a transaction")
    try choose(durability)
    try begin.run()
    isInTransaction = true
    defer { isInTransaction = false }
    let earlier = (meta: meta, actors: ids.actors.memory, nodes: ids.peers.nodes)
    do throws(IndexError) {
      try body()
      try requireTransaction()
      if meta != earlier.meta { try metaTable.write(meta) }
      try ids.actors.write(since: earlier.actors)
      try commit.run()
    } catch {
      // After some errors SQLite has undone everything already. What a failed rollback leaves is
      // undone when the file is opened the next time.
      if !connection.isAutocommit { try? rollback.run() }
      meta = earlier.meta
      ids.actors.memory = earlier.actors
      ids.peers.nodes = earlier.nodes
      ids.directories.forget()
      throw error
    }
  }

  /// A level holds for all transactions until another is chosen; it takes effect when the statement
  /// is compiled, so none is kept (https://sqlite.org/pragma.html).
  private func choose(_ durability: Durability) throws(IndexError) {
    guard durability != self.durability else { return }
    switch durability {
    case .now: try connection.execute("PRAGMA synchronous = FULL", "change")
    case .later: try connection.execute("PRAGMA synchronous = NORMAL", "change")
    }
    self.durability = durability
  }

  /// Up to where what was recorded is known to be on the disk.
  public var secured: SecuredMark { meta.secured }

  /// Moves that mark. Within a transaction.
  public func note(_ secured: SecuredMark) throws(IndexError) {
    try requireTransaction()
    meta.secured = secured
  }

  /// At which sequence the node became a replica; `nil` if it is none.
  public var replicaSince: UInt64? { meta.replicaSince }

  /// Remembers that the node has become a replica, or with `nil` that it is none any more. Within a
  /// transaction.
  public func note(replicaSince: UInt64?) throws(IndexError) {
    try requireTransaction()
    meta.replicaSince = replicaSince
  }

  /// The highest sequence of a tombstone that was forgotten; 0 if none was.
  public var forgotten: UInt64 { meta.forgotten }

  /// Moves that mark. Within a transaction.
  public func note(forgotten sequence: UInt64) throws(IndexError) {
    try requireTransaction()
    meta.forgotten = sequence
  }

  /// The next sequence, which is also the counter of a local change's dot. Within a transaction.
  public func nextSequence() throws(IndexError) -> UInt64 {
    try requireTransaction()
    meta.sequence = max(meta.sequence, floor) + 1
    return meta.sequence
  }

  /// Makes the next sequence one above `sequence`, if it isn't; forgotten when the index is closed.
  public func skip(to sequence: UInt64) { floor = sequence }

  /// Forgets every row, recipe and peer, and begins a new incarnation. Within a transaction.
  /// Sequences go on: none is ever given twice.
  public func reset(incarnation: UInt64) throws(IndexError) {
    try requireTransaction()
    let tables = [
      "directory", "file", "recipe", "sample", "mark", "journal", "history", "trashed",
    ]
    for table in tables {
      try connection.execute("DELETE FROM \(table)", "empty")
    }
    try connection.execute(
      """
      UPDATE peer
      SET incarnation = NULL, received = NULL, acknowledged = NULL, confirmed = 0, not_held = 0
      """, "empty")
    meta.incarnation = incarnation
    meta.forgotten = 0
    meta.totals = Totals()
  }

  /// Makes every row that came from `peer` one that came from nobody, in O(rows). Within a
  /// transaction.
  public func forgetSource(_ peer: NodeID) throws(IndexError) {
    try requireTransaction()
    guard let local = ids.peers.existingLocal(of: peer) else { return }
    for table in ["directory", "file"] {
      try connection.execute("UPDATE \(table) SET source = NULL WHERE source = \(local)", "update")
    }
  }

  /// Stops a change outside a transaction, and one in a transaction that SQLite has ended by itself
  /// after an error: it would be kept alone.
  func requireTransaction() throws(IndexError) {
    precondition(isInTransaction, "a change of the index outside a transaction")
    if connection.isAutocommit {
      throw IndexError(
        "a change of the index \(connection.fileName) was undone after an error. "
          + "Start leftd again.")
    }
  }
}
