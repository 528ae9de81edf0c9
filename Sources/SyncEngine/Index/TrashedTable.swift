import SyncCore

/// Which contents lie in the trash: the last `Limits.trashedFileCount`, of each content one.
struct TrashedTable: ~Copyable {
  private let select: Statement
  private let insert: Statement
  private let thin: Statement
}

extension TrashedTable {
  /// Prepares its statements.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      select: try connection.prepare(
        "SELECT plan, path, inode, size, mtime, btime, mode FROM trashed WHERE content = ?",
        "read the trash in"),
      // A row that is replaced gets a new number.
      insert: try connection.prepare(
        """
        REPLACE INTO trashed (content, plan, inode, size, mtime, btime, mode, path)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """, "write the trash in"),
      thin: try connection.prepare(
        "DELETE FROM trashed WHERE number <= (SELECT max(number) FROM trashed) - ?",
        "thin the trash in"))
  }

  /// The file that was put last with a content.
  func file(with content: ContentID) throws(IndexError) -> TrashedFile? {
    try select.bind(1, content)
    defer { select.reset() }
    guard try select.step() else { return nil }
    guard let path = RelativePath(bytes: select.bytes(1)) else {
      throw select.damaged("an impossible path")
    }
    let stamp = FileStamp(
      kind: .file, inode: select.bits(2), size: select.integer(3), mtime: select.integer(4),
      ctime: 0, btime: select.integer(5), mode: UInt16(truncatingIfNeeded: select.integer(6)))
    return TrashedFile(content: content, plan: select.bits(0), path: path, stamp: stamp)
  }

  /// Keeps a file, and lets go the oldest.
  func put(_ file: TrashedFile) throws(IndexError) {
    try insert.bind(1, file.content)
    insert.bind(2, bits: file.plan)
    insert.bind(3, bits: file.stamp.inode)
    insert.bind(4, file.stamp.size)
    insert.bind(5, file.stamp.mtime)
    insert.bind(6, file.stamp.btime)
    insert.bind(7, Int64(file.stamp.mode))
    try insert.run(binding: 8, file.path.bytes)
    thin.bind(1, Int64(Limits.trashedFileCount))
    try thin.run()
  }
}
