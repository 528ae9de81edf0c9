import CLinux
import SyncCore

/// Flushing the share: what users wrote, too, so that a power cut is not taken for their doing.
extension Control {
  /// Before anything is looked at.
  func secureShare() {
    let (applier, log) = (applier, log)
    diskQueue.run {
      do throws(FileError) {
        try applier.secure()
      } catch {
        log.write(Self.unflushed(error))
      }
    }
  }

  /// Flushes the share, with whatever flips wait for going on beside it.
  func startSecuring(upTo sequence: UInt64) {
    let (fileSystem, mailbox, log) = (fileSystem, mailbox, log)
    longQueue.run {
      do throws(FileError) {
        try fileSystem.flushAllApart()
        mailbox.post(.input(.secured(sequence)))
      } catch {
        log.write(Self.unflushed(error))
      }
    }
  }

  private static func unflushed(_ error: FileError) -> LogEntry {
    LogEntry(
      .warning,
      "The share could not be flushed to its disk: \(error). What was written last may be lost if "
        + "the power goes. Check the disk.")
  }

  /// At the end nobody is left to flush in time. What fails is doubted then, and no more.
  func secureAtEnd() {
    guard engine.isUnsecured else { return }
    let mark = SecuredMark(sequence: index.sequence, boot: engine.boot)
    guard (try? fileSystem.flushAllApart()) != nil else { return }
    try? index.transaction { () throws(IndexError) in try index.note(mark) }
  }

  /// A number for this run of the machine: when it was started, in nanoseconds since 1970 UTC. It
  /// is the `former` one unless they differ by more than clocks that are corrected do. The kernel's
  /// own number for it (`boot_id`) is out of a sandboxed service's sight.
  static func boot(comparedWith former: Int64) -> Int64 {
    let started = clinux_wall_nanoseconds() - clinux_boot_nanoseconds()
    return abs(started - former) < Limits.bootToleranceNanoseconds ? former : started
  }
}
