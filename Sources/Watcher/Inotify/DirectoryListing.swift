import CLinux
import SyncCore

/// Lists the directories in a directory by getdents64(2), without looking at anything else in it.
enum DirectoryListing {
  private static let typeOffset = 18
  private static let nameOffset = 19
  private static let unknownType: UInt8 = 0
  private static let directoryType: UInt8 = 4

  /// Calls `body` with the name of every subdirectory. `buffer` is working space. Returns 0 or
  /// -errno.
  static func forEachDirectory(
    in directory: borrowing Descriptor, buffer: UnsafeMutableRawBufferPointer,
    _ body: (Name) -> Void
  ) -> Int32 {
    while true {
      let count = unsafe clinux_watch_list(directory.number, buffer.baseAddress, buffer.count)
      if count <= 0 { return Int32(count) }
      var offset = 0
      while offset < count {
        let entry = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset..<count])
        let length = Int(unsafe entry.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
        let type = unsafe entry[typeOffset]
        offset += length
        guard type == directoryType || type == unknownType else { continue }
        var end = nameOffset
        while unsafe entry[end] != 0 { end += 1 }
        // `.` and `..` aren't names.
        guard let name = Name(unsafe [UInt8](entry[nameOffset..<end])) else { continue }
        if type == unknownType && !isDirectory(name, in: directory) { continue }
        body(name)
      }
    }
  }

  /// For file systems that don't tell types in listings.
  private static func isDirectory(_ name: Name, in directory: borrowing Descriptor) -> Bool {
    let number = directory.number
    return unsafe ShareRoot.withPath(name.bytes) { unsafe clinux_watch_is_directory(number, $0) }
      == 1
  }
}
