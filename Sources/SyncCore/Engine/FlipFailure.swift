/// What people are told when the kernel refused a step of a flip.
package enum FlipFailure {
  /// A program is at work in a bundle (EBUSY).
  package static let busy: Int32 = 16

  /// What is here of a place was about to become part of the share (ECANCELED): nothing newer was
  /// staged for it.
  package static let held: Int32 = 125

  /// Whether something newer has taken the place of what was staged, or nobody knows that it is
  /// durable: it is fetched again.
  package static func isStale(_ errno: Int32) -> Bool { [2, 61].contains(errno) }

  /// Whether what is staged is as good as before: a name or place was refused, and not the content.
  package static func leavesContents(_ errno: Int32) -> Bool {
    [1, 13, 16, 30, 36].contains(errno)
  }

  /// Reason and remedy. The numbers are Linux's (`errno(3)`); the core has no C library.
  package static func sentence(_ errno: Int32) -> String {
    switch errno {
    case 28: "the disk is full. Free some space."
    case 122: "the disk quota is used up. Free some space."
    case 1, 13: "permission was denied. Check the owner and mode of the folder."
    case 30: "the file system is read-only. Mount it writable."
    case 5: "the disk reported an error. Check it; what was received is fetched again."
    case busy:
      "it is in use: a lock file there says so, or something is mounted on it. "
        + "If nobody is at work, remove the lock."
    case 2, 61: "what was received is not there any more; it is fetched again."
    case 36: "the name is too long for this file system."
    default: "the kernel refused it (errno \(errno))."
    }
  }
}
