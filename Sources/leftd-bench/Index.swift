import CSQLite
import Glibc
import SyncCore
import SyncEngine

/// A directory that goes with its owner.
final class Scratch {
  let path: String

  init() {
    // mkdtemp(3) puts letters of its own in place of the six X, which must be there.
    var template = Array("/var/tmp/leftd-bench-XXXXXX".utf8CString)
    unsafe template.withUnsafeMutableBufferPointer { buffer in
      precondition(
        unsafe mkdtemp(buffer.baseAddress!) != nil,
        "no directory can be made in /var/tmp (errno \(errno)); make it writable")
    }
    path = unsafe template.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) }
  }

  deinit {
    for name in ["index", "index-wal", "plain", "plain-wal", "plain-shm", Identity.fileName] {
      unsafe unlink(path + "/" + name)
    }
    unsafe rmdir(path)
  }
}

extension Benchmarks {
  private static let rowCount = 2000

  /// New rows in one transaction, beside plain inserts of as many bytes under the same kind of key.
  static func index() {
    let scratch = Scratch()
    defer { withExtendedLifetime(scratch) {} }
    guard let node = NodeID(bytes: [UInt8](repeating: 1, count: 32)),
      let index = try? SQLiteIndex(
        path: scratch.path + "/index", node: node, randomIncarnation: 7)
    else { preconditionFailure("no index can be made in \(scratch.path)") }
    let plain = PlainTable(scratch.path + "/plain")
    var round = 0
    compare("new rows of the index to plain inserts") {
      round += 1
      plain.insert(count: rowCount, round: round)
    } _: {
      do {
        try index.transaction { () throws(IndexError) in
          for number in 0..<rowCount { try put(number, round, in: index) }
        }
      } catch {
        preconditionFailure("the index refuses: \(error)")
      }
    }
  }

  private static func put(
    _ number: Int, _ round: Int, in index: SQLiteIndex
  ) throws(IndexError) {
    guard let name = Name(Array("file\(round)-\(number)".utf8)) else { return }
    let sequence = try index.nextSequence()
    let version = Version(
      dot: Dot(actor: index.actor, counter: sequence), after: nil, time: 1)
    let content = ContentID(words: (sequence, 2, 3, 4))
    try index.put(
      Row(
        entry: Entry(
          place: Place(parent: .root, name: name), body: .file(content, size: 10), mode: 0o644,
          mtime: 1, version: version),
        observed: FileStamp(
          kind: .file, inode: sequence, size: 10, mtime: 1, ctime: 1, btime: 1, mode: 0o644),
        sequence: sequence, source: nil))
  }
}

/// A table with nothing but a key and bytes, with the same promises.
@safe private final class PlainTable {
  private var database: OpaquePointer?
  private var statement: OpaquePointer?

  init(_ path: String) {
    unsafe sqlite3_open(path, &database)
    unsafe sqlite3_exec(
      database,
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        + "CREATE TABLE entry(parent INTEGER, name BLOB, sequence INTEGER, body BLOB,"
        + "PRIMARY KEY(parent, name)) WITHOUT ROWID; CREATE INDEX bySequence ON entry(sequence)",
      nil, nil, nil)
    unsafe sqlite3_prepare_v2(
      database, "INSERT INTO entry VALUES(1, ?, ?, ?)", -1, &statement, nil)
  }

  deinit {
    unsafe sqlite3_finalize(statement)
    unsafe sqlite3_close(database)
  }

  func insert(count: Int, round: Int) {
    let body = [UInt8](repeating: 7, count: 120)
    unsafe sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil)
    for number in 0..<count {
      let name = Array("file\(round)-\(number)".utf8)
      unsafe sqlite3_bind_blob(statement, 1, name, Int32(name.count), nil)
      unsafe sqlite3_bind_int64(statement, 2, Int64(round * count + number))
      unsafe sqlite3_bind_blob(statement, 3, body, Int32(body.count), nil)
      let result = unsafe sqlite3_step(statement)
      precondition(result == SQLITE_DONE, "SQLite refuses a row")
      unsafe sqlite3_reset(statement)
    }
    unsafe sqlite3_exec(database, "COMMIT", nil, nil, nil)
  }
}
