import SyncCore

/// The small numbers that stand for actors, nodes and directory ids in rows.
struct LocalIDs: ~Copyable {
  var actors: ActorTable
  var peers: PeerTable
  var directories: DirectoryIDTable
}

extension LocalIDs {
  /// Reads those that are few.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      actors: try ActorTable(connection),
      peers: try PeerTable(connection),
      directories: try DirectoryIDTable(connection))
  }
}

/// The columns that files and directories have in common, in the order in which statements name
/// them: written from a row and read into one.
enum StoredRow {
  /// The columns' names; a table's own columns follow in its statements.
  static let columns = """
    parent, name, kind, mode, mtime, version, sequence, source, stamp_kind, inode, stamp_size, \
    stamp_mtime, ctime, btime, stamp_mode, attributes, stamp_attributes, wanted
    """

  /// How many they are.
  static let columnCount: Int32 = 18

  /// The value of the column `kind` for what was deleted; otherwise it is that of a `FileKind`.
  static let deleted: Int64 = 0

  /// The value of the column `kind` for a directory that was merged into another.
  static let merged: Int64 = -1

  /// The kind of a body as the column `kind` has it.
  static func kind(of body: Body) -> Int64 {
    switch body {
    case .file: Int64(FileKind.file.rawValue)
    case .symlink: Int64(FileKind.symlink.rawValue)
    case .directory: Int64(FileKind.directory.rawValue)
    case .deleted, .deletedDirectory: deleted
    case .merged: merged
    }
  }

  /// Binds the common columns to the first parameters.
  static func bind(
    _ row: Row, to statement: borrowing Statement, ids: inout LocalIDs
  ) throws(IndexError) {
    let entry = row.entry
    let version = try StoredVersion.encode(entry.version) { (actor) throws(IndexError) in
      try ids.actors.local(of: actor)
    }
    statement.bind(1, try ids.directories.local(of: entry.place.parent))
    try statement.bind(2, entry.place.name.bytes)
    statement.bind(3, kind(of: entry.body))
    statement.bind(4, Int64(entry.mode))
    statement.bind(5, entry.mtime)
    try statement.bind(6, version)
    statement.bind(7, bits: row.sequence)
    if let source = row.source {
      statement.bind(8, try ids.peers.local(of: source))
    } else {
      statement.bindNull(8)
    }
    try bind(entry.attributes, 16, to: statement)
    try bind(row.observedAttributes, 17, to: statement)
    statement.bind(18, row.isWanted ? 1 : nil)
    guard let stamp = row.observed else {
      for parameter in Int32(9)...15 { statement.bindNull(parameter) }
      return
    }
    statement.bind(9, Int64(stamp.kind.rawValue))
    statement.bind(10, bits: stamp.inode)
    statement.bind(11, stamp.size)
    statement.bind(12, stamp.mtime)
    statement.bind(13, stamp.ctime)
    statement.bind(14, stamp.btime)
    statement.bind(15, Int64(stamp.mode))
  }

  private static func bind(
    _ attributes: ExtendedAttributes, _ parameter: Int32, to statement: borrowing Statement
  ) throws(IndexError) {
    if attributes.isEmpty { return statement.bindNull(parameter) }
    try statement.bind(parameter, attributes.bytes)
  }

  private static func attributes(
    _ statement: borrowing Statement, _ column: Int32
  ) throws(IndexError) -> ExtendedAttributes {
    if statement.isNull(column) { return .empty }
    guard let attributes = ExtendedAttributes(bytes: statement.bytes(column)) else {
      throw statement.damaged("impossible attributes")
    }
    return attributes
  }

  /// Reads the common columns of the row that the statement is at.
  static func read(
    _ statement: borrowing Statement, body: Body, ids: inout LocalIDs
  ) throws(IndexError) -> Row {
    guard let name = Name(statement.bytes(1)) else { throw statement.damaged("an impossible name") }
    let encoded = unsafe statement.buffer(5).bindMemory(to: UInt8.self)
    guard
      let version = StoredVersion.decode(
        unsafe encoded.span, actor: { local in ids.actors.memory.actor(local) })
    else { throw statement.damaged("an impossible version") }
    let entry = Entry(
      place: Place(parent: try ids.directories.id(of: statement.integer(0)), name: name),
      body: body, mode: UInt16(truncatingIfNeeded: statement.integer(3)),
      mtime: statement.integer(4), attributes: try attributes(statement, 15), version: version)
    return Row(
      entry: entry, observed: try stamp(statement, from: 8),
      observedAttributes: try attributes(statement, 16), isWanted: !statement.isNull(17),
      sequence: statement.bits(6), source: try source(statement, ids: ids))
  }

  private static func source(
    _ statement: borrowing Statement, ids: borrowing LocalIDs
  ) throws(IndexError) -> NodeID? {
    if statement.isNull(7) { return nil }
    guard let node = ids.peers.node(statement.integer(7)) else {
      throw statement.damaged("a row from nobody")
    }
    return node
  }

  /// Reads the columns of a stamp, of which `kind` is the first.
  static func stamp(
    _ statement: borrowing Statement, from kind: Int32
  ) throws(IndexError) -> FileStamp? {
    if statement.isNull(kind) { return nil }
    guard let known = UInt8(exactly: statement.integer(kind)).flatMap(FileKind.init(rawValue:))
    else { throw statement.damaged("an impossible kind of file") }
    return FileStamp(
      kind: known, inode: statement.bits(kind + 1), size: statement.integer(kind + 2),
      mtime: statement.integer(kind + 3), ctime: statement.integer(kind + 4),
      btime: statement.integer(kind + 5),
      mode: UInt16(truncatingIfNeeded: statement.integer(kind + 6)))
  }
}
