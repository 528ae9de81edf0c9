import CLinux
import SyncCore
import SyncEngine
import Testing
import Watcher

@testable import Simulation

/// The simulated kernel tells of the same calls what the real one tells.
@Suite(.serialized) struct InotifyTests {
  /// A disk, and what is watched on it.
  private final class Side {
    let world: DiskWorld
    /// The inotify descriptor of a real one.
    let descriptor: Int32?
    private var files: [FileHandle] = []
    private var directories: [FileHandle] = []
    private var cookies: [UInt32: UInt32] = [:]

    init(_ kind: DiskKind) throws {
      world = try DiskWorld(kind)
      descriptor = world.realPath == nil ? nil : clinux_watch_open()
      world.memory?.openInotify(queueLimit: 1000, watchLimit: 1000)
    }

    deinit {
      (files + directories).forEach(world.fileSystem.close)
      if let descriptor { clinux_watch_close(descriptor) }
    }

    /// The watch; `nil` if there is no such directory.
    func watch(_ path: RelativePath) throws -> Int32? {
      if let memory = world.memory {
        let watch = memory.watch(path, isRoot: true) { _ in }
        return watch < 0 ? nil : watch
      }
      let directory: FileHandle
      do {
        directory = try world.fileSystem.open(path, in: world.fileSystem.root, for: .directory)
      } catch { return nil }
      defer { world.fileSystem.close(directory) }
      let excludeUnlinked: UInt32 = 0x0400_0000
      let mask = RawEvent.Mask.ofDirectories.union(.ofRoot).rawValue | excludeUnlinked
      return clinux_watch_add(try #require(descriptor), directory.rawValue, mask)
    }

    func unwatch(_ watch: Int32) {
      world.memory?.unwatch(watch)
      if let descriptor { _ = clinux_watch_remove(descriptor, watch) }
    }

    /// What has been queued; renames are numbered as they come.
    func events() -> [RawEvent] {
      var bytes = world.memory?.readEvents(byteCount: 1 << 20) ?? []
      if let descriptor {
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
          unsafe count = clinux_watch_read(descriptor, buffer.baseAddress, buffer.count)
        }
      }
      var events: [RawEvent] = []
      let isWhole = unsafe bytes.withUnsafeBytes { buffer in
        unsafe EventDecoder.decode(buffer) { event in
          var event = event
          if event.cookie != 0 {
            let next = UInt32(cookies.count + 1)
            let number = cookies[event.cookie] ?? next
            cookies[event.cookie] = number
            event.cookie = number
          }
          events.append(event)
        }
      }
      #expect(isWhole)
      return events
    }

    /// Does something; whether it wasn't refused.
    func perform(_ action: Action) -> Bool {
      do throws(FileError) {
        try perform(action, on: world.fileSystem)
        return true
      } catch { return false }
    }

    private func parent(_ path: RelativePath) throws(FileError) -> FileHandle {
      try world.fileSystem.open(path.parent ?? .root, in: world.fileSystem.root, for: .directory)
    }

    private func perform(
      _ action: Action, on disk: any FileSystem
    ) throws(FileError) {
      let directory = try parent(action.path)
      defer { disk.close(directory) }
      let name = action.path.name ?? .reserved
      switch action.kind {
      case .create: files.append(try disk.create(name, in: directory, mode: 0o644))
      case .open: files.append(try disk.open(name, in: directory, for: .writing))
      case .openDirectory: directories.append(try disk.open(name, in: directory, for: .directory))
      case .write:
        guard let file = files.last else { return }
        try disk.setMtime(file, 5_000_000_000)
        try disk.truncate(file, to: 3)
      case .append:
        guard let file = files.last else { return }
        // Only what it tells counts.
        let bytes: [UInt8] = [1, 2]
        _ = try? unsafe bytes.withUnsafeBytes { try unsafe disk.write(file, $0, at: 0) }
      case .close: if !files.isEmpty { disk.close(files.removeFirst()) }
      case .closeDirectory: if !directories.isEmpty { disk.close(directories.removeFirst()) }
      case .setMode:
        let entry = try disk.open(name, in: directory, for: .reading)
        defer { disk.close(entry) }
        try disk.setMode(entry, 0o700)
      case .makeDirectory: try disk.makeDirectory(name, in: directory, mode: 0o755)
      case .makeSymlink: try disk.makeSymlink(name, in: directory, target: [97])
      case .removeFile: try disk.removeFile(name, in: directory)
      case .removeDirectory: try disk.removeDirectory(name, in: directory)
      case .rename(let mode):
        let target = try parent(action.other)
        defer { disk.close(target) }
        try disk.rename(name, in: directory, to: action.other.name ?? name, in: target, mode)
      }
    }
  }

  private struct Action {
    enum Kind {
      case create, open, openDirectory, write, append, close, closeDirectory, setMode,
        makeDirectory,
        makeSymlink
      case removeFile, removeDirectory
      case rename(RenameMode)
    }

    static let kinds: [Kind] = [
      .create, .create, .open, .openDirectory, .write, .append, .close, .closeDirectory, .setMode,
      .makeDirectory,
      .makeDirectory, .makeSymlink, .removeFile, .removeDirectory, .rename(.noReplace),
      .rename(.exchange),
    ]

    var kind: Kind
    var path: RelativePath
    var other: RelativePath
  }

  private static func somewhere(_ random: inout SplitMix) -> RelativePath {
    let names = ["a", "b", "c"]
    let count = Int.random(in: 1...3, using: &random)
    let words = (0..<count).map { _ in names.randomElement(using: &random) ?? "a" }
    return DiskWorld.path(words.joined(separator: "/"))
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func theSameCallsMakeTheSameEvents(_ seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let simulated = try Side(.memory)
    let real = try Side(.temporary)
    #expect(try simulated.watch(.root) == real.watch(.root))
    for round in 0..<400 {
      let path = Self.somewhere(&random)
      if Int.random(in: 0..<6, using: &random) == 0 {
        #expect(try simulated.watch(path) == real.watch(path))
      } else if Int.random(in: 0..<30, using: &random) == 0 {
        let watch = Int32.random(in: 2...9, using: &random)
        simulated.unwatch(watch)
        real.unwatch(watch)
      } else {
        let kind = Action.kinds.randomElement(using: &random) ?? .create
        let action = Action(kind: kind, path: path, other: Self.somewhere(&random))
        #expect(simulated.perform(action) == real.perform(action), "\(round): \(action)")
        let (told, expected) = (simulated.events(), real.events())
        try #require(told == expected, "\(round): \(action)")
      }
    }
  }

  @Test func whatDoesNotFitIsDropped() throws {
    let side = try Side(.memory)
    let memory = try #require(side.world.memory)
    memory.openInotify(queueLimit: 2, watchLimit: 1)
    #expect(try side.watch(.root) == 1)
    for name in ["a", "b", "c", "d"] { try side.world.makeDirectory(name) }
    let told = side.events()
    #expect(told.map { $0.name.map { "\($0)" } } == ["a", "b", nil])
    #expect(told.last?.mask == .queueOverflow && told.last?.watch == -1)
    try side.world.makeDirectory("e")
    #expect(side.events().count == 1)
    #expect(memory.watch(DiskWorld.path("a"), isRoot: false) { _ in } == -28)
    memory.raiseWatchLimit()
    #expect(memory.watch(DiskWorld.path("a"), isRoot: false) { _ in } == 2)
  }
}
