import Glibc
import SyncEngine

/// Keeps a second daemon away from a state directory. The kernel lets the lock go with the process,
/// however that ends.
struct StateLock: ~Copyable, Sendable {
  private let file: Descriptor

  /// Takes the lock, or says which process has it.
  init(_ directory: String) throws(EngineError) {
    let path = directory + "/leftd.lock"
    do throws(Errno) {
      file = try Self.lock(path)
    } catch {
      throw Self.explain(path, directory, error)
    }
    let text = Array("\(getpid())\n".utf8)
    // The number is for the message below only; the lock holds without it.
    if ftruncate(file.number, 0) == 0 { _ = writeAll(text, to: file.number) }
  }

  private static func lock(_ path: String) throws(Errno) -> Descriptor {
    let result = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    let file = try Descriptor(result >= 0 ? result : -errno)
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else { throw Errno(code: errno) }
    return file
  }

  private static func explain(_ path: String, _ directory: String, _ error: Errno) -> EngineError {
    guard error.code == EWOULDBLOCK else {
      return EngineError(
        "cannot lock \(printable(path)): \(error)",
        remedy: "Make the state directory writable for this user, or choose another by --state.",
        errno: error.code)
    }
    let bytes = try? Files.read(path)
    let process = bytes.map { String(decoding: $0.prefix { $0 >= 0x30 }, as: UTF8.self) } ?? "?"
    return EngineError(
      "leftd is already running (pid \(process)) with the state in \(printable(directory))",
      remedy: "Stop it first, or choose another state directory with --state.", errno: error.code)
  }
}
