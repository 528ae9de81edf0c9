import SyncCore

/// What a node acknowledges it must have: held against its index at the moment it says so.
struct Promises {
  /// What a peer announced over a connection, by the end of the unit; parts of one that isn't
  /// whole are under zero.
  private var announced: [Link: [UInt64: [Entry]]] = [:]

  /// Remembers what was announced.
  mutating func note(_ input: Input) {
    if case .disconnected(let link) = input { announced[link] = nil }
    guard case .received(let link, .announce(let entries, let upTo, let isLast)) = input else {
      return
    }
    announced[link, default: [:]][0, default: []] += entries
    guard isLast, let whole = announced[link]?.removeValue(forKey: 0) else { return }
    announced[link]?[upTo] = whole
  }

  /// What of an acknowledged unit the index has not seen; `nil` if it has all.
  func broken(by sequence: UInt64, on link: Link, _ index: some Index) throws(IndexError)
    -> String?
  {
    for entry in announced[link]?[sequence] ?? [] {
      // Of what was announced in a directory that is another's alias the place isn't the same here.
      if case .merged? = try index.row(.directory(entry.place.parent))?.entry.body { continue }
      let here = try index.row(entry.key)?.entry
      // Both sides can have kept one content as a copy, each in a version of its own.
      if let here, entry.isAlive, here.body == entry.body { continue }
      if here?.version.vector.includes(entry.version.dot) != true {
        return "acknowledged \(sequence) without \(entry.label)"
      }
    }
    return nil
  }
}
