import CLinux
import Glibc
import SyncCore

/// The trash is bounded while the daemon runs: after flips, since only they fill it, and with the
/// audit, since things get old by themselves.
extension Control {
  /// Thins the trash if that has not been done lately.
  func collectTrashInTime() {
    let interval =
      settings.trashByteCount == nil
      ? Limits.collectionIntervalNanoseconds : Limits.thinningIntervalNanoseconds
    if clinux_boot_nanoseconds() - lastCollection > interval { collectTrash() }
  }

  /// Lets go of what is past its age; where the trash has a size, only as much as is above it.
  func collectTrash() {
    lastCollection = clinux_boot_nanoseconds()
    let (applier, fileSystem, log) = (applier, fileSystem, log)
    let oldest = clinux_wall_nanoseconds() - settings.trashNanoseconds
    let (size, review) = (settings.trashByteCount, reviewOfOutgoing())
    diskQueue.run {
      do throws(FileError) {
        let kept = review()
        try applier.clearFlips()
        if let size {
          _ = try Trash.thin(.size(size), before: oldest, keeping: kept, of: fileSystem)
        } else {
          try Trash.collect(before: oldest, keeping: kept, of: fileSystem)
        }
      } catch {
        log.write(LogEntry(.warning, "The trash could not be emptied of what is old: \(error)"))
      }
    }
  }

  /// The disk is full: superseded versions go first, then all that is past its age.
  func makeRoom(after input: Input) {
    guard let isCertain = input.isOutOfRoom,
      clinux_boot_nanoseconds() - lastRoomMaking > Limits.roomIntervalNanoseconds
    else { return }
    lastRoomMaking = clinux_boot_nanoseconds()
    let (fileSystem, log) = (fileSystem, log)
    let oldest = clinux_wall_nanoseconds() - settings.trashNanoseconds
    let review = reviewOfOutgoing()
    diskQueue.run {
      guard isCertain || !fileSystem.hasRoom(fileSystem.root) else { return }
      do throws(FileError) {
        let kept = review()
        if try Trash.thin(.room, before: oldest, keeping: kept, of: fileSystem) == 0 {
          try Trash.collect(before: oldest, keeping: kept, of: fileSystem)
        }
      } catch {
        log.write(LogEntry(.warning, "The trash could not be thinned: \(error)"))
      }
    }
  }
}

extension Input {
  /// Whether it certainly tells of a full disk; `nil` if it certainly doesn't.
  fileprivate var isOutOfRoom: Bool? {
    switch self {
    case .stageFailed(_, let errno): errno == ENOSPC || errno == EDQUOT ? true : nil
    case .fetched(_, _, _, _, let failed): failed.isEmpty ? nil : false
    case .copied(_, _, let file): file == nil ? false : nil
    case .flipped(let result):
      result.results.contains(.failed(ENOSPC)) || result.results.contains(.failed(EDQUOT))
        ? true : nil
    case _: nil
    }
  }
}
