import Glibc
import SyncCore

/// Standard output or standard error: whole texts in one system call where the kernel allows it,
/// so that lines of two threads or processes are never mixed.
struct Output: Sendable {
  let descriptor: Int32

  static let standard = Output(descriptor: 1)
  static let error = Output(descriptor: 2)

  /// Whether a person sees it.
  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Writes everything; gives up silently where nobody reads any more.
  func write(_ text: String) {
    _ = writeAll(Array(text.utf8), to: descriptor)
  }
}

/// Writes all bytes; `false` where the kernel refused, or a socket's time was over.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  unsafe bytes.withUnsafeBytes { buffer in
    var offset = 0
    while offset < buffer.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
      let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }
}

/// Text with everything escaped that could steer a terminal or break a line.
func printable(_ text: String) -> String { DisplayText.escape(Array(text.utf8)) }
