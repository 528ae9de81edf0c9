import SyncCore

/// Actors and their local numbers, from 1, with the highest counter seen of each. There are few, so
/// all are in memory.
struct ActorTable: ~Copyable {
  /// What a transaction that fails puts back.
  struct Memory {
    fileprivate var actors: [Actor] = []
    fileprivate var highest: [UInt64] = []
    fileprivate var locals: [Actor: Int] = [:]

    fileprivate init(_ connection: borrowing Database) throws(IndexError) {
      let rows = try connection.prepare(
        "SELECT local, node, incarnation, highest FROM actor ORDER BY local", "read the actors of")
      while try rows.step() {
        let actor = Actor(node: rows.bits(1), incarnation: rows.bits(2))
        guard add(actor, highest: rows.bits(3)) == rows.integer(0) else {
          throw rows.damaged("an actor is missing")
        }
      }
    }

    fileprivate mutating func add(_ actor: Actor, highest: UInt64) -> Int {
      actors.append(actor)
      self.highest.append(highest)
      locals[actor] = actors.count
      return actors.count
    }

    /// The actor with this number.
    func actor(_ local: Int) -> Actor? {
      actors.indices.contains(local - 1) ? actors[local - 1] : nil
    }

    /// The highest counter of an actor in any version that was ever put.
    func highestCounter(of actor: Actor) -> UInt64 {
      locals[actor].map { highest[$0 - 1] } ?? 0
    }
  }

  var memory: Memory

  private let insert: Statement
  private let update: Statement
}

extension ActorTable {
  /// Prepares its statements and reads all actors.
  init(_ connection: borrowing Database) throws(IndexError) {
    self.init(
      memory: try Memory(connection),
      insert: try connection.prepare("INSERT INTO actor VALUES (?, ?, ?, 0)", "write an actor to"),
      update: try connection.prepare(
        "UPDATE actor SET highest = ? WHERE local = ?", "write an actor to"))
  }

  /// The number of an actor, given now if it is new.
  mutating func local(of actor: Actor) throws(IndexError) -> Int {
    if let local = memory.locals[actor] { return local }
    insert.bind(1, Int64(memory.actors.count + 1))
    insert.bind(2, bits: actor.node)
    insert.bind(3, bits: actor.incarnation)
    try insert.run()
    return memory.add(actor, highest: 0)
  }

  /// Takes note of all counters in a version whose actors have their numbers.
  mutating func note(_ version: Version) {
    for component in version.vector.components {
      guard let local = memory.locals[component.actor] else { continue }
      if memory.highest[local - 1] < component.counter {
        memory.highest[local - 1] = component.counter
      }
    }
  }

  /// Writes the counters that have risen since `earlier`.
  func write(since earlier: Memory) throws(IndexError) {
    for (index, counter) in memory.highest.enumerated() {
      let before = index < earlier.highest.count ? earlier.highest[index] : 0
      guard counter != before else { continue }
      update.bind(1, bits: counter)
      update.bind(2, Int64(index + 1))
      try update.run()
    }
  }
}
