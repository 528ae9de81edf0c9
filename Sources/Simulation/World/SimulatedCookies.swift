import Glibc
import SyncCore
import SyncEngine
import Watcher

/// The watcher's markers on a simulated disk: what `SyncCookie` is on a real one.
struct SimulatedCookies {
  private static let folder = Name("cookies".utf8)

  private let disk: MemoryFileSystem
  private var watch: Int32 = -1
  private var lastNumber = 0
  /// Markers that have been made and not yet been seen, with what they stand for.
  private var outstanding: [Name: UInt64] = [:]

  init(_ disk: MemoryFileSystem) { self.disk = disk }

  /// Whether this event concerns markers.
  func owns(_ event: RawEvent) -> Bool { event.watch == watch && watch >= 0 }

  /// Makes a marker for a token.
  mutating func plant(_ token: UInt64) throws(FileError) {
    let directory = try openFolder()
    defer { disk.close(directory) }
    while true {
      lastNumber += 1
      guard let name = Name(String(lastNumber).utf8) else { return }
      do throws(FileError) {
        disk.close(try disk.create(name, in: directory, mode: 0o600))
        outstanding[name] = token
        return
      } catch  where error.errno == EEXIST {
        // One that an earlier process left: only events are believed.
        try disk.removeFile(name, in: directory)
      }
    }
  }

  /// The token whose marker's creation this event tells.
  mutating func recognise(_ event: RawEvent) -> UInt64? {
    guard event.mask.contains(.created), let name = event.name,
      let token = outstanding.removeValue(forKey: name)
    else { return nil }
    remove([name])
    return token
  }

  /// Gives back the tokens whose events can no longer come, to be planted again.
  mutating func uproot() -> [UInt64] {
    remove(outstanding.keys.sorted())
    defer { outstanding = [:] }
    return outstanding.values.sorted()
  }

  /// A marker that can't be removed is in nobody's way.
  private mutating func remove(_ names: [Name]) {
    guard !names.isEmpty, let directory = try? openFolder() else { return }
    defer { disk.close(directory) }
    for name in names { try? disk.removeFile(name, in: directory) }
  }

  /// The markers' directory, made if it isn't there, and watched.
  private mutating func openFolder() throws(FileError) -> FileHandle {
    guard let name = Self.folder else { throw FileError(EINVAL, .open) }
    let above = try disk.open(
      RelativePath(components: [.reserved]), in: disk.root, for: .directory)
    defer { disk.close(above) }
    do throws(FileError) {
      try disk.makeDirectory(name, in: above, mode: 0o700)
    } catch  where error.errno == EEXIST {}
    let folder = try disk.open(name, in: above, for: .directory)
    if watch < 0 { watch = disk.watchMarkers(in: folder) }
    if watch < 0 {
      disk.close(folder)
      throw FileError(-watch, .open)
    }
    return folder
  }
}
