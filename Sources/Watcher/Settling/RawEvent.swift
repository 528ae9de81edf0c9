package import SyncCore

/// One event as the kernel told it (inotify(7)), with nothing but the bytes made into values.
package struct RawEvent: Hashable, Sendable {
  /// What happened, and to what kind of thing.
  package struct Mask: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let modified = Mask(rawValue: 0x2)
    package static let attributes = Mask(rawValue: 0x4)
    package static let closedAfterWriting = Mask(rawValue: 0x8)
    package static let movedFrom = Mask(rawValue: 0x40)
    package static let movedTo = Mask(rawValue: 0x80)
    package static let created = Mask(rawValue: 0x100)
    package static let deleted = Mask(rawValue: 0x200)
    package static let selfDeleted = Mask(rawValue: 0x400)
    package static let selfMoved = Mask(rawValue: 0x800)
    package static let unmounted = Mask(rawValue: 0x2000)
    package static let queueOverflow = Mask(rawValue: 0x4000)
    package static let ignored = Mask(rawValue: 0x8000)
    package static let isDirectory = Mask(rawValue: 0x4000_0000)

    /// What is asked of every directory: nothing about reading and opening, so that leftd's own
    /// reads and probes make no events.
    package static let ofDirectories: Mask = [
      .modified, .attributes, .closedAfterWriting, .movedFrom, .movedTo, .created, .deleted,
    ]
    /// What is asked of the root besides.
    package static let ofRoot: Mask = [.selfDeleted, .selfMoved]
  }

  /// The watch that saw it; -1 for a queue overflow.
  package var watch: Int32
  package var mask: Mask
  /// The same for both halves of one rename; 0 for anything else.
  package var cookie: UInt32
  /// The entry in the watched directory; `nil` for an event about the directory itself.
  package var name: Name?

  /// An event with these fields.
  package init(watch: Int32, mask: Mask, cookie: UInt32 = 0, name: Name? = nil) {
    self.watch = watch
    self.mask = mask
    self.cookie = cookie
    self.name = name
  }

  package var isDirectory: Bool { mask.contains(.isDirectory) }
}
