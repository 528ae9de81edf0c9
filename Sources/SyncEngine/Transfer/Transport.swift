package import SyncCore

/// The way to one peer, as far as those need it who send contents.
package protocol Transport: Sendable {
  /// Queues one or more whole frames; never blocks.
  func send(_ frames: [UInt8], _ priority: Connection.Priority)

  /// Bytes queued and not yet taken by the network.
  var queuedByteCount: Int { get }
}

extension Connection: Transport {}

extension Transport {
  /// Sends a message of the engine. An announcement goes behind the contents that were pushed for
  /// it, or they would be asked for and sent twice; everything else goes first.
  package func send(_ message: Message) {
    let priority: Connection.Priority = message.frameType == .announce ? .pack : .control
    send(FrameHeader.frame(type: message.frameType.rawValue, message.encoded()), priority)
  }
}
