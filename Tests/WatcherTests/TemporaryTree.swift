import CLinux
import Glibc
import SyncCore

/// A directory to watch below /tmp, with a sibling `../outside`, that goes with its value; and the
/// calls that programs make in it.
final class TemporaryTree: Sendable {
  private let base: String
  var root: String { base + "/share" }

  init() {
    var template = Array("/tmp/watcher-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { preconditionFailure("mkdtemp: \(errno)") }
    base = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    mkdir("")
    mkdir("../outside")
  }

  deinit { Self.removeAll(base) }

  var rootBytes: [UInt8] { Array(root.utf8) }
  func absolute(_ name: String) -> String { name.isEmpty ? root : root + "/" + name }

  /// Creates or overwrites, and closes.
  func write(_ name: String, _ text: String, append: Bool = false) {
    let file = open(name, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC))
    guard file >= 0 else { return }
    put(file, text)
    close(file)
  }

  func open(_ name: String, _ flags: Int32) -> Int32 {
    unsafe Glibc.open(absolute(name), flags, 0o644)
  }
  func put(_ file: Int32, _ text: String) { _ = unsafe Glibc.write(file, text, text.utf8.count) }
  func close(_ file: Int32) { _ = Glibc.close(file) }

  @discardableResult func mkdir(_ name: String) -> Bool {
    unsafe Glibc.mkdir(absolute(name), 0o755) == 0
  }
  @discardableResult func rename(_ source: String, _ target: String) -> Bool {
    unsafe Glibc.rename(absolute(source), absolute(target)) == 0
  }
  func link(_ source: String, _ target: String) {
    _ = unsafe Glibc.link(absolute(source), absolute(target))
  }
  func symlink(to target: String, _ name: String) {
    _ = unsafe Glibc.symlink(target, absolute(name))
  }
  func mkfifo(_ name: String) { _ = unsafe Glibc.mkfifo(absolute(name), 0o644) }
  func exchange(_ first: String, _ second: String) {
    let (one, other) = (Array(absolute(first).utf8), Array(absolute(second).utf8))
    let exchange: Int32 = 2
    _ = unsafe clinux_rename(AT_FDCWD, one, one.count, AT_FDCWD, other, other.count, exchange)
  }
  func truncate(_ name: String) { _ = unsafe Glibc.truncate(absolute(name), 0) }
  /// Sets the time of the modification, and that of the latest access or not.
  func setTimes(_ name: String, seconds: Int, withAccess: Bool) {
    let omitted = (1 << 30) - 2
    let times = [
      timespec(tv_sec: seconds, tv_nsec: withAccess ? 0 : omitted),
      timespec(tv_sec: seconds, tv_nsec: 0),
    ]
    _ = unsafe utimensat(AT_FDCWD, absolute(name), times, AT_SYMLINK_NOFOLLOW)
  }
  func unlink(_ name: String) { _ = unsafe Glibc.unlink(absolute(name)) }
  func chmod(_ name: String, _ mode: mode_t) { _ = unsafe Glibc.chmod(absolute(name), mode) }
  /// A file whose name isn't UTF-8: `h`, D6, newline.
  func makeOddName() {
    let name = root.utf8CString.dropLast() + [0x2F, 0x68, CChar(bitPattern: 0xD6), 0x0A, 0]
    let file = unsafe name.withUnsafeBufferPointer {
      unsafe Glibc.open($0.baseAddress!, O_WRONLY | O_CREAT, 0o644)
    }
    close(file)
  }

  func removeAll(_ name: String) { Self.removeAll(absolute(name)) }

  private static func removeAll(_ path: String) {
    if unsafe Glibc.unlink(path) == 0 { return }
    for name in list(path) { removeAll(path + "/" + name) }
    _ = unsafe rmdir(path)
  }

  static func list(_ path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// What stands at a path; `nil`: nothing.
  func content(_ name: String) -> Content? {
    var status = stat()
    guard unsafe lstat(absolute(name), &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .directory
    case S_IFIFO: return .special
    case S_IFLNK:
      var target = [UInt8](repeating: 0, count: 256)
      let count = unsafe target.withUnsafeMutableBytes {
        unsafe readlink(absolute(name), $0.baseAddress!.assumingMemoryBound(to: CChar.self), 256)
      }
      return .link(String(decoding: target.prefix(max(0, count)), as: UTF8.self))
    default:
      let file = open(name, O_RDONLY)
      defer { close(file) }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, 4096) }
      return .file(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
    }
  }

  /// All below a path, and itself.
  func walk(_ name: String, into tree: inout [String: Content]) {
    guard let content = content(name) else { return }
    if !name.isEmpty { tree[name] = content }
    guard content == .directory else { return }
    for child in Self.list(absolute(name)) where child != ".leftd" {
      walk(name.isEmpty ? child : name + "/" + child, into: &tree)
    }
  }
}
