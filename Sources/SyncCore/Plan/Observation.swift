/// What was found at a name on disk.
public enum Found: Hashable, Sendable {
  /// Nothing.
  case absent
  /// A file or directory in this state.
  case entry(FileStamp)
  /// A symbolic link in this state, with its target.
  case symlink(FileStamp, target: [UInt8])
  /// A FIFO, socket or device: left alone, and said once.
  case special
  /// Something that can't be looked at, with the errno; it says nothing about the entry.
  case unreadable(Int32)
  /// Something that the rules in force on this disk ignore, whatever it is.
  case ignored
}

/// What to look at.
public enum LookRequest: Hashable, Sendable {
  /// These names in this directory, and nothing below them.
  case names([Name], in: RelativePath)
  /// All that this directory has, and nothing below it.
  case directory(RelativePath)
  /// This directory and everything below it.
  case subtree(RelativePath)
}

/// What one directory was found to hold, as one look at it told.
public struct Listing: Sendable {
  /// The directory.
  public var directory: RelativePath
  /// The directory's own state; `nil` if it could not be looked at or isn't there.
  public var stamp: FileStamp?
  /// The errno with which the disk refused the look; `nil` if it did not, or nothing is there. What
  /// the directory holds is then unknown.
  public var trouble: Int32?
  /// Whether every name is given, so that what isn't given is absent.
  public var isComplete: Bool
  /// Sorted by name.
  public var entries: [(name: Name, found: Found)]
  /// The extended attributes of files and directories among them, where they were looked at: those
  /// of directories always, those of files only where single names were asked for.
  public var attributes: [Name: ExtendedAttributes]
  /// The errno of each directory among them whose attributes the disk refused to show.
  public var attributeTroubles: [Name: Int32] = [:]
  /// The patterns of the directory's `.leftignore` file, none if there is none; `nil` if nobody
  /// looked, or it could not be read.
  public var rules: IgnoreRules?
  /// Why that file can't be taken.
  public var rulesProblem: String?

  /// A listing from its parts; sorts the entries.
  public init(
    directory: RelativePath, stamp: FileStamp?, trouble: Int32? = nil, isComplete: Bool,
    entries: [(name: Name, found: Found)], attributes: [Name: ExtendedAttributes] = [:],
    rules: IgnoreRules? = nil, rulesProblem: String? = nil
  ) {
    self.directory = directory
    self.stamp = stamp
    self.trouble = trouble
    self.isComplete = isComplete
    self.attributes = attributes
    self.entries = entries.sorted { $0.name < $1.name }
    self.rules = rules
    self.rulesProblem = rulesProblem
  }
}
