import Glibc
import SyncCore
import Watcher

/// One inotify instance over a simulated disk, as Linux has it (inotify(7); where that is silent,
/// as Linux 6.18 was seen to do it).
struct MemoryInotify {
  private struct Watch {
    var number: Int32
    var mask: RawEvent.Mask
  }

  /// Watches are on inodes, wherever these are moved.
  private var watches: [UInt64: Watch] = [:]
  private var inodes: [Int32: UInt64] = [:]
  /// Numbers are not given again.
  private var lastNumber: Int32 = 0
  private var queue: [RawEvent] = []
  /// What of the queue has been read.
  private var readCount = 0
  private var hasOverflowed = false
  let queueLimit: Int
  var watchLimit: Int

  init(queueLimit: Int, watchLimit: Int) {
    self.queueLimit = queueLimit
    self.watchLimit = watchLimit
  }

  var eventCount: Int { queue.count - readCount }

  // MARK: Watches

  /// Watches an inode; one that is watched already keeps its number and gets this mask. Returns
  /// -errno if too many are.
  mutating func add(_ inode: UInt64, _ mask: RawEvent.Mask) -> Int32 {
    if let known = watches[inode] {
      watches[inode]?.mask = mask
      return known.number
    }
    guard watches.count < watchLimit else { return -ENOSPC }
    lastNumber += 1
    watches[inode] = Watch(number: lastNumber, mask: mask)
    inodes[lastNumber] = inode
    return lastNumber
  }

  /// Ends a watch, which is told.
  mutating func remove(_ number: Int32) {
    guard let inode = inodes.removeValue(forKey: number) else { return }
    watches[inode] = nil
    queue(RawEvent(watch: number, mask: .ignored))
  }

  func isWatched(_ inode: UInt64) -> Bool { watches[inode] != nil }

  // MARK: Events

  /// Something happened to `name` in a directory.
  mutating func note(
    _ mask: RawEvent.Mask, _ name: Name, in directory: UInt64, isDirectory: Bool,
    cookie: UInt32 = 0
  ) {
    guard let watch = watches[directory], !watch.mask.isDisjoint(with: mask) else { return }
    let kind: RawEvent.Mask = isDirectory ? .isDirectory : []
    queue(RawEvent(watch: watch.number, mask: mask.union(kind), cookie: cookie, name: name))
  }

  /// Something happened to a watched directory itself.
  mutating func note(_ mask: RawEvent.Mask, of directory: UInt64) {
    guard let watch = watches[directory], !watch.mask.isDisjoint(with: mask) else { return }
    // Of these the kernel doesn't tell that it is a directory.
    let isPlain = !mask.isDisjoint(with: [.selfDeleted, .selfMoved])
    queue(RawEvent(watch: watch.number, mask: isPlain ? mask : mask.union(.isDirectory)))
  }

  /// A directory that had lost its name is in no use any more.
  mutating func end(_ inode: UInt64) {
    guard let watch = watches[inode] else { return }
    note(.selfDeleted, of: inode)
    remove(watch.number)
  }

  private mutating func queue(_ event: RawEvent) {
    guard eventCount < queueLimit else {
      if !hasOverflowed { queue.append(RawEvent(watch: -1, mask: .queueOverflow)) }
      hasOverflowed = true
      return
    }
    // Whether the cookies are the same isn't asked.
    if eventCount > 0, let last = queue.last, last.watch == event.watch, last.mask == event.mask,
      last.name == event.name, !event.mask.contains(.ignored)
    {
      return
    }
    queue.append(event)
  }

  // MARK: Reading

  /// Takes as many whole events as fit, as the bytes that read(2) gives.
  mutating func read(byteCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while readCount < queue.count {
      let event = queue[readCount]
      guard bytes.count + Self.byteCount(of: event) <= byteCount else { break }
      Self.append(event, to: &bytes)
      if event.mask.contains(.queueOverflow) { hasOverflowed = false }
      readCount += 1
    }
    if readCount == queue.count {
      queue.removeAll(keepingCapacity: true)
      readCount = 0
    }
    return bytes
  }

  /// A header, and the name with at least one NUL, filled up to a multiple of the header's size.
  private static func byteCount(of event: RawEvent) -> Int {
    guard let name = event.name else { return 16 }
    return 16 + (name.bytes.count + 16) / 16 * 16
  }

  private static func append(_ event: RawEvent, to bytes: inout [UInt8]) {
    let end = bytes.count + byteCount(of: event)
    let nameByteCount = UInt32(byteCount(of: event) - 16)
    let fields = [
      UInt32(bitPattern: event.watch), event.mask.rawValue, event.cookie, nameByteCount,
    ]
    for field in fields {
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: field >> shift))
      }
    }
    bytes += event.name?.bytes ?? []
    bytes += Array(repeating: 0, count: end - bytes.count)
  }
}
