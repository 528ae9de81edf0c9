import SyncCore

extension SQLiteIndex {
  /// The places of all living entries whose names contain some bytes, with the bytes in each file,
  /// at most `limit`. Reads every row: for a person who asks.
  func places(
    namedWith part: [UInt8], limit: Int
  ) throws(IndexError) -> [(place: Place, size: Int64)] {
    let statement = try connection.prepare(
      """
      SELECT parent, name, size FROM file WHERE kind > 0 AND instr(name, ?1) > 0
      UNION ALL SELECT parent, name, 0 FROM directory WHERE kind > 0 AND instr(name, ?1) > 0
      LIMIT ?2
      """, "read")
    try statement.bind(1, part)
    statement.bind(2, Int64(limit))
    var found: [(place: Place, size: Int64)] = []
    while try statement.step() {
      guard let name = Name(statement.bytes(1)) else { throw statement.damaged("a wrong name") }
      let parent = try ids.directories.id(of: statement.integer(0))
      found.append((Place(parent: parent, name: name), statement.integer(2)))
    }
    return found
  }
}
