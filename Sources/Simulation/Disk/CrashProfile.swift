import SyncCore

/// What a simulated disk may lose when the power goes.
public enum CrashProfile: Hashable, Sendable, CaseIterable {
  /// Nothing: only the process ended.
  case processOnly
  /// As ext4 with ordered data: changes of names survive in their order, up to some point; of
  /// contents that were not flushed, blocks may never have been given to the file.
  case ext4
  /// As XFS: names as above; a content that was not flushed may have its new size and no bytes, or
  /// be cut off.
  case xfs
  /// As Btrfs: names as above; a content that was not flushed is the old or the new.
  case btrfs
  /// Whatever POSIX allows, except that a rename is undivided: changes of names that have nothing
  /// to do with each other survive in any combination, and contents are mixtures.
  case worst

  /// Whether changes of names survive in their order.
  var keepsOrder: Bool {
    switch self {
    case .processOnly, .ext4, .xfs, .btrfs: true
    case .worst: false
    }
  }

  /// What is left of a content that was not flushed.
  func remainder(
    of data: [UInt8], over old: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    let fate = Int.random(in: 0..<3, using: &generator)
    return switch (self, fate) {
    case (.processOnly, _), (.ext4, 0), (.xfs, 0), (.btrfs, 0), (.worst, 0): data
    case (.ext4, 1), (.xfs, 1): Array(repeating: 0, count: data.count)
    case (.ext4, _), (.btrfs, _): old
    case (.xfs, _): Array(data.prefix(data.count / 2))
    case (.worst, _):
      data.indices.map { index in
        let isNew = Bool.random(using: &generator)
        return isNew ? data[index] : index < old.count ? old[index] : 0
      }
    }
  }
}

/// Why a call of a simulated disk fails.
public enum DiskFault: Hashable, Sendable, CaseIterable {
  /// The disk is full: what needs room fails.
  case noSpace
  /// Nothing works.
  case inputOutput
  /// What is flushed is lost, and looks as if it were there until the power goes.
  case flush
}
