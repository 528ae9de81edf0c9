import CSQLite
import Glibc
import SyncCore

extension IndexError {
  /// What SQLite refused, as a sentence for people.
  ///
  /// - Parameters:
  ///   - code: SQLite's extended result code (https://sqlite.org/rescode.html).
  ///   - attempt: What was attempted, as it follows "cannot": "write a row of".
  ///   - database: The connection, or `nil` where there was no memory for one.
  ///   - path: The file, where the connection cannot tell.
  static func sqlite(
    _ code: Int32, attempt: StaticString, on database: OpaquePointer?, path: String? = nil
  ) -> IndexError {
    precondition(code != SQLITE_MISUSE, "SQLite was misused")
    let file = unsafe path ?? fileName(of: database)
    let reason = unsafe String(cString: sqlite3_errstr(code))
    var detail = ""
    if let database = unsafe database {
      let message = unsafe String(cString: sqlite3_errmsg(database))
      if message != reason { detail = " (\(message))" }
    }
    let errno = unsafe sqlite3_system_errno(database)
    return IndexError(
      "cannot \(attempt) the index \(file): \(reason)\(detail). \(remedy(code, errno: errno))")
  }

  /// A row, or something else in the file, that leftd never writes.
  static func damaged(_ what: String, file: String) -> IndexError {
    IndexError("the index \(file) is damaged: \(what). \(moveAside)")
  }

  static let moveAside =
    "Move it aside and start leftd again: it builds the index anew from the files and the peers."

  /// The path of a connection's file, for people.
  static func fileName(of database: OpaquePointer?) -> String {
    guard let database = unsafe database,
      let name = unsafe sqlite3_db_filename(database, "main"), unsafe name.pointee != 0
    else { return "in memory" }
    return unsafe String(cString: name)
  }

  private static func remedy(_ code: Int32, errno: Int32) -> String {
    return switch code & 0xFF {
    case SQLITE_FULL: freeSpace
    case SQLITE_CORRUPT, SQLITE_NOTADB: moveAside
    case SQLITE_BUSY, SQLITE_LOCKED:
      "Another leftd is running with this state directory: stop it first."
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH:
      "Make sure that its directory exists and that leftd may read and write there."
    // SQLite tells of an exceeded quota as an input/output error.
    case SQLITE_IOERR where errno == ENOSPC || errno == EDQUOT: freeSpace
    case SQLITE_IOERR: "Look for errors of the disk in the kernel's log (journalctl -k)."
    case SQLITE_NOMEM: "Give leftd more memory."
    case SQLITE_TOOBIG: "The file is too large for leftd; move it out of the share."
    case _: moveAside
    }
  }

  private static let freeSpace = "Free space on the file system that holds it."
}
