import Glibc
import Simulation
import SyncCore
import Synchronization
import Testing

@testable import SyncEngine

/// The file systems that every test of the disk runs on.
enum DiskKind: CaseIterable, Sendable {
  case memory, temporary, sharedMemory
}

/// A share on some file system, with its staging area and applier, and a user who works in it.
final class DiskWorld {
  static let node = NodeID(bytes: [UInt8](repeating: 1, count: 32))!

  let fileSystem: any FileSystem
  let memory: MemoryFileSystem?
  private(set) var staging: Staging
  private var directories: [String: DirectoryID] = ["": .root]
  /// The root on a real file system.
  let realPath: String?
  private static let count = Mutex(0)

  init(_ kind: DiskKind) throws {
    switch kind {
    case .memory:
      let memory = MemoryFileSystem()
      (fileSystem, self.memory, realPath) = (memory, memory, nil)
    case .temporary, .sharedMemory:
      let number = Self.count.withLock {
        $0 += 1
        return $0
      }
      let base = kind == .temporary ? "/tmp" : "/dev/shm"
      let path = "\(base)/leftd-disk-test-\(getpid())-\(number)"
      unsafe mkdir(path, 0o755)
      (fileSystem, memory, realPath) = (try PosixFileSystem(root: path), nil, path)
    }
    staging = try Staging(fileSystem)
  }

  deinit {
    guard realPath != nil, let root = try? Directory(.root, of: fileSystem) else { return }
    for name in (try? root.names()) ?? [] {
      Trash.remove(RelativePath(components: [name]), in: root, of: fileSystem)
    }
    realPath.map { _ = unsafe rmdir($0) }
  }

  /// A second start of the process on what the disk holds.
  func restart() throws { staging = try Staging(fileSystem) }

  // MARK: Names

  static func path(_ text: String) -> RelativePath { RelativePath(bytes: Array(text.utf8))! }

  /// The id of the directory at a path before the plan.
  func id(_ path: String) -> DirectoryID {
    if let id = directories[path] { return id }
    let id = DirectoryID(high: 1, low: UInt64(directories.count))
    directories[path] = id
    return id
  }

  func place(_ text: String) -> Place {
    let path = Self.path(text)
    return Place(parent: id(String(decoding: path.parent!.bytes, as: UTF8.self)), name: path.name!)
  }

  /// A plan; ids of directories that it makes don't have to be left out of the paths.
  func plan(_ operations: [SyncCore.Operation], id: UInt64 = 1) -> FlipPlan {
    let made = Set(
      operations.compactMap { operation in
        if case .makeDirectory(let id, _, _) = operation { id } else { nil }
      })
    var paths: [DirectoryID: RelativePath] = [:]
    for (path, id) in directories where !made.contains(id) { paths[id] = Self.path(path) }
    return FlipPlan(id: id, directories: paths, operations: operations)
  }

  @discardableResult
  func apply(_ operations: [SyncCore.Operation], id: UInt64 = 1) -> [OperationResult] {
    apply(plan(operations, id: id))
  }

  func apply(_ plan: FlipPlan) -> [OperationResult] {
    applier.apply(plan).results
  }

  var applier: Applier { Applier(fileSystem, staging: staging, node: Self.node) }

  // MARK: The user

  /// Makes a file, or writes over it in place.
  func write(_ text: String, _ content: String, mode: UInt16 = 0o644) throws {
    let path = Self.path(text)
    let parent = try Directory.making(path.parent!, of: fileSystem)
    let file: OpenFile
    do {
      file = try OpenFile(creating: path.name!, in: parent, mode: mode)
    } catch {
      file = try OpenFile(path.name!, in: parent, for: .writing)
      try file.truncate(to: 0)
    }
    try file.write(bytes: Array(content.utf8), at: 0)
  }

  func makeDirectory(_ text: String) throws {
    _ = try Directory.making(Self.path(text), of: fileSystem)
  }

  func makeSymlink(_ text: String, _ target: String) throws {
    let path = Self.path(text)
    let parent = try Directory.making(path.parent!, of: fileSystem)
    try parent.makeSymlink(path.name!, target: Array(target.utf8))
  }

  func move(_ from: String, _ to: String) throws {
    let (from, to) = (Self.path(from), Self.path(to))
    try Directory(from.parent!, of: fileSystem).rename(
      from.name!, to: to.name!, in: Directory(to.parent!, of: fileSystem), .replace)
  }

