import SyncCore

@testable import Simulation
@testable import Watcher

/// A tree in memory that tells a simulated inotify what Linux would tell, with hard links, mappings
/// and permissions, and a place outside that takes what is moved out.
final class ModelDisk {
  /// A name, wherever it is moved. A file's events go to the directory of the name under which it
  /// was opened.
  final class Link {
    fileprivate(set) var directory: Int
    fileprivate(set) var name: String
    fileprivate(set) var isGone = false
    let inode: Int

    fileprivate init(_ inode: Int, in directory: Int, _ name: String) {
      (self.inode, self.directory, self.name) = (inode, directory, name)
    }
  }

  struct Node {
    var content: Content
    var names: [String: Link] = [:]
    var isReadable = true
    var isLeasable = true
  }

  /// A file that is open for writing.
  struct Handle {
    let number: Int
    let link: Link
    /// Under which it was opened.
    let path: String
  }

  static let root = 1
  static let outside = 2

  var inotify: MemoryInotify
  private(set) var nodes = [root: Node(content: .directory), outside: Node(content: .directory)]
  private(set) var handles: [Handle] = []
  private var lastNumber = 2
  private var lastCookie: UInt32 = 0
  /// What went out of the tree last, or is about to come in.
  private(set) var departed: String?

  /// `tree` names what is there at the beginning.
  init(_ tree: [String], queueLimit: Int = 16_384, watchLimit: Int = 1_000_000) {
    inotify = MemoryInotify(queueLimit: queueLimit, watchLimit: watchLimit)
    for path in tree { make(path, path.hasSuffix("/") ? .directory : .file(fresh())) }
  }

  private func number() -> Int {
    lastNumber += 1
    return lastNumber
  }

  func fresh() -> String { "\(number())" }

  // MARK: Names

  private func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }

  func link(_ path: String) -> Link? {
    var parts = parts(path)
    var inode = Self.root
    if parts.first == ".." { (inode, parts) = (Self.outside, Array(parts.dropFirst(2))) }
    var link: Link?
    for name in parts {
      link = nodes[inode]?.names[name]
      guard let found = link else { return nil }
      inode = found.inode
    }
    return link
  }

  func existing(_ path: String) -> Link {
    guard let link = link(path) else { preconditionFailure("nothing at \(path)") }
    return link
  }

  private func place(_ path: String) -> (directory: Int, name: String) {
    let parts = parts(path)
    let above = parts.dropLast().joined(separator: "/")
    let directory =
      above.isEmpty ? Self.root : above == "../outside" ? Self.outside : existing(above).inode
    return (directory, parts.last!)
  }

  private func isDirectory(_ inode: Int) -> Bool { nodes[inode]?.content == .directory }

  // MARK: Events

  private func note(_ mask: RawEvent.Mask, _ link: Link, cookie: UInt32 = 0) {
    if link.isGone && mask != .attributes { return }
    let isDirectory = isDirectory(link.inode)
    inotify.note(
      mask, Name(link.name.utf8)!, in: UInt64(link.directory), isDirectory: isDirectory,
      cookie: cookie)
    if isDirectory, mask == .attributes { inotify.note(mask, of: UInt64(link.inode)) }
  }

  // MARK: Calls

  private func make(_ path: String, _ content: Content) {
    precondition(link(path) == nil, "something at \(path)")
    let inode = number()
    nodes[inode] = Node(content: content)
    add(Link(inode, in: place(path).directory, place(path).name))
  }

  private func add(_ link: Link) {
    nodes[link.directory]?.names[link.name] = link
    note(.created, link)
  }

  private func remove(_ path: String) {
    let link = existing(path)
    precondition(nodes[link.inode]?.names.isEmpty == true, "\(path) is not empty")
    nodes[link.directory]?.names[link.name] = nil
    // A directory's watch ends before its deletion is told.
    if isDirectory(link.inode) { inotify.end(UInt64(link.inode)) }
    note(.deleted, link)
    link.isGone = true
  }

  private func removeAll(_ path: String) {
    for name in nodes[existing(path).inode]?.names.keys.sorted() ?? [] {
      removeAll(path + "/" + name)
    }
    remove(path)
  }

  private func rename(_ source: String, _ target: String) {
    let link = existing(source)
    let replaced = self.link(target)
    // Two names of one file: rename(2) does nothing.
    if let replaced, replaced.inode == link.inode { return }
    precondition(
      replaced.map { isDirectory($0.inode) == isDirectory(link.inode) } ?? true,
      "\(source) and \(target) are not of one kind")
    nodes[link.directory]?.names[link.name] = nil
    move(link, to: place(target))
    guard let replaced else { return }
    precondition(nodes[replaced.inode]?.names.isEmpty == true, "\(target) is not empty")
    replaced.isGone = true
    if isDirectory(replaced.inode) { inotify.end(UInt64(replaced.inode)) }
  }

  private func exchange(_ first: String, _ second: String) {
    let (one, other) = (existing(first), existing(second))
    let (here, there) = (place(first), place(second))
    move(one, to: there)
    move(other, to: here)
  }

  private func move(_ link: Link, to place: (directory: Int, name: String)) {
    lastCookie += 1
    note(.movedFrom, link, cookie: lastCookie)
    (link.directory, link.name) = place
    nodes[place.directory]?.names[place.name] = link
    note(.movedTo, link, cookie: lastCookie)
    if isDirectory(link.inode) { inotify.note(.selfMoved, of: UInt64(link.inode)) }
  }

  /// What of the outside is moved in or exchanged: what went out last, or something new.
  func stranger(isDirectory: Bool) -> String {
    if let departed, let link = link(departed), self.isDirectory(link.inode) == isDirectory {
      return departed
    }
    let path = "../outside/" + fresh()
    make(path, isDirectory ? .directory : .file(fresh()))
    departed = path
    guard isDirectory else { return path }
    make(path + "/f", .file(fresh()))
    make(path + "/s", .directory)
    make(path + "/s/g", .file(fresh()))
    return path
  }

  private func open(_ path: String) -> Int {
    let handle = Handle(number: number(), link: existing(path), path: path)
    handles.append(handle)
    return handle.number
  }

  /// The handle that was opened last under a name that is here now, or was there.
  private func handle(_ path: String) -> Int? {
    let link = link(path)
    return handles.lastIndex { $0.link === link } ?? handles.lastIndex { $0.path == path }
  }

  private func close(_ path: String) -> Int {
    guard let index = handle(path) else { preconditionFailure("\(path) is not open") }
    let handle = handles.remove(at: index)
    note(.closedAfterWriting, handle.link)
    return handle.number
  }

  private func write(_ path: String) -> Int {
    let number = handle(path).map { handles[$0].number } ?? open(path)
    let link = handles.first { $0.number == number }!.link
    nodes[link.inode]?.content = .file(fresh())
    note(.modified, link)
    return number
  }

  /// Does what a step says; gives the number of the handle or stranger that it concerns.
  @discardableResult func perform(_ step: Step) -> Int {
    switch step {
    case .create(let path):
      make(path, .file(""))
      return open(path)
    case .makeDirectory(let path): make(path, .directory)
    case .makeSymlink(let path): make(path, .link(fresh()))
    case .makeFIFO(let path): make(path, .special)
    case .open(let path): return open(path)
    case .write(let path): return write(path)
    case .close(let path), .unmap(let path): return close(path)
    case .map(let path):
      nodes[existing(path).inode]?.content = .file(fresh())
      return open(path)
    case .truncate(let path):
      nodes[existing(path).inode]?.content = .file("")
      note(.modified, existing(path))
    case .setMode(let path), .setTimes(let path): note(.attributes, existing(path))
    case .setModificationTime(let path): note(.modified, existing(path))
    case .makeUnreadable(let path), .makeReadable(let path):
      nodes[existing(path).inode]?.isReadable = step == .makeReadable(path)
      note(.attributes, existing(path))
    case .remove(let path), .removeDirectory(let path): remove(path)
    case .removeAll(let path): removeAll(path)
    case .rename(let source, let target): rename(source, target)
    case .exchange(let first, let second): exchange(first, second)
    case .link(let source, let target):
      let place = place(target)
      add(Link(existing(source).inode, in: place.directory, place.name))
    case .refuseLease(let path): nodes[existing(path).inode]?.isLeasable = false
    case .moveOut, .moveIn, .exchangeOutside: performOutside(step)
    case .kernel(let event): queue(event)
    case .pass, .flush: break
    }
    return 0
  }

  private func performOutside(_ step: Step) {
    switch step {
    case .moveOut(let path):
      departed = "../outside/" + fresh()
      rename(path, departed!)
    case .moveIn(let path, let isDirectory): rename(stranger(isDirectory: isDirectory), path)
    case .exchangeOutside(let path, let isDirectory):
      exchange(stranger(isDirectory: isDirectory), path)
    default: preconditionFailure("\(step)")
    }
  }

  private func queue(_ event: String) {
    let parts = event.split(separator: "=").map(String.init)
    guard parts[0] == "ignored" else { return }
    let inode = UInt64(existing(parts[1]).inode)
    inotify.remove(inotify.add(inode, .ofDirectories))
  }

  /// The programs end.
  func closeAll() { while let handle = handles.last { _ = close(handle.path) } }
}

