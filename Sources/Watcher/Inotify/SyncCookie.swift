import CLinux
import Glibc
import SyncCore

/// Marker files by which the watcher knows how far it has read: the kernel queues events in order,
/// so that the event of a marker comes after those of everything done before it was made.
struct SyncCookie: ~Copyable {
  private static let directoryPath = RelativePath(
    components: [.reserved, Name(literal: "cookies")])

  /// Markers tried before the reason is given up on.
  private static let attemptCount = 1024

  private var directory: Descriptor?
  /// The descriptor's number; -1 without one.
  private var directoryNumber: Int32 = -1
  private var watch: Int32 = -1
  private var nextNumber: UInt64 = 1
  /// Markers that have been made and not yet been seen, with what they stand for.
  private var outstanding: [[UInt8]: UInt64] = [:]
  /// Tokens whose markers went with their directory.
  private var stranded: [UInt64] = []

  /// Whether this event concerns markers; if so it goes no further.
  func owns(_ event: RawEvent) -> Bool { event.watch == watch && watch >= 0 }

  /// Makes a marker for this token. Returns 0 or -errno.
  mutating func plant(
    _ token: UInt64, root: borrowing ShareRoot, inotify: borrowing InotifyDescriptor
  ) -> Int32 {
    var result: Int32 = 0
    for _ in 0..<Self.attemptCount {
      result = openDirectory(root: root, inotify: inotify)
      if result < 0 { return result }
      let name = Array(String(nextNumber).utf8)
      nextNumber += 1
      let number = directoryNumber
      result = unsafe ShareRoot.withPath(name) { unsafe clinux_watch_create(number, $0) }
      switch result {
      case 0:
        outstanding[name] = token
        return 0
      case -EEXIST:
        // A marker that an earlier process left: never believed, since only events are.
        remove(name)
      case -ENOENT:
        // The directory was deleted, and the event that tells so hasn't been read yet.
        stranded += uproot()
        forgetDirectory()
      default:
        return result
      }
    }
    return result
  }

  /// The token whose marker's creation this event tells.
  mutating func recognise(_ event: RawEvent) -> UInt64? {
    guard event.mask.contains(.created), let name = event.name?.bytes,
      let token = outstanding.removeValue(forKey: name)
    else { return nil }
    remove(name)
    return token
  }

  /// Gives back the tokens that `plant` found to be lost, to be planted again.
  mutating func takeStranded() -> [UInt64] {
    defer { stranded = [] }
    return stranded
  }

  /// Gives back the tokens whose events can no longer come, to be planted again.
  mutating func uproot() -> [UInt64] {
    for name in outstanding.keys { remove(name) }
    defer { outstanding = [:] }
    return outstanding.values.sorted()
  }

  /// The directory was deleted or renamed: the next marker makes a new one.
  mutating func forgetDirectory() {
    watch = -1
    directoryNumber = -1
    directory = nil
  }

  /// Makes and watches the directory of the markers if it isn't. Returns 0 or -errno.
  mutating func openDirectory(
    root: borrowing ShareRoot, inotify: borrowing InotifyDescriptor
  ) -> Int32 {
    if watch >= 0 { return 0 }
    var parent = root.open(.root)
    for (depth, name) in Self.directoryPath.components.enumerated() {
      guard let above = Descriptor(parent) else { return parent }
      let made = unsafe ShareRoot.withPath(name.bytes) {
        unsafe clinux_watch_make_directory(above.number, $0)
      }
      if made < 0 { return made }
      parent = root.open(
        RelativePath(components: Array(Self.directoryPath.components[...depth])))
    }
    guard let opened = Descriptor(parent) else { return parent }
    watch = inotify.addMarkers(opened)
    if watch < 0 { return watch }
    directoryNumber = opened.number
    directory = consume opened
    return 0
  }

  private func remove(_ name: [UInt8]) {
    let number = directoryNumber
    _ = unsafe ShareRoot.withPath(name) { unsafe clinux_watch_unlink(number, $0) }
  }
}
