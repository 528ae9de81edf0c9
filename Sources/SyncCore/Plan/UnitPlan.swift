/// A row that a unit leads to.
package struct PlannedRow {
  /// What is to be told. For `isOurs` its version is that of the entry it follows.
  package var entry: Entry
  /// The row that it follows, as it was when the plan was made.
  package var previous: Row?
  /// The operation that makes it so, by its index in the plan; `nil` if the disk needs no change.
  package var operation: Int?
  /// Operations that keep elsewhere what this row leaves behind: a loser's copy, what an alias
  /// held. Unless all are done the row must not tell that it has seen that, or nobody would keep
  /// it.
  package var keeping: [Int] = []
  /// Its version before it had seen what they keep; `nil` if without them there is no such row.
  package var versionBefore: Version?
  /// Whether it is what an alias held, which is recorded at home: it is told to nobody.
  package var isVacated = false
  /// Whether this node decides it, under a new dot of its own: what a tree needs to stay one when
  /// two changes don't fit together.
  package var isOurs: Bool
  /// Whether it is a bundle of which what others changed is put back by the share's source: a
  /// state of its own.
  package var isStateOurs = false
  /// Whether it is told exactly as it was announced.
  package var isAsAnnounced: Bool
}

/// A content that isn't staged yet.
package struct Need: Hashable {
  package var place: Place
  package var content: ContentID
  package var size: Int64
  package var mode: UInt16
  package var mtime: Int64
}

/// What a unit comes to, with the index as it is.
package struct UnitPlan {
  package var rows: [PlannedRow] = []
  package var operations: [Operation] = []
  /// The extended attributes that operations give, by their positions.
  package var attributes: [Int: ExtendedAttributes] = [:]
  /// Those of what is here, by inode.
  package var present: [UInt64: ExtendedAttributes] = [:]
  package var needs: [Need] = []
  /// The paths of the directories that are named by operations and are here.
  package var directories: [DirectoryID: RelativePath] = [:]
  /// What they are on disk.
  package var identities: [DirectoryID: DirectoryIdentity] = [:]
  /// Rows of what is here and ignored: they are to be forgotten before anything is planned.
  package var ignored: [Row] = []
  /// Where some of that is to be found anew, and told as what it is.
  package var left: [Place] = []
  /// A directory that entries lie in and nobody has announced: the unit can't be applied.
  package var unknownParent: DirectoryID?
  /// Directories that are to become aliases and stand where their heirs are to be made, by the ids
  /// of those: they are to be given them before anything is planned.
  package var takenOver: [DirectoryID: DirectoryID] = [:]
  /// A bundle whose state here gives way to one that is told: the unit waits until a node that
  /// holds that one has put back what was changed here. `rows` are then what is said at once.
  package var awaitedBundle: DirectoryID?
}
