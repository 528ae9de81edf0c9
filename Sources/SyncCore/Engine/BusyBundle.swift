/// A bundle in which something happened that is not recorded yet.
struct BusyBundle {
  /// In the order in which it began.
  let number: UInt64
  let since: Int64
  /// When it is looked at.
  var dueAt: Int64
  /// How often that came to nothing.
  var attempts = 0
  /// Who looks at it.
  var job: JobID?
  /// Whether something happened in it since that began.
  var isTouchedAgain = false
  /// Whether the watcher told of it: what is new in it is new to every peer.
  var isNews: Bool
  /// From where something was moved into it.
  var sources: Set<RelativePath> = []
  /// What the disk may have lost of it.
  var doubt: Doubt?
  /// The lock that the last look found.
  var lock: RelativePath?
  var isTold = false
}

/// What a look at a bundle found, to be compared with another: equal ones mean that there was a
/// moment between them at which all of it was so.
struct BundleDigest: Hashable {
  private var count = 0
  private var sum: UInt64 = 0

  /// Adds what was found in one directory; in which order they come doesn't matter.
  mutating func add(_ listing: Listing) {
    var hash = FNV1a()
    hash.mix(listing.directory.bytes)
    if let stamp = listing.stamp { hash.mix(stamp) }
    for (name, found) in listing.entries {
      hash.mix(name.bytes)
      hash.mix(found)
    }
    count += 1
    sum &+= hash.value
  }
}

extension FNV1a {
  fileprivate mutating func mix(_ found: Found) {
    switch found {
    case .absent: mix(0)
    case .entry(let stamp): mix(stamp)
    case .symlink(let stamp, let target):
      mix(stamp)
      mix(target)
    case .special: mix(1)
    case .unreadable(let errno): mix(errno)
    case .ignored: mix(2)
    }
  }

  fileprivate mutating func mix(_ stamp: FileStamp) {
    mix(stamp.kind.rawValue)
    mix(stamp.inode)
    mix(stamp.size)
    for time in [stamp.mtime, stamp.ctime, stamp.btime] { mix(time) }
    mix(stamp.mode)
  }
}
