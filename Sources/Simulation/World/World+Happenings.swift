import SyncCore
import SyncEngine

/// What comes over nodes from outside.
extension World {
  /// Lets something happen; `false` if it can't be done.
  func happen(_ happening: Happening) throws -> Bool {
    switch happening {
    case .user(let node, let action): return act(action, on: node)
    case .crash(let node, let profile, let call):
      guard let process = machines[node].process else { return false }
      if call == 0 {
        crash(node, profile, isFlipping: false)
      } else {
        machines[node].crash = profile
        machines[node].disk.stop(at: call)
        note("\(node) is to crash at call \(call) (\(process.diskQueue.count) queued)")
      }
    case .disconnect(let left, let right): disconnect(left, right)
    case .part(let left, let right):
      parted.insert([left, right])
      disconnect(left, right)
    case .rejoin(let left, let right): return parted.remove([left, right]) != nil
    case .fail(let node, let call, let count, let fault):
      note("\(node) has \(count) faults from call \(call): \(fault)")
      phase.faulty.insert(node)
      machines[node].disk.fail(at: call, count: count, fault)
    case .setClock(let node, let seconds):
      note("\(node) sets its clock by \(seconds) s")
      machines[node].clockOffset += seconds * 1_000_000_000
    case .stall(let node, let peer, let milliseconds):
      guard node != peer else { return false }
      note("\(node) takes nothing of \(peer) for \(milliseconds) ms")
      stalls[[node, peer]] = now.monotonic + milliseconds * 1_000_000
    case .flush(let node): return flush(node)
    case .copyIndex(let node):
      // One in which nothing is yet can't be told from a new one.
      guard let index = machines[node].index as? MemoryIndex, index.sequence > 0 else {
        return false
      }
      note("\(node) has its index copied")
      machines[node].copy = MemoryIndex(copying: index)
    case .restoreIndex(let node): try restoreIndex(node)
    case .forget(let node): return try forget(node)
    case .rest:
      try heal()
      try checkRest()
      if settings.forgetCount > 0, Bool.random(using: &chance) {
        for node in machines.indices { _ = try forget(node) }
      }
    }
    return true
  }

  /// From now on nothing fails, and everybody reaches everybody.
  func heal() throws {
    parted = []
    stalls = [:]
    for machine in machines {
      machine.crash = nil
      machine.disk.heal()
      if faults.closesAtEnd { machine.disk.closeAll() }
    }
  }

  private func act(_ action: UserAction, on node: Int) -> Bool {
    let disk = machines[node].disk
    let last = contents.lastNumber
    contents.writer = node
    disk.setTime(moment(of: node).wall, grain: settings.timeGrain)
    let isDone = disk.sparing {
      User(disk: disk, isCareless: settings.hasCarelessUsers).act(action, &contents)
    }
    guard isDone else { return false }
    if let closed = disk.closeOne(using: &chance) { note("\(node) user: closes \(closed)") }
    let made = contents.lastNumber
    note("\(node) user: \(action)\(made == last ? "" : ", content \(made)")")
    phase.users.insert(node)
    machines[node].touchCount += 1
    return true
  }

  /// What was deleted until now is old enough. Some pieces: a round is over with the first that
  /// is empty.
  private func forget(_ node: Int) throws -> Bool {
    guard let process = machines[node].process else { return false }
    let members = machines.indices.filter { arePaired(node, $0) }.map { Process.id(of: $0) }
    let before = machines[node].index.forgotten
    for _ in 0..<2 { try process.forget(members: members, now: moment(of: node)) }
    note("\(node) forgets up to \(machines[node].index.forgotten), before \(before)")
    return true
  }

  private func disconnect(_ left: Int, _ right: Int) {
    note("break \(left)-\(right)")
    for connection in connections where connection.joins(left, right) { connection.breakDown() }
  }

  // MARK: Nodes

  /// An index in a life of its own.
  func newIndex(_ node: Int) throws -> any Index {
    let id = Process.id(of: node)
    let incarnation = Actor.incarnation(from: identities.next())
    return settings.usesSQLite
      ? try SQLiteIndex(path: nil, node: id, randomIncarnation: incarnation)
      : MemoryIndex(node: id, incarnation: incarnation)
  }

  /// As if somebody had put back a copy, or deleted the index.
  private func restoreIndex(_ node: Int) throws {
    crash(node, .processOnly, isFlipping: false)
    let copy = machines[node].copy.map { MemoryIndex(copying: $0) }
    note("\(node) \(copy == nil ? "loses its index" : "gets an old index")")
    machines[node].index = try copy ?? newIndex(node)
    phase.hasForgotten = true
  }

  /// A file that no user touches: a share that is found empty is held, which is for people to mend.
  func putAnchor(on node: Int) throws {
    let disk = machines[node].disk
    guard let name = Name("anchor-\(node)".utf8) else { return }
    disk.close(try disk.create(name, in: disk.root, mode: 0o644))
    try disk.flushAll()
  }

  /// A node whose disk fails can't start, and is started again later.
  func start(_ node: Int) throws {
    let machine = machines[node]
    do {
      machine.process = try Process(
        node: node, id: Process.id(of: node), disk: machine.disk, index: machine.index,
        seed: identities.next(), boot: machine.bootCount, faults: faults, rules: rules(of: node),
        ignoring: settings.ignores ? ignored(on: node) : nil, now: moment(of: node), trace)
    } catch let error as FileError {
      note("\(node) does not start: \(error)")
    }
  }

  /// What a user had not flushed may be lost with the power, unless somebody else has it by now.
  private func noteLost(of stored: Set<[UInt8]>) {
    let found = Set(machines.flatMap { Tree($0.disk).files }.map(\.content))
    for content in stored.subtracting(found) { contents.release(content) }
  }

  /// What users see of the share, ignored or not.
  func seenTree(of node: Int) -> Tree {
    let disk = machines[node].disk
    return settings.ignores ? Tree(everythingOn: disk) : Tree(disk)
  }

  /// Ends the process; unless it is in the midst of a flip, nothing that is in the share may
  /// change.
  func crash(_ node: Int, _ profile: CrashProfile, isFlipping: Bool) {
    let machine = machines[node]
    guard let process = machine.process else { return }
    machine.crash = nil
    machine.disk.heal()
    let tree = seenTree(of: node)
    note("\(node) crashes, \(profile)")
    for connection in connections where connection.ends.contains(where: { $0.node == node }) {
      connection.breakDown()
      connection.end(of: node).hasNoticed = true
    }
    let isFlipping = isFlipping || !process.isSecure
    machine.process = nil
    let stored = settings.hasCarelessUsers ? machine.disk.stored : []
    var fate = SplitMix64(seed: chance.next())
    machine.disk.crash(profile, using: &fate)
    if profile != .processOnly {
      machine.bootCount += 1
      phase.powerless.insert(node)
      (machine.index as? MemoryIndex)?.losePower()
      // What a single rename did may be there, and that leftd did it be forgotten.
      if isFlipping { phase.hasForgotten = true }
    }
    let remaining = seenTree(of: node)
    if settings.hasCarelessUsers {
      if !tree.differences(to: remaining).isEmpty { phase.hasForgotten = true }
      return noteLost(of: stored)
    }
    contents(in: remaining, of: node)
    guard !isFlipping, !phase.faulty.contains(node) else { return }
    for difference in tree.differences(to: remaining) {
      fail(.crash, "\(node) lost in a crash: \(difference)")
    }
  }
}
