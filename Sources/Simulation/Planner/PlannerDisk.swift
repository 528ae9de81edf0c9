import SyncCore

/// A disk on which every operation succeeds at once, and that complains of those that no disk could
/// carry out.
struct PlannerDisk {
  /// A file, symlink or directory.
  struct Item: Equatable {
    var stamp: FileStamp
    var content: ContentID?
    var attributes = ExtendedAttributes.empty
  }

  /// A name in a directory, which is known by its inode; the root's is 0.
  struct Spot: Hashable {
    var parent: UInt64
    var name: Name
  }

  private(set) var items: [Spot: Item] = [:]
  private var lastInode: UInt64 = 0
  private var staged: [(inode: UInt64, content: ContentID)] = []

  /// The state of something new.
  mutating func newStamp(
    _ kind: FileKind, size: Int64, mtime: Int64, mode: UInt16
  ) -> FileStamp {
    lastInode += 1
    return FileStamp(
      kind: kind, inode: lastInode, size: size, mtime: mtime, ctime: 0, btime: 1, mode: mode)
  }

  /// Has a content ready for a need.
  mutating func stage(_ need: Need) -> StagedContent {
    let stamp = newStamp(.file, size: need.size, mtime: need.mtime, mode: need.mode)
    staged.append((stamp.inode, need.content))
    return StagedContent(
      content: need.content, file: StagedFile(place: need.place, stamp: stamp))
  }

  /// What a user does at a name.
  mutating func set(_ item: Item?, at spot: Spot) { items[spot] = item }

  /// Deletes what is at a name, with all that is in it.
  mutating func removeTree(at spot: Spot) {
    guard let item = items.removeValue(forKey: spot), item.stamp.kind == .directory else { return }
    let inside = items.keys.filter { $0.parent == item.stamp.inode }
    for spot in inside { removeTree(at: spot) }
  }

  // MARK: Operations

  /// Takes everything away that operations move, replace or remove, then puts everything in place:
  /// the order within a plan is the applier's business. `inode` tells that of a directory that was
  /// here before.
  mutating func carryOut(
    _ plan: UnitPlan, inode: (DirectoryID) throws(IndexError) -> UInt64?
  ) throws(IndexError) -> (results: [OperationResult], problems: [String]) {
    guard !plan.operations.isEmpty else { return ([], []) }
    var work = Work(plan)
    for operation in plan.operations {
      for id in operation.directories where work.inodes[id] == nil {
        work.inodes[id] = try inode(id)
        if work.inodes[id] != nil, plan.directories[id] == nil {
          work.problems.append("\(operation.label) has no path of \(id.label)")
        }
      }
    }
    for (number, operation) in plan.operations.enumerated() {
      takeAway(number, operation, &work)
    }
    var results: [OperationResult] = []
    for (number, operation) in plan.operations.enumerated() {
      results.append(.done(put(number, operation, work.taken[number], &work)))
    }
    for case .removeDirectory(_, let place, let stamp) in plan.operations
    where items.contains(where: { $0.key.parent == stamp.inode }) {
      work.problems.append("\(place.label) is removed and not empty")
    }
    staged = []
    return (results, work.problems)
  }

  /// A plan that is being carried out.
  private struct Work {
    var inodes: [DirectoryID: UInt64] = [.root: 0]
    var taken: [Item?]
    var made: [DirectoryID: FileStamp] = [:]
    var problems: [String] = []
    let attributes: [Int: ExtendedAttributes]

    init(_ plan: UnitPlan) {
      taken = Array(repeating: nil, count: plan.operations.count)
      attributes = plan.attributes
    }

    mutating func spot(_ place: Place) -> Spot? {
      if let parent = inodes[place.parent] { return Spot(parent: parent, name: place.name) }
      problems.append("\(place.label) is in no directory")
      return nil
    }
  }

  private mutating func takeAway(_ number: Int, _ operation: Operation, _ work: inout Work) {
    switch operation {
    case .makeDirectory(let id, _, let mode):
      let stamp = newStamp(.directory, size: 0, mtime: 0, mode: mode)
      if work.inodes.updateValue(stamp.inode, forKey: id) != nil {
        work.problems.append("\(operation.label) makes it twice")
      }
      work.made[id] = stamp
    case .moveDirectory(_, let from, _, let expected, _): take(from, expected, number, &work)
    case .putFile(_, let place, let replacing), .putSymlink(_, let place, _, let replacing):
      if let replacing { take(place, replacing, number, &work) }
    case .moveFile(let from, let to, let expected, let replacing, _, _):
      if let replacing { take(to, replacing, number, &work) }
      take(from, expected, number, &work)
    case .setAttributes(let place, let expected, _, _): take(place, expected, number, &work)
    case .removeFile(let place, let expected), .removeDirectory(_, let place, let expected):
      take(place, expected, number, &work)
    }
  }

  private mutating func take(
    _ place: Place, _ expected: FileStamp, _ number: Int, _ work: inout Work
  ) {
    guard let spot = work.spot(place) else { return }
    work.taken[number] = items.removeValue(forKey: spot)
    if work.taken[number]?.stamp != expected {
      work.problems.append("something else than expected is at \(place.label)")
    }
  }

  private mutating func put(
    _ number: Int, _ operation: Operation, _ taken: Item?, _ work: inout Work
  ) -> FileStamp? {
    switch operation {
    case .makeDirectory(let id, let place, _):
      guard let stamp = work.made[id] else { return nil }
      return put(Item(stamp: stamp), at: place, number, &work)
    case .moveDirectory(_, _, let to, _, let mode):
      guard var item = taken else { return nil }
      item.stamp.mode = mode
      return put(item, at: to, number, &work)
    case .putFile(let file, let place, _):
      let content = staged.first { $0.inode == file.stamp.inode }?.content
      return put(Item(stamp: file.stamp, content: content), at: place, number, &work)
    case .putSymlink(_, let place, let mtime, _):
      return put(
        Item(stamp: newStamp(.symlink, size: 0, mtime: mtime, mode: 0)), at: place, number, &work)
    case .moveFile(_, let to, _, _, let mode, let mtime):
      guard var item = taken else { return nil }
      item.stamp.mode = mode
      item.stamp.mtime = mtime
      return put(item, at: to, number, &work)
    case .setAttributes(let place, _, let mode, let mtime):
      guard var item = taken else { return nil }
      item.stamp.mode = mode
      if let mtime { item.stamp.mtime = mtime }
      return put(item, at: place, number, &work)
    case .removeFile, .removeDirectory: return nil
    }
  }

  private mutating func put(
    _ item: Item, at place: Place, _ number: Int, _ work: inout Work
  ) -> FileStamp? {
    var item = item
    item.attributes = work.attributes[number] ?? item.attributes
    guard let spot = work.spot(place) else { return item.stamp }
    if items.updateValue(item, forKey: spot) != nil {
      work.problems.append("\(place.label) is taken already")
    }
    return item.stamp
  }
}
