package import SyncCore

/// The way to one peer, as far as those need it who send contents.
package protocol Transport: Sendable {
  /// Queues one or more whole frames; never blocks.
  func send(_ frames: [UInt8], _ priority: Connection.Priority)

  /// Bytes queued and not yet taken by the network.
  var queuedByteCount: Int { get }

  /// How contents for the peer are to be packed just now.
  var packing: Packing { get }

  /// A worker has prepared contents for the peer: how long it ran, and could have run but had no
  /// processor, in nanoseconds.
  func noteWork(running: Int64, delayed: Int64)
}

extension Connection: Transport {}

extension Transport {
  /// Sends a message of the engine. An announcement goes behind the contents that were pushed for
  /// it, or they would be asked for and sent twice; everything else goes first.
  package func send(_ message: Message) {
    let priority: Connection.Priority = message.frameType.isAnnouncement ? .pack : .control
    send(FrameHeader.frame(type: message.frameType.rawValue, message.encoded()), priority)
  }
}
