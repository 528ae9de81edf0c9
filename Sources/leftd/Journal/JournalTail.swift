import CSystemd
import Glibc

/// The last lines that a daemon wrote to the journal.
enum JournalTail {
  /// The newest lines of the unit that the process belongs to; none if it belongs to no unit of
  /// ours, or if there is no `journalctl`.
  static func lines(ofProcess process: pid_t, count: Int) -> [String] {
    if let unit = unsafe unit({ unsafe sd_pid_get_unit(process, $0) }) {
      return journalctl(["-u", unit], count)
    }
    if let unit = unsafe unit({ unsafe sd_pid_get_user_unit(process, $0) }) {
      return journalctl(["--user-unit", unit], count)
    }
    return []
  }

  private static func unit(
    _ ask: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  ) -> String? {
    var name: UnsafeMutablePointer<CChar>?
    guard unsafe ask(&name) >= 0, let name = unsafe name else { return nil }
    defer { unsafe free(name) }
    let unit = unsafe String(cString: name)
    return unit.hasPrefix("leftd") && unit.hasSuffix(".service") ? unit : nil
  }

  private static func journalctl(_ selection: [String], _ count: Int) -> [String] {
    let arguments =
      ["journalctl"] + selection + ["-n", String(count), "-q", "--no-pager", "-o", "short"]
    return Subprocess.output(arguments).split(separator: UInt8(ascii: "\n")).map {
      LogLine.withoutControls(String(decoding: $0, as: UTF8.self))
    }
  }
}
