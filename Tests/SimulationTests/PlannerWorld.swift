import SyncEngine

@testable import SyncCore

/// A few nodes with users who change small trees, and an exchange in random order.
struct PlannerWorld {
  let nodes: [PlannerNode]
  var random: SplitMix64
  /// How far a node has told another.
  private var told: [[UInt64]]
  private var lastContent: UInt64 = 0
  private var lastDirectory: UInt64 = 0
  /// Contents that a user replaced or deleted knowingly.
  private var superseded: Set<ContentID> = []
  private var written: Set<ContentID> = []
  private(set) var problems: [String] = []
  private(set) var history: [String] = []

  init(nodeCount: Int, seed: UInt64) {
    nodes = (1...nodeCount).map { PlannerNode(UInt8($0)) }
    random = SplitMix64(seed: seed)
    told = Array(repeating: Array(repeating: 0, count: nodeCount), count: nodeCount)
  }

  mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  // MARK: Users

  private static let names = ["a", "b", "c"].map { Name($0.utf8)! }

  /// One random change on one node.
  mutating func change(_ number: Int) throws(IndexError) {
    let node = nodes[number]
    node.clock += Int64(below(3))
    let living = try node.living().values.sorted { $0.key < $1.key }
    let directories = [.root] + living.compactMap(\.directory)
    let files = living.filter { $0.directory == nil }
    let place = Place(
      parent: directories[below(directories.count)], name: Self.names[below(Self.names.count)])
    let standing = living.first { $0.place == place }
    switch below(8) {
    case 0, 1, 2:
      guard standing == nil || standing?.directory == nil else { return }
      if let content = standing?.content?.id { superseded.insert(content) }
      lastContent += 1
      let content = ContentID(words: (lastContent, 0, 0, 0))
      written.insert(content)
      history.append("\(number) writes \(lastContent) at \(place)")
      try node.write(place, .file(content, size: 10))
    case 3:
      guard standing == nil, directories.count < 5 else { return }
      lastDirectory += 1
      let id = DirectoryID(high: random.next() | 1, low: lastDirectory)
      history.append("\(number) makes \(id) at \(place)")
      try node.write(place, .directory(id), mode: 0o755)
    case 4:
      guard let file = files.isEmpty ? nil : files[below(files.count)] else { return }
      try delete(file, on: number)
    case 5:
      guard directories.count > 1 else { return }
      try deleteTree(directories[1 + below(directories.count - 1)], living, on: number)
    case 6:
      guard directories.count > 1, standing == nil else { return }
      try move(directories[1 + below(directories.count - 1)], to: place, living, on: number)
    default:
      guard let file = files.isEmpty ? nil : files[below(files.count)], standing == nil else {
        return
      }
      history.append("\(number) moves \(file.place) to \(place)")
      try node.write(file.place, .deleted(was: file.content?.id))
      try node.write(place, file.body, mode: file.mode, mtime: file.mtime)
    }
  }

  private mutating func delete(_ file: Entry, on number: Int) throws(IndexError) {
    history.append("\(number) deletes \(file.place)")
    if let content = file.content?.id { superseded.insert(content) }
    try nodes[number].write(file.place, .deleted(was: file.content?.id))
  }

  private mutating func deleteTree(
    _ id: DirectoryID, _ living: [Entry], on number: Int
  ) throws(IndexError) {
    for entry in living where entry.place.parent == id {
      if let directory = entry.directory {
        try deleteTree(directory, living, on: number)
      } else {
        try delete(entry, on: number)
      }
    }
    guard let entry = living.first(where: { $0.directory == id }) else { return }
    history.append("\(number) deletes \(id) at \(entry.place)")
    try nodes[number].write(entry.place, .deletedDirectory(id))
  }

  private mutating func move(
    _ id: DirectoryID, to place: Place, _ living: [Entry], on number: Int
  ) throws(IndexError) {
    var parent = place.parent
    while parent != .root {
      if parent == id { return }
      guard let above = living.first(where: { $0.directory == parent }) else { return }
      parent = above.place.parent
    }
    guard let entry = living.first(where: { $0.directory == id }) else { return }
    history.append("\(number) moves \(id) from \(entry.place) to \(place)")
    try nodes[number].write(place, .directory(id), mode: entry.mode)
  }

  // MARK: Exchange

  /// Tells one node what another has that is new. Returns whether there was anything.
  mutating func exchange(from: Int, to: Int) throws(IndexError) -> Bool {
    let rows = try nodes[from].index.rows(after: told[from][to], limit: .max)
    guard let last = rows.last else { return false }
    told[from][to] = last.sequence
    let receiver = nodes[to]
    let news = rows.filter { $0.source != receiver.id }
    guard !news.isEmpty else { return false }
    for problem in try receiver.take(news.map(\.entry), from: nodes[from].id) {
      problems.append("\(from) to \(to): \(problem)")
    }
    return true
  }

  /// Exchanges between all nodes in random order. Returns the rounds it took until all were silent.
  mutating func settle(maximumRounds: Int) throws(IndexError) -> Int? {
    for round in 0..<maximumRounds {
      var pairs = nodes.indices.flatMap { from in
        nodes.indices.filter { $0 != from }.map { (from, $0) }
      }
      var hasNews = false
      while !pairs.isEmpty {
        let (from, to) = pairs.remove(at: below(pairs.count))
        if try exchange(from: from, to: to) { hasNews = true }
      }
      if !hasNews { return round }
    }
    return nil
  }

  // MARK: What must hold in the end

  /// What differs between the nodes' trees, and contents that are nowhere although nobody deleted
  /// them.
  func verdict() throws(IndexError) -> [String] {
    var verdict: [String] = []
    let first = try nodes[0].living()
    for (number, node) in nodes.enumerated().dropFirst() {
      let other = try node.living()
      for key in Set(first.keys).union(other.keys) {
        if first[key] != other[key] {
          verdict.append(
            "0 has \(first[key].debugDescription), \(number) has \(other[key].debugDescription)")
        }
      }
    }
    let kept = Set(first.values.compactMap { $0.content?.id })
    for content in written.subtracting(superseded).subtracting(kept) {
      verdict.append("content \(content.words.0) is lost")
    }
    return verdict
  }
}
