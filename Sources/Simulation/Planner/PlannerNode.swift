package import SyncCore

/// A node of which only index and planner are real: every operation succeeds at once.
package final class PlannerNode {
  /// Who it is.
  package let id: NodeID
  /// Its index.
  package let index: any Index
  /// Its clock, nanoseconds since 1970 UTC.
  package var clock: Int64 = 1_700_000_000_000_000_000
  private(set) var disk = PlannerDisk()
  /// Up to where what was recorded together goes.
  private var ends: [UInt64] = []

  /// The node `number`, which begins with an empty index.
  package convenience init(_ number: UInt8) {
    let id = PlannerNode.id(number)
    self.init(number, index: MemoryIndex(node: id, incarnation: UInt64(number)))
  }

  /// The node `number` with this index.
  package init(_ number: UInt8, index: any Index) {
    id = Self.id(number)
    self.index = index
  }

  private static let ids = (0...255 as ClosedRange<UInt8>).map { number in
    NodeID(bytes: [UInt8](repeating: number, count: NodeID.byteCount))
  }

  /// The id of the node `number`.
  package static func id(_ number: UInt8) -> NodeID {
    guard let id = ids[Int(number)] else { preconditionFailure("an id has 32 bytes") }
    return id
  }

  // MARK: What a user does

  /// Records a local change of what stands at a key, under a new dot. Within a transaction.
  package func record(
    _ place: Place, _ body: Body, mode: UInt16, mtime: Int64,
    attributes: ExtendedAttributes = .empty
  ) throws(IndexError) {
    let sequence = try index.nextSequence()
    var entry = Entry(
      place: place, body: body, mode: mode, mtime: mtime, attributes: attributes,
      version: Version(dot: Dot(actor: index.actor, counter: sequence), after: nil, time: clock))
    let previous = try index.row(entry.key)
    entry.version = Version(
      dot: entry.version.dot, vector: previous?.entry.version.vector ?? VersionVector(),
      time: clock, making: body)
    var stamp: FileStamp?
    if let previous, previous.entry.isAlive, let spot = try spot(previous.entry.place) {
      disk.set(nil, at: spot)
      // A directory that is moved is still the same.
      if case .directory = body { stamp = previous.observed }
    }
    if entry.isAlive, let spot = try spot(place) {
      var made = stamp ?? disk.newStamp(Self.kind(of: body), size: 0, mtime: mtime, mode: mode)
      made.mode = mode
      disk.set(
        PlannerDisk.Item(stamp: made, content: entry.content?.id, attributes: attributes), at: spot)
      stamp = made
    } else {
      stamp = nil
    }
    try index.put(
      Row(
        entry: entry, observed: stamp, observedAttributes: attributes, sequence: sequence,
        source: nil))
  }

  /// The same in a transaction of its own, with what the body makes usual.
  package func write(
    _ place: Place, _ body: Body, mode: UInt16 = 0o644, mtime: Int64? = nil
  ) throws(IndexError) {
    try index.transaction { () throws(IndexError) in
      switch body {
      case .file: try record(place, body, mode: mode, mtime: mtime ?? clock)
      case .symlink: try record(place, body, mode: 0, mtime: mtime ?? clock)
      case .directory: try record(place, body, mode: mode, mtime: 0)
      case .deleted, .deletedDirectory, .merged: try record(place, body, mode: 0, mtime: 0)
      }
    }
  }

  /// What a user does who deletes what stands at a place.
  func takeAway(_ place: Place) throws(IndexError) {
    if let spot = try spot(place) { disk.removeTree(at: spot) }
  }

  private static func kind(of body: Body) -> FileKind {
    switch body {
    case .directory: .directory
    case .symlink: .symlink
    case .file, .deleted, .deletedDirectory, .merged: .file
    }
  }

  private func inode(_ id: DirectoryID) throws(IndexError) -> UInt64? {
    if id == .root { return 0 }
    return try index.row(.directory(id))?.observed?.inode
  }

  private func spot(_ place: Place) throws(IndexError) -> PlannerDisk.Spot? {
    try inode(place.parent).map { PlannerDisk.Spot(parent: $0, name: place.name) }
  }

  /// The index is lost, and what is on disk is found anew, in no version that anybody has seen.
  func loseIndex(
    incarnation: UInt64, newDirectory: () -> DirectoryID
  ) throws(IndexError) {
    clock += 1
    let found = try rows().filter { $0.entry.isAlive && $0.observed != nil }
    var ids: [DirectoryID: DirectoryID] = [:]
    for row in found { if let id = row.entry.directory { ids[id] = newDirectory() } }
    try index.transaction { () throws(IndexError) in
      try index.reset(incarnation: incarnation)
      for var row in found {
        row.sequence = try index.nextSequence()
        row.source = nil
        row.entry.place.parent = ids[row.entry.place.parent] ?? .root
        if let id = row.entry.directory.flatMap({ ids[$0] }) { row.entry.body = .directory(id) }
        row.entry.version = Version(
          dot: Dot(actor: index.actor, counter: row.sequence), after: nil, time: clock)
        try index.put(row)
      }
    }
    endSet()
  }

  /// What a node told is told to it like everything else from now on.
  func forgetSource(_ peer: NodeID) throws(IndexError) {
    try index.transaction { () throws(IndexError) in try index.forgetSource(peer) }
  }

  // MARK: What peers tell

  /// What was recorded is complete: what is told ends here or at another such sequence.
  func endSet() {
    if index.sequence > ends.last ?? 0 { ends.append(index.sequence) }
  }

  /// The rows after a sequence, of at most so many sets; of all if `nil`.
  func rows(after sequence: UInt64, sets: Int?) throws(IndexError) -> [Row] {
    let rows = try index.rows(after: sequence, limit: .max)
    guard let sets, let first = ends.firstIndex(where: { $0 > sequence }) else { return rows }
    let end = ends[min(first + sets, ends.count) - 1]
    return rows.filter { $0.sequence <= end }
  }

  /// Plans a unit with everything staged that it needs. `needs` gets what that is.
  package func plan(
    _ entries: [Entry], needs: inout [Need]
  ) throws(IndexError) -> UnitPlan {
    let first = try UnitPlanner.plan(entries, index: index) { _ in nil }
    guard !first.needs.isEmpty, first.unknownParent == nil else { return first }
    needs = first.needs
    let staged = needs.map { disk.stage($0) }
    return try UnitPlanner.plan(entries, index: index) { place in
      staged.first { $0.file.place == place }
    }
  }

  /// Plans a unit and carries it out. Returns what is wrong with the plan. `source` is who told it,
  /// if it was one peer; `has` tells whether those who told it have a content.
  package func take(
    _ entries: [Entry], from source: NodeID?,
    has: (ContentID) throws(IndexError) -> Bool = { (_) throws(IndexError) in true },
    planned: (UnitPlan, _ hasMerged: Bool) -> Void = { _, _ in }
  ) throws(IndexError) -> [String] {
    clock += 1
    let entries = Announcement.merged(entries)
    let vacated = try Announcement.placesVacated(by: entries, index: index)
    let merger = DirectoryMerger(index: index, wall: clock)
    let hasMerged = try merger.merge(entries, vacating: vacated).hasMerged
    var needs: [Need] = []
    let plan = try plan(entries, needs: &needs)
    planned(plan, hasMerged)
    if let parent = plan.unknownParent { return ["nobody announced directory \(parent)"] }
    var problems = plan.needs.map { "still needs \($0.place.label)" }
    for need in needs {
      guard try !has(need.content), try index.files(with: need.content, limit: 1).isEmpty else {
        continue
      }
      problems.append("nobody has the content for \(need.place.label)")
    }
    problems += Self.untiedRemovals(plan)
    let done = try disk.carryOut(plan) { (id) throws(IndexError) in try inode(id) }
    problems += done.problems
    clock += 1
    try index.transaction { () throws(IndexError) in
      try RowRecorder(index: index, wall: clock, bundles: BundleRules()).record(
        plan.rows, done.results, attributes: plan.attributes, source: source)
    }
    endSet()
    return problems
  }

  /// Rows that say that something is gone although nothing takes it away: if the step that does
  /// were refused, the index would be wrong.
  private static func untiedRemovals(_ plan: UnitPlan) -> [String] {
    plan.rows.compactMap { row in
      guard !row.entry.isAlive, let previous = row.previous, previous.entry.isAlive,
        previous.observed != nil
      else { return nil }
      guard let operation = row.operation else {
        return "nothing removes \(previous.entry.place.label)"
      }
      let isTied =
        switch plan.operations[operation] {
        case .moveFile(let place, _, _, _, _, _), .removeFile(let place, _),
          .removeDirectory(_, let place, _):
          place == previous.entry.place
        case .makeDirectory, .moveDirectory, .putFile, .putSymlink, .setAttributes: false
        }
      return isTied ? nil : "\(previous.entry.place.label) is removed by another's operation"
    }
  }

  // MARK: What there is

  /// All rows, living and dead.
  package func rows() throws(IndexError) -> [Row] { try index.rows(after: 0, limit: .max) }

  /// The directories that were merged into one, as far as it is known here.
  func aliases(of heir: DirectoryID) throws(IndexError) -> [DirectoryID] {
    var aliases: [DirectoryID] = []
    for row in try rows() {
      guard case .merged(let id, _) = row.entry.body, try index.canonical(id) == heir else {
        continue
      }
      aliases.append(id)
    }
    return aliases
  }

  /// All living entries by their keys.
  package func living() throws(IndexError) -> [EntryKey: Entry] {
    var entries: [EntryKey: Entry] = [:]
    for row in try rows() where row.entry.isAlive { entries[row.entry.key] = row.entry }
    return entries
  }

  /// Where disk and index disagree, or the index is no tree.
  package func differences() throws(IndexError) -> [String] {
    var problems: [String] = []
    let living = try rows().filter(\.entry.isAlive)
    for row in living {
      let item = try spot(row.entry.place).flatMap { disk.items[$0] }
      if item?.stamp != row.observed || item?.content != row.entry.content?.id
        || item?.attributes != row.observedAttributes
      {
        problems.append("\(row.entry.label) has \(item.debugDescription) on disk")
      }
      var parent = row.entry.place.parent
      var depth = 0
      while parent != .root {
        guard let above = living.first(where: { $0.entry.directory == parent }),
          depth <= living.count
        else {
          problems.append("\(row.entry.label) is not below the root")
          break
        }
        parent = above.entry.place.parent
        depth += 1
      }
    }
    if living.count != disk.items.count {
      problems.append("\(disk.items.count) things on disk, not \(living.count)")
    }
    return problems
  }
}
