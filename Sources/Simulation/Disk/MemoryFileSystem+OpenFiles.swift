import SyncCore
import SyncEngine
import Synchronization

/// Users' programs that keep files open after writing to them.
extension MemoryFileSystem {
  /// How many of the files that users write they leave open.
  func leaveOpen(percent: UInt64) { state.withLock { $0.leftOpenPercent = percent } }

  /// Closes a file after writing, now or later.
  func letGo(_ handle: FileHandle) {
    state.withLock { disk in
      var chance = SplitMix64(seed: UInt64(bitPattern: disk.time))
      if chance.next() % 100 < disk.leftOpenPercent {
        disk.leftOpen.append(handle.rawValue)
      } else {
        disk.close(handle.rawValue)
      }
    }
  }

  /// Closes one of them by chance; its handle.
  func closeOne(using generator: inout SplitMix64) -> Int32? {
    state.withLock { disk in
      guard !disk.leftOpen.isEmpty, generator.next() % 3 == 0 else { return nil }
      let handle = disk.leftOpen.remove(at: Int(generator.next() % UInt64(disk.leftOpen.count)))
      disk.close(handle)
      return handle
    }
  }

  /// Closes all of them.
  func closeAll() {
    state.withLock { disk in
      for handle in disk.leftOpen { disk.close(handle) }
      disk.leftOpen = []
    }
  }
}
