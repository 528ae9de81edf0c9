import SyncCore

/// The tables of the index, how they came to be, and the checks before anything is touched.
enum Schema {
  /// "left" in ASCII: marks the file as leftd's (`file` and other tools show it).
  static let applicationID: Int64 = 0x6C65_6674

  /// The version that this leftd writes.
  static var version: Int { migrations.count }

  /// The migration at position N makes version N + 1 out of version N. Those that were released are
  /// never changed; what is new is appended.
  static let migrations = [
    first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth,
    eleventh,
  ]

  /// Rows are keyed by directory and name, so that a moved directory is one changed row. Directory
  /// ids, actors and nodes are stored once, and everywhere else as small local numbers: a
  /// directory's even before its row is known.
  private static let first = """
    CREATE TABLE meta (
      node BLOB NOT NULL, incarnation INTEGER NOT NULL, sequence INTEGER NOT NULL,
      files INTEGER NOT NULL, directories INTEGER NOT NULL, bytes INTEGER NOT NULL);

    CREATE TABLE directory_id (
      local INTEGER PRIMARY KEY, high INTEGER NOT NULL, low INTEGER NOT NULL, UNIQUE (high, low));
    INSERT INTO directory_id VALUES (0, 0, 0);

    CREATE TABLE actor (
      local INTEGER PRIMARY KEY, node INTEGER NOT NULL, incarnation INTEGER NOT NULL,
      highest INTEGER NOT NULL);

    CREATE TABLE peer (
      local INTEGER PRIMARY KEY, node BLOB NOT NULL UNIQUE,
      incarnation INTEGER, received INTEGER, acknowledged INTEGER);

    CREATE TABLE mark (
      peer INTEGER NOT NULL, ours INTEGER NOT NULL, theirs INTEGER NOT NULL,
      PRIMARY KEY (peer, ours)) WITHOUT ROWID;

    CREATE TABLE file (
      parent INTEGER NOT NULL, name BLOB NOT NULL, kind INTEGER NOT NULL, mode INTEGER NOT NULL,
      mtime INTEGER NOT NULL, version BLOB NOT NULL, sequence INTEGER NOT NULL, source INTEGER,
      stamp_kind INTEGER, inode INTEGER, stamp_size INTEGER, stamp_mtime INTEGER, ctime INTEGER,
      btime INTEGER, stamp_mode INTEGER, content BLOB, size INTEGER, target BLOB,
      PRIMARY KEY (parent, name)) WITHOUT ROWID;
    CREATE INDEX file_by_sequence ON file (sequence);
    CREATE INDEX file_by_content ON file (content) WHERE kind = 1;
    CREATE INDEX file_by_inode ON file (inode) WHERE inode IS NOT NULL AND kind > 0;

    CREATE TABLE directory (
      local INTEGER PRIMARY KEY,
      parent INTEGER NOT NULL, name BLOB NOT NULL, kind INTEGER NOT NULL, mode INTEGER NOT NULL,
      mtime INTEGER NOT NULL, version BLOB NOT NULL, sequence INTEGER NOT NULL, source INTEGER,
      stamp_kind INTEGER, inode INTEGER, stamp_size INTEGER, stamp_mtime INTEGER, ctime INTEGER,
      btime INTEGER, stamp_mode INTEGER, merged_into INTEGER);
    CREATE INDEX directory_by_place ON directory (parent, name);
    CREATE INDEX directory_by_sequence ON directory (sequence);
    CREATE INDEX directory_by_inode ON directory (inode) WHERE inode IS NOT NULL AND kind > 0;

    CREATE TABLE recipe (content BLOB PRIMARY KEY, chunks BLOB NOT NULL) WITHOUT ROWID;

    CREATE TABLE journal (plan BLOB NOT NULL);
    """

  /// What sets did, for people.
  private static let second = """
    CREATE TABLE history (
      number INTEGER PRIMARY KEY, last INTEGER NOT NULL, time INTEGER NOT NULL,
      origin INTEGER NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL,
      moved INTEGER NOT NULL, deleted INTEGER NOT NULL, items BLOB NOT NULL);
    """

  /// Up to where users' files are known to be on the disk. Of what an older leftd recorded nothing
  /// is doubted.
  private static let third = """
    ALTER TABLE meta ADD COLUMN secured INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE meta ADD COLUMN boot INTEGER NOT NULL DEFAULT 0;
    UPDATE meta SET secured = sequence;
    """

  /// Extended attributes as they are told, and as the disk shows them; NULL for none.
  private static let fourth = """
    ALTER TABLE file ADD COLUMN attributes BLOB;
    ALTER TABLE file ADD COLUMN stamp_attributes BLOB;
    ALTER TABLE directory ADD COLUMN attributes BLOB;
    ALTER TABLE directory ADD COLUMN stamp_attributes BLOB;
    """

