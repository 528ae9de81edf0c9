import Glibc
import SyncEngine

/// Small files of leftd's own: configuration and the like.
enum Files {
  /// The most that is read of a configuration file; a larger one is none.
  static let largestByteCount = 1024 * 1024

  /// The bytes of a file.
  static func read(_ file: String) throws(EngineError) -> [UInt8] {
    do throws(Errno) {
      let descriptor = try Descriptor(retrying { unsafe open(file, O_RDONLY | O_CLOEXEC) })
      return try readAll(descriptor.number)
    } catch {
      throw EngineError(
        "cannot read \(printable(file)): \(error)", remedy: "Check the path and its permissions.",
        errno: error.code)
    }
  }

  private static func readAll(_ descriptor: Int32) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Errno(code: errno) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= largestByteCount else { throw Errno(code: EFBIG) }
    }
  }

  /// Gives a file this content, whole or not at all, and durably: written beside it, flushed,
  /// renamed over it. Keeps the mode of what it replaces; a new file gets 0600.
  static func replace(_ file: String, with bytes: [UInt8]) throws(EngineError) {
    let temporary = file + ".new"
    do throws(Errno) {
      var old = stat()
      let mode = unsafe stat(file, &old) == 0 ? old.st_mode & 0o777 : 0o600
      unsafe unlink(temporary)
      try create(temporary, with: bytes, mode: mode)
      guard unsafe rename(temporary, file) == 0 else { throw Errno(code: errno) }
      let parent = directory(of: file)
      let descriptor = try Descriptor(
        retrying { unsafe open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
      guard fsync(descriptor.number) == 0 else { throw Errno(code: errno) }
    } catch {
      unsafe unlink(temporary)
      throw EngineError(
        "cannot write \(printable(file)): \(error)",
        remedy: "Make its directory writable for the user that leftd runs as.", errno: error.code)
    }
  }

  private static func create(
    _ file: String, with bytes: [UInt8], mode: mode_t
  ) throws(Errno) {
    let descriptor = try Descriptor(
      retrying { unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode) })
    guard writeAll(bytes, to: descriptor.number) else { throw Errno(code: errno) }
    guard fsync(descriptor.number) == 0 else { throw Errno(code: errno) }
  }

  /// Makes a directory, and those above it where they are missing.
  static func makeDirectory(_ path: String, mode: mode_t) throws(EngineError) {
    var built = ""
    for part in path.split(separator: "/") {
      built += "/" + part
      if unsafe mkdir(built, mode) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES {
        throw cannotMake(built, errno)
      }
    }
    guard isDirectory(path) else { throw cannotMake(path, ENOTDIR) }
  }

  private static func cannotMake(_ path: String, _ code: Int32) -> EngineError {
    EngineError(
      "cannot make the directory \(printable(path)): \(Errno(code: code))",
      remedy: "Make it yourself, or choose another place.", errno: code)
  }

  /// Whether there is a directory of this name; links are followed.
  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether there is something of this name that we may read.
  static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  /// Everything before the last `/`.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func retrying(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { return -errno }
    }
  }
}
