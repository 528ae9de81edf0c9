import Glibc
public import SyncCore

/// Looks at the disk and reports one listing for each directory, top-down; nothing is changed.
///
/// `.names` gives one incomplete listing for its directory, `.directory` a complete one, `.subtree`
/// a complete one for each directory from it downwards. leftd's own part is left out. A directory
/// that vanished meanwhile, or can't be looked at (`trouble`), is reported with `stamp == nil` and
/// says nothing about what it holds. What is mounted below the root, or lies deeper than
/// `Limits.directoryDepth`, is unreadable and not entered. About 2 µs an entry when the kernel has
/// it in memory.
public func look(
  _ requests: [LookRequest], in fileSystem: any FileSystem, _ report: (Listing) -> Void
) {
  for request in requests {
    switch request {
    case .names(let names, in: let path):
      guard !path.isReserved else { continue }
      let wanted = path.isRoot ? names.filter { $0 != .reserved } : names
      report(listing(of: path, names: wanted, in: fileSystem))
    case .directory(let path):
      guard !path.isReserved else { continue }
      report(listing(of: path, names: nil, in: fileSystem))
    case .subtree(let top):
      guard !top.isReserved else { continue }
      lookBelow(top, in: fileSystem, report)
    }
  }
}

/// Everything from `top` downwards; also used within leftd's own part, for the trash.
func lookBelow(
  _ top: RelativePath, in fileSystem: any FileSystem, _ report: (Listing) -> Void
) {
  var waiting = [top]
  while let path = waiting.popLast() {
    let listing = listing(of: path, names: nil, in: fileSystem)
    report(listing)
    for (name, found) in listing.entries.reversed() {
      if case .entry(let stamp) = found, stamp.kind == .directory {
        waiting.append(path.appending(name))
      }
    }
  }
}

/// One look at one directory: these names, or all that it has.
private func listing(
  of path: RelativePath, names: [Name]?, in fileSystem: any FileSystem
) -> Listing {
  do throws(FileError) {
    let directory = try Directory(path, of: fileSystem)
    // Taken before the names: what changes meanwhile makes the directory differ from its stamp.
    let stamp = try directory.stamp()
    var present =
      if let names { names } else { try directory.names() }
    if path.isRoot { present.removeAll { $0 == .reserved } }
    let isDeepest = path.components.count >= Limits.directoryDepth
    let entries = present.map { name in
      (name: name, found: found(name, in: directory, isDeepest: isDeepest))
    }
    // What vanished between the listing and the look at it is as absent as if never listed.
    let kept = names == nil ? entries.filter { $0.found != .absent } : entries
    return Listing(
      directory: path, stamp: stamp, isComplete: names == nil, entries: kept,
      attributes: attributes(of: kept, in: directory, withFiles: names != nil))
  } catch {
    return Listing(
      directory: path, stamp: nil, trouble: error.isRefusal ? nil : error.errno,
      isComplete: false, entries: [])
  }
}

/// The extended attributes of directories, and of files if they are few; those of files in a scan
/// are read with what has changed. What can't be told is left out.
private func attributes(
  of entries: [(name: Name, found: Found)], in directory: Directory, withFiles: Bool
) -> [Name: ExtendedAttributes] {
  var result: [Name: ExtendedAttributes] = [:]
  for (name, found) in entries {
    guard case .entry(let stamp) = found, withFiles || stamp.kind == .directory else { continue }
    result[name] = try? directory.attributes(of: name)
  }
  return result
}

private func found(_ name: Name, in directory: Directory, isDeepest: Bool) -> Found {
  do throws(FileError) {
    guard let stamp = try directory.stamp(of: name) else { return .absent }
    switch stamp.kind {
    case .file: return .entry(stamp)
    case .directory: return isDeepest ? .unreadable(ENAMETOOLONG) : .entry(stamp)
    case .special: return .special
    case .symlink:
      // Held open, so that state and target belong to the same link.
      let link = try OpenFile(name, in: directory, for: .reference)
      let stamp = try link.stamp()
      guard stamp.kind == .symlink else { return .entry(stamp) }
      return .symlink(stamp, target: try link.readSymlink())
    }
  } catch {
    return error.errno == ENOENT ? .absent : .unreadable(error.errno)
  }
}