/// The tree as others see it.
extension ModelDisk: WatchedTree {
  func watch(_ path: RelativePath, isRoot: Bool, _ body: (Name) -> Void) -> Int32 {
    let (noEntry, accessDenied, notDirectory) = (-2 as Int32, -13 as Int32, -20 as Int32)
    guard let inode = isRoot ? Self.root : link(path.description)?.inode, let node = nodes[inode]
    else { return noEntry }
    if node.content != .directory { return notDirectory }
    if !node.isReadable { return accessDenied }
    let root: RawEvent.Mask = isRoot ? .ofRoot : []
    let watch = inotify.add(UInt64(inode), RawEvent.Mask.ofDirectories.union(root))
    if watch < 0 { return watch }
    for (name, link) in node.names.sorted(by: { $0.key < $1.key })
    where nodes[link.inode]?.content == .directory {
      body(Name(name.utf8)!)
    }
    return watch
  }

  func unwatch(_ watch: Int32) { inotify.remove(watch) }

  func probe(_ path: RelativePath) -> Settler.ProbeAnswer {
    guard let link = link(path.description), let node = nodes[link.inode] else { return .unknown }
    guard case .file = node.content else { return .noWriter }
    if !node.isLeasable || !node.isReadable { return .unknown }
    return handles.contains { $0.link.inode == link.inode } ? .writer : .noWriter
  }

  /// All that stands at a path and below, as far as it can be read.
  func look(_ path: String) -> [String: Content] {
    guard let inode = path.isEmpty ? Self.root : link(path)?.inode, let node = nodes[inode] else {
      return [:]
    }
    var found: [String: Content] = path.isEmpty ? [:] : [path: node.content]
    for name in node.names.keys where node.isReadable {
      found.merge(look(path.isEmpty ? name : path + "/" + name)) { _, new in new }
    }
    return found
  }

  /// The directories that are not watched.
  var unwatched: [String] {
    look("").filter { $0.value == .directory }.keys.sorted().filter {
      !inotify.isWatched(UInt64(existing($0).inode))
    }
  }

  var directoryCount: Int { look("").filter { $0.value == .directory }.count + 1 }
}
