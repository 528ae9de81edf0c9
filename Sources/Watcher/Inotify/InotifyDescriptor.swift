import CLinux
import SyncCore

/// The inotify instance: adds and removes watches, reads events (inotify(7)).
struct InotifyDescriptor: ~Copyable, Sendable {
  /// Nothing about files that are already deleted.
  private static let mask = RawEvent.Mask.ofDirectories.rawValue | onlyDirectories | excludeUnlinked

  private static let onlyDirectories: UInt32 = 0x0100_0000
  private static let addToMask: UInt32 = 0x2000_0000
  private static let excludeUnlinked: UInt32 = 0x0400_0000

  private let descriptor: Descriptor

  /// A new instance.
  init() throws(WatcherError) {
    let number = clinux_watch_open()
    guard let descriptor = Descriptor(number) else {
      throw WatcherError(
        problem: "cannot create an inotify instance",
        remedy: "Raise fs.inotify.max_user_instances, or the limit of open files.", errno: -number)
    }
    self.descriptor = descriptor
  }

  var number: Int32 { descriptor.number }

  /// Watches the open directory; returns the watch, or -errno.
  func add(_ directory: borrowing Descriptor, isRoot: Bool) -> Int32 {
    let root = isRoot ? RawEvent.Mask.ofRoot.rawValue : 0
    return clinux_watch_add(number, directory.number, Self.mask | root)
  }

  /// Watches the directory of the markers for new ones, and for its own end.
  func addMarkers(_ directory: borrowing Descriptor) -> Int32 {
    let mask = RawEvent.Mask([.created, .selfDeleted, .selfMoved]).rawValue
    return clinux_watch_add(number, directory.number, mask | Self.onlyDirectories)
  }

  /// Watches the directory that the root lies in for deletions. Adds to what is asked of that
  /// directory already: the parent of `/` is `/`.
  func addParent(_ directory: borrowing Descriptor) -> Int32 {
    let mask = RawEvent.Mask([.deleted]).rawValue
    return clinux_watch_add(number, directory.number, mask | Self.onlyDirectories | Self.addToMask)
  }

  /// Ends a watch; one that the kernel has ended already is none of our business.
  func remove(_ watch: Int32) { _ = clinux_watch_remove(number, watch) }

  /// Reads and decodes what is there, up to the buffer's size. Returns how many bytes that was, and
  /// whether all of them were understood.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, _ body: (RawEvent) -> Void
  ) -> (byteCount: Int, isWhole: Bool) {
    let count = unsafe clinux_watch_read(number, buffer.baseAddress, buffer.count)
    precondition(count >= 0, "read from inotify: errno \(-count)")
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
    return (count, unsafe EventDecoder.decode(bytes, body))
  }
}
