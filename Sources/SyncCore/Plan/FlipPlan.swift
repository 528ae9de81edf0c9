/// A verified content or a whole directory that waits below `.leftd/staging` on the share's own
/// file system, with its final mode and mtime.
public struct StagedFile: Hashable, Sendable {
  /// Where it lies: `.leftd/staging/DIRECTORY-ID/NAME`, for the place it was fetched for.
  public var place: Place
  /// Its state after mode and mtime were set; the inode recognises it after a crash.
  public var stamp: FileStamp

  /// A staged file.
  public init(place: Place, stamp: FileStamp) {
    self.place = place
    self.stamp = stamp
  }
}

/// One step of a flip, with what must be found for it to be taken. What is found otherwise is never
/// overwritten: the step is refused, and the path looked at again.
public enum Operation: Hashable, Sendable {
  /// Makes a directory where nothing may be. If `.leftd/staging/ID` holds staged files for it, that
  /// directory itself is put in place.
  case makeDirectory(DirectoryID, at: Place, mode: UInt16)
  /// Gives a directory another place, where nothing may be.
  case moveDirectory(DirectoryID, from: Place, to: Place, expected: FileStamp, mode: UInt16)
  /// Puts a staged file in place: of nothing, or of the file that must be as `replacing` says.
  case putFile(StagedFile, at: Place, replacing: FileStamp?)
  /// Makes a symbolic link, as with a file.
  case putSymlink(target: [UInt8], at: Place, mtime: Int64, replacing: FileStamp?)
  /// Gives a file or symlink another place, as with a staged file.
  case moveFile(
    from: Place, to: Place, expected: FileStamp, replacing: FileStamp?, mode: UInt16, mtime: Int64)
  /// Sets permission bits, and the mtime of a file.
  case setAttributes(at: Place, expected: FileStamp, mode: UInt16, mtime: Int64?)
  /// Takes a file or symlink away to the trash.
  case removeFile(at: Place, expected: FileStamp)
  /// Takes a directory away. Everything that it holds must be removed by other operations of the
  /// same plan; the topmost directories go to the trash whole.
  case removeDirectory(DirectoryID, at: Place, expected: FileStamp)
}

extension Operation {
  /// The files and symlinks that it expects to find.
  public var expectedFiles: [FileStamp] {
    switch self {
    case .putFile(_, _, let replaced), .putSymlink(_, _, _, let replaced):
      replaced.map { [$0] } ?? []
    case .moveFile(_, _, let expected, let replaced, _, _):
      [expected] + (replaced.map { [$0] } ?? [])
    case .setAttributes(_, let expected, _, _), .removeFile(_, let expected):
      expected.kind == .directory ? [] : [expected]
    case .makeDirectory, .moveDirectory, .removeDirectory: []
    }
  }
}

/// A unit that is applied as one: everything in it is staged and verified.
public struct FlipPlan: Hashable, Sendable {
  /// Names the unit in the journal and in `.leftd/flip` and `.leftd/trash`: this node's sequence
  /// before it.
  public var id: UInt64
  /// The paths, before the flip, of all directories that operations name and that are here.
  public var directories: [DirectoryID: RelativePath]
  /// What these directories are on disk. Another that stands at the path of one is not taken for
  /// it.
  public var identities: [DirectoryID: DirectoryIdentity]
  /// In no order that matters: the applier takes moves of directories first, then new directories,
  /// new files, replacements and deletions.
  public var operations: [Operation]
  /// The extended attributes that what an operation puts or changes is to have then, by the
  /// operation's position; those of anything else stay as they are.
  public var attributes: [Int: ExtendedAttributes]
  /// The extended attributes of what is here and named by operations, by inode; none for others.
  public var present: [UInt64: ExtendedAttributes]
  /// When directories last changed where the unit comes from, of those in which operations change
  /// names. They get that time at the end, or keep a later one that they had before.
  public var times: [DirectoryID: Int64] = [:]
  /// Files that are one where the unit comes from and are to become one here; of each two or more
  /// names. Not in the journal: what an interruption leaves undone the peer tells again.
  public var links: [[LinkedName]] = []
  /// Whether nothing is done if it can be told before that a part can't be. Not when it is resumed.
  public var isHeldWhole = false
  /// Whether nothing is to be done while somebody has a file open for writing that would leave its
  /// place. Never of a flip that is resumed.
  public var waitsForWriters = false

