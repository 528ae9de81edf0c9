import SyncCore

/// One run of a case: its steps, then an exchange in some order until nobody has news.
package struct PlannerRun {
  private let plannerCase: PlannerCase
  private let nodes: [PlannerNode]
  private var random: SplitMix64
  private let isShuffled: Bool
  /// Whether what is told is split between sets, as only units beyond their bound are. Something
  /// can be told without what had to go for it then: names and deletions may come out otherwise,
  /// contents and agreement not.
  package let isSplit: Bool
  /// How far a node has told another.
  private var told: [[UInt64]]
  /// What a node knows of for certain, and what it can have heard of.
  private var known: [UInt64]
  private var heard: [UInt64]
  private var ledger = PlannerLedger()
  private var directoryCount: UInt64 = 0
  private var lossCount: UInt64 = 0
  /// Whether a node decided something, or something lost: with three nodes both depend on who hears
  /// of what first.
  package private(set) var hasConflict = false
  /// In how many rounds all fell silent.
  package private(set) var rounds = 0
  /// What is wrong.
  package private(set) var problems: [PlannerProblem] = []
  /// What users see in the end: paths, contents, and permissions; those of directories only if no
  /// node decided anything, since a directory that lives again gets new ones.
  package private(set) var tree: [String] = []
  /// What happened, if it is wanted.
  package private(set) var history: [String] = []
  private let isTold: Bool

  /// After this many rounds of everybody with everybody it is called endless.
  private static let roundCount = 16

  /// A run of a case. The order 0 is that of the nodes; any other number gives another order, in
  /// which exchanges are split and joined.
  package init(_ plannerCase: PlannerCase, order: UInt64, tellsHistory: Bool = false) {
    self.plannerCase = plannerCase
    let count = plannerCase.nodes
    nodes = (1...count).map { PlannerNode(UInt8($0)) }
    random = SplitMix64(seed: order)
    isShuffled = order != 0
    isSplit = order % 4 == 3
    told = Array(repeating: Array(repeating: 0, count: count), count: count)
    known = Array(repeating: 0, count: count)
    heard = known
    isTold = tellsHistory
  }

  /// Runs it, until the first thing that is wrong.
  package mutating func run() {
    do {
      try prepare()
      for step in plannerCase.steps {
        guard problems.isEmpty else { return }
        switch step {
        case .on(let node, let action): try perform(action, on: node)
        case .tell(let from, let to, let sets):
          _ = try tell([from], to, sets: isSplit ? sets : nil)
        case .lose(let node): try loseIndex(of: node)
        }
      }
      try settle()
      guard problems.isEmpty else { return }
      try judge()
    } catch {
      problems.append(PlannerProblem(.plan, error.description))
    }
  }

  private mutating func prepare() throws(IndexError) {
    for action in plannerCase.base { try perform(action, on: 0, isBase: true) }
    for node in nodes.indices.dropFirst() { _ = try tell([0], node, sets: nil) }
    for node in nodes.indices.dropFirst() { told[node][0] = nodes[node].index.sequence }
    for from in nodes.indices.dropFirst() {
      for to in nodes.indices.dropFirst() { told[from][to] = nodes[from].index.sequence }
    }
    for (node, clock) in zip(nodes, plannerCase.clocks) {
      node.clock = 1_800_000_000_000_000_000 + Int64(clock) * 3_600_000_000_000
    }
  }

  // MARK: Users

  private mutating func perform(
    _ action: PlannerAction, on number: Int, isBase: Bool = false
  ) throws(IndexError) {
    let rank = UInt64(plannerCase.ranks[number]) << 32
    var (content, directory) = (ledger, directoryCount)
    var made: [DirectoryID] = []
    var touches: [PlannerLedger.Touch] = []
    let node = nodes[number]
    try node.index.transaction { () throws(IndexError) in
      var user = PlannerUser(
        node,
        newDirectory: {
          directory += 1
          made.append(DirectoryID(high: rank, low: directory))
          return made[made.count - 1]
        }, content: { content.content($0) })
      try user.perform(action)
      touches = user.touches
    }
    node.endSet()
    ledger = content
    directoryCount = directory
    for id in made { ledger.noteMade(id) }
    let bit = ledger.add(
      touches, left: try left(of: touches, on: node), known: known[number], heard: heard[number],
      isBase: isBase)
    known[number] |= bit
    heard[number] |= bit
    if isTold, !touches.isEmpty { history.append("\(number) \(action)") }
  }

  /// What was removed and is on a node nevertheless: a conflict can have made two of it.
  private func left(
    of touches: [PlannerLedger.Touch], on node: PlannerNode
  ) throws(IndexError) -> Set<PlannerLedger.Subject> {
    guard touches.contains(where: { $0.effect == .removed }) else { return [] }
    let living = try node.rows().filter(\.entry.isAlive).compactMap(\.entry.body.number)
    return Set(touches.map(\.subject)).intersection(living.map { .content($0) })
  }

  /// Everybody tells it everything again, and it tells everything that it has.
  private mutating func loseIndex(of number: Int) throws(IndexError) {
    lossCount += 1
    let rank = UInt64(plannerCase.ranks[number]) << 32
    var directory = directoryCount
    try nodes[number].loseIndex(incarnation: 1000 + lossCount) {
      directory += 1
      return DirectoryID(high: rank, low: directory)
    }
    directoryCount = directory
    for other in nodes.indices where other != number {
      try nodes[other].forgetSource(nodes[number].id)
      (told[number][other], told[other][number]) = (0, 0)
    }
    known[number] = 0
    if isTold { history.append("\(number) loses its index") }
  }

  // MARK: Exchange

  /// Tells one node what others have that is new, as one unit. Returns whether there was anything.
  private mutating func tell(_ from: [Int], _ to: Int, sets: Int?) throws(IndexError) -> Bool {
    var entries: [Entry] = []
    var senders: [Int] = []
    for sender in from where sender != to {
      let index = nodes[sender].index
      let rows = try nodes[sender].rows(after: told[sender][to], sets: sets)
      heard[to] |= heard[sender]
      if let last = rows.last {
        let news = try Announcement.entries(
          telling: rows, to: nodes[to].id, beyond: told[sender][to], withholding: nil,
          index: index)
        told[sender][to] = last.sequence
        if !news.isEmpty { senders.append(sender) }
        entries += news
      }
      if told[sender][to] == index.sequence { known[to] |= known[sender] }
    }
    guard !entries.isEmpty else { return false }
    try take(entries, from: senders, to)
    return true
  }

  private mutating func take(
    _ entries: [Entry], from senders: [Int], _ to: Int
  ) throws(IndexError) {
    if isTold {
      let labels = entries.map(\.label).joined(separator: ", ")
      history.append("\(senders) tell \(to): \(labels)")
    }
    var lines: [String] = []
    var decisions: [Entry] = []
    var isMerging = false
    let (nodes, isTold) = (nodes, isTold)
    let wrong = try nodes[to].take(
      entries, from: senders.count == 1 ? nodes[senders[0]].id : nil,
      has: { (content) throws(IndexError) in
        for sender in senders
        where try !nodes[sender].index.files(with: content, limit: 1).isEmpty {
          return true
        }
        return false
      },
      planned: { plan, hasMerged in
        decisions = plan.rows.filter(\.isDecided).map(\.entry)
        isMerging = hasMerged
        guard isTold else { return }
        for row in plan.rows where row.isOurs { lines.append("  decides \(row.entry.label)") }
        for operation in plan.operations { lines.append("  does \(operation.label)") }
      })
    history += lines
    hasConflict = hasConflict || isMerging || !decisions.isEmpty
    noteDecisions(decisions, on: to)
    for text in wrong { problems.append(PlannerProblem(.plan, "on \(to): \(text)")) }
  }

  /// A decision can be made while somebody who knows everything else deletes what it is about; it
  /// is a change like a user's, and a copy that it makes elsewhere stays.
  private mutating func noteDecisions(_ decisions: [Entry], on number: Int) {
    guard !decisions.isEmpty else { return }
    let bit = ledger.add(decisions, known: known[number], heard: heard[number])
    known[number] |= bit
    heard[number] |= bit
  }

  /// Exchanges between all nodes until nobody has news.
  private mutating func settle() throws(IndexError) {
    for round in 0..<Self.roundCount {
      rounds = round
      guard try exchangeAll() else { return }
      guard problems.isEmpty else { return }
    }
    problems.append(PlannerProblem(.restlessness, "still news after \(Self.roundCount) rounds"))
  }

  private mutating func exchangeAll() throws(IndexError) -> Bool {
    var hasNews = false
    guard isShuffled else {
      for to in nodes.indices {
        for from in nodes.indices where from != to {
          if try tell([from], to, sets: nil) { hasNews = true }
        }
      }
      return hasNews
    }
    var pairs = nodes.indices.flatMap { from in
      nodes.indices.filter { $0 != from }.map { (from, $0) }
    }
    while !pairs.isEmpty {
      let (from, to) = pairs.remove(at: Int(random.next() % UInt64(pairs.count)))
      switch random.next() % 8 {
      case 0 where isSplit:
        // Part of it. What is left counts as news.
        _ = try tell([from], to, sets: 1 + Int(random.next() % 2))
        hasNews = true
      case 1: if try tell(Array(nodes.indices), to, sets: nil) { hasNews = true }
      default: if try tell([from], to, sets: nil) { hasNews = true }
      }
    }
    return hasNews
  }

  // MARK: What must hold in the end

  private mutating func judge() throws(IndexError) {
    let first = try living(0)
    for number in nodes.indices.dropFirst() {
      let other = try living(number)
      guard other != first else { continue }
      let here = first.filter { !other.contains($0) }.map(\.label)
      let there = other.filter { !first.contains($0) }.map(\.label)
      problems.append(
        PlannerProblem(.difference, "0 has \(here), \(number) has \(there)"))
    }
    for number in nodes.indices {
      for text in try nodes[number].differences() {
        problems.append(PlannerProblem(.plan, "on \(number): \(text)"))
      }
    }
    guard problems.isEmpty else { return }
    hasConflict = hasConflict || (nodes.count > 2 && ledger.hasConflict)
    tree = try tree(of: .root, at: "")
    let wrong = try ledger.problems(first) { (id) throws(IndexError) in
      try nodes[0].aliases(of: id)
    }
    problems += wrong.filter { !isSplit || $0.kind == .loss }
    for from in nodes.indices {
      for to in nodes.indices where to != from { try retell(from, to) }
    }
  }

  private func living(_ number: Int) throws(IndexError) -> [Entry] {
    try nodes[number].index.rows(after: 0, limit: .max).map(\.entry).filter(\.isAlive)
      .sorted { $0.key < $1.key }
  }

  /// A connection that was begun anew brings what is known, and nothing comes of it.
  private mutating func retell(_ from: Int, _ to: Int) throws(IndexError) {
    let entries = try nodes[from].rows().map(\.entry)
    var needs: [Need] = []
    let plan = try nodes[to].plan(Announcement.merged(entries), needs: &needs)
    for operation in plan.operations {
      problems.append(PlannerProblem(.noise, "\(from) again to \(to): \(operation.label)"))
    }
    for row in plan.rows {
      problems.append(PlannerProblem(.noise, "\(from) again to \(to): \(row.entry.label)"))
    }
  }

  /// What a node has in the end.
  func living(on number: Int) throws(IndexError) -> [(path: [Name], entry: Entry)] {
    try living(of: .root, at: [], on: nodes[number].index)
  }

  private func living(
    of parent: DirectoryID, at path: [Name], on index: any Index
  ) throws(IndexError) -> [(path: [Name], entry: Entry)] {
    var found: [(path: [Name], entry: Entry)] = []
    for row in try index.children(of: parent) where row.entry.isAlive {
      let below = path + [row.entry.place.name]
      found.append((below, row.entry))
      if let id = row.entry.directory { found += try living(of: id, at: below, on: index) }
    }
    return found
  }

  private func tree(of parent: DirectoryID, at path: String) throws(IndexError) -> [String] {
    var lines: [String] = []
    for row in try nodes[0].index.children(of: parent) where row.entry.isAlive {
      let entry = row.entry
      let name = "\(path)\(entry.place.name)"
      let isPlain = entry.directory == nil || !hasConflict
      let mode = isPlain ? String(entry.mode, radix: 8) : ""
      lines.append("\(name) \(entry.body.number.map { "\($0)" } ?? "/") \(mode)")
      if let id = entry.directory { lines += try tree(of: id, at: "\(name)/") }
    }
    return lines
  }
}

extension PlannedRow {
  /// Whether a node decided it, or keeps a loser with it.
  fileprivate var isDecided: Bool { isOurs || (entry.isAlive && entry.place.name.isOfConflict) }
}
