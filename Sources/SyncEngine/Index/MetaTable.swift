import SyncCore

/// What is known of the index itself, and changes with its rows.
struct Meta: Equatable {
  /// Made with the index, at random.
  var incarnation: UInt64
  /// The highest sequence given.
  var sequence: UInt64
  /// Kept up to date with each row.
  var totals: Totals
  /// Up to where what was recorded is on the disk.
  var secured: SecuredMark
  /// At which sequence the node became a replica; `nil` if it is none.
  var replicaSince: UInt64?
  /// The highest sequence of a tombstone that was forgotten; 0 if none was.
  var forgotten: UInt64
}

/// The one row about the index itself: whose it is, and the figures that change with each
/// transaction.
struct MetaTable: ~Copyable {
  private let update: Statement
}

extension MetaTable {
  /// The table of an open index.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      update: try connection.prepare(
        """
        UPDATE meta SET sequence = ?, files = ?, directories = ?, bytes = ?, incarnation = ?,
          secured = ?, boot = ?, replica_since = ?, forgotten = ?, not_held = ?
        """, "write to"))
  }

  /// Reads the row.
  static func read(_ connection: borrowing Database) throws(IndexError) -> Meta {
    let row = try connection.prepare(
      """
      SELECT incarnation, sequence, files, directories, bytes, secured, boot, replica_since,
        forgotten, not_held
      FROM meta
      """, "read")
    guard try row.step() else { throw row.damaged("it does not say whose it is") }
    guard row.integer(1) >= 0 else { throw row.damaged("an impossible sequence") }
    let totals = Totals(
      files: Int(row.integer(2)), directories: Int(row.integer(3)), bytes: row.integer(4),
      notHeld: Int(row.integer(9)))
    return Meta(
      incarnation: row.bits(0),
      sequence: row.bits(1),
      totals: totals,
      secured: SecuredMark(sequence: row.bits(5), boot: row.integer(6)),
      replicaSince: row.isNull(7) ? nil : row.bits(7),
      forgotten: row.bits(8))
  }

  /// Writes what changes with each transaction.
  func write(_ meta: Meta) throws(IndexError) {
    update.bind(1, bits: meta.sequence)
    update.bind(2, Int64(meta.totals.files))
    update.bind(3, Int64(meta.totals.directories))
    update.bind(4, meta.totals.bytes)
    update.bind(5, bits: meta.incarnation)
    update.bind(6, bits: meta.secured.sequence)
    update.bind(7, meta.secured.boot)
    update.bind(8, meta.replicaSince.map { Int64(bitPattern: $0) })
    update.bind(9, bits: meta.forgotten)
    update.bind(10, Int64(meta.totals.notHeld))
    try update.run()
  }

  /// Makes the row, in a new index.
  static func create(
    _ connection: borrowing Database, node: NodeID, incarnation: UInt64
  ) throws(IndexError) {
    let insert = try connection.prepare(
      "INSERT INTO meta VALUES (?, ?, 0, 0, 0, 0, 0, 0, NULL, 0, 0)", "make")
    try insert.bind(1, node.bytes)
    insert.bind(2, bits: incarnation)
    try insert.run()
  }

  /// Refuses the index of another node: its actors and sequences would be told as this node's.
  static func check(_ connection: borrowing Database, isOf node: NodeID) throws(IndexError) {
    let row = try connection.prepare("SELECT node FROM meta", "read")
    guard try row.step(), let owner = NodeID(bytes: row.bytes(0)) else {
      throw row.damaged("it does not say whose it is")
    }
    guard owner == node else {
      throw IndexError(
        "the index \(connection.fileName) is in the state directory of another node "
          + "(\(owner.short), and this is \(node.short)). Use this node's own state directory, or "
          + "move the index away: leftd then builds it anew.")
    }
  }
}
