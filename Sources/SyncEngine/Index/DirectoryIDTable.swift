import SyncCore

/// Directory ids and their local numbers; the root's is 0. Any id that occurs in a row has one,
/// whether or not its own row is known yet.
struct DirectoryIDTable: ~Copyable {
  /// Both directions of what was used lately.
  private var locals: [DirectoryID: Int64] = [:]
  private var ids: [Int64: DirectoryID] = [:]

  private let selectLocal: Statement
  private let selectID: Statement
  private let insert: Statement
}

extension DirectoryIDTable {
  /// Prepares its statements.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      selectLocal: try connection.prepare(
        "SELECT local FROM directory_id WHERE high = ? AND low = ?", "read a directory's id from"),
      selectID: try connection.prepare(
        "SELECT high, low FROM directory_id WHERE local = ?", "read a directory's id from"),
      insert: try connection.prepare(
        "INSERT INTO directory_id (high, low) VALUES (?, ?) RETURNING local",
        "write a directory's id to"))
  }

  /// Forgets what is only in memory: after a transaction that failed, a number may be given again.
  mutating func forget() {
    locals.removeAll(keepingCapacity: true)
    ids.removeAll(keepingCapacity: true)
  }

  /// The number of a directory; `nil` if it has none.
  mutating func existingLocal(of id: DirectoryID) throws(IndexError) -> Int64? {
    if let local = locals[id] { return local }
    selectLocal.bind(1, bits: id.high)
    selectLocal.bind(2, bits: id.low)
    defer { selectLocal.reset() }
    guard try selectLocal.step() else { return nil }
    let local = selectLocal.integer(0)
    remember(id, local)
    return local
  }

  /// The number of a directory, given now if it has none.
  mutating func local(of id: DirectoryID) throws(IndexError) -> Int64 {
    if let local = try existingLocal(of: id) { return local }
    insert.bind(1, bits: id.high)
    insert.bind(2, bits: id.low)
    defer { insert.reset() }
    guard try insert.step() else { throw insert.damaged("a directory's id got no number") }
    let local = insert.integer(0)
    // The insertion is complete only when the statement is.
    while try insert.step() {}
    remember(id, local)
    return local
  }

  /// The directory with this number, which occurs in a row.
  mutating func id(of local: Int64) throws(IndexError) -> DirectoryID {
    if let id = ids[local] { return id }
    selectID.bind(1, local)
    defer { selectID.reset() }
    guard try selectID.step() else { throw selectID.damaged("a directory's id is missing") }
    let id = DirectoryID(high: selectID.bits(0), low: selectID.bits(1))
    remember(id, local)
    return id
  }

  private mutating func remember(_ id: DirectoryID, _ local: Int64) {
    if locals.count == Limits.rememberedDirectoryCount { forget() }
    locals[id] = local
    ids[local] = id
  }
}
