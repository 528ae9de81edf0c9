import Glibc
public import SyncCore

/// Looks at the disk and reports one listing for each directory, top-down; nothing is changed.
///
/// `.names` gives one incomplete listing for its directory, `.directory` a complete one, `.subtree`
/// a complete one for each directory from it downwards. leftd's own part is left out. A directory
/// that vanished meanwhile, or can't be looked at (`trouble`), is reported with `stamp == nil` and
/// says nothing about what it holds. What is mounted below the root, or lies deeper than
/// `Limits.directoryDepth`, is unreadable and not entered. What is ignored is named and no more; in
/// an ignored directory nobody looks, and nothing is reported. `local` are the patterns of this
/// machine. About 2 µs an entry when the kernel has it in memory, and an open for each directory
/// above what is asked for.
public func look(
  _ requests: [LookRequest], in fileSystem: any FileSystem,
  ignoring local: IgnoreRules = IgnoreRules(), _ report: (Listing) -> Void
) {
  var reader = RulesReader(fileSystem, local: local)
  for request in requests {
    switch request {
    case .names(let names, in: let path):
      guard !path.isReserved else { continue }
      let scope = reader.scope(of: path)
      guard scope.reason == nil else { continue }
      let wanted = path.isRoot ? names.filter { $0 != .reserved } : names
      report(listing(of: path, names: wanted, in: fileSystem) { _ in scope }.listing)
    case .directory(let path):
      guard !path.isReserved else { continue }
      let scope = reader.scope(of: path)
      guard scope.reason == nil else { continue }
      report(listing(of: path, names: nil, in: fileSystem) { _ in scope }.listing)
    case .subtree(let top):
      guard !top.isReserved else { continue }
      lookBelow(top, in: fileSystem, above: top.parent.map { reader.scope(of: $0) }, local, report)
    }
  }
}

/// What is at one path, ignored or not, and which rule decides about it. The root is a directory.
func lookClosely(
  at path: RelativePath, in fileSystem: any FileSystem, ignoring local: IgnoreRules
) -> (found: Found, rule: IgnoreReason?) {
  do throws(FileError) {
    guard let parent = path.parent, let name = path.name else {
      return (.entry(try Directory(path, of: fileSystem).stamp()), nil)
    }
    let isDeepest = parent.components.count >= Limits.directoryDepth
    let directory = try Directory(parent, of: fileSystem)
    let found = found(name, in: directory, isDeepest: isDeepest)
    var reader = RulesReader(fileSystem, local: local)
    let scope = reader.scope(of: parent)
    var isDirectory = false
    if case .entry(let stamp) = found { isDirectory = stamp.kind == .directory }
    return (found, scope.reason ?? scope.decision(on: name, isDirectory: isDirectory))
  } catch {
    return (error.isRefusal ? .absent : .unreadable(error.errno), nil)
  }
}

/// Everything from `top` downwards that isn't ignored. `above` are the rules in force around it.
private func lookBelow(
  _ top: RelativePath, in fileSystem: any FileSystem, above: IgnoreScope?, _ local: IgnoreRules,
  _ report: (Listing) -> Void
) {
  var waiting = [(path: top, above: above)]
  while let (path, above) = waiting.popLast() {
    if let above, let name = path.name, above.ignores(name, isDirectory: true) != nil { continue }
    let (listing, scope) = listing(of: path, names: nil, in: fileSystem) { rules in
      guard let above, let name = path.name else { return IgnoreScope(local: local, rules: rules) }
      return above.entering(name, rules: rules)
    }
    report(listing)
    for (name, found) in listing.entries.reversed() {
      if case .entry(let stamp) = found, stamp.kind == .directory {
        waiting.append((path.appending(name), scope))
      }
    }
  }
}

