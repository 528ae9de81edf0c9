import Glibc
import SyncCore

/// One run of a plan: where its directories are by now, what was touched, what became of each
/// operation. Its steps are in the extensions, in the order in which `Applier.apply` takes them.
struct Flip {
  let plan: FlipPlan
  let fileSystem: any FileSystem
  let staging: Staging
  /// The node that runs it.
  let node: NodeID
  /// The patterns of this machine.
  let local: IgnoreRules
  /// When what is in bundles is put in place; empty if nothing is in one.
  let turns: FlipTurns
  /// Whether an earlier run may have done part of it.
  let isResumed: Bool
  /// Whether the staged contents are known to be durable.
  var isStagedDurable = false
  /// `nil` while undecided.
  var results: [OperationResult?]
  /// Where each directory is now; within `.leftd/flip` for one that is between two places.
  var paths: [DirectoryID: RelativePath]
  var trash: Trash
  /// Places that operations fill.
  let filled: Set<Place>
  /// Places that operations empty.
  let vacated: Set<Place>
  let contents: FlipContents
  /// Files that operations name by several of their names: what is done at one changes the ctime of
  /// all, or their permissions.
  let linked: Set<UInt64>

  /// What the disk shows of the attributes that operations gave, by their positions.
  var shown: [Int: ExtendedAttributes] = [:]

  /// What the disk shows at the names of files that are one since.
  var shownLinks: [Place: FileStamp] = [:]

  /// When directories last changed before the flip.
  var timesBefore: [DirectoryID: Int64] = [:]

  /// Deleted directories that stay because of what is ignored in them.
  var remainders: Set<RelativePath> = []
  /// Bundles in which a step was not taken: what comes after it is not, either.
  var brokenBundles: Set<RelativePath> = []
  /// Whether something is between two places and could not leave.
  var isStranded = false
  /// Files that have gone to the trash.
  var outgoing: [OutgoingFile] = []

  private var opened: [RelativePath: Directory] = [:]
  private var touched: [Directory] = []
  private var isMuchTouched = false
  private var attributeChangeCount = 0
  private var hasFolder = false

  init(
    _ plan: FlipPlan, of fileSystem: any FileSystem, staging: Staging, node: NodeID,
    ignoring local: IgnoreRules, bundles: BundleRules, isResumed: Bool
  ) {
    self.local = local
    self.plan = plan
    self.fileSystem = fileSystem
    self.staging = staging
    self.node = node
    self.isResumed = isResumed
    results = Array(repeating: nil, count: plan.operations.count)
    paths = plan.directories
    paths[.root] = .root
    trash = Trash(plan: plan.id, of: fileSystem)
    contents = FlipContents(plan)
    linked = plan.linkedInodes
    turns = FlipTurns(plan, bundles)
    filled = Set(plan.operations.compactMap(\.filledPlace))
    vacated = Set(plan.operations.compactMap(\.vacatedPlace))
  }

  /// Of directories that the index has at one path, since one of them was found moved and not yet
  /// where to, none is there but the one that the disk shows.
  mutating func forgetMisplaced() {
    var shared: [RelativePath: [DirectoryID]] = [:]
    for (id, path) in plan.directories { shared[path, default: []].append(id) }
    for (path, ids) in shared.filter({ $0.value.count > 1 }).sorted(by: { $0.key < $1.key }) {
      let found = try? Directory(path, of: fileSystem).stamp().identity
      for id in ids where found != plan.identities[id] { paths[id] = nil }
    }
  }

  // MARK: Deciding

  /// Runs a step of one operation and records what it returns; what it throws is a refusal if it
  /// says that the tree is not as expected, else a failure.
  mutating func attempt(
    _ index: Int, _ step: (inout Flip) throws(FileError) -> OperationResult?
  ) {
    guard results[index] == nil, !isBlocked(index) else { return }
    do throws(FileError) {
      results[index] = try step(&self)
    } catch {
      results[index] = error.isRefusal ? .refused : .failed(error.errno)
    }
  }

