import SyncEngine

@testable import SyncCore

/// A node of which only index and planner are real: every operation succeeds at once, on a disk
/// that is a dictionary and complains about a plan that no disk could carry out.
final class PlannerNode {
  struct Item: Equatable {
    var stamp: FileStamp
    var content: ContentID?
    var directory: DirectoryID?
  }

  let id: NodeID
  let index: SQLiteIndex
  private(set) var disk: [Place: Item] = [:]
  private var lastInode: UInt64 = 0
  private var stagedContents: [UInt64: ContentID] = [:]
  var clock: Int64 = 1_700_000_000_000_000_000

  init(_ number: UInt8) {
    id = NodeID(bytes: [UInt8](repeating: number, count: 32))!
    do {
      index = try SQLiteIndex(path: nil, node: id, randomIncarnation: UInt64(number))
    } catch { preconditionFailure("\(error)") }
  }

  // MARK: What a user does

  /// Records a local change of what stands at a key, under a new dot.
  func write(
    _ place: Place, _ body: Body, mode: UInt16 = 0o644, mtime: Int64? = nil
  ) throws(IndexError) {
    let time = clock
    try index.transaction { () throws(IndexError) in
      let sequence = try index.nextSequence()
      var entry = Entry(
        place: place, body: body, mode: 0, mtime: 0,
        version: Version(dot: Dot(actor: index.actor, counter: sequence), after: nil, time: time))
      let previous = try index.row(entry.key)
      entry.version = Version(dot: entry.version.dot, after: previous?.entry.version, time: time)
      if entry.isAlive { entry.mode = mode }
      switch body {
      case .file, .symlink: entry.mtime = mtime ?? time
      case .directory, .deleted, .deletedDirectory, .merged: break
      }
      if case .symlink = body { entry.mode = 0 }
      if let previous, previous.entry.isAlive { disk[previous.entry.place] = nil }
      let stamp = entry.isAlive ? makeItem(entry) : nil
      try index.put(Row(entry: entry, observed: stamp, sequence: sequence, source: nil))
    }
  }

  private func makeItem(_ entry: Entry) -> FileStamp {
    lastInode += 1
    let kind: FileKind =
      switch entry.body {
      case .directory: .directory
      case .symlink: .symlink
      case .file, .deleted, .deletedDirectory, .merged: .file
      }
    let stamp = FileStamp(
      kind: kind, inode: lastInode, size: entry.content?.size ?? 0, mtime: entry.mtime, ctime: 0,
      btime: 1, mode: entry.mode)
    disk[entry.place] = Item(
      stamp: stamp, content: entry.content?.id, directory: entry.directory)
    return stamp
  }

  // MARK: What peers tell

  /// Plans a unit with everything staged that it needs.
  func plan(_ entries: [Entry]) throws(IndexError) -> UnitPlan {
    let needs = try UnitPlanner.plan(entries, index: index) { _ in nil }.needs
    var staged: [Place: StagedContent] = [:]
    for need in needs {
      lastInode += 1
      let stamp = FileStamp(
        kind: .file, inode: lastInode, size: need.size, mtime: need.mtime, ctime: 0, btime: 1,
        mode: need.mode)
      stagedContents[lastInode] = need.content
      staged[need.place] = StagedContent(
        content: need.content, file: StagedFile(place: need.place, stamp: stamp))
    }
    return try UnitPlanner.plan(entries, index: index) { staged[$0] }
  }

  /// Plans a unit and carries it out. Returns what is wrong with the plan.
  func take(_ entries: [Entry], from peer: NodeID) throws(IndexError) -> [String] {
    let plan = try plan(entries)
    if let parent = plan.unknownParent { return ["nobody announced directory \(parent)"] }
    var problems: [String] = plan.needs.map { "still needs \($0.place)" }
    problems += Self.untiedRemovals(plan)
    let results = carryOut(plan.operations, entries: plan.rows, problems: &problems)
    clock += 1
    try index.transaction { () throws(IndexError) in
      for row in plan.rows {
        var observed = row.entry.isAlive ? row.previous?.observed : nil
        if let operation = row.operation, row.entry.isAlive { observed = results[operation] }
        let sequence = try index.nextSequence()
        var entry = row.entry
        if row.isOurs {
          entry.version = Version(
            dot: Dot(actor: index.actor, counter: sequence), after: entry.version, time: clock)
        }
        try index.put(
          Row(
            entry: entry, observed: observed, sequence: sequence,
            source: row.isAsAnnounced ? peer : nil))
      }
    }
    return problems + (try differences())
  }

