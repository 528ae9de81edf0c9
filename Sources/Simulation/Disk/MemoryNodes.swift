import SyncCore

/// One inode of a simulated disk.
struct MemoryNode {
  var kind: FileKind
  var mode: UInt16
  var mtime: Int64
  var ctime: Int64
  var btime: Int64
  var data: [UInt8] = []
  /// What of `data` survives a power cut for certain.
  var durableData: [UInt8] = []
  var attributes = ExtendedAttributes.empty
  /// What of `attributes` survives a power cut for certain.
  var durableAttributes = ExtendedAttributes.empty
  /// Whether a flush of it failed: what looks written will never be on the disk.
  var isLost = false
  /// A directory's names, as every program sees them.
  var names: [Name: UInt64] = [:]
  /// Where it is: its directory, and its name there. There are no hard links.
  var home: (directory: UInt64, name: Name)? {
    didSet { if let home { lastHome = home } }
  }
  /// Where it was last.
  private(set) var lastHome: (directory: UInt64, name: Name)?
}

/// One change of names that a power cut may undo, as a whole: a rename has several parts.
struct PendingChange {
  struct Part {
    var directory: UInt64
    var name: Name
    /// The inode that has the name afterwards.
    var inode: UInt64?
  }

  var parts: [Part]
  /// Whether a directory got another place: these are never reordered among themselves.
  var movesDirectory: Bool

  func touches(_ directory: UInt64) -> Bool { parts.contains { $0.directory == directory } }

  func overlaps(_ other: PendingChange) -> Bool {
    (movesDirectory && other.movesDirectory)
      || parts.contains { part in
        other.parts.contains {
          ($0.directory == part.directory && $0.name == part.name)
            // Names in a directory presuppose the name of the directory.
            || $0.inode == part.directory || part.inode == $0.directory
        }
      }
  }
}
