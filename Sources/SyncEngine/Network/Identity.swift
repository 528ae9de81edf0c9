import CLinux
import Glibc
public import SyncCore

/// Who this node is: its key and the certificate that shows it. It never leaves the machine; peers
/// know the node by the hash of its public key.
public struct Identity: Sendable, CustomStringConvertible, CustomReflectable {
  /// SHA-256 of the public key (SubjectPublicKeyInfo, DER).
  public let id: NodeID
  /// The private key in DER.
  let key: [UInt8]
  /// The certificate in DER.
  let certificate: [UInt8]

  /// The name of the file in the state directory: key, then certificate, both PEM (RFC 7468).
  public static let fileName = "key.pem"

  private init?(pem: [UInt8]) {
    guard let parts = Certificate.parse(pem: pem) else { return nil }
    (key, certificate, id) = parts
  }

  /// The id; never the key.
  public var description: String { id.description }
  /// The id; never the key.
  public var customMirror: Mirror { Mirror(self, children: ["id": id.description]) }

  /// Reads the identity in `directory`; `nil` if there is none yet. Refuses a file that others may
  /// read or that belongs to someone else.
  public static func load(from directory: String) throws(EngineError) -> Identity? {
    let path = "\(directory)/\(fileName)"
    guard let pem = try readPrivateFile(path) else { return nil }
    guard let identity = Identity(pem: pem) else {
      throw EngineError(
        "\(path) does not hold a private key and its certificate",
        remedy: "Restore it from a backup, or remove it and pair this node anew")
    }
    return identity
  }

  /// Reads the identity in `directory`, or makes one there, durably. Two processes that do so at
  /// once get the same.
  public static func loadOrCreate(in directory: String) throws(EngineError) -> Identity {
    if let identity = try load(from: directory) { return identity }
    guard let pem = Certificate.makePEM() else {
      throw EngineError(
        "OpenSSL cannot make a P-256 key", remedy: "Check the installation of libssl")
    }
    try createPrivateFile("\(directory)/\(fileName)", in: directory, pem)
    guard let identity = try load(from: directory) else {
      throw EngineError(
        "\(directory)/\(fileName) vanished while it was made",
        remedy: "Find out what removes files there, and try again")
    }
    return identity
  }
}

/// The content of a small file that only its owner may read; `nil` if there is none.
private func readPrivateFile(_ path: String) throws(EngineError) -> [UInt8]? {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
  guard descriptor >= 0 else {
    let cause = errno
    if cause == ENOENT { return nil }
    throw EngineError(
      "cannot open \(path): \(systemMessage(cause))",
      remedy: "Make it a plain file that the user of leftd may read", errno: cause)
  }
  defer { close(descriptor) }
  var status = stat()
  guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
    status.st_mode & 0o077 == 0, status.st_uid == geteuid() || status.st_uid == 0
  else {
    throw EngineError(
      "\(path) can be read by others than the user of leftd, or is not that user's plain file",
      remedy:
        "Run `chmod 600` and `chown` on it; if others may have read it, remove it and pair anew"
    )
  }
  var bytes = [UInt8](repeating: 0, count: Limits.identityFileByteCount)
  var count = 0
  while count < bytes.count {
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
    }
    let cause = errno
    if result < 0 && cause == EINTR { continue }
    guard result >= 0 else {
      throw EngineError(
        "cannot read \(path): \(systemMessage(cause))",
        remedy: "Check the disk, or restore the file from a backup", errno: cause)
    }
    if result == 0 { break }
    count += result
  }
  return Array(bytes.prefix(count))
}

/// Makes a file with mode 0600 that appears whole, and durably, or not at all; one that is there
/// already stays.
private func createPrivateFile(
  _ path: String, in directory: String, _ content: [UInt8]
) throws(EngineError) {
  func check(_ result: Int, _ step: String) throws(EngineError) {
    let cause = errno
    guard result < 0 else { return }
    throw EngineError(
      "cannot \(step) in \(directory): \(systemMessage(cause))",
      remedy: "Make the state directory writable for the user of leftd", errno: cause)
  }
  // mkstemp(3) makes the file with mode 0600 under a name that nobody else has: it puts letters of
  // its own in place of the six X, which must be there.
  var temporary = Array("\(path).XXXXXX".utf8CString)
  let descriptor = unsafe mkstemp(&temporary)
  try check(Int(descriptor), "create the key")
  defer {
    close(descriptor)
    _ = unsafe unlink(temporary)
  }
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  let written = unsafe write(descriptor, content, content.count)
  try check(written == content.count ? 0 : -1, "write the key")
  try check(Int(fsync(descriptor)), "flush the key")
  // link(2) rather than rename(2): it never replaces a key that someone else made meanwhile.
  if unsafe link(temporary, path) != 0, errno != EEXIST { try check(-1, "name the key") }
  let parent = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  try check(Int(parent), "open the directory")
  defer { close(parent) }
  try check(Int(fsync(parent)), "flush the directory")
}
