import SyncCore
import SyncEngine

/// What can happen next, and what comes of it.
extension World {
  /// One thing that can happen now: of a node, or at one of the ends of a connection, by their
  /// positions. There are very many of them, and nothing in them to be counted.
  enum Event {
    case handle(Int)
    case diskWork(Int)
    case longWork(Int)
    case work(Int)
    case wake(Int)
    case watch(Int)
    case transmit(connection: Int, end: Int)
    case deliver(connection: Int, end: Int)
    case noticeBreak(connection: Int, end: Int)
    case connect(Int, Int)
    case restart(Int)
  }

  /// Puts all that can happen now into `events`, each with its weight.
  func findEvents(_ events: inout [(event: Event, weight: Int)]) {
    events.removeAll(keepingCapacity: true)
    for number in machines.indices { addEvents(of: number, to: &events) }
    for (number, connection) in connections.enumerated() {
      addEvents(of: connection, number, to: &events)
    }
    for left in machines.indices where machines[left].process != nil {
      for right in machines.indices[(left + 1)...]
      where machines[right].process != nil && arePaired(left, right) {
        if !parted.isEmpty, parted.contains([left, right]) { continue }
        if !connections.contains(where: { $0.isOpen && $0.joins(left, right) }) {
          events.append((.connect(left, right), weights[9]))
        }
      }
    }
  }

  private func addEvents(
    of connection: MemoryConnection, _ number: Int, to events: inout [(event: Event, weight: Int)]
  ) {
    for (position, end) in connection.ends.enumerated() where machines[end.node].process != nil {
      if !connection.isOpen {
        if !end.hasNoticed {
          events.append((.noticeBreak(connection: number, end: position), weights[8]))
        }
      } else if connection.canTransmit(from: end) {
        events.append((.transmit(connection: number, end: position), 2 * weights[6]))
      } else if !end.transport.isEmpty {
        counts.fullWindows += 1
      }
      if connection.canDeliver(to: end), !isStalled(end, of: connection) {
        events.append((.deliver(connection: number, end: position), 2 * weights[7]))
      }
    }
  }

  /// Whether two nodes connect at all.
  func arePaired(_ left: Int, _ right: Int) -> Bool {
    left != right && (!settings.isChain || abs(left - right) == 1)
  }

  private func addEvents(of number: Int, to events: inout [(event: Event, weight: Int)]) {
    let machine = machines[number]
    guard let process = machine.process else {
      events.append((.restart(number), weights[10]))
      return
    }
    if !process.mailbox.isEmpty { events.append((.handle(number), 2 * weights[0])) }
    if !process.diskQueue.isEmpty { events.append((.diskWork(number), weights[1])) }
    if !process.longQueue.isEmpty { events.append((.longWork(number), weights[2])) }
    if !process.workQueue.isEmpty { events.append((.work(number), weights[3])) }
    let now = moment(of: number).monotonic
    if let time = process.nextWake, time <= now { events.append((.wake(number), weights[4])) }
    if process.watcher.hasWork(now: now) { events.append((.watch(number), weights[5])) }
  }

  func perform(_ event: Event) throws {
    switch event {
    case .handle(let node): try handle(node)
    case .diskWork(let node): try run(machines[node].process?.diskQueue.removeFirst(), on: node)
    case .longWork(let node): try run(machines[node].process?.longQueue.removeFirst(), on: node)
    case .work(let node):
      let count = machines[node].process?.workQueue.count ?? 0
      let position = Int.random(in: 0..<count, using: &chance)
      try run(machines[node].process?.workQueue.remove(at: position), on: node)
    case .wake(let node):
      note("\(node) woken")
      try machines[node].process?.wake(now: moment(of: node))
    case .watch(let node): watch(node)
    case .transmit(let number, let position):
      let connection = connections[number]
      connection.transmit(from: connection.ends[position], using: &chance)
    case .deliver(let number, let position):
      let connection = connections[number]
      let end = connection.ends[position]
      guard let frame = connection.deliver(to: end) else { return }
      let line = machines[end.node].process?.receive(frame, on: connection)
      note("\(end.node) gets \(line ?? "")")
    case .noticeBreak(let number, let position):
      let connection = connections[number]
      let end = connection.ends[position]
      end.hasNoticed = true
      if end.intake.isWithinFrame { counts.cutFrames += 1 }
      note("\(end.node) notices that \(connection.number) broke")
      machines[end.node].process?.noteBroken(connection)
    case .connect(let left, let right): connect(left, right)
    case .restart(let node):
      note("\(node) restarts")
      try start(node)
    }
  }

  private func handle(_ node: Int) throws {
    guard let process = machines[node].process else { return }
    let line = try process.handle(now: moment(of: node), connections: connections)
    note("\(node) \(line)")
    for line in process.takeJournal() { note("\(node)   says \(line)") }
    for complaint in process.complaints {
      guard isEmptied(complaint) else {
        fail(.complaint, "\(node) complains: \(complaint)")
        continue
      }
      // A person says that it is right so.
      if process.isHeld { process.mailbox.post(.input(.released)) }
    }
    checkPromises(of: process)
    try checkAnswers(of: process)
    try checkTree(of: node)
  }

  /// Whether a node found its folder empty since the source had everything deleted that was in it,
  /// and the power failed before that was recorded.
  private func isEmptied(_ complaint: String) -> Bool {
    settings.sourceNode != nil && complaint.contains("found empty")
  }

  /// A worker's task, in which the process may come to its end.
  private func run(_ task: Process.Task?, on node: Int) throws {
    guard let task else { return }
    let machine = machines[node]
    note("\(node) does \(task.label)")
    machine.disk.setTime(moment(of: node).wall, grain: settings.timeGrain)
    if task.isFlip { machine.touchCount += 1 }
    task.run()
    countWithheld()
    if machine.disk.isStopped, let profile = machine.crash {
      crash(node, profile, isFlipping: task.isFlip)
    }
  }

  private func watch(_ node: Int) {
    let machine = machines[node]
    let line = machine.process?.watcher.step(
      now: moment(of: node).monotonic, using: &chance)
    note("\(node) watcher: \(line ?? "")")
    if machine.disk.isStopped, let profile = machine.crash {
      crash(node, profile, isFlipping: false)
    }
  }

  private func countWithheld() {
    guard network.queueWeight > 1 else { return }
    for connection in connections {
      for end in connection.ends { counts.withheldPushes += end.transport.takeFullCount() }
    }
  }

  /// Whether an end takes nothing for the time being.
  private func isStalled(_ end: MemoryConnection.End, of connection: MemoryConnection) -> Bool {
    if stalls.isEmpty { return false }
    let pair = [end.node, connection.end(facing: end.node).node]
    return stalls[pair].map { $0 > now.monotonic } ?? false
  }

  private func connect(_ left: Int, _ right: Int) {
    lastConnection += 1
    let connection = MemoryConnection(number: lastConnection, left, right, network)
    connections.append(connection)
    note("connect \(left)-\(right)")
    for end in connection.ends {
      machines[end.node].process?.mailbox.post(.up(connection: connection.number))
    }
  }

  /// Forgets connections of whose end both sides know; what was under way is lost.
  func breakClosed() {
    connections.removeAll { connection in
      !connection.isOpen
        && connection.ends.allSatisfy { $0.hasNoticed || machines[$0.node].process == nil }
    }
  }
}
