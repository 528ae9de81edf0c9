/// How a set from a peer is taken back: what is still as the set left it, and what is not.
public struct UndoPlan: Sendable {
  /// One thing to do, with what must be found for it.
  public enum Step: Hashable, Sendable {
    /// What the set replaced and what it put change places; what it put goes to the trash.
    case exchange(HistoryItem, expected: FileStamp)
    /// A file that the set made goes to the trash.
    case discard(RelativePath, expected: FileStamp)
    /// A directory that the set made goes, if it is empty.
    case removeDirectory(RelativePath, expected: FileStamp)
    /// What the set moved goes back.
    case moveBack(HistoryItem, expected: FileStamp)
    /// What the set deleted comes out of the trash.
    case putBack(HistoryItem)
  }

  /// Something that stays as it is.
  public struct Left: Hashable, Sendable {
    /// Where it is.
    public var path: RelativePath
    /// Why, for people.
    public var reason: String
  }

  /// The set's number, which is also its folder in the trash.
  public let number: UInt64
  /// In the order in which they are to be taken.
  public private(set) var steps: [Step] = []
  /// What cannot be taken back.
  public private(set) var left: [Left] = []

  /// Plans it. `row` gives what the index has at a path, directory or not.
  init(
    _ set: HistorySet,
    row: (RelativePath, _ isDirectory: Bool) throws(IndexError) -> Row?
  ) throws(IndexError) {
    number = set.number
    for item in set.items {
      let row = try row(item.path, item.isDirectory)
      let isAlive = row?.entry.isAlive == true
      if item.action == .deleted {
        if isAlive {
          leave(item, "something else is there now")
        } else {
          steps.append(.putBack(item))
        }
        continue
      }
      guard let row, isAlive, let observed = row.observed, row.sequence > set.number,
        row.sequence <= set.last
      else {
        leave(item, "it has changed since")
        continue
      }
      add(item, observed)
    }
    if set.items.count < set.counts.total {
      left.append(
        Left(
          path: .root,
          reason: "\(set.counts.total - set.items.count) more changes were too many to remember"))
    }
    steps.sort { ($0.rank, $0.order) < ($1.rank, $1.order) }
  }

  private mutating func add(_ item: HistoryItem, _ observed: FileStamp) {
    switch item.action {
    case .created where item.isDirectory:
      steps.append(.removeDirectory(item.path, expected: observed))
    case .created: steps.append(.discard(item.path, expected: observed))
    case .changed where item.trashed == 0:
      leave(item, "its earlier permissions and times are not known")
    case .changed: steps.append(.exchange(item, expected: observed))
    case .moved: steps.append(.moveBack(item, expected: observed))
    case .deleted: break
    }
  }

  private mutating func leave(_ item: HistoryItem, _ reason: String) {
    left.append(Left(path: item.path, reason: reason))
  }
}

extension UndoPlan.Step {
  /// Contents first, while everything is where the set put it; then directories and moves; what was
  /// deleted last, where it was before the set.
  fileprivate var rank: Int {
    switch self {
    case .exchange: 0
    case .discard: 1
    case .removeDirectory: 2
    case .moveBack: 3
    case .putBack: 4
    }
  }

  /// What is deepest goes first, and comes last.
  fileprivate var order: Int {
    switch self {
    case .exchange, .discard: 0
    case .removeDirectory(let path, _): -path.components.count
    case .moveBack(let item, _): -item.path.components.count
    case .putBack(let item): item.path.components.count * 2 + (item.isDirectory ? 0 : 1)
    }
  }
}

extension Engine {
  /// How a set from a peer can be taken back, as the index is now.
  public func undoPlan(for set: HistorySet) throws(IndexError) -> UndoPlan {
    try UndoPlan(set) { path, isDirectory throws(IndexError) in
      guard let above = path.parent, let name = path.name,
        let parent = try directory(at: above, in: nil)
      else { return nil }
      let place = Place(parent: parent, name: name)
      return isDirectory ? try index.directory(at: place) : try index.row(.place(place))
    }
  }
}
