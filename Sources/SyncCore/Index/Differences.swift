/// In what a complete listing of a directory and the rows of the index for it differ.
public struct Differences: Hashable, Sendable {
  /// Positions in the listing's entries, ascending: what no file's row was observed as. Of a
  /// directory that is here, only where a file's row lives; whether it is the right one is another
  /// question.
  public var entries: [Int] = []
  /// Living rows for which nothing was found: no entry, or something else where a directory was.
  /// Sorted by name, the file's row before the directory's.
  public var absent: [Row] = []

  /// None.
  public init() {}
}

extension Index {
  /// See the requirement. O(entries + rows).
  public func differences(
    of listing: Listing, in parent: DirectoryID
  ) throws(IndexError) -> Differences {
    var differences = Differences()
    var rows = try children(of: parent)[...]
    for (position, (name, found)) in listing.entries.enumerated() {
      while let row = rows.first, row.entry.place.name < name {
        if row.entry.isAlive { differences.absent.append(row) }
        rows.removeFirst()
      }
      var file: Row?
      while let row = rows.first, row.entry.place.name == name {
        if row.entry.directory == nil {
          file = row
        } else if row.entry.isAlive, found.isNoDirectory {
          differences.absent.append(row)
        }
        rows.removeFirst()
      }
      if found.differs(from: file?.observed, isAlive: file?.entry.isAlive == true) {
        differences.entries.append(position)
      }
    }
    differences.absent += rows.filter(\.entry.isAlive)
    return differences
  }
}

extension Found {
  /// Whether something certainly stands here that isn't a directory.
  public var isNoDirectory: Bool {
    switch self {
    case .entry(let stamp): stamp.kind != .directory
    case .symlink: true
    case .absent, .special, .unreadable, .ignored: false
    }
  }

  /// Whether this is not what a file's row says: its stamp, and whether it lives.
  public func differs(from observed: FileStamp?, isAlive: Bool) -> Bool {
    switch self {
    case .entry(let stamp): stamp.kind == .directory ? isAlive : stamp != observed
    case .symlink(let stamp, _): stamp != observed
    case .absent, .special, .unreadable, .ignored: true
    }
  }
}
