import CSQLite
import SyncCore

/// A prepared statement: bound, stepped and reset again and again; finalized when it goes away.
///
/// Parameters count from 1 and columns from 0, as SQLite counts. Unsigned numbers are stored by
/// their bits, as SQLite knows signed ones only.
@safe struct Statement: ~Copyable {
  private let handle: OpaquePointer
  private let attempt: StaticString

  /// Takes a statement that SQLite prepared.
  @unsafe init(owning handle: OpaquePointer, attempt: StaticString) {
    unsafe self.handle = handle
    self.attempt = attempt
  }

  deinit { unsafe sqlite3_finalize(handle) }

  // MARK: Running

  /// Goes to the next row; `false` when there is none.
  func step() throws(IndexError) -> Bool {
    let code = unsafe sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    guard code == SQLITE_DONE else { throw error(code) }
    return false
  }

  /// Makes the statement ready for other parameters, and ends its reading. An error of the last
  /// step has been thrown by that step.
  func reset() {
    _ = unsafe sqlite3_reset(handle)
  }

  /// Runs a statement that returns no row.
  func run() throws(IndexError) {
    defer { reset() }
    while try step() {}
  }

  // MARK: Parameters

  /// Binds a number.
  func bind(_ parameter: Int32, _ value: Int64) {
    let code = unsafe sqlite3_bind_int64(handle, parameter, value)
    precondition(code == SQLITE_OK, "no such parameter, or a statement that is not reset")
  }

  /// Binds the bits of a number.
  func bind(_ parameter: Int32, bits value: UInt64) {
    bind(parameter, Int64(bitPattern: value))
  }

  /// Binds NULL.
  func bindNull(_ parameter: Int32) {
    let code = unsafe sqlite3_bind_null(handle, parameter)
    precondition(code == SQLITE_OK, "no such parameter, or a statement that is not reset")
  }

  /// Binds a number or NULL.
  func bind(_ parameter: Int32, _ value: Int64?) {
    if let value { bind(parameter, value) } else { bindNull(parameter) }
  }

  /// Binds a copy of some bytes.
  func bind(_ parameter: Int32, _ bytes: [UInt8]) throws(IndexError) {
    let code = unsafe bytes.withUnsafeBytes { buffer in
      unsafe bindBlob(parameter, buffer, Self.copied)
    }
    guard code == SQLITE_OK else { throw error(code) }
  }

  /// Binds a copy of a hash, or NULL.
  func bind(_ parameter: Int32, _ content: ContentID?) throws(IndexError) {
    guard let content else { return bindNull(parameter) }
    let words = (
      content.words.0.littleEndian, content.words.1.littleEndian, content.words.2.littleEndian,
      content.words.3.littleEndian
    )
    let code = unsafe withUnsafeBytes(of: words) { buffer in
      unsafe bindBlob(parameter, buffer, Self.copied)
    }
    guard code == SQLITE_OK else { throw error(code) }
  }

  /// Runs a statement that returns no row with bytes that are not copied: for large ones.
  func run(binding parameter: Int32, _ bytes: [UInt8]) throws(IndexError) {
    defer {
      reset()
      bindNull(parameter)
    }
    let code = unsafe bytes.withUnsafeBytes { buffer in
      let code = unsafe bindBlob(parameter, buffer, nil)
      return code == SQLITE_OK ? unsafe sqlite3_step(handle) : code
    }
    guard code == SQLITE_DONE else { throw error(code) }
  }

  /// `SQLITE_TRANSIENT`, a macro that Swift cannot see: SQLite makes its own copy at once.
  private static var copied: sqlite3_destructor_type {
    unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  private func bindBlob(
    _ parameter: Int32, _ buffer: UnsafeRawBufferPointer, _ destructor: sqlite3_destructor_type?
  ) -> Int32 {
    // SQLite takes a null pointer, which an empty buffer may have, for NULL.
    if unsafe buffer.isEmpty { return unsafe sqlite3_bind_zeroblob(handle, parameter, 0) }
    return unsafe sqlite3_bind_blob64(
      handle, parameter, buffer.baseAddress, UInt64(buffer.count), destructor)
  }

  // MARK: Columns

  /// Whether a column is NULL.
  func isNull(_ column: Int32) -> Bool {
    unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  /// A number.
  func integer(_ column: Int32) -> Int64 {
    unsafe sqlite3_column_int64(handle, column)
  }

  /// A number stored by its bits.
  func bits(_ column: Int32) -> UInt64 {
    UInt64(bitPattern: integer(column))
  }

  /// The bytes of a blob, in SQLite's memory: valid until the next step or reset.
  @unsafe func buffer(_ column: Int32) -> UnsafeRawBufferPointer {
    // The pointer first, then the count: the order that SQLite asks for.
    let start = unsafe sqlite3_column_blob(handle, column)
    let count = unsafe sqlite3_column_bytes(handle, column)
    return unsafe UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count))
  }

  /// A copy of a blob.
  func bytes(_ column: Int32) -> [UInt8] {
    unsafe [UInt8](buffer(column))
  }

  /// A hash; `nil` for NULL.
  func content(_ column: Int32) throws(IndexError) -> ContentID? {
    if isNull(column) { return nil }
    let buffer = unsafe buffer(column)
    guard buffer.count == 32 else { throw damaged("a content id of \(buffer.count) bytes") }
    return unsafe ContentID(
      words: (
        UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
        UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
        UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
      ))
  }

  // MARK: Errors

  /// The error for something in the file that leftd never writes.
  func damaged(_ what: String) -> IndexError {
    .damaged(what, file: unsafe IndexError.fileName(of: sqlite3_db_handle(handle)))
  }

  private func error(_ code: Int32) -> IndexError {
    unsafe IndexError.sqlite(code, attempt: attempt, on: sqlite3_db_handle(handle))
  }
}