  /// Whether what was found is what the plan expects. After a crash without regard to ctime: a
  /// rename that the crash undid may have left its trace there; so may another operation at another
  /// name of a file.
  func isExpected(_ found: FileStamp, _ expected: FileStamp) -> Bool {
    isResumed || isLinked(found) ? found.isAsMoved(expected) : found.isAsExpected(expected)
  }

  /// Whether operations name a file by several of its names.
  func isLinked(_ found: FileStamp) -> Bool {
    found.kind == .file && linked.contains(found.inode)
  }

  // MARK: Directories

  /// Where the flip keeps what is between two places.
  var folderPath: RelativePath {
    ReservedFolder.flip.appending(ReservedFolder.name(ofPlan: plan.id))
  }

  /// That directory, made if needed.
  mutating func folder() throws(FileError) -> Directory {
    if let directory = opened[folderPath] { return directory }
    let directory = try Directory.making(folderPath, of: fileSystem)
    hasFolder = true
    opened[folderPath] = directory
    return directory
  }

  /// The directory at a path, held while the flip runs.
  mutating func directory(_ path: RelativePath) throws(FileError) -> Directory {
    if let directory = opened[path] { return directory }
    let directory = try Directory(path, of: fileSystem)
    hold(directory, at: path)
    return directory
  }

  /// Whether a directory is in the share just now.
  func isPlaced(_ id: DirectoryID) -> Bool {
    guard let path = paths[id] else { return false }
    return !path.isReserved
  }

  /// A directory that is in the share just now; ENOENT if it isn't, or another stands there.
  mutating func directory(_ id: DirectoryID) throws(FileError) -> Directory {
    guard isPlaced(id), let path = paths[id] else { throw FileError(ENOENT, .open) }
    // What is held open stays what it is.
    if let held = opened[path] { return held }
    let directory = try Directory(path, of: fileSystem)
    if let identity = plan.identities[id], try directory.stamp().identity != identity {
      throw FileError(ENOENT, .open)
    }
    hold(directory, at: path)
    return directory
  }

  private mutating func hold(_ directory: Directory, at path: RelativePath) {
    if opened.count >= Limits.flipDirectoryCount { opened.removeAll() }
    opened[path] = directory
  }

  /// Records that a directory, with all that lies in it, has another path.
  mutating func relocate(_ id: DirectoryID, to path: RelativePath) {
    if let old = paths[id] {
      for (other, otherPath) in paths {
        if let moved = otherPath.replacingPrefix(old, with: path) { paths[other] = moved }
      }
    }
    paths[id] = path
    forgetOpened()
  }

  /// Paths have changed: nothing held may be taken for what it was.
  mutating func forgetOpened() { opened.removeAll() }

  /// The path before the flip, which is where the trash keeps things.
  func originalPath(_ place: Place) -> RelativePath {
    let parent = plan.directories[place.parent] ?? paths[place.parent] ?? .root
    return parent.appending(place.name)
  }

  // MARK: Durability

  /// Remembers that names in a directory changed.
  mutating func touch(_ directory: Directory) {
    guard !isMuchTouched, !touched.contains(where: { $0 === directory }) else { return }
    touched.append(directory)
    if touched.count > Limits.individualFlushCount {
      isMuchTouched = true
      touched = []
    }
  }

  /// Makes changed attributes of an entry durable: now if there are few, else with everything.
  mutating func touchAttributes(of name: Name, in parent: Directory) throws(FileError) {
    attributeChangeCount += 1
    guard attributeChangeCount <= Limits.individualFlushCount,
      let entry = try? OpenFile(name, in: parent, for: .reading)
    else {
      // Many; or its own mode forbids to open it.
      isMuchTouched = true
      return
    }
    try entry.flush()
  }

  /// Makes every changed name durable. If that fails, nothing of the flip may be called done.
  mutating func makeNamesDurable() {
    do throws(FileError) {
      if isMuchTouched {
        try fileSystem.flushAll()
      } else {
        for directory in touched { try directory.flush() }
      }
    } catch {
      for index in results.indices {
        if case .done = results[index] { results[index] = .failed(error.errno) }
      }
    }
  }

