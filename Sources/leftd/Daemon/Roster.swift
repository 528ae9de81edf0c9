import SyncCore
import SyncEngine
import Synchronization

/// Who is paired with this node: the configuration in force, and its file.
final class Roster: Sendable {
  private let current: Mutex<Configuration>

  init(_ configuration: Configuration) {
    current = Mutex(configuration)
  }

  /// The configuration in force.
  var configuration: Configuration { current.withLock { $0 } }

  /// Whether a node may connect.
  func contains(_ id: NodeID) -> Bool {
    current.withLock { $0.peers.contains { $0.id == id } }
  }

  /// A reload.
  func replace(_ configuration: Configuration) {
    current.withLock { $0 = configuration }
  }

  /// What came of adding a peer.
  struct Addition {
    var peer: PeerSettings
    /// For people: where it has been written down, or what they must do.
    var note: String
  }

  /// Takes a newly paired node in: it is known at once, and is written to the configuration file if
  /// there is one.
  func add(_ pairing: PairingResult) throws(EngineError) -> Addition {
    let result = current.withLock { configuration in
      Result { () throws(EngineError) -> Addition in try Self.add(pairing, to: &configuration) }
    }
    return try result.get()
  }

  private static func add(
    _ pairing: PairingResult, to configuration: inout Configuration
  ) throws(EngineError) -> Addition {
    if let known = configuration.peers.first(where: { $0.id == pairing.peer }) {
      return Addition(peer: known, note: "It was known before, as \(known.name).")
    }
    guard configuration.peers.count < Limits.peerCount else {
      throw EngineError(
        "there are \(Limits.peerCount) peers already, and no more can be added",
        remedy: "Delete a [peer] that is no longer in use from the configuration.")
    }
    let name = ConfigurationWriter.freeName(
      pairing.name, id: pairing.peer, among: configuration.peers)
    let address = pairing.address.flatMap { Address($0)?.description }
    let peer = PeerSettings(id: pairing.peer, name: name, address: address)
    // Known in memory first: a peer that could not be written down works until the restart.
    configuration.peers.append(peer)
    guard let file = configuration.file else {
      return Addition(
        peer: peer,
        note: "There is no configuration file: start with --peer \(peer.argument) the next time.")
    }
    try Files.replace(file, with: ConfigurationWriter.adding(peer, to: Files.read(file)))
    return Addition(peer: peer, note: "Written to \(printable(file)).")
  }
}

extension PeerSettings {
  /// The peer as `leftd run --peer` takes it.
  var argument: String { "\(id)" + (address.map { "@\($0)" } ?? "") }
}
