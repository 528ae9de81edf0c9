import SyncCore

/// Puts settled records into words: changes in an order in which each makes sense after those
/// before it. New directories and renames come first, parents before children and a place vacated
/// before it is taken; then files; deletions last.
struct NetEffect {
  /// A new directory, or a rename.
  private struct Item {
    var slot: Slot
    /// `nil` for a new directory.
    var origin: Slot?
    var isDirectory: Bool
    var isTouched: Bool
    /// What stood in the slot before and has to go first; `nil`: nothing, or it has been moved
    /// away.
    var replaced: Before?
    var state = State.waiting

    enum State { case waiting, active, done }
  }

  private let table: WatchTable
  private let records: [(slot: Slot, record: Record)]
  private let rescans: [DirectoryKey]
  private var items: [Item] = []
  private var itemOfDirectory: [DirectoryKey: Int] = [:]
  private var itemOfOrigin: [Slot: Int] = [:]
  /// Directories of which everything below is to be looked at anyway.
  private var covered: Set<DirectoryKey>
  private var changes: [Change] = []
  /// What has left its place and is back, unchanged.
  private(set) var untold: [Slot] = []
  /// Directories were exchanged or put into each other: no order of single renames leads there.
  private var isTangled = false
  /// Of files only: the rename's source has been overwritten by another rename.
  private var broken: Set<Int> = []

  init(
    table: WatchTable, records: [(slot: Slot, record: Record)], rescans: [DirectoryKey]
  ) {
    self.table = table
    self.records = records
    self.rescans = rescans
    covered = Set(rescans)
  }

  /// The changes in order.
  mutating func told() -> [Change] {
    changes = rescans.compactMap { table.path(of: $0).map(Change.rescan) }
    collectItems()
    for index in items.indices { tell(index) }
    if isTangled { untangle() }
    tellRest()
    return changes
  }

  /// Whether a change in this directory needn't be told.
  func covers(_ directory: DirectoryKey) -> Bool {
    if covered.isEmpty { return false }
    var found = false
    table.forEachAncestor(of: directory) { key in
      found = covered.contains(key)
      return !found
    }
    return found
  }

  private mutating func collectItems() {
    for (slot, record) in records {
      guard let thing = record.thing else { continue }
      var item = Item(
        slot: slot, origin: nil, isDirectory: thing.isDirectory, isTouched: thing.isTouched)
      switch thing.origin {
      case .slot(slot): continue
      case .slot(let origin): item.origin = origin
      case .new, .outside: if !thing.isDirectory { continue }
      }
      if thing.isDirectory || record.before == .directory { item.replaced = record.before }
      if let origin = item.origin { itemOfOrigin[origin] = items.count }
      if thing.isDirectory, let directory = table.child(slot) {
        itemOfDirectory[directory] = items.count
        if item.origin == nil { covered.insert(directory) }
      }
      items.append(item)
    }
    for index in items.indices where itemOfOrigin[items[index].slot] != nil {
      items[index].replaced = nil
    }
  }

  private mutating func tell(_ index: Int) {
    guard items[index].state == .waiting else { return }
    items[index].state = .active
    let slot = items[index].slot
    if let vacating = itemOfOrigin[slot] {
      tell(vacating)
      if items[vacating].state == .active { markCycle(at: vacating, closedBy: index) }
    }
    tellParents(of: slot.directory)
    if let origin = items[index].origin { tellParents(of: origin.directory) }
    tellReplaced(index)
    items[index].state = .done
    let item = items[index]
    guard let path = table.path(of: slot) else { return }
    guard let origin = item.origin else {
      if !covers(slot.directory) { changes.append(.created(path, isDirectory: true)) }
      return
    }
    guard let source = table.path(of: origin) else { return }
    if broken.contains(index) {
      changes.append(.modified(path, isDirectory: false))
      return
    }
    changes.append(.moved(from: source, to: path, isDirectory: item.isDirectory))
    if item.isTouched { changes.append(.modified(path, isDirectory: item.isDirectory)) }
  }

  /// Directories on the way have to stand where the paths say before.
  private mutating func tellParents(of directory: DirectoryKey) {
    var above: [Int] = []
    table.forEachAncestor(of: directory) { key in
      if let index = itemOfDirectory[key] { above.append(index) }
      return true
    }
    for index in above.reversed() {
      tell(index)
      if items[index].state == .active { isTangled = true }
    }
  }

  /// `first` waits for `second`, which would take the place of what `first` moves.
  private mutating func markCycle(at first: Int, closedBy second: Int) {
    if items[first].isDirectory {
      isTangled = true
    } else {
      broken.insert(first)
      if items[second].isDirectory { items[second].replaced = .file }
    }
  }

  /// Tells that what stood in the place is gone, after all that was moved out of it.
  private mutating func tellReplaced(_ index: Int) {
    let slot = items[index].slot
    guard let replaced = items[index].replaced, let path = table.path(of: slot) else { return }
    switch replaced {
    case .nothing, .unknown: return
    case .file: changes.append(.removed(path, isDirectory: false))
    case .directory:
      for other in items.indices {
        guard let origin = items[other].origin, lay(origin, in: slot) else { continue }
        tell(other)
      }
      changes.append(.removed(path, isDirectory: true))
    }
  }

  /// Whether `origin` was below the directory that stood in `slot` and isn't there any more.
  private func lay(_ origin: Slot, in slot: Slot) -> Bool {
    var found = false
    table.forEachAncestor(of: origin.directory) { key in
      found = table.slot(of: key) == slot && table.child(slot) != key
      return !found
    }
    return found
  }

  /// Asks for both ends of every directory's rename to be looked at instead.
  private mutating func untangle() {
    changes = changes.flatMap { change in
      if case .moved(let source, let target, isDirectory: true) = change {
        return [Change.rescan(source), .rescan(target)]
      }
      return [change]
    }
  }

  private mutating func tellRest() {
    var removals: [Change] = []
    for (slot, record) in records where itemOfOrigin[slot] == nil || record.thing != nil {
      guard !covers(slot.directory), let path = table.path(of: slot) else { continue }
      guard let thing = record.thing else {
        if record.before != .nothing {
          removals.append(.removed(path, isDirectory: record.before == .directory))
        }
        continue
      }
      switch thing.origin {
      case .slot(slot):
        if thing.isTouched {
          changes.append(.modified(path, isDirectory: thing.isDirectory))
        } else {
          untold.append(slot)
        }
      case .slot: continue
      case .new, .outside:
        if !thing.isDirectory { tellNewFile(thing, at: path, slot, record.before) }
      }
    }
    changes += removals
  }

  private mutating func tellNewFile(
    _ thing: Thing, at path: RelativePath, _ slot: Slot, _ before: Before
  ) {
    switch before {
    case .nothing: changes.append(.created(path, isDirectory: false))
    case .file: changes.append(.modified(path, isDirectory: false))
    case .unknown where thing.origin == .outside:
      changes.append(.created(path, isDirectory: false))
    case .unknown: changes.append(.modified(path, isDirectory: false))
    case .directory:
      if itemOfOrigin[slot] == nil { changes.append(.removed(path, isDirectory: true)) }
      changes.append(.created(path, isDirectory: false))
    }
  }
}