  /// Takes the flip's folder away; what is still in it belongs to nobody and goes to the trash,
  /// unless it was taken out of its place and has reached no other.
  mutating func tidy() {
    guard !isStranded, isResumed || hasFolder || plan.operations.count > 1 else {
      return
    }
    let held = heldNames
    let folder: Directory
    let names: [Name]
    do throws(FileError) {
      folder = try Directory(folderPath, of: fileSystem)
      names = try folder.names()
    } catch {
      isStranded = error.errno != ENOENT && !held.isEmpty
      return
    }
    guard held.isDisjoint(with: names) else {
      isStranded = true
      return
    }
    for name in names {
      let path = RelativePath(components: [name])
      _ = try? trash.take(name, in: folder, from: path) { _ in }
    }
    guard let name = folderPath.name,
      let parent = try? Directory(ReservedFolder.flip, of: fileSystem)
    else { return }
    try? parent.removeDirectory(name)
  }

  // MARK: Result

  /// What became of the plan. What nothing could be decided about stands in a directory that was
  /// refused itself. Directories are looked at last, when nothing in them changes any more, and so
  /// are files with several names.
  mutating func result() -> FlipResult {
    for (index, operation) in plan.operations.enumerated() {
      guard case .done(let stamp?) = results[index], stamp.kind == .directory || isLinked(stamp)
      else { continue }
      guard let place = operation.filledPlace ?? operation.changedPlace else { continue }
      do throws(FileError) {
        var found = try directory(place.parent).stamp(of: place.name) ?? stamp
        if stamp.kind == .file { found = found.settled(as: stamp) }
        // Other permissions after an interruption were given by somebody else: the next look finds
        // that they changed.
        if isResumed, stamp.kind == .directory, let mode = operation.mode { found.mode = mode }
        results[index] = .done(found)
      } catch {
        results[index] = .failed(error.errno)
      }
    }
    var result = FlipResult(
      id: plan.id, results: results.map { $0 ?? .refused }, attributes: shown,
      ending: isStranded ? .stranded : .tried)
    result.linked = shownLinks
    return result
  }
}

extension FileError {
  /// Whether the tree was found otherwise than expected, rather than the disk unable.
  var isRefusal: Bool {
    switch errno {
    case ENOENT, EEXIST, ENOTDIR, ELOOP, EISDIR, ENOTEMPTY: true
    default: false
    }
  }
}

extension FlipPlan {
  /// Files of which operations name several names.
  fileprivate var linkedInodes: Set<UInt64> {
    var (seen, linked): (Set<UInt64>, Set<UInt64>) = ([], [])
    for stamp in operations.flatMap(\.expectedFiles) where !seen.insert(stamp.inode).inserted {
      linked.insert(stamp.inode)
    }
    return linked
  }
}

extension Operation {
  /// The permissions that it gives.
  var mode: UInt16? {
    switch self {
    case .makeDirectory(_, _, let mode), .moveDirectory(_, _, _, _, let mode),
      .moveFile(_, _, _, _, let mode, _), .setAttributes(_, _, let mode, _):
      mode
    case .putFile(let file, _, _): file.stamp.mode
    case .putSymlink, .removeFile, .removeDirectory: nil
    }
  }
}

/// A plan's operations by what they concern; positions in `FlipPlan.operations`.
struct FlipContents {
  var newDirectories: [DirectoryID: Int] = [:]
  /// New directories, files and symbolic links by the directory they are put into.
  var directoriesPut: [DirectoryID: [Int]] = [:]
  var filesPut: [DirectoryID: [Int]] = [:]
  var removedDirectories: [DirectoryID: Int] = [:]
  var removals: [Place: Int] = [:]
  var directoryRemovals: [Place: Int] = [:]

  init(_ plan: FlipPlan) {
    for (index, operation) in plan.operations.enumerated() {
      switch operation {
      case .makeDirectory(let id, let place, _):
        newDirectories[id] = index
        directoriesPut[place.parent, default: []].append(index)
      case .putFile(_, let place, _), .putSymlink(_, let place, _, _):
        filesPut[place.parent, default: []].append(index)
      case .removeFile(let place, _): removals[place] = index
      case .removeDirectory(let id, let place, _):
        removedDirectories[id] = index
        directoryRemovals[place] = index
      case .moveDirectory, .moveFile, .setAttributes: break
      }
    }
  }
}