  func stamp(_ text: String) throws -> FileStamp {
    let path = Self.path(text)
    let stamp = try Directory(path.parent!, of: fileSystem).stamp(of: path.name!)
    return try #require(stamp)
  }

  func flush() throws { try fileSystem.flushAll() }

  // MARK: What is there

  func read(_ path: RelativePath) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  func bytes(_ text: String) throws -> [UInt8] { try bytes(Self.path(text)) }

  private func bytes(_ path: RelativePath) throws -> [UInt8] {
    let parent = try Directory(path.parent!, of: fileSystem)
    let stamp = try #require(try parent.stamp(of: path.name!))
    let file = try OpenFile(path.name!, in: parent, for: .reading)
    return try file.bytes(count: Int(stamp.size))
  }

  /// What a file on a real file system takes of it.
  func allocatedByteCount(_ text: String) throws -> Int {
    var status = Glibc.stat()
    let path = try #require(realPath)
    #expect(unsafe lstat(path + "/" + text, &status) == 0)
    return Int(status.st_blocks) * 512
  }

  /// All paths below a directory: contents of files, `-> target` of links, `/` for directories.
  func tree(_ top: RelativePath = .root) -> [String: String] {
    var tree: [String: String] = [:]
    lookBelow(top, in: fileSystem) { listing in
      for (name, found) in listing.entries {
        let path = listing.directory.appending(name)
        let relative = RelativePath(components: Array(path.components[top.components.count...]))
        let key = String(decoding: relative.bytes, as: UTF8.self)
        switch found {
        case .entry(let stamp) where stamp.kind == .directory: tree[key] = "/"
        case .entry: tree[key] = (try? self.read(path)) ?? "?"
        case .symlink(_, let target): tree[key] = "-> \(String(decoding: target, as: UTF8.self))"
        case .absent, .special, .unreadable, .ignored: tree[key] = "?"
        }
      }
    }
    return tree
  }

  /// Files in the share only.
  var files: [String: String] { tree().filter { $0.value != "/" } }

  /// Files in the trash of the plan.
  func trash(id: UInt64 = 1) -> [String: String] {
    tree(ReservedFolder.trash.appending(ReservedFolder.name(ofPlan: id)))
      .filter { $0.value != "/" }
  }

  /// Everything that is left below `.leftd/flip`.
  var flipLeftovers: [String: String] { tree(ReservedFolder.flip) }

  // MARK: Staging

  func stage(
    _ place: Place, _ content: String, mode: UInt16 = 0o644, mtime: Int64 = 1_000_000_007
  ) throws -> StagedFile {
    let bytes = Array(content.utf8)
    let result = unsafe bytes.withUnsafeBytes { buffer in
      Result { unsafe try staging.putSmall(place: place, bytes: buffer, mode: mode, mtime: mtime) }
    }
    return try result.get()
  }

  func putFile(
    _ path: String, _ content: String, replacing: FileStamp? = nil, mode: UInt16 = 0o644,
    mtime: Int64 = 1_000_000_007
  ) throws -> SyncCore.Operation {
    let place = place(path)
    return .putFile(
      try stage(place, content, mode: mode, mtime: mtime), at: place, replacing: replacing)
  }

  func removeFile(_ path: String) throws -> SyncCore.Operation {
    .removeFile(at: place(path), expected: try stamp(path))
  }

  func removeDirectory(_ path: String) throws -> SyncCore.Operation {
    .removeDirectory(id(path), at: place(path), expected: try stamp(path))
  }

  func moveDirectory(_ from: String, _ to: String) throws -> SyncCore.Operation {
    let stamp = try stamp(from)
    return .moveDirectory(
      id(from), from: place(from), to: place(to), expected: stamp, mode: stamp.mode)
  }

  func moveFile(
    _ from: String, _ to: String, replacing: FileStamp? = nil
  ) throws -> SyncCore.Operation {
    let stamp = try stamp(from)
    return .moveFile(
      from: place(from), to: place(to), expected: stamp, replacing: replacing, mode: stamp.mode,
      mtime: stamp.mtime)
  }
}

extension OperationResult {
  var isDone: Bool { if case .done = self { true } else { false } }
  var stamp: FileStamp? { if case .done(let stamp) = self { stamp } else { nil } }
}

extension [OperationResult] {
  var areDone: Bool { allSatisfy { $0.isDone } }
}

/// A small deterministic generator (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
