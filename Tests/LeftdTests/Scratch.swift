import Foundation
import Glibc
import Synchronization

/// A directory of this test run.
enum Scratch {
  private static let counter = Atomic(0)

  /// Its absolute path.
  static let root: String = {
    // As the program does: a peer that hangs up must not end the process.
    signal(SIGPIPE, SIG_IGN)
    let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    let path = "\(base)/leftd-tests-\(getpid())"
    unsafe mkdir(path, 0o700)
    atexit { try? FileManager.default.removeItem(atPath: Scratch.root) }
    return path
  }()

  /// A number that nobody else in this run gets.
  static func next() -> Int { counter.add(1, ordering: .relaxed).newValue }

  /// A new empty directory.
  static func directory() -> String {
    let path = "\(root)/\(next())"
    unsafe mkdir(path, 0o700)
    return path
  }

  /// The content of a file as text; empty if there is none.
  static func read(_ path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  /// Makes a file with this text.
  static func write(_ path: String, _ text: String) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(descriptor, bytes, bytes.count)
  }
}
