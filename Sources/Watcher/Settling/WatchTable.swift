import SyncCore

/// Names one directory for as long as the watcher knows it, wherever it is moved; never given
/// again.
struct DirectoryKey: Hashable, Comparable, Sendable {
  let number: UInt32
  static let root = DirectoryKey(number: 0)

  /// In the order in which they were found.
  static func < (left: DirectoryKey, right: DirectoryKey) -> Bool { left.number < right.number }
}

/// A name in a directory: what events are about. Says the right path even after the directory
/// moved.
struct Slot: Hashable, Sendable {
  var directory: DirectoryKey
  var name: Name
}

/// The watched directories as a tree, so that a rename changes one node whatever is below it, and
/// their watch descriptors.
struct WatchTable: Sendable {
  private enum State {
    case attached
    /// Renamed away; where to isn't known yet.
    case detached
    /// Gone. Kept while a pending change still has to name a path through it.
    case dead
  }

  private struct Node {
    var parent: DirectoryKey
    var name: Name
    var watch: Int32?
    var state = State.attached
    var children: [Name: DirectoryKey] = [:]
  }

  private var nodes: [DirectoryKey: Node]
  private var keys: [Int32: DirectoryKey] = [:]
  private var dead: [DirectoryKey] = []
  private var nextNumber: UInt32

  /// A tree of the root alone; keys are numbered from `firstNumber`, so that those of an earlier
  /// table are never taken for keys of this one.
  init(firstNumber: UInt32 = 1) {
    // The root's own name is never asked for.
    nodes = [.root: Node(parent: .root, name: .reserved)]
    nextNumber = firstNumber
  }

  /// An empty table that goes on numbering where this one is.
  func restarted() -> WatchTable { WatchTable(firstNumber: nextNumber) }

  var watchCount: Int { keys.count }

  /// The directory that a watch is on; `nil` for a watch that is stale.
  func key(watch: Int32) -> DirectoryKey? { keys[watch] }

  func child(_ slot: Slot) -> DirectoryKey? { nodes[slot.directory]?.children[slot.name] }

  /// The directory at a path; `nil` if none is known there.
  func key(at path: RelativePath) -> DirectoryKey? {
    var key = DirectoryKey.root
    for name in path.components {
      guard let next = child(Slot(directory: key, name: name)) else { return nil }
      key = next
    }
    return key
  }

  func isWatched(_ key: DirectoryKey) -> Bool { nodes[key]?.watch != nil }

  /// Whether the directory is in the tree or on its way in it.
  func isAlive(_ key: DirectoryKey) -> Bool {
    guard let node = nodes[key] else { return false }
    return node.state != .dead
  }

  /// Where the directory stands; its parent's slot for what is gone, too. `nil` for the root.
  func slot(of key: DirectoryKey) -> Slot? {
    guard key != .root, let node = nodes[key] else { return nil }
    return Slot(directory: node.parent, name: node.name)
  }

  /// The directory's node at this slot, made if there is none.
  mutating func insert(_ slot: Slot) -> DirectoryKey {
    if let known = child(slot) { return known }
    let key = DirectoryKey(number: nextNumber)
    nextNumber += 1
    nodes[key] = Node(parent: slot.directory, name: slot.name)
    nodes[slot.directory]?.children[slot.name] = key
    return key
  }

  /// Says that `watch` is on this directory. The kernel gives one watch per inode: the directory
  /// that had it before, and is returned, is another name of the same inode, or was another
  /// directory all along, which had left its place before it was watched.
  @discardableResult
  mutating func bind(_ key: DirectoryKey, watch: Int32) -> DirectoryKey? {
    guard nodes[key] != nil else { return nil }
    let former = keys.updateValue(key, forKey: watch)
    if let old = nodes[key]?.watch, old != watch { keys[old] = nil }
    nodes[key]?.watch = watch
    guard let former, former != key else { return nil }
    nodes[former]?.watch = nil
    return former
  }

  /// Says that the kernel has ended this watch.
  mutating func unbind(watch: Int32) {
    guard let key = keys.removeValue(forKey: watch) else { return }
    nodes[key]?.watch = nil
  }

  /// Takes a directory out of its place; its new one will be told by `attach` or `bury`.
  mutating func detach(_ key: DirectoryKey) {
    guard let node = nodes[key] else { return }
    nodes[node.parent]?.children[node.name] = nil
    nodes[key]?.state = .detached
  }

  /// Puts a detached directory into a place, which must be free.
  mutating func attach(_ key: DirectoryKey, at slot: Slot) {
    precondition(child(slot) == nil, "attach: something stands there")
    nodes[key]?.state = .attached
    nodes[key]?.parent = slot.directory
    nodes[key]?.name = slot.name
    nodes[slot.directory]?.children[slot.name] = key
  }

  /// Takes a directory and all below it out of the tree for good. Returns them, and their watches.
  mutating func bury(_ key: DirectoryKey) -> (keys: [DirectoryKey], watches: [Int32]) {
    guard key != .root, let node = nodes[key], node.state != .dead else { return ([], []) }
    if node.state == .attached { nodes[node.parent]?.children[node.name] = nil }
    var buried: [DirectoryKey] = []
    var watches: [Int32] = []
    var stack = [key]
    while let next = stack.popLast() {
      guard var node = nodes[next] else { continue }
      stack.append(contentsOf: node.children.values.sorted())
      if let watch = node.watch {
        keys[watch] = nil
        watches.append(watch)
      }
      node.watch = nil
      node.children = [:]
      node.state = .dead
      nodes[next] = node
      buried.append(next)
    }
    dead.append(contentsOf: buried)
    return (buried, watches)
  }

  /// Forgets the dead except those on the way from `needed` to the root.
  mutating func purge(keeping needed: some Sequence<DirectoryKey>) {
    guard !dead.isEmpty else { return }
    var kept: Set<DirectoryKey> = []
    for key in needed { forEachAncestor(of: key) { kept.insert($0).inserted } }
    dead.removeAll { key in
      if kept.contains(key) { return false }
      nodes[key] = nil
      return true
    }
  }

  /// The directories without a watch among this one and those below it.
  func unwatched(below key: DirectoryKey) -> [DirectoryKey] {
    var found: [DirectoryKey] = []
    var stack = [key]
    while let next = stack.popLast() {
      guard let node = nodes[next] else { continue }
      if node.watch == nil { found.append(next) }
      stack.append(contentsOf: node.children.values.sorted())
    }
    return found
  }

  /// Where the directory is now, or was before it went; `nil` while it or a directory above it is
  /// between two places.
  func path(of key: DirectoryKey) -> RelativePath? {
    var names: [Name] = []
    var key = key
    while key != .root {
      guard let node = nodes[key], node.state != .detached else { return nil }
      names.append(node.name)
      key = node.parent
    }
    return RelativePath(components: names.reversed())
  }

  /// The path of a slot, under the same conditions.
  func path(of slot: Slot) -> RelativePath? { path(of: slot.directory)?.appending(slot.name) }

  /// Whether a directory is `ancestor` or below it.
  func lies(_ key: DirectoryKey, within ancestor: DirectoryKey) -> Bool {
    var found = false
    forEachAncestor(of: key) { above in
      found = above == ancestor
      return !found
    }
    return found
  }

  /// Visits the directory itself and those above it, up to the root, until `body` says false.
  func forEachAncestor(of key: DirectoryKey, _ body: (DirectoryKey) -> Bool) {
    var key = key
    while body(key), key != .root, let node = nodes[key] { key = node.parent }
  }
}
