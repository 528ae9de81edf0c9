public import SyncCore

extension SQLiteIndex {
  // MARK: Reading

  /// The row with this key; also of something deleted.
  public func row(_ key: EntryKey) throws(IndexError) -> Row? {
    switch key {
    case .place(let place): try files.row(at: place, ids: &ids)
    case .directory(let id): try directories.row(id, ids: &ids)
    }
  }

  /// The living directories at a place, the one that was recorded last first.
  public func directories(at place: Place) throws(IndexError) -> [Row] {
    try directories.rows(at: place, ids: &ids)
  }

  /// All rows whose place is in `parent`, sorted by name, the file's row before the directory's;
  /// deleted ones included.
  public func children(of parent: DirectoryID) throws(IndexError) -> [Row] {
    guard let local = try ids.directories.existingLocal(of: parent) else { return [] }
    return Self.merge(
      try files.children(of: local, ids: &ids), try directories.children(of: local, ids: &ids)
    ) { directory, file in directory.entry.place.name < file.entry.place.name }
  }

  /// Living directories except the root, in the order in which they got their numbers, after one.
  public func livingDirectories(
    after directory: DirectoryID, limit: Int
  ) throws(IndexError) -> [Row] {
    let local = try ids.directories.existingLocal(of: directory) ?? 0
    return try directories.living(after: local, limit: limit, ids: &ids)
  }

  /// Rows with sequences above `sequence`, in their order, at most `limit`.
  public func rows(after sequence: UInt64, limit: Int) throws(IndexError) -> [Row] {
    let rows = Self.merge(
      try files.rows(after: sequence, limit: limit, ids: &ids),
      try directories.rows(after: sequence, limit: limit, ids: &ids)
    ) { directory, file in directory.sequence < file.sequence }
    return rows.count <= limit ? rows : Array(rows.prefix(limit))
  }

  /// Rows that are told to nobody yet, sorted by keys.
  public func untoldRows() throws(IndexError) -> [Row] {
    (try files.untold(ids: &ids) + directories.untold(ids: &ids))
      .sorted { $0.entry.key < $1.entry.key }
  }

  /// Places of living files with this content, at most `limit`.
  public func files(with content: ContentID, limit: Int) throws(IndexError) -> [Row] {
    try files.rows(with: content, limit: limit, ids: &ids)
  }

  /// The living directory that was observed with this inode and time of creation.
  public func directory(inode: UInt64, btime: Int64) throws(IndexError) -> Row? {
    try directories.row(inode: inode, btime: btime, ids: &ids)
  }

  /// The living files and symlinks that were observed with this inode: several where they are hard
  /// links to one.
  public func file(inode: UInt64) throws(IndexError) -> [Row] {
    try files.rows(inode: inode, ids: &ids)
  }

  /// Whether any inode was observed at several files.
  public func hasFilesWithSeveralNames() throws(IndexError) -> Bool {
    try files.hasSharedInode()
  }

  /// Whether any directory was merged into this one.
  public func hasAliases(_ directory: DirectoryID) throws(IndexError) -> Bool {
    try directories.hasAliases(directory, ids: &ids)
  }

  /// What is counted over all living rows. Reads nothing.
  public func totals() throws(IndexError) -> Totals { meta.totals }

  /// Merges two sorted lists; a file goes first where neither precedes the other.
  static func merge(
    _ files: [Row], _ directories: [Row], directoryPrecedes: (Row, Row) -> Bool
  ) -> [Row] {
    if directories.isEmpty { return files }
    var merged: [Row] = []
    merged.reserveCapacity(files.count + directories.count)
    var rest = directories[...]
    for file in files {
      while let directory = rest.first, directoryPrecedes(directory, file) {
        merged.append(directory)
        rest.removeFirst()
      }
      merged.append(file)
    }
    return merged + rest
  }

  // MARK: Writing

  /// Writes or replaces a row. Within a transaction. Its sequence must have been given by
  /// `nextSequence`.
  public func put(_ row: Row) throws(IndexError) {
    try requireTransaction()
    precondition(row.sequence <= meta.sequence, "a sequence that was never given")
    if let id = row.entry.directory {
      try directories.put(row, id, totals: &meta.totals, ids: &ids)
    } else {
      try files.put(row, totals: &meta.totals, ids: &ids)
    }
    ids.actors.note(row.entry.version)
    if let bundle = row.entry.bundle { ids.actors.note(bundle.version) }
  }

  /// Removes a row, if there is one. Within a transaction.
  public func remove(_ key: EntryKey) throws(IndexError) {
    try requireTransaction()
    switch key {
    case .place(let place): try files.remove(place, totals: &meta.totals, ids: &ids)
    case .directory(let id): try directories.remove(id, totals: &meta.totals, ids: &ids)
    }
  }
}
