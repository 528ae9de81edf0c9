import CSQLite
import SyncCore

/// An open SQLite database, closed when the value goes away (with statements that still live: when
/// the last of them does).
@safe struct Database: ~Copyable {
  private let handle: OpaquePointer

  /// How long a second leftd waits for a first one that is just ending, in milliseconds.
  private static let busyMilliseconds: Int32 = 250

  /// Opens or creates the file, or with `nil` a database in memory. Nothing is read or written yet,
  /// except that a new file is created, empty.
  init(path: String?) throws(IndexError) {
    let flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
      | SQLITE_OPEN_EXRESCODE
    var opened: OpaquePointer?
    // Only an absolute path is certainly a path: "file:x" would be taken for a URI.
    let file = path.map { $0.hasPrefix("/") ? $0 : "./" + $0 } ?? ":memory:"
    let code = unsafe sqlite3_open_v2(file, &opened, flags, nil)
    guard code == SQLITE_OK, let handle = unsafe opened else {
      let error = unsafe IndexError.sqlite(code, attempt: "open", on: opened, path: path)
      unsafe sqlite3_close_v2(opened)
      throw error
    }
    unsafe self.handle = handle
    unsafe sqlite3_busy_timeout(handle, Self.busyMilliseconds)
  }

  deinit { unsafe sqlite3_close_v2(handle) }

  /// The path, for people.
  var fileName: String { unsafe IndexError.fileName(of: handle) }

  /// The first bytes of the file, read without a lock; empty for one that is shorter, or in memory.
  ///
  /// Through SQLite's own descriptor: closing another one of the same file would end the locks that
  /// this process has on it (https://sqlite.org/howtocorrupt.html, 2.2).
  func fileStart(byteCount: Int) -> [UInt8] {
    var file: UnsafeMutablePointer<sqlite3_file>?
    unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
    guard let file = unsafe file, let methods = unsafe file.pointee.pMethods,
      let read = unsafe methods.pointee.xRead
    else { return [] }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let code = unsafe read(file, &bytes, Int32(byteCount), 0)
    return code == SQLITE_OK ? bytes : []
  }

  /// Whether no transaction is open. SQLite ends one by itself after some errors (a full disk).
  var isAutocommit: Bool { unsafe sqlite3_get_autocommit(handle) != 0 }

  /// Prepares a statement that lives as long as the index.
  ///
  /// - Parameter attempt: What it does, as it follows "cannot" in an error: "read a row of".
  func prepare(_ sql: String, _ attempt: StaticString) throws(IndexError) -> Statement {
    var prepared: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK else {
      throw unsafe IndexError.sqlite(code, attempt: attempt, on: handle)
    }
    guard let statement = unsafe prepared else { preconditionFailure("no statement in: \(sql)") }
    return unsafe Statement(owning: statement, attempt: attempt)
  }

  /// The text of every statement that is prepared: for those who look at query plans.
  var statements: [String] {
    var texts: [String] = []
    var statement = unsafe sqlite3_next_stmt(handle, nil)
    while let current = unsafe statement {
      texts.append(unsafe String(cString: sqlite3_sql(current)))
      unsafe statement = unsafe sqlite3_next_stmt(handle, current)
    }
    return texts
  }

  /// Runs one or more statements that take and return nothing.
  func execute(_ sql: String, _ attempt: StaticString) throws(IndexError) {
    let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else {
      throw unsafe IndexError.sqlite(code, attempt: attempt, on: handle)
    }
  }

  /// The first column of the only row of a query.
  func integer(_ sql: String, _ attempt: StaticString) throws(IndexError) -> Int64 {
    let statement = try prepare(sql, attempt)
    guard try statement.step() else { preconditionFailure("no row from: \(sql)") }
    return statement.integer(0)
  }
}
