import SyncCore

/// Changes by those for whom what they changed was in no bundle, or in another one.
///
/// A directory becomes a bundle, or ceases to be one, when it gets another name, and takes what is
/// in it out of another one when it is moved. What somebody who has not heard of that does in it
/// meanwhile is of no state of the bundle: it comes to it by itself, like anything else in a
/// directory that was moved.
extension World {
  /// A change, wherever it is told: in a merged directory only the actor's node and the number
  /// stay.
  struct Change: Hashable {
    let node: UInt64
    let counter: UInt64
    let body: Body

    init(_ entry: Entry) {
      node = entry.version.dot.actor.node
      counter = entry.version.dot.counter
      body = entry.body
    }
  }

  /// What a node has, wherever and in whichever version.
  struct Standing: Hashable {
    let node: Int
    let body: Body
    let mode: UInt16
    let mtime: Int64
  }

  /// Remembers of the changes that a node has made since a sequence in which bundles they were.
  ///
  /// That something is put back as it was, or comes home from a merged directory, is told as a
  /// change; but nobody has changed it in the bundle, and it is of no more states than it was.
  func noteOrigins(of node: Int, after sequence: UInt64) throws {
    guard settings.hasBundles else { return }
    let index = machines[node].index
    for row in try index.rows(after: sequence, limit: .max) {
      let (entry, change) = (row.entry, Change(row.entry))
      let standing = Standing(node: node, body: entry.body, mode: entry.mode, mtime: entry.mtime)
      if change.node == Process.id(of: node).prefix, origins[change] == nil {
        let earlier = try standings[standing]?.last { try index.atHome($0.place) == entry.place }
        origins[change] =
          try earlier.flatMap { origins[$0.change] } ?? .some(bundle(around: entry, in: index))
      }
      if entry.isAlive { standings[standing, default: []].append((entry.place, change)) }
    }
  }

  /// The outermost bundle that an entry is in: one that lost its name is one while it has a state.
  func bundle(around entry: Entry, in index: any Index) throws -> DirectoryID? {
    var bundle: DirectoryID?
    var above = entry.place.parent
    // One that is gone may have been in one that it was merged into: in itself.
    var passed: Set<DirectoryID> = [.root]
    while passed.insert(above).inserted, let parent = try index.row(.directory(above)) {
      let hasState = parent.entry.bundle != nil
      if hasState || Self.bundleRules.names.contains(parent.entry.place.name) { bundle = above }
      above = parent.entry.place.parent
    }
    return bundle
  }

  /// Whether what is under one of these keys is in a bundle, or isn't, because of such a change.
  func isStrangers(
    _ keys: [EntryKey], in bundle: DirectoryID, _ index: any Index
  ) throws -> Bool {
    func isStranger(_ entry: Entry) throws -> Bool {
      guard let origin = origins[Change(entry)] else { return false }
      return try origin.map { id throws(IndexError) in try index.canonical(id) } != bundle
    }
    for key in keys {
      guard let entry = try index.row(try index.atHome(key))?.entry else { continue }
      if try isStranger(entry) { return true }
      // A conflict copy may be there, and what it is of be gone, because of what has its name or
      // had it.
      let name = entry.place.name
      guard let original = entry.isAlive ? ConflictCopy(name: name)?.original : name else {
        continue
      }
      for row in try index.children(of: entry.place.parent) where row.entry.place.name == original {
        if try isStranger(row.entry) { return true }
      }
    }
    return false
  }
}

extension Index {
  /// A key in the directory that the one which it speaks of was merged into.
  fileprivate func atHome(_ key: EntryKey) throws(IndexError) -> EntryKey {
    switch key {
    case .directory(let id): .directory(try canonical(id))
    case .place(let place): .place(try atHome(place))
    }
  }

  /// A place in the directory that the one which it is in was merged into.
  fileprivate func atHome(_ place: Place) throws(IndexError) -> Place {
    Place(parent: try canonical(place.parent), name: place.name)
  }
}
