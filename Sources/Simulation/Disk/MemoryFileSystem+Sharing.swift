import Glibc
public import SyncCore
public import SyncEngine
import Synchronization

/// Blocks that files share, as on XFS and Btrfs.
extension MemoryFileSystem {
  /// See `FileSystem`. Here every file has a name.
  public func createNameless(in directory: FileHandle) throws(FileError) -> FileHandle {
    throw FileError(EOPNOTSUPP, .create)
  }

  /// See `FileSystem`. Here every file has one name.
  public func link(
    _ name: Name, in directory: FileHandle, as newName: Name, in newDirectory: FileHandle
  ) throws(FileError) {
    throw FileError(EOPNOTSUPP, .link, newName)
  }

  /// See `FileSystem`. What is shared is as good as written, and may be lost as that.
  public func share(
    _ range: Range<Int64>?, of source: FileHandle, into handle: FileHandle, at offset: Int64
  ) throws(FileError) {
    try call(.share) { disk throws(FileError) in
      disk.shared.callCount += 1
      if disk.refusesSharing { throw FileError(EOPNOTSUPP, .share) }
      let data = disk.nodes[try disk.inode(source)]?.data ?? []
      let range = range ?? 0..<Int64(data.count)
      guard range.upperBound <= Int64(data.count) else { throw FileError(EINVAL, .share) }
      let bytes = data[Int(range.lowerBound)..<Int(range.upperBound)]
      try disk.change(handle, by: .file) { node in
        let end = Int(offset) + bytes.count
        if node.data.count < end {
          node.data += Array(repeating: 0, count: end - node.data.count)
        }
        node.data.replaceSubrange(Int(offset)..<end, with: bytes)
      }
      disk.shared.byteCount += bytes.count
    }
  }

  /// From now on no blocks can be shared, as on most file systems.
  public func refuseSharing() { state.withLock { $0.refusesSharing = true } }

  /// Bytes that were shared, and how often sharing was tried.
  public var shared: (byteCount: Int, callCount: Int) { state.withLock { $0.shared } }
}