  /// Since when the node is a replica; NULL if it is none.
  private static let fifth = "ALTER TABLE meta ADD COLUMN replica_since INTEGER"

  /// Chunks by which similar contents are found. Of recipes that are there already nothing is
  /// sampled.
  private static let sixth =
    "CREATE TABLE sample (chunk INTEGER PRIMARY KEY, content BLOB NOT NULL)"

  /// The versions of bundles, whether they say that it went, and which had to give way; NULL for
  /// other directories, and until something changes in a bundle that is there already.
  private static let seventh = """
    ALTER TABLE directory ADD COLUMN bundle BLOB;
    ALTER TABLE directory ADD COLUMN bundle_gone INTEGER;
    ALTER TABLE directory ADD COLUMN overruled BLOB;
    """

  /// Large files in the trash, the last of each content; the newest has the highest number.
  private static let eighth = """
    CREATE TABLE trashed (
      number INTEGER PRIMARY KEY, content BLOB NOT NULL UNIQUE, plan INTEGER NOT NULL,
      path BLOB NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
      btime INTEGER NOT NULL, mode INTEGER NOT NULL);
    """

  /// What tombstones that are forgotten must leave behind.
  private static let ninth = """
    ALTER TABLE meta ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE peer ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX directory_by_target ON directory (merged_into) WHERE merged_into IS NOT NULL;
    """

  /// How much is known and not on disk: here, and as each peer says of itself.
  private static let tenth = """
    ALTER TABLE meta ADD COLUMN not_held INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE peer ADD COLUMN not_held INTEGER NOT NULL DEFAULT 0;
    UPDATE meta SET not_held =
      (SELECT count(*) FROM file WHERE kind > 0 AND inode IS NULL)
      + (SELECT count(*) FROM directory WHERE kind > 0 AND inode IS NULL);
    """

  /// What peers were asked for, and who is to be asked.
  private static let eleventh = """
    ALTER TABLE file ADD COLUMN wanted INTEGER;
    ALTER TABLE directory ADD COLUMN wanted INTEGER;
    ALTER TABLE peer ADD COLUMN must_tell_all INTEGER NOT NULL DEFAULT 0;
    """

  // MARK: Opening

  /// Refuses a file of a newer leftd by its header alone: even reading tables may replay and delete
  /// a write-ahead log. Everything else is judged by SQLite.
  static func refuseNewerFile(_ connection: borrowing Database) throws(IndexError) {
    // https://sqlite.org/fileformat2.html#the_database_header
    let header = connection.fileStart(byteCount: 100)
    guard header.starts(with: "SQLite format 3\0".utf8) else { return }
    let userVersion = bigEndian(header[60..<64])
    guard bigEndian(header[68..<72]) == applicationID, userVersion > version else { return }
    throw newer(connection.fileName)
  }

  /// Checks an open file, and makes or migrates the tables in one transaction: the caller has the
  /// file to itself. A file that is refused is not written to.
  static func prepare(
    _ connection: borrowing Database, node: NodeID, incarnation: UInt64
  ) throws(IndexError) {
    let found = try examine(connection)
    if found > 0 { try MetaTable.check(connection, isOf: node) }
    if found == version { return }
    try connection.execute("BEGIN EXCLUSIVE", "lock")
    for migration in migrations[found...] {
      try connection.execute(migration, "make the tables of")
    }
    if found == 0 {
      try MetaTable.create(connection, node: node, incarnation: incarnation)
    }
    try connection.execute(
      """
      PRAGMA application_id = \(applicationID);
      PRAGMA user_version = \(version);
      COMMIT;
      """, "make the tables of")
    // So that the file's header tells the version to an older leftd, whatever happens next.
    try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)", "flush")
  }

  /// The version of the tables; 0 for a new file.
  private static func examine(_ connection: borrowing Database) throws(IndexError) -> Int {
    let userVersion = try connection.integer("PRAGMA user_version", "open")
    let application = try connection.integer("PRAGMA application_id", "open")
    let tables = try connection.integer("SELECT count(*) FROM sqlite_schema", "open")
    if tables == 0, userVersion == 0, application == 0 { return 0 }
    guard application == applicationID, userVersion > 0, tables > 0 else {
      throw IndexError(
        "\(connection.fileName) is not an index of leftd but another program's database. "
          + "Move it away, or set another state directory.")
    }
    guard userVersion <= version else { throw newer(connection.fileName) }
    return Int(userVersion)
  }

  private static func newer(_ path: String) -> IndexError {
    IndexError(
      "the index \(path) was written by a newer leftd and has been left as it is. "
        + "Install that version again, or move the file aside: leftd then builds the index anew.")
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int64 {
    bytes.reduce(0) { $0 << 8 | Int64($1) }
  }
}
