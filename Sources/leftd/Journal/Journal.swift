import CLinux
import CSystemd
import Glibc
import SyncCore
import SyncEngine

/// The systemd journal, in its own protocol: an entry keeps its fields, and a path its bytes.
enum Journal {
  /// Whether standard error leads to the journal (systemd.exec(5), `$JOURNAL_STREAM`).
  static func isStandardError(_ environment: Environment) -> Bool {
    var device: UInt64 = 0
    var inode: UInt64 = 0
    guard unsafe clinux_descriptor_identity(2, &device, &inode) == 0 else { return false }
    return environment.variables["JOURNAL_STREAM"] == "\(device):\(inode)"
  }

  /// Sends one entry (sd_journal_send(3)); where the journal is gone, it is lost.
  static func send(_ entry: LogEntry) {
    var bytes: [UInt8] = []
    var lengths: [Int] = []
    for field in fields(of: entry) {
      bytes += field
      lengths.append(field.count)
    }
    unsafe bytes.withUnsafeMutableBytes { buffer in
      var offset = 0
      var vectors: [iovec] = unsafe []
      for length in lengths {
        let start = unsafe buffer.baseAddress?.advanced(by: offset)
        unsafe vectors.append(iovec(iov_base: start, iov_len: length))
        offset += length
      }
      unsafe sd_journal_sendv(vectors, Int32(lengths.count))
    }
  }

  /// `NAME=value` for each field of systemd.journal-fields(7) and each of ours.
  static func fields(of entry: LogEntry) -> [[UInt8]] {
    var fields = [
      Array("MESSAGE=\(LogLine.withoutControls(entry.message))".utf8),
      Array("PRIORITY=\(entry.level.rawValue)".utf8),
      Array("SYSLOG_IDENTIFIER=leftd".utf8),
    ]
    if let peer = entry.peer { fields.append(Array("LEFT_PEER=\(peer)".utf8)) }
    if let path = entry.path { fields.append(Array("LEFT_PATH=".utf8) + path.bytes) }
    if let set = entry.set { fields.append(Array("LEFT_SET=\(set)".utf8)) }
    return fields
  }
}
