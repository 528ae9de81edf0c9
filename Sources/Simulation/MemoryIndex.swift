package import SyncCore

/// An index without SQLite: rows in an array that is sorted by their keys. For trees of a few dozen
/// entries, of which millions are made; nothing in it depends on the order of hashes.
package final class MemoryIndex: Index {
  private var keys: [EntryKey] = []
  private var rows: [Row] = []
  private var recipes: [ContentID: Recipe] = [:]
  private var samples: [UInt64: ContentID] = [:]
  private var trashed: [ContentID: TrashedFile] = [:]
  private var progress: [NodeID: PeerProgress] = [:]
  private var marks: [NodeID: [SequenceMark]] = [:]
  private var highest: [VersionVector.Component] = []
  private var plan: [UInt8]?
  /// What that was before a transaction that a power cut undoes; `nil` if there is none.
  private var planBeforePowerCut: [UInt8]??
  private let node: NodeID
  /// The last sets, the newest last.
  package private(set) var history: [HistorySet] = []
  private var isInTransaction = false
  /// Below which no sequence is given any more.
  private var floor: UInt64 = 0

  package private(set) var actor: Actor
  package private(set) var sequence: UInt64 = 0
  package private(set) var secured = SecuredMark(sequence: 0, boot: 0)
  package private(set) var replicaSince: UInt64?
  package private(set) var forgotten: UInt64 = 0

  /// An empty index of `node` in the life `incarnation`.
  package init(node: NodeID, incarnation: UInt64) {
    self.node = node
    actor = Actor(node: node.prefix, incarnation: incarnation)
  }

  /// A copy of what another holds now.
  package init(copying other: MemoryIndex) {
    precondition(!other.isInTransaction)
    (keys, rows, recipes) = (other.keys, other.rows, other.recipes)
    (samples, trashed) = (other.samples, other.trashed)
    (progress, marks, highest, plan) = (other.progress, other.marks, other.highest, other.plan)
    (node, actor, sequence, secured) = (other.node, other.actor, other.sequence, other.secured)
    (replicaSince, forgotten) = (other.replicaSince, other.forgotten)
  }

  // MARK: Transactions

  package func transaction(
    _ durability: Durability, _ body: () throws(IndexError) -> Void
  ) throws(IndexError) {
    precondition(!isInTransaction, "a transaction within a transaction")
    isInTransaction = true
    defer { isInTransaction = false }
    let before = (keys, rows, recipes, progress, marks, highest, plan, actor, sequence)
    let earlier = (history, secured, replicaSince, samples, trashed, forgotten)
    do throws(IndexError) {
      try body()
    } catch {
      (keys, rows, recipes, progress, marks, highest, plan, actor, sequence) = before
      (history, secured, replicaSince, samples, trashed, forgotten) = earlier
      throw error
    }
    switch durability {
    case .now: planBeforePowerCut = nil
    case .later: planBeforePowerCut = .some(planBeforePowerCut ?? before.6)
    }
  }

  /// Undoes what isn't durable. Only flips under way are kept so.
  func losePower() {
    if let plan = planBeforePowerCut { self.plan = plan }
    planBeforePowerCut = nil
  }

  package func nextSequence() -> UInt64 {
    requireTransaction()
    sequence = max(sequence, floor) + 1
    return sequence
  }

  package func skip(to sequence: UInt64) { floor = sequence }

  package func note(_ secured: SecuredMark) {
    requireTransaction()
    self.secured = secured
  }

  package func note(replicaSince: UInt64?) {
    requireTransaction()
    self.replicaSince = replicaSince
  }

  package func note(forgotten sequence: UInt64) {
    requireTransaction()
    forgotten = sequence
  }

  package func reset(incarnation: UInt64) {
    requireTransaction()
    (keys, rows, recipes, progress, marks, plan) = ([], [], [:], [:], [:], nil)
    (samples, trashed, forgotten) = ([:], [:], 0)
    actor = Actor(node: node.prefix, incarnation: incarnation)
  }

  private func requireTransaction() {
    precondition(isInTransaction, "a change of the index outside a transaction")
  }

  // MARK: Rows

  /// Where a key is, or would be.
  private func position(of key: EntryKey) -> (position: Int, isThere: Bool) {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return (low, low < keys.count && keys[low] == key)
  }

  package func row(_ key: EntryKey) -> Row? {
    let (position, isThere) = position(of: key)
    return isThere ? rows[position] : nil
  }

  package func directories(at place: Place) -> [Row] {
    var found: [Row] = []
    for row in rows {
      // Directories come first.
      guard row.entry.directory != nil else { break }
      if row.entry.isAlive, row.entry.place == place { found.append(row) }
    }
    return found.count < 2 ? found : found.sorted { $0.sequence > $1.sequence }
  }

  package func children(of parent: DirectoryID) -> [Row] {
    let children = rows.filter { $0.entry.place.parent == parent }
    guard children.count > 1 else { return children }
    return children.sorted { left, right in
      let (leftName, rightName) = (left.entry.place.name, right.entry.place.name)
      if leftName != rightName { return leftName < rightName }
      return left.entry.directory == nil && right.entry.directory != nil
    }
  }

  package func livingDirectories(after directory: DirectoryID, limit: Int) -> [Row] {
    let later = rows.lazy.filter { row in
      row.entry.isAlive && row.entry.directory.map { $0 > directory } ?? false
    }
    return Array(later.prefix(limit))
  }

  package func rows(after sequence: UInt64, limit: Int) -> [Row] {
    guard sequence < self.sequence else { return [] }
    let later = rows.filter { $0.sequence > sequence }.sorted { $0.sequence < $1.sequence }
    return later.count <= limit ? later : Array(later.prefix(limit))
  }

  package func untoldRows() -> [Row] { rows.filter { $0.sequence == 0 } }

  package func files(with content: ContentID, limit: Int) -> [Row] {
    Array(rows.lazy.filter { $0.entry.content?.id == content }.prefix(limit))
  }

  package func hasAliases(_ directory: DirectoryID) -> Bool {
    rows.contains { row in
      if case .merged(_, directory) = row.entry.body { true } else { false }
    }
  }

  package func directory(inode: UInt64, btime: Int64) -> Row? {
    rows.first { row in
      row.entry.isAlive && row.entry.directory != nil && row.observed?.inode == inode
        && row.observed?.btime == btime
    }
  }

  package func file(inode: UInt64) -> [Row] {
    rows.filter { row in
      row.entry.isAlive && row.entry.directory == nil && row.observed?.inode == inode
    }
  }

  package func hasFilesWithSeveralNames() -> Bool {
    let inodes = rows.compactMap { row in
      row.entry.isAlive && row.entry.directory == nil ? row.observed?.inode : nil
    }
    return Set(inodes).count < inodes.count
  }

  package func put(_ row: Row) {
    requireTransaction()
    precondition(row.sequence <= sequence, "a sequence that was never given")
    let key = row.entry.key
    let (position, isThere) = position(of: key)
    if isThere {
      rows[position] = row
    } else {
      keys.insert(key, at: position)
      rows.insert(row, at: position)
    }
    for component in row.entry.version.vector.components { note(component) }
    for component in row.entry.bundle?.version.vector.components ?? [] { note(component) }
  }

  private func note(_ component: VersionVector.Component) {
    if let known = highest.firstIndex(where: { $0.actor == component.actor }) {
      highest[known].counter = max(highest[known].counter, component.counter)
    } else {
      highest.append(component)
    }
  }

  package func remove(_ key: EntryKey) {
    requireTransaction()
    let (position, isThere) = position(of: key)
    guard isThere else { return }
    keys.remove(at: position)
    rows.remove(at: position)
  }

  package func totals() -> Totals {
    var totals = Totals()
    for row in rows where row.entry.isAlive {
      guard row.observed != nil else {
        totals.notHeld += 1
        continue
      }
      if row.entry.directory == nil { totals.files += 1 } else { totals.directories += 1 }
      totals.bytes = totals.bytes &+ (row.entry.content?.size ?? 0)
    }
    return totals
  }

  package func forgetSource(_ peer: NodeID) {
    requireTransaction()
    for number in rows.indices where rows[number].source == peer { rows[number].source = nil }
  }

  // MARK: Recipes

  package func recipe(_ content: ContentID) -> Recipe? { recipes[content] }

  package func put(_ recipe: Recipe, for content: ContentID) {
    requireTransaction()
    recipes[content] = recipe
    for sample in recipe.samples { samples[sample] = content }
  }

  package func content(sampledBy chunk: ChunkID) -> ContentID? { samples[chunk.sampleKey] }

  // MARK: Peers

  package func progress(of peer: NodeID) -> PeerProgress? { progress[peer] }

  package func put(_ progress: PeerProgress, of peer: NodeID) {
    requireTransaction()
    if let before = self.progress[peer], before.incarnation != progress.incarnation {
      marks[peer] = nil
    }
    self.progress[peer] = progress
  }

  package func knownPeers() -> [NodeID] { progress.keys.sorted() }

  package func removeProgress(of peer: NodeID) {
    requireTransaction()
    (progress[peer], marks[peer]) = (nil, nil)
  }

  package func highestCounter(of actor: Actor) -> UInt64 {
    highest.first { $0.actor == actor }?.counter ?? 0
  }

  package func put(_ mark: SequenceMark, of peer: NodeID) {
    requireTransaction()
    let known = marks[peer, default: []]
    let same = known.first { $0.ours == mark.ours }
    let joined = SequenceMark(theirs: max(mark.theirs, same?.theirs ?? 0), ours: mark.ours)
    marks[peer] = (known.filter { $0.ours != mark.ours } + [joined]).sorted { $0.ours < $1.ours }
  }

  package func mark(of peer: NodeID, coveredBy ours: UInt64) -> SequenceMark? {
    marks[peer]?.last { $0.ours <= ours }
  }

  // MARK: History

  package func note(_ set: HistorySet) {
    requireTransaction()
    if history.count == Self.historySetCount { history.removeFirst() }
    history.append(set)
  }

  /// What tests ask for; more would only cost time.
  private static let historySetCount = 16

  // MARK: Trash

  package func note(_ trashed: TrashedFile) {
    requireTransaction()
    self.trashed[trashed.content] = trashed
  }

  package func trashed(with content: ContentID) -> TrashedFile? { trashed[content] }

  // MARK: Flips under way

  package func journal() -> [UInt8]? { plan }

  package func putJournal(_ plan: [UInt8]?) {
    requireTransaction()
    self.plan = plan
  }
}
