import SyncCore

/// The flip that was decided and is perhaps under way: one row or none.
struct JournalTable: ~Copyable {
  private let select: Statement
  private let insert: Statement
  private let delete: Statement
}

extension JournalTable {
  /// Prepares its statements.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      select: try connection.prepare("SELECT plan FROM journal", "read the journal in"),
      insert: try connection.prepare(
        "INSERT INTO journal (plan) VALUES (?)", "write the journal in"),
      delete: try connection.prepare("DELETE FROM journal", "end the journal in"))
  }

  /// The plan, as it was put.
  func plan() throws(IndexError) -> [UInt8]? {
    defer { select.reset() }
    return try select.step() ? select.bytes(0) : nil
  }

  /// Replaces the plan, or ends it.
  func put(_ plan: [UInt8]?) throws(IndexError) {
    try delete.run()
    if let plan { try insert.run(binding: 1, plan) }
  }
}
