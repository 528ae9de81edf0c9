import CLinux
import Glibc
import SyncCore

@testable import Watcher

/// A case on a real file system, with the watcher. What a name in a script means, a model knows
/// that goes along.
@safe
final class KernelRun {
  let tree = TemporaryTree()
  let model: ModelDisk
  let observer: Observer
  private(set) var replay: Replay
  private var files: [Int: Int32] = [:]
  private var mappings: [Int: UnsafeMutableRawPointer] = unsafe [:]
  private var count = 0

  init(_ watchCase: WatchCase) throws {
    model = ModelDisk(watchCase.tree)
    for path in watchCase.tree {
      if path.hasSuffix("/") { tree.mkdir(path) } else { tree.write(path, "at first") }
    }
    let tree = tree
    replay = Replay { Self.look($0, in: tree) }
    observer = try Observer(tree, policy: watchCase.policy)
  }

  func look(_ path: String) -> [String: Content] { Self.look(path, in: tree) }

  private static func look(_ path: String, in tree: TemporaryTree) -> [String: Content] {
    var found: [String: Content] = [:]
    tree.walk(path, into: &found)
    return found
  }

  func play(_ steps: [Step], isTimed: Bool) {
    for step in steps {
      if case .pass(let milliseconds) = step {
        if isTimed { _ = clinux_watch_wait(-1, -1, Int64(milliseconds * 1_000_000)) }
      } else {
        perform(step)
      }
    }
  }

  /// The programs end; what was told in all.
  func finish() -> [String] {
    for handle in model.handles {
      close(handle.number)
    }
    model.closeAll()
    let changes = observer.changes().joined()
    changes.forEach { replay.take($0) }
    return changes.map(\.word)
  }

  private func perform(_ step: Step) {
    count += 1
    if perform(outside: step) { return }
    let number = model.perform(step)
    switch step {
    case .create(let path): open(path, O_WRONLY | O_CREAT | O_EXCL, number)
    case .open(let path): open(path, O_WRONLY, number)
    case .write(let path):
      if files[number] == nil { open(path, O_WRONLY, number) }
      tree.put(files[number]!, "\(count) ")
    case .close, .unmap: close(number)
    case .map(let path): map(path, number)
    case .truncate(let path): tree.truncate(path)
    case .setMode(let path): tree.chmod(path, 0o700)
    case .makeUnreadable(let path): tree.chmod(path, 0)
    case .makeReadable(let path): tree.chmod(path, 0o755)
    case .setTimes(let path): tree.setTimes(path, seconds: count, withAccess: true)
    case .setModificationTime(let path): tree.setTimes(path, seconds: count, withAccess: false)
    case .makeDirectory(let path): tree.mkdir(path)
    case .makeSymlink(let path): tree.symlink(to: "to \(count)", path)
    case .makeFIFO(let path): tree.mkfifo(path)
    case .remove(let path): tree.unlink(path)
    case .removeDirectory(let path), .removeAll(let path): tree.removeAll(path)
    case .rename(let source, let target): tree.rename(source, target)
    case .exchange(let first, let second): tree.exchange(first, second)
    case .link(let source, let target): tree.link(source, target)
    case .moveOut, .moveIn, .exchangeOutside, .refuseLease, .flush, .pass, .kernel: break
    }
  }

  /// What needs names outside of the tree, which the model chooses.
  private func perform(outside step: Step) -> Bool {
    switch step {
    case .moveOut(let path):
      model.perform(step)
      tree.rename(path, model.departed!)
    case .moveIn(let path, let isDirectory):
      let stranger = stranger(isDirectory: isDirectory)
      model.perform(step)
      tree.rename(stranger, path)
    case .exchangeOutside(let path, let isDirectory):
      let stranger = stranger(isDirectory: isDirectory)
      model.perform(step)
      tree.exchange(stranger, path)
    default: return false
    }
    return true
  }

  private func stranger(isDirectory: Bool) -> String {
    let path = model.stranger(isDirectory: isDirectory)
    if tree.content(path) != nil { return path }
    guard isDirectory else {
      tree.write(path, "new \(count)")
      return path
    }
    tree.mkdir(path)
    tree.write(path + "/f", "new \(count)")
    tree.mkdir(path + "/s")
    tree.write(path + "/s/g", "new \(count)")
    return path
  }

  private func open(_ path: String, _ flags: Int32, _ number: Int) {
    files[number] = tree.open(path, flags)
    precondition(files[number]! >= 0, "\(path) cannot be opened")
  }

  private func close(_ number: Int) {
    if let file = files.removeValue(forKey: number) { tree.close(file) }
    if let mapping = unsafe mappings.removeValue(forKey: number) { unsafe munmap(mapping, 4096) }
  }

  /// Maps a file, writes there and closes it: the mapping stays.
  private func map(_ path: String, _ number: Int) {
    let file = tree.open(path, O_RDWR)
    let mapping = unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)!
    unsafe mapping.storeBytes(of: UInt8(truncatingIfNeeded: count), as: UInt8.self)
    tree.close(file)
    unsafe mappings[number] = mapping
  }
}
