import SyncCore

/// The rows of directories, alive and deleted: keyed by id, so that one that is moved changes one
/// row.
struct DirectoryTable: ~Copyable {
  private let select: Statement
  private let selectPlace: Statement
  private let selectChildren: Statement
  private let selectAfter: Statement
  private let selectUntold: Statement
  private let selectLiving: Statement
  private let selectInode: Statement
  private let selectKind: Statement
  private let selectAlias: Statement
  private let upsert: Statement
  private let delete: Statement

  private static let columns =
    "\(StoredRow.columns), local, merged_into, bundle, bundle_gone, overruled"
  private static let localColumn = StoredRow.columnCount
  private static let mergedColumn = StoredRow.columnCount + 1
  private static let bundleColumn = StoredRow.columnCount + 2
  private static let goneColumn = StoredRow.columnCount + 3
  private static let overruledColumn = StoredRow.columnCount + 4
}

extension DirectoryTable {
  /// Prepares its statements.
  init(_ connection: borrowing Database) throws(IndexError) {
    func query(_ condition: String) throws(IndexError) -> Statement {
      try connection.prepare("SELECT \(Self.columns) FROM directory WHERE \(condition)", "read")
    }
    self.init(
      select: try query("local = ?"),
      selectPlace: try query("parent = ? AND name = ? AND kind > 0"),
      selectChildren: try query("parent = ? ORDER BY name, local"),
      selectAfter: try query("sequence > ? ORDER BY sequence LIMIT ?"),
      selectUntold: try query("sequence = 0"),
      selectLiving: try query("local > ? AND kind > 0 ORDER BY local LIMIT ?"),
      selectInode: try query("inode = ? AND kind > 0 AND btime = ? LIMIT 1"),
      selectKind: try connection.prepare(
        "SELECT kind, inode IS NULL FROM directory WHERE local = ?", "read"),
      selectAlias: try connection.prepare(
        "SELECT 1 FROM directory WHERE merged_into = ? LIMIT 1", "read"),
      upsert: try connection.prepare(
        """
        REPLACE INTO directory (\(Self.columns))
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """, "write to"),
      delete: try connection.prepare("DELETE FROM directory WHERE local = ?", "write to"))
  }

  // MARK: Reading

  /// The row of a directory.
  func row(_ id: DirectoryID, ids: inout LocalIDs) throws(IndexError) -> Row? {
    guard let local = try ids.directories.existingLocal(of: id) else { return nil }
    select.bind(1, local)
    return try rows(select, ids: &ids).first
  }

  /// The living directories at a place, the one that was recorded last first.
  func rows(at place: Place, ids: inout LocalIDs) throws(IndexError) -> [Row] {
    guard let parent = try ids.directories.existingLocal(of: place.parent) else { return [] }
    selectPlace.bind(1, parent)
    try selectPlace.bind(2, place.name.bytes)
    return try rows(selectPlace, ids: &ids).sorted { $0.sequence > $1.sequence }
  }

  /// All rows of directories in a directory, by name.
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

  /// Living directories with numbers above this one, in their order.
  func living(after local: Int64, limit: Int, ids: inout LocalIDs) throws(IndexError) -> [Row] {
    selectLiving.bind(1, local)
    selectLiving.bind(2, Int64(limit))
    return try rows(selectLiving, ids: &ids)
  }

  /// The living directory that was observed with this inode and time of creation.
  func row(inode: UInt64, btime: Int64, ids: inout LocalIDs) throws(IndexError) -> Row? {
    selectInode.bind(1, bits: inode)
    selectInode.bind(2, btime)
    return try rows(selectInode, ids: &ids).first
  }

  private func rows(
    _ statement: borrowing Statement, ids: inout LocalIDs
  ) throws(IndexError) -> [Row] {
    defer { statement.reset() }
    var rows: [Row] = []
    while try statement.step() {
      let id = try ids.directories.id(of: statement.integer(Self.localColumn))
      let body: Body =
        switch statement.integer(2) {
        case StoredRow.deleted: .deletedDirectory(id)
        case StoredRow.merged:
          .merged(id, into: try ids.directories.id(of: statement.integer(Self.mergedColumn)))
        default: .directory(id)
        }
      var row = try StoredRow.read(statement, body: body, ids: &ids)
      if !statement.isNull(Self.bundleColumn) {
        row.entry.bundle = try bundle(statement, ids: ids)
      }
      rows.append(row)
    }
    return rows
  }