/// Everything from `top` downwards, ignored or not; also used within leftd's own part, for the
/// trash.
func lookBelow(
  _ top: RelativePath, in fileSystem: any FileSystem, withAttributesOfFiles: Bool = false,
  _ report: (Listing) -> Void
) {
  var waiting = [top]
  while let path = waiting.popLast() {
    let listing = listing(
      of: path, names: nil, in: fileSystem, withAttributesOfFiles: withAttributesOfFiles
    ) { _ in nil }.listing
    report(listing)
    for (name, found) in listing.entries.reversed() {
      if case .entry(let stamp) = found, stamp.kind == .directory {
        waiting.append(path.appending(name))
      }
    }
  }
}

/// One look at one directory: these names, or all that it has. `scope` makes the rules that are in
/// force in it of those of its own file, `nil` where nothing is to be ignored.
private func listing(
  of path: RelativePath, names: [Name]?, in fileSystem: any FileSystem,
  withAttributesOfFiles: Bool = false, scope: (IgnoreRules?) -> IgnoreScope?
) -> (listing: Listing, scope: IgnoreScope?) {
  do throws(FileError) {
    let directory = try Directory(path, of: fileSystem)
    // Taken before the names: what changes meanwhile makes the directory differ from its stamp.
    let stamp = try directory.stamp()
    var present =
      if let names { names } else { try directory.names() }
    if path.isRoot { present.removeAll { $0 == .reserved } }
    let isDeepest = path.components.count >= Limits.directoryDepth
    let hasRules = present.contains(IgnoreRules.fileName)
    let file = hasRules ? RulesReader.rules(of: directory) : (rules: nil, problem: nil)
    let scope = scope(file.rules)
    let entries = present.map { name in
      (name: name, found: found(name, in: directory, scope, isDeepest: isDeepest))
    }
    // What vanished between the listing and the look at it is as absent as if never listed.
    let kept = names == nil ? entries.filter { $0.found != .absent } : entries
    let (attributes, troubles) = attributes(
      of: kept, in: directory, withFiles: withAttributesOfFiles || names != nil)
    var listing = Listing(
      directory: path, stamp: stamp, isComplete: names == nil, entries: kept,
      attributes: attributes,
      rules: hasRules || names != nil ? file.rules : IgnoreRules(), rulesProblem: file.problem)
    listing.attributeTroubles = troubles
    return (listing, scope)
  } catch {
    return (
      Listing(
        directory: path, stamp: nil, trouble: error.isRefusal ? nil : error.errno,
        isComplete: false, entries: []),
      nil
    )
  }
}

/// The extended attributes of directories, and of files if they are few; those of files in a scan
/// are read with what has changed. What can't be told is left out, and of directories it is said
/// why: nothing else tells that theirs have changed.
private func attributes(
  of entries: [(name: Name, found: Found)], in directory: Directory, withFiles: Bool
) -> (kept: [Name: ExtendedAttributes], troubles: [Name: Int32]) {
  var kept: [Name: ExtendedAttributes] = [:]
  var troubles: [Name: Int32] = [:]
  for (name, found) in entries {
    guard case .entry(let stamp) = found, withFiles || stamp.kind == .directory else { continue }
    do throws(FileError) {
      kept[name] = try directory.attributes(of: name)
    } catch {
      if stamp.kind == .directory, !error.isRefusal { troubles[name] = error.errno }
    }
  }
  return (kept, troubles)
}

private func found(
  _ name: Name, in directory: Directory, _ scope: IgnoreScope?, isDeepest: Bool
) -> Found {
  let found = found(name, in: directory, isDeepest: isDeepest)
  guard let scope, !scope.isEmpty else { return found }
  let isIgnored =
    switch found {
    case .absent, .ignored: false
    case .entry(let stamp): scope.ignores(name, isDirectory: stamp.kind == .directory) != nil
    case .symlink, .special: scope.ignores(name, isDirectory: false) != nil
    // What can't be looked at may be either.
    case .unreadable: scope.ignores(name, isDirectory: true) != nil
    }
  return isIgnored ? .ignored : found
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
