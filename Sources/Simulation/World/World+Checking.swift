import SyncCore
import SyncEngine

/// What must hold whenever everything has come to rest.
extension World {
  /// What has been done since everything was at rest.
  struct Phase {
    /// The nodes whose users did something.
    var users: Set<Int> = []
    /// The nodes whose disks failed: what was not flushed may come back or go with the power.
    var faulty: Set<Int> = []
    /// The nodes whose power was cut: what was written over a version before that was flushed, they
    /// can't tell from what the cut took back, and so both are kept.
    var powerless: Set<Int> = []
    /// Whether a node began with a new or an old index, without what its users had not flushed, or
    /// not knowing what it was just about to do.
    var hasForgotten = false

    /// The only node on which anything was done by somebody; `nil` if there is none.
    var soloist: Int? { users.count == 1 && !hasForgotten ? users.first : nil }
  }

  /// Comes to rest, and compares everything with everything.
  func checkRest() throws {
    let wanted = decisiveNode.map { ($0, tree(of: $0)) }
    let before = wanted == nil ? [] : machines.indices.map { tree(of: $0) }
    try rest()
    guard problems.isEmpty else { return }
    let powerless = phase.powerless
    phase = Phase()
    let trees = machines.indices.map { settings.ignores ? seenTree(of: $0) : tree(of: $0) }
    try checkIndexes()
    try checkVersions()
    try checkStandings()
    for number in equals.dropFirst() {
      if settings.ignores {
        try checkEqual(equals[0], number)
        continue
      }
      for difference in trees[equals[0]].differences(to: trees[number]) {
        fail(.difference, "\(equals[0]) and \(number): \(difference)")
      }
    }
    checkContents(of: trees)
    try checkBundles()
    try checkReplica(trees)
    checkUndone()
    if let (node, tree) = wanted, problems.isEmpty {
      var (wanted, found) = (tree, trees[node])
      // What was deleted before a power cut may be taken for what the cut took, and come back; and
      // what was moved back after it for a move that the cut undid.
      if powerless.contains(node) {
        wanted = tree.withoutMoved(in: found, as: before)
        found = found.withoutCopies(besides: tree).without(before, besides: tree)
      }
      for difference in wanted.differences(to: found) {
        fail(.obstinacy, "\(node) alone decides, and yet: \(difference)")
      }
    }
  }

  /// What users of a node see, and all nodes can.
  private func tree(of node: Int) -> Tree {
    Tree(machines[node].disk, withAttributes: refusingNode == nil)
  }

  private func checkIndexes() throws {
    for (number, machine) in machines.enumerated() {
      let audit = try IndexAudit(machine.index, machine.disk, ignoring: machine.localRules)
      if settings.ignores, audit.differences.count == audit.unknown.count,
        audit.unknown.allSatisfy({ isPartOfRemainder($0, on: number) })
      {
        continue
      }
      for difference in audit.differences { fail(.index, "\(number): \(difference)") }
    }
  }

  /// Who is connected knows how much the other doesn't hold.
  private func checkStandings() throws {
    for process in machines.compactMap(\.process) {
      for (other, machine) in machines.enumerated() where other != process.node {
        let standing = try process.standing(of: other)
        let count = try machine.index.totals().notHeld
        guard standing.isReady, standing.notHeld != count else { continue }
        fail(
          .promise,
          "\(other) does not hold \(count), and \(process.node) believes \(standing.notHeld)")
      }
    }
  }

  /// What is told of each thing is the same on every node: otherwise the next change of it is told
  /// to and fro.
  private func checkVersions() throws {
    // What is ignored somewhere is not followed there.
    if settings.ignores { return }
    let entries = try equals.map { number in
      try machines[number].index.rows(after: 0, limit: .max).map(\.entry).filter(\.isAlive)
        .reduce(into: [:]) { $0[$1.key] = $1 }
    }
    for (number, other) in zip(equals, entries).dropFirst() {
      for key in Set(other.keys).union(entries[0].keys).sorted() where other[key] != entries[0][key]
      {
        fail(
          .difference,
          "\(equals[0]) and \(number) tell different things: "
            + "\(entries[0][key]?.pastLabel ?? "nothing") and "
            + "\(other[key]?.pastLabel ?? "nothing")")
      }
    }
  }