  private func bundle(
    _ statement: borrowing Statement, ids: borrowing LocalIDs
  ) throws(IndexError) -> BundleVersion {
    let state = unsafe statement.buffer(Self.bundleColumn).bindMemory(to: UInt8.self)
    let losers = unsafe statement.buffer(Self.overruledColumn).bindMemory(to: UInt8.self)
    var start = 0
    guard
      let version = StoredVersion.decode(
        unsafe state.span, actor: { local in ids.actors.memory.actor(local) }),
      let overruled = StoredVersion.vector(
        unsafe losers.span, &start, actor: { local in ids.actors.memory.actor(local) })
    else { throw statement.damaged("an impossible version of a bundle") }
    return BundleVersion(
      version: version, isGone: statement.integer(Self.goneColumn) != 0, overruled: overruled)
  }

  // MARK: Writing

  /// Writes or replaces the row of the directory `id`.
  func put(
    _ row: Row, _ id: DirectoryID, totals: inout Totals, ids: inout LocalIDs
  ) throws(IndexError) {
    try StoredRow.bind(row, to: upsert, ids: &ids)
    let local = try ids.directories.local(of: id)
    upsert.bind(Self.localColumn + 1, local)
    if case .merged(_, let into) = row.entry.body {
      upsert.bind(Self.mergedColumn + 1, try ids.directories.local(of: into))
    } else {
      upsert.bindNull(Self.mergedColumn + 1)
    }
    try bind(row.entry.bundle, ids: &ids)
    let wasHeld = try isHeld(local)
    try upsert.run()
    totals.count(wasHeld, by: -1)
    totals.count(row.entry.isAlive ? row.observed != nil : nil, by: 1)
  }

  private func bind(
    _ bundle: BundleVersion?, ids: inout LocalIDs
  ) throws(IndexError) {
    guard let bundle else {
      upsert.bindNull(Self.bundleColumn + 1)
      upsert.bindNull(Self.goneColumn + 1)
      return upsert.bindNull(Self.overruledColumn + 1)
    }
    let state = try StoredVersion.encode(bundle.version) { (actor) throws(IndexError) in
      try ids.actors.local(of: actor)
    }
    let overruled = try StoredVersion.encode(bundle.overruled) { (actor) throws(IndexError) in
      try ids.actors.local(of: actor)
    }
    try upsert.bind(Self.bundleColumn + 1, state)
    upsert.bind(Self.goneColumn + 1, bundle.isGone ? 1 : 0)
    try upsert.bind(Self.overruledColumn + 1, overruled)
  }

  /// Removes a row, if there is one. The id keeps its number, as rows below it may be left.
  func remove(_ id: DirectoryID, totals: inout Totals, ids: inout LocalIDs) throws(IndexError) {
    guard let local = try ids.directories.existingLocal(of: id) else { return }
    let wasHeld = try isHeld(local)
    delete.bind(1, local)
    try delete.run()
    totals.count(wasHeld, by: -1)
  }

  /// Whether any directory was merged into this one.
  func hasAliases(_ id: DirectoryID, ids: inout LocalIDs) throws(IndexError) -> Bool {
    guard let local = try ids.directories.existingLocal(of: id) else { return false }
    selectAlias.bind(1, local)
    defer { selectAlias.reset() }
    return try selectAlias.step()
  }

  /// Whether a directory is here, on disk; `nil` if none lives.
  private func isHeld(_ local: Int64) throws(IndexError) -> Bool? {
    selectKind.bind(1, local)
    defer { selectKind.reset() }
    guard try selectKind.step(), selectKind.integer(0) > StoredRow.deleted else { return nil }
    return selectKind.integer(1) == 0
  }
}

extension Totals {
  fileprivate mutating func count(_ isHeld: Bool?, by difference: Int) {
    switch isHeld {
    case true?: directories += difference
    case false?: notHeld += difference
    case nil: break
    }
  }
}