  /// A plan.
  public init(
    id: UInt64, directories: [DirectoryID: RelativePath],
    identities: [DirectoryID: DirectoryIdentity] = [:], operations: [Operation],
    attributes: [Int: ExtendedAttributes] = [:], present: [UInt64: ExtendedAttributes] = [:]
  ) {
    self.id = id
    self.directories = directories
    self.identities = identities
    self.operations = operations
    self.attributes = attributes
    self.present = present
  }

  /// Where a place is before the flip, and in the plan's folder of the trash after it; `nil` if its
  /// directory isn't here.
  func path(of place: Place) -> RelativePath? {
    directories[place.parent]?.appending(place.name)
  }
}

/// A name of a file that has several.
public struct LinkedName: Hashable, Sendable {
  /// Where it is.
  public var place: Place
  /// What must be found there; `nil` for what the same plan puts there or changes.
  public var expected: FileStamp?

  /// A name.
  public init(place: Place, expected: FileStamp?) {
    (self.place, self.expected) = (place, expected)
  }
}

/// What became of one operation.
public enum OperationResult: Hashable, Sendable {
  /// Done, durably; the state the disk shows now (`nil` where nothing is left).
  case done(FileStamp?)
  /// Something else was found than expected: a local change that the index doesn't know yet.
  /// Nothing was done.
  case refused
  /// It could not be done, with the errno (ENOSPC, EACCES, EROFS, EIO …). Nothing was done.
  case failed(Int32)
}

/// What became of a plan: one result for each operation, in the plan's order.
public struct FlipResult: Hashable, Sendable {
  /// The plan's id.
  public var id: UInt64
  /// As many as there were operations.
  public var results: [OperationResult]
  /// What the disk shows of the plan's extended attributes, by the operations' positions: a disk
  /// may refuse them.
  public var attributes: [Int: ExtendedAttributes]
  /// What the disk shows at the names of files that are one by now.
  public var linked: [Place: FileStamp] = [:]
  /// How far it came.
  public var ending: Ending

  /// How a flip ends.
  public enum Ending: Hashable, Sendable {
    /// Each operation was tried.
    case tried
    /// Nothing was done, since some of it is bound to fail.
    case heldWhole
    /// Nothing was done, since somebody writes to what would leave its place.
    case awaitsWriter
    /// Something that was taken out of its place could neither reach another nor return: the disk
    /// refused both. The plan must be resumed until that is over.
    case stranded
  }

  /// The result of the plan `id`.
  public init(
    id: UInt64, results: [OperationResult], attributes: [Int: ExtendedAttributes] = [:],
    ending: Ending = .tried
  ) {
    self.id = id
    self.results = results
    self.attributes = attributes
    self.ending = ending
  }
}

extension Operation {
  /// Where it puts something.
  package var filledPlace: Place? {
    switch self {
    case .makeDirectory(_, let place, _), .moveDirectory(_, _, let place, _, _),
      .putFile(_, let place, _), .putSymlink(_, let place, _, _),
      .moveFile(_, let place, _, _, _, _):
      place
    case .setAttributes, .removeFile, .removeDirectory: nil
    }
  }

  /// Where it takes something away.
  package var vacatedPlace: Place? {
    switch self {
    case .moveDirectory(_, let place, _, _, _), .moveFile(let place, _, _, _, _, _),
      .removeFile(let place, _), .removeDirectory(_, let place, _):
      place
    case .makeDirectory, .putFile, .putSymlink, .setAttributes: nil
    }
  }

  /// Where it changes attributes only.
  package var changedPlace: Place? {
    if case .setAttributes(let place, _, _, _) = self { place } else { nil }
  }
}
