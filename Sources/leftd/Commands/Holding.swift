import CLinux
import Glibc
import SyncCore
import SyncEngine

/// The client's side of a hold: it lasts as long as the connection, so that it ends with the client
/// however that ends.
struct Holding: ~Copyable {
  private let connection: Descriptor

  private init(_ connection: consuming Descriptor) { self.connection = connection }

  /// Asks for a hold and waits until it has begun.
  static func begin(
    _ daemon: ControlClient, directory: [UInt8]?, isInDirectory: Bool
  ) throws(EngineError) -> Holding {
    let status = try DaemonStatus(daemon.ask(.status))
    var place = directory.flatMap { status.place(of: $0) }
    if !isInDirectory {
      let share = place?.share ?? (status.shares.count == 1 ? status.shares[0].share : nil)
      place = share.flatMap { status.root(of: $0) }
    }
    guard let place else {
      let roots = status.shares.map { printable($0.root) }.joined(separator: ", ")
      throw EngineError(
        "\(directory.map { DisplayText.escape($0) } ?? "the current directory") lies in no share",
        remedy: "Name a directory below \(roots) with --in.")
    }
    let opened = unsafe clinux_unix_connect(daemon.path)
    guard opened >= 0 else { throw broken("\(Errno(code: -opened))") }
    return try begin(place, on: opened)
  }

  private static func begin(
    _ place: SharePath, on opened: Int32
  ) throws(EngineError) -> Holding {
    let holding: Holding
    do throws(Errno) {
      holding = Holding(try Descriptor(opened))
    } catch {
      throw broken(error.description)
    }
    let request = ControlRequest.hold(share: place.share, path: place.path)
    guard writeAll(request.line.encoded + [UInt8(ascii: "\n")], to: opened) else {
      throw broken("\(Errno(code: errno))")
    }
    let line = readLine(opened)
    if line.first == ControlLine("held") { return holding }
    if let bytes = line.bytes, case .failure(let error) = ControlReply(encoded: bytes) {
      throw error
    }
    throw broken("it does not know holds, or serves too many clients")
  }

  /// Ends it and waits until everything is recorded; what is to be said about that.
  consuming func end() -> String? {
    shutdown(connection.number, Int32(SHUT_WR))
    var bytes: [UInt8] = []
    while let line = Self.readLine(connection.number).bytes { bytes += line }
    guard case .lines(let lines) = ControlReply(encoded: bytes) else {
      return "leftd ended before the command; what it did goes to the peers as it settled."
    }
    guard lines.first == ControlLine("late") else { return nil }
    return "the hold ended before the command, after \(Limits.holdSeconds / 60) minutes."
  }

  /// The next line with its newline; `nil` at the end.
  private static func readLine(_ connection: Int32) -> (bytes: [UInt8]?, first: ControlLine?) {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < ControlLimits.requestByteCount {
      let count = unsafe read(connection, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return (bytes.isEmpty ? nil : bytes, nil) }
      bytes.append(byte)
      if byte == UInt8(ascii: "\n") { return (bytes, ControlLine(encoded: bytes.dropLast())) }
    }
    return (nil, nil)
  }

  private static func broken(_ why: String) -> EngineError {
    EngineError("the daemon can't hold anything: \(why)", remedy: "See 'systemctl status leftd'.")
  }
}
