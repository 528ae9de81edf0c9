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
  private var sum = 0

  mutating func add(_ listing: Listing) {
    var hasher = Hasher()
    hasher.combine(listing.directory)
    hasher.combine(listing.stamp)
    for (name, found) in listing.entries {
      hasher.combine(name)
      hasher.combine(found)
    }
    count += 1
    sum &+= hasher.finalize()
  }
}