  /// Rows that say that something is gone although nothing takes it away: if the step that does
  /// were refused, the index would be wrong.
  static func untiedRemovals(_ plan: UnitPlan) -> [String] {
    plan.rows.compactMap { row in
      guard !row.entry.isAlive, let previous = row.previous, previous.entry.isAlive,
        previous.observed != nil
      else { return nil }
      guard let operation = row.operation else { return "nothing removes \(previous.entry.place)" }
      let isTied =
        switch plan.operations[operation] {
        case .moveFile(let place, _, _, _, _, _), .removeFile(let place, _),
          .removeDirectory(_, let place, _):
          place == previous.entry.place
        case .makeDirectory, .moveDirectory, .putFile, .putSymlink, .setAttributes: false
        }
      return isTied ? nil : "\(previous.entry.place) is removed by another's operation"
    }
  }

  /// Takes everything away that operations move, replace or remove, then puts everything in place:
  /// the order within a plan is the applier's business.
  private func carryOut(_ operations: [Operation], entries: [PlannedRow], problems: inout [String])
    -> [FileStamp?]
  {
    var taken: [Int: Item] = [:]
    func take(_ place: Place, _ expected: FileStamp, _ number: Int) {
      let item = disk.removeValue(forKey: place)
      taken[number] = item
      if item?.stamp != expected { problems.append("\(operations[number]) finds something else") }
    }
    for (number, operation) in operations.enumerated() {
      switch operation {
      case .makeDirectory: break
      case .moveDirectory(_, let from, _, let expected, _): take(from, expected, number)
      case .putFile(_, let place, let replacing), .putSymlink(_, let place, _, let replacing):
        if let replacing { take(place, replacing, number) }
      case .moveFile(let from, let to, let expected, let replacing, _, _):
        if let replacing { take(to, replacing, number) }
        take(from, expected, number)
      case .setAttributes(let place, let expected, _, _): take(place, expected, number)
      case .removeFile(let place, let expected), .removeDirectory(_, let place, let expected):
        take(place, expected, number)
      }
    }
    return operations.indices.map { number in
      put(operations[number], taken[number], problems: &problems)
    }
  }

  private func put(_ operation: Operation, _ taken: Item?, problems: inout [String]) -> FileStamp? {
    func put(_ item: Item, at place: Place) -> FileStamp {
      if disk[place] != nil { problems.append("\(operation) finds its place taken") }
      disk[place] = item
      return item.stamp
    }
    func new(_ kind: FileKind, mtime: Int64, mode: UInt16) -> FileStamp {
      lastInode += 1
      return FileStamp(
        kind: kind, inode: lastInode, size: 0, mtime: mtime, ctime: 0, btime: 1, mode: mode)
    }
    switch operation {
    case .makeDirectory(let id, let place, let mode):
      return put(
        Item(stamp: new(.directory, mtime: 0, mode: mode), content: nil, directory: id), at: place)
    case .moveDirectory(_, _, let to, _, let mode):
      guard var item = taken else { return nil }
      item.stamp.mode = mode
      return put(item, at: to)
    case .putFile(let file, let place, _):
      return put(
        Item(stamp: file.stamp, content: stagedContents[file.stamp.inode], directory: nil),
        at: place)
    case .putSymlink(_, let place, let mtime, _):
      return put(
        Item(stamp: new(.symlink, mtime: mtime, mode: 0), content: nil, directory: nil), at: place)
    case .moveFile(_, let to, _, _, let mode, let mtime):
      guard var item = taken else { return nil }
      item.stamp.mode = mode
      item.stamp.mtime = mtime
      return put(item, at: to)
    case .setAttributes(let place, _, let mode, let mtime):
      guard var item = taken else { return nil }
      item.stamp.mode = mode
      if let mtime { item.stamp.mtime = mtime }
      return put(item, at: place)
    case .removeFile, .removeDirectory: return nil
    }
  }

  // MARK: What there is

  /// All rows, living and dead.
  func rows() throws(IndexError) -> [Row] { try index.rows(after: 0, limit: .max) }

  /// All living entries by their keys.
  func living() throws(IndexError) -> [EntryKey: Entry] {
    var entries: [EntryKey: Entry] = [:]
    for row in try rows() where row.entry.isAlive { entries[row.entry.key] = row.entry }
    return entries
  }

  /// Where disk and index disagree, or the index is no tree.
  private func differences() throws(IndexError) -> [String] {
    var problems: [String] = []
    let living = try rows().filter(\.entry.isAlive)
    var parents: [DirectoryID: DirectoryID] = [:]
    for row in living {
      if let id = row.entry.directory { parents[id] = row.entry.place.parent }
      let item = disk[row.entry.place]
      if item?.stamp != row.observed || item?.content != row.entry.content?.id
        || item?.directory != row.entry.directory
      {
        problems.append("\(row.entry) has \(item.debugDescription) on disk")
      }
    }
    if living.count != disk.count { problems.append("\(disk.count) on disk, not \(living.count)") }
    for row in living {
      var parent = row.entry.place.parent
      var depth = 0
      while parent != .root {
        guard let above = parents[parent], depth <= parents.count else {
          problems.append("\(row.entry) is not below the root")
          break
        }
        parent = above
        depth += 1
      }
    }
    return problems
  }
}
