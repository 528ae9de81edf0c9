import CLinux
import SyncCore
import SyncEngine
import Synchronization

/// Which peers are paused in which share, written down so that it outlives the daemon.
///
/// The file has a line `SHARE ID END` for each, as the control socket writes lines; the end is in
/// seconds since 1970, or 0 where only `leftd resume` ends it. `heard` follows where the peer is
/// heard meanwhile.
final class PauseBook: Sendable {
  /// A peer in a share.
  struct Entry: Sendable {
    var share: String
    var peer: NodeID
  }

  private static let heard = "heard"

  private let file: String
  private let pauses: Mutex<[String: Pauses]>

  /// Reads what an earlier run left in the state directory.
  init(state: String) throws(EngineError) {
    file = state + "/paused"
    var found: [String: Pauses] = [:]
    if Files.isReadable(file) {
      for text in try Files.read(file).split(separator: UInt8(ascii: "\n")) {
        guard let line = ControlLine(encoded: text), let peer = NodeID(text: line.text(1)),
          let end: Int64 = line.number(2)
        else {
          throw EngineError(
            "\(printable(file)) does not say what is paused",
            remedy: "Delete it, and pause again with 'leftd pause'.")
        }
        found[line.text(0), default: Pauses()].pause(
          peer, until: Self.end(ofSeconds: end), isHeard: line.text(3) == Self.heard)
      }
    }
    pauses = Mutex(found)
  }

  /// The pauses of a share.
  func pauses(of share: String) -> Pauses {
    pauses.withLock { pauses in
      _ = pauses[share]?.step(now: clinux_wall_nanoseconds())
      return pauses[share] ?? Pauses()
    }
  }

  /// Pauses so many, durably.
  func pause(
    _ entries: [Entry], until end: Int64, isHeard: Bool = false
  ) throws(EngineError) {
    for entry in entries {
      pauses.withLock {
        $0[entry.share, default: Pauses()].pause(entry.peer, until: end, isHeard: isHeard)
      }
    }
    try write()
  }

  /// Only listens to a peer in all shares that it has part in, until `resume`.
  func hearOnly(_ peer: NodeID, in configuration: Configuration) throws(EngineError) {
    let shares = configuration.shares.filter { share in
      configuration.peers(of: share).contains { $0.id == peer }
    }
    try pause(
      shares.map { Entry(share: $0.name, peer: peer) }, until: Pauses.endless, isHeard: true)
  }

  /// Ends the pauses among so many, durably; which those are.
  func resume(_ entries: [Entry]) throws(EngineError) -> [Entry] {
    let ended = entries.filter { entry in
      pauses.withLock { pauses in
        _ = pauses[entry.share]?.step(now: clinux_wall_nanoseconds())
        return pauses[entry.share]?.resume(entry.peer) ?? false
      }
    }
    try write()
    return ended
  }

  private func write() throws(EngineError) {
    let lines = pauses.withLock { pauses in
      pauses.keys.sorted().flatMap { share in
        (pauses[share]?.peers ?? []).map { peer in
          ControlLine(
            share, peer.description,
            String(Self.seconds(ofEnd: pauses[share]?.end(of: peer) ?? Pauses.endless)),
            pauses[share]?.heardOnly.contains(peer) == true ? Self.heard : "")
        }
      }
    }
    try Files.replace(file, with: lines.flatMap { $0.encoded + [UInt8(ascii: "\n")] })
  }

  /// As an end is written: whole seconds, and 0 for none.
  static func seconds(ofEnd end: Int64) -> Int64 {
    end == Pauses.endless ? 0 : (end + 999_999_999) / 1_000_000_000
  }

  /// The end that was written so.
  static func end(ofSeconds seconds: Int64) -> Int64 {
    seconds <= 0 || seconds > Pauses.endless / 1_000_000_000
      ? Pauses.endless : seconds * 1_000_000_000
  }
}
