import SyncCore

/// Reads the bytes that `read(2)` returns from an inotify descriptor: `struct inotify_event`s, each
/// a header of 16 bytes and a name padded with NUL (inotify(7)).
package enum EventDecoder {
  /// Calls `body` with every whole event in order. Returns whether all bytes were understood: what
  /// is false here means lost events, which is to be treated like a queue overflow.
  package static func decode(_ bytes: UnsafeRawBufferPointer, _ body: (RawEvent) -> Void) -> Bool {
    let headerByteCount = 16
    var offset = 0
    while offset < bytes.count {
      guard bytes.count - offset >= headerByteCount else { return false }
      let watch = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
      let mask = unsafe bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
      let cookie = unsafe bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)
      let padded = Int(unsafe bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
      offset += headerByteCount
      guard bytes.count - offset >= padded else { return false }
      var event = RawEvent(watch: watch, mask: RawEvent.Mask(rawValue: mask), cookie: cookie)
      if padded > 0 {
        let field = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + padded])
        guard let name = unsafe Self.name(in: field) else { return false }
        event.name = name
      }
      offset += padded
      body(event)
    }
    return true
  }

  /// The bytes before the first NUL.
  private static func name(in field: UnsafeRawBufferPointer) -> Name? {
    var count = 0
    while count < field.count, unsafe field[count] != 0 { count += 1 }
    return Name(unsafe [UInt8](UnsafeRawBufferPointer(rebasing: field[..<count])))
  }
}
