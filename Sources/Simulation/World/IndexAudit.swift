import SyncCore
import SyncEngine

/// What the index of a node says, held against its disk.
struct IndexAudit {
  /// What the index claims and the disk lacks, and the reverse; a line each.
  private(set) var differences: [String] = []
  /// What the index doesn't know.
  private(set) var unknown: [RelativePath] = []
  /// What the index says of each path: how it was seen, `nil` if it never was.
  private(set) var claimed: [RelativePath: FileStamp?] = [:]

  /// `local` are the patterns of the machine, `nil` where nothing is ignored: what is may be in the
  /// index and held nowhere.
  init(_ index: some Index, _ disk: MemoryFileSystem, ignoring local: IgnoreRules?)
    throws(IndexError)
  {
    var attributes: [RelativePath: ExtendedAttributes] = [:]
    for row in try index.rows(after: 0, limit: .max) {
      let path = row.entry.isAlive ? try index.path(of: row.entry.place) : nil
      guard row.entry.isAlive else { continue }
      // What is known and not held keeps no deleted directory alive, and stays known.
      if row.observed == nil, local != nil { continue }
      guard let path else {
        differences.append("\(row.entry.label) lives in no directory")
        continue
      }
      attributes[path] = row.observedAttributes
      if claimed.updateValue(row.observed, forKey: path) != nil {
        differences.append("the index has two things at \(path)")
      }
    }
    compare(with: disk, ignoring: local ?? IgnoreRules())
    for (path, known) in attributes.sorted(by: { $0.key < $1.key })
    where claimed[path] != .some(nil) && disk.attributes(at: path) != known {
      differences.append("\(path) has attributes other than the index says: \(known.bytes)")
    }
  }

  /// Every row, a line each.
  static func lines(_ index: some Index) throws(IndexError) -> [String] {
    var lines: [String] = []
    for row in try index.rows(after: 0, limit: .max) {
      let path = row.entry.isAlive ? try index.path(of: row.entry.place) : nil
      lines.append(
        "\(row.entry.label) at \(path.map { "\($0)" } ?? "-") observed \(row.observed.label)")
    }
    return lines
  }

  private mutating func compare(with disk: MemoryFileSystem, ignoring local: IgnoreRules) {
    var found: Set<RelativePath> = []
    look([.subtree(.root)], in: disk, ignoring: local) { listing in
      for (name, thing) in listing.entries {
        let path = listing.directory.appending(name)
        guard name != .reserved, let stamp = thing.stamp else { continue }
        found.insert(path)
        if let known = claimed[path] ?? nil {
          if !stamp.isClaimed(by: known) {
            differences.append("\(path) is \(stamp), not as the index says: \(known)")
          }
        } else {
          unknown.append(path)
          differences.append("the index doesn't know \(path)")
        }
      }
    }
    for path in claimed.keys.sorted() where !found.contains(path) {
      differences.append("the index claims \(path)")
    }
  }
}

extension FileStamp {
  /// A directory's times change with what is in it.
  func isClaimed(by known: FileStamp) -> Bool {
    guard kind == .directory else { return self == known }
    return known.kind == .directory && inode == known.inode && btime == known.btime
      && mode == known.mode
  }
}

extension FileStamp? {
  fileprivate var label: String {
    map { "\($0.kind) \($0.inode), mode \(String($0.mode, radix: 8))" } ?? "nothing"
  }
}

extension Found {
  var stamp: FileStamp? {
    switch self {
    case .entry(let stamp), .symlink(let stamp, _): stamp
    case .absent, .special, .unreadable, .ignored: nil
    }
  }
}

extension Index {
  /// The path of a place; `nil` if its directory or one above it is gone, or lies below itself.
  fileprivate func path(of place: Place) throws(IndexError) -> RelativePath? {
    var names = [place.name]
    var parent = place.parent
    while parent != .root {
      guard names.count < Limits.directoryDepth, let above = try row(.directory(parent)),
        above.entry.isAlive
      else { return nil }
      names.append(above.entry.place.name)
      parent = above.entry.place.parent
    }
    return RelativePath(components: names.reversed())
  }
}
