import SyncCore

/// The rows of files, symlinks, and where one was: keyed by place.
struct FileTable: ~Copyable {
  private let select: Statement
  private let selectChildren: Statement
  private let selectAfter: Statement
  private let selectUntold: Statement
  private let selectContent: Statement
  private let selectInode: Statement
  private let selectSharedInode: Statement
  private let selectTotals: Statement
  let selectStamps: Statement
  private let upsert: Statement
  private let delete: Statement

  private static let columns = "\(StoredRow.columns), content, size, target"
  private static let contentColumn = StoredRow.columnCount
  private static let sizeColumn = StoredRow.columnCount + 1
  private static let targetColumn = StoredRow.columnCount + 2
}

extension FileTable {
  /// Prepares its statements.
  init(_ connection: borrowing Database) throws(IndexError) {
    func query(_ condition: String) throws(IndexError) -> Statement {
      try connection.prepare("SELECT \(Self.columns) FROM file WHERE \(condition)", "read")
    }
    self.init(
      select: try query("parent = ? AND name = ?"),
      selectChildren: try query("parent = ? ORDER BY name"),
      selectAfter: try query("sequence > ? ORDER BY sequence LIMIT ?"),
      selectUntold: try query("sequence = 0"),
      selectContent: try query("content = ? AND kind = 1 LIMIT ?"),
      selectInode: try query("inode = ? AND kind > 0"),
      selectSharedInode: try connection.prepare(
        """
        SELECT 1 FROM file WHERE inode IS NOT NULL AND kind > 0
        GROUP BY inode HAVING count(*) > 1 LIMIT 1
        """, "read"),
      selectTotals: try connection.prepare(
        "SELECT kind, size, inode IS NULL FROM file WHERE parent = ? AND name = ?", "read"),
      selectStamps: try connection.prepare(
        """
        SELECT name, kind, stamp_kind, inode, stamp_size, stamp_mtime, ctime, btime, stamp_mode
        FROM file WHERE parent = ? ORDER BY name
        """, "read"),
      upsert: try connection.prepare(
        """
        REPLACE INTO file (\(Self.columns))
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """, "write to"),
      delete: try connection.prepare("DELETE FROM file WHERE parent = ? AND name = ?", "write to"))
  }

  // MARK: Reading

  /// The row at a place.
  func row(at place: Place, ids: inout LocalIDs) throws(IndexError) -> Row? {
    guard let parent = try ids.directories.existingLocal(of: place.parent) else { return nil }
    select.bind(1, parent)
    try select.bind(2, place.name.bytes)
    return try rows(select, ids: &ids).first
  }

  /// All rows in a directory, by name.
  func children(of parent: Int64, ids: inout LocalIDs) throws(IndexError) -> [Row] {
    selectChildren.bind(1, parent)
    return try rows(selectChildren, ids: &ids)
  }

  /// Rows with sequences above `sequence`, in their order.
  func rows(after sequence: UInt64, limit: Int, ids: inout LocalIDs) throws(IndexError) -> [Row] {
    selectAfter.bind(1, Int64(clamping: sequence))
    selectAfter.bind(2, Int64(limit))
    return try rows(selectAfter, ids: &ids)
  }

  /// Rows that have no sequence.
  func untold(ids: inout LocalIDs) throws(IndexError) -> [Row] {
    try rows(selectUntold, ids: &ids)
  }

  /// Living files with this content.
  func rows(
    with content: ContentID, limit: Int, ids: inout LocalIDs
  ) throws(IndexError) -> [Row] {
    try selectContent.bind(1, content)
    selectContent.bind(2, Int64(limit))
    return try rows(selectContent, ids: &ids)
  }

  /// Living files and symlinks that were observed with this inode.
  func rows(inode: UInt64, ids: inout LocalIDs) throws(IndexError) -> [Row] {
    selectInode.bind(1, bits: inode)
    return try rows(selectInode, ids: &ids)
  }

  /// Whether an inode was observed at several living files or symlinks.
  func hasSharedInode() throws(IndexError) -> Bool {
    defer { selectSharedInode.reset() }
    return try selectSharedInode.step()
  }

  private func rows(
    _ statement: borrowing Statement, ids: inout LocalIDs
  ) throws(IndexError) -> [Row] {
    defer { statement.reset() }
    var rows: [Row] = []
    while try statement.step() {
      rows.append(try StoredRow.read(statement, body: try body(statement), ids: &ids))
    }
    return rows
  }

  private func body(_ statement: borrowing Statement) throws(IndexError) -> Body {
    let content = try statement.content(Self.contentColumn)
    let kind = statement.integer(2)
    if kind == StoredRow.deleted { return .deleted(was: content) }
    switch UInt8(exactly: kind).flatMap(FileKind.init(rawValue:)) {
    case .file:
      guard let content else { throw statement.damaged("a file without content") }
      return .file(content, size: statement.integer(Self.sizeColumn))
    case .symlink:
      return .symlink(target: statement.bytes(Self.targetColumn))
    case .directory, .special, nil:
      throw statement.damaged("an impossible kind of file")
    }
  }

  // MARK: Writing

  /// Writes or replaces a row.
  func put(_ row: Row, totals: inout Totals, ids: inout LocalIDs) throws(IndexError) {
    try StoredRow.bind(row, to: upsert, ids: &ids)
    var content: ContentID?
    var size: Int64?
    upsert.bindNull(Self.targetColumn + 1)
    switch row.entry.body {
    case .file(let id, let byteCount):
      content = id
      size = byteCount
    case .symlink(let target):
      try upsert.bind(Self.targetColumn + 1, target)
    case .deleted(let was):
      content = was
    case .directory, .deletedDirectory, .merged:
      preconditionFailure("a directory among the files")
    }
    try upsert.bind(Self.contentColumn + 1, content)
    upsert.bind(Self.sizeColumn + 1, size)
    let parent = try ids.directories.local(of: row.entry.place.parent)
    let earlier = try contribution(parent, row.entry.place.name)
    try upsert.run()
    totals.remove(earlier)
    if row.entry.isAlive { totals.add(row.observed == nil ? .notHeld : .held(size: size ?? 0)) }
  }

  /// Removes a row, if there is one.
  func remove(_ place: Place, totals: inout Totals, ids: inout LocalIDs) throws(IndexError) {
    guard let parent = try ids.directories.existingLocal(of: place.parent) else { return }
    let earlier = try contribution(parent, place.name)
    delete.bind(1, parent)
    try delete.bind(2, place.name.bytes)
    try delete.run()
    totals.remove(earlier)
  }

  /// What a row counts for in the totals; `nil` where there is none that lives.
  private func contribution(
    _ parent: Int64, _ name: Name
  ) throws(IndexError) -> Contribution? {
    selectTotals.bind(1, parent)
    try selectTotals.bind(2, name.bytes)
    defer { selectTotals.reset() }
    guard try selectTotals.step(), selectTotals.integer(0) > StoredRow.deleted else { return nil }
    return selectTotals.integer(2) == 0 ? .held(size: selectTotals.integer(1)) : .notHeld
  }
}

/// What a living file or symlink counts for.
private enum Contribution {
  case held(size: Int64)
  case notHeld
}

extension Totals {
  fileprivate mutating func add(_ file: Contribution) {
    switch file {
    case .held(let size): (files, bytes) = (files + 1, bytes &+ size)
    case .notHeld: notHeld += 1
    }
  }

  fileprivate mutating func remove(_ file: Contribution?) {
    switch file {
    case .held(let size): (files, bytes) = (files - 1, bytes &- size)
    case .notHeld: notHeld -= 1
    case nil: break
    }
  }
}