  private func checkContents(of trees: [Tree]) {
    let found = trees.indices.map { contents(in: trees[$0], of: $0) }
    let numbers = Set(equals.flatMap { found[$0] })
    for number in contents.kept where !numbers.contains(number) && !isReplaced(number, in: trees) {
      fail(.loss, "lost content \(number)")
    }
  }

  /// The numbers of what users see on a node. Files that hold what nobody wrote are a mixture, or
  /// zeros after a crash.
  @discardableResult
  func contents(in tree: Tree, of node: Int) -> [UInt64] {
    tree.files.compactMap { file in
      let number = contents.number(of: file.content)
      if number == nil, !file.content.isEmpty {
        fail(.invention, "\(node) has at \(file.path) what nobody wrote")
      }
      return number
    }
  }

  private func checkUndone() {
    for (node, machine) in machines.enumerated() {
      guard let summary = machine.process?.summary else { continue }
      if summary.incomingEntries > 0 {
        fail(.restlessness, "\(node) never applies \(summary.incomingEntries)")
      }
      if summary.pendingChanges > 0 {
        fail(.restlessness, "\(node) never records \(summary.pendingChanges)")
      }
      if machine.process?.flushes.isEmpty == false {
        fail(.restlessness, "\(node) never says that all is recorded")
      }
    }
  }

  /// No directory lies below itself, at any time: nothing that looks for its path would ever end.
  func checkTree(of node: Int) throws {
    let machine = machines[node]
    let (checked, sequence) = (machine.checkedSequence, machine.index.sequence)
    guard checked != sequence else { return }
    try noteOrigins(of: node, after: checked)
    machine.checkedSequence = sequence
    try noteBundles(of: node)
    // As long as no directory changes none comes below itself.
    let changed = try machine.index.rows(after: checked < sequence ? checked : 0, limit: .max)
    guard changed.contains(where: { $0.entry.directory != nil }) else { return }
    var parents: [DirectoryID: DirectoryID] = [:]
    for row in try machine.index.rows(after: 0, limit: .max) where row.entry.isAlive {
      if let id = row.entry.directory { parents[id] = row.entry.place.parent }
    }
    for start in parents.keys.sorted() {
      var (id, count) = (start, 0)
      while let parent = parents[id], count <= parents.count { (id, count) = (parent, count + 1) }
      if count > parents.count {
        return fail(.cycle, "\(node) has directory \(start) below itself")
      }
    }
  }

  /// Of three nodes two can announce different things for one place before either is applied: then
  /// one of them is acknowledged although only the other was reconciled with what is here. It comes
  /// again as what the two agree upon.
  func checkPromises(of process: Process) {
    guard settings.nodeCount == 2 else { return }
    for broken in process.brokenPromises { fail(.promise, "\(process.node) \(broken)") }
  }

  /// A converged world is silent: neither a scan nor a new connection brings anything.
  func checkSilence() throws {
    let sequences = machines.map(\.index.sequence)
    for connection in connections { connection.breakDown() }
    for machine in machines {
      machine.process?.mailbox.post(.input(.changed(ChangeSet(changes: [.rescan(.root)]))))
      machine.process?.sentCount = 0
    }
    note("scan and connect again")
    try rest()
    for (number, machine) in machines.enumerated() {
      if machine.index.sequence != sequences[number] {
        fail(.noise, "\(number) recorded without a change")
      }
      let peerCount = machines.indices.count { arePaired(number, $0) }
      // A hello, and how much isn't held if there is any.
      let expected = peerCount * (try machine.index.totals().notHeld == 0 ? 1 : 2)
      let sent = (machine.process?.sentCount ?? 0) - expected
      if sent != 0 { fail(.noise, "\(number) sent \(sent) messages without a change") }
    }
  }
}
