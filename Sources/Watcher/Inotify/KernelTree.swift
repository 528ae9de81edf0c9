import Glibc
import SyncCore

/// The tree below the held root, as inotify and leases show it.
@safe
struct KernelTree: ~Copyable, WatchedTree {
  let root: ShareRoot
  let inotify: InotifyDescriptor
  private let buffer: UnsafeMutableRawBufferPointer
  private let rules: RulesOnTheWay

  init(
    root: consuming ShareRoot, inotify: consuming InotifyDescriptor, ignoring local: IgnoreRules
  ) {
    rules = RulesOnTheWay(local: local)
    self.root = root
    self.inotify = inotify
    unsafe buffer = .allocate(byteCount: 64 * 1024, alignment: 16)
  }

  deinit { unsafe buffer.deallocate() }

  func watch(_ path: RelativePath, isRoot: Bool, _ body: (Name) -> Void) -> Int32 {
    if rules.ignore(path, in: root) { return -ENOENT }
    let number = root.open(path)
    guard let directory = Descriptor(number) else { return number }
    let watch = inotify.add(directory, isRoot: isRoot)
    if watch < 0 { return watch }
    _ = unsafe DirectoryListing.forEachDirectory(in: directory, buffer: buffer, body)
    return watch
  }

  func forgetRules() { rules.forget() }

  func unwatch(_ watch: Int32) { inotify.remove(watch) }

  func probe(_ path: RelativePath) -> Settler.ProbeAnswer { root.probe(path) }
}
