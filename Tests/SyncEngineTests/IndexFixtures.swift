import Glibc
import SyncCore
import SyncEngine

/// A generator of numbers that gives the same ones for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A directory of its own for one test, removed with everything in it at the end.
final class IndexDirectory {
  let path: String
  /// Where the test's index lies.
  var index: String { path + "/index.sqlite" }

  init() {
    var template = Array("/tmp/leftd-index-XXXXXX".utf8CString)
    unsafe template.withUnsafeMutableBufferPointer { buffer in
      precondition(unsafe mkdtemp(buffer.baseAddress!) != nil)
    }
    path = unsafe template.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) }
  }

  deinit {
    for name in names { unsafe unlink(path + "/" + name) }
    unsafe rmdir(path)
  }

  /// What lies in the directory.
  var names: [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
        unsafe start.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The bytes of a file; empty if it isn't there.
  static func read(_ path: String) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    var bytes = [UInt8](repeating: 0, count: size)
    precondition(unsafe pread(descriptor, &bytes, size, 0) == size)
    return bytes
  }

  /// Makes or replaces a file.
  static func write(_ bytes: [UInt8], to path: String) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0)
    defer { close(descriptor) }
    precondition(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }

  /// What a crash of the process would leave of this directory's index, in another directory.
  func copy() -> IndexDirectory {
    let other = IndexDirectory()
    for name in names { Self.write(Self.read(path + "/" + name), to: other.path + "/" + name) }
    return other
  }
}

extension NodeID {
  /// A node for tests.
  init(testing byte: UInt8) {
    self = NodeID(bytes: [UInt8](repeating: byte, count: 32))!
  }
}

extension SQLiteIndex {
  /// The index of the tests' own node.
  static func testing(_ path: String?, incarnation: UInt64 = 7) throws(IndexError) -> SQLiteIndex {
    try SQLiteIndex(path: path, node: NodeID(testing: 1), randomIncarnation: incarnation)
  }

  /// A file's row as a local change makes it, with the next sequence.
  func putFile(
    _ name: String, in parent: DirectoryID = .root, content: UInt64 = 1, size: Int64 = 10,
    isHeld: Bool = true
  ) throws(IndexError) {
    let sequence = try nextSequence()
    let version = Version(dot: Dot(actor: actor, counter: sequence), after: nil, time: 1)
    let stamp = FileStamp(
      kind: .file, inode: sequence, size: size, mtime: 1, ctime: 1, btime: 1, mode: 0o644)
    try put(
      Row(
        entry: Entry(
          place: Place(parent: parent, name: Name(name.utf8)!),
          body: .file(ContentID(words: (content, 0, 0, 0)), size: size), mode: 0o644, mtime: 1,
          version: version),
        observed: isHeld ? stamp : nil,
        sequence: sequence, source: nil))
  }

  /// The names in a directory.
  func names(in parent: DirectoryID = .root) throws(IndexError) -> [String] {
    try children(of: parent).map { String(decoding: $0.entry.place.name.bytes, as: UTF8.self) }
  }
}
