import SyncCore

/// One event as the kernel told it (inotify(7)), with nothing but the bytes made into values.
struct RawEvent: Hashable, Sendable {
  /// What happened, and to what kind of thing.
  struct Mask: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let modified = Mask(rawValue: 0x2)
    static let attributes = Mask(rawValue: 0x4)
    static let closedAfterWriting = Mask(rawValue: 0x8)
    static let movedFrom = Mask(rawValue: 0x40)
    static let movedTo = Mask(rawValue: 0x80)
    static let created = Mask(rawValue: 0x100)
    static let deleted = Mask(rawValue: 0x200)
    static let selfDeleted = Mask(rawValue: 0x400)
    static let selfMoved = Mask(rawValue: 0x800)
    static let unmounted = Mask(rawValue: 0x2000)
    static let queueOverflow = Mask(rawValue: 0x4000)
    static let ignored = Mask(rawValue: 0x8000)
    static let isDirectory = Mask(rawValue: 0x4000_0000)
  }

  /// The watch that saw it; -1 for a queue overflow.
  var watch: Int32
  var mask: Mask
  /// The same for both halves of one rename; 0 for anything else.
  var cookie: UInt32 = 0
  /// The entry in the watched directory; `nil` for an event about the directory itself.
  var name: Name?

  var isDirectory: Bool { mask.contains(.isDirectory) }
}
