import CLinux
import SyncCore

/// The held root directory. Everything is opened beneath it and through no symbolic link, so that a
/// link swapped in at the wrong moment leads nowhere.
struct ShareRoot: ~Copyable, Sendable {
  let descriptor: Descriptor

  /// Opens the directory at an absolute path.
  init(path: [UInt8]) throws(WatcherError) {
    let number = unsafe Self.withPath(path) { unsafe clinux_watch_open_root($0) }
    guard path.first == UInt8(ascii: "/"), let descriptor = Descriptor(number) else {
      throw WatcherError(
        problem: "cannot open the directory \(DisplayText.escape(path)) to watch it",
        remedy: "Give the absolute path of a directory that exists and can be read.",
        errno: number < 0 ? -number : 0)
    }
    self.descriptor = descriptor
  }

  /// Opens a directory for watching and listing, or returns -errno.
  func open(_ path: RelativePath) -> Int32 {
    let bytes = path.isRoot ? [UInt8(ascii: ".")] : path.bytes
    return unsafe Self.withPath(bytes) {
      unsafe clinux_watch_open_beneath(descriptor.number, $0)
    }
  }

  /// Whether the file at `path` is open for writing by anyone (fcntl(2), leases). About 10 µs.
  func probe(_ path: RelativePath) -> Settler.ProbeAnswer {
    // RACE: who opens the file between this answer and the report isn't seen here; the events of
    // the writing that follows make the path pending again.
    let answer = unsafe Self.withPath(path.bytes) {
      unsafe clinux_watch_has_writer(descriptor.number, $0)
    }
    return answer == 1 ? .writer : answer == 0 ? .noWriter : .unknown
  }

  /// The directory that the root lies in, for watching; or -errno.
  func openParent() -> Int32 { clinux_watch_open_parent(descriptor.number) }

  /// Whether the root has been deleted. Because it is held open, no event of its own tells that.
  var isDeleted: Bool { clinux_watch_is_deleted(descriptor.number) == 1 }

  /// The bytes as a C string.
  static func withPath<Result>(
    _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
  ) -> Result {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
      for index in bytes.indices { unsafe buffer[index] = CChar(bitPattern: bytes[index]) }
      unsafe buffer[bytes.count] = 0
      return unsafe body(UnsafePointer(buffer.baseAddress!))
    }
  }
}
