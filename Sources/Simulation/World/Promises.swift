import SyncCore

/// What a node acknowledges it must have: held against its index at the moment it says so.
struct Promises {
  /// What a peer announced over a connection, by the end of the unit; parts of one that isn't
  /// whole are under zero.
  private var announced: [Link: [UInt64: [Entry]]] = [:]
  /// What each fetch asked for.
  private var asked: [UInt64: [Place: ContentID]] = [:]
  /// Of what each range was asked for.
  private var ranges: [UInt64: ContentKey] = [:]
  /// Contents that a peer said not to have any more.
  private var missed: Set<ContentID> = []

  /// Remembers what was announced.
  mutating func note(_ input: Input) {
    if case .disconnected(let link) = input { announced[link] = nil }
    if case .received(_, .gone(.sealed(let content), isForGood: true)) = input {
      missed.insert(content)
    }
    if case .received(_, .unavailable(let request, isForGood: true)) = input,
      case .sealed(let content)? = ranges[request]
    {
      missed.insert(content)
    }
    if case .fetched(_, let request, _, let missing, _) = input {
      missed.formUnion(missing.compactMap { asked[request]?[$0] })
    }
    guard case .received(let link, .announce(let entries, let upTo, let isLast)) = input else {
      return
    }
    announced[link, default: [:]][0, default: []] += entries
    guard isLast, let whole = announced[link]?.removeValue(forKey: 0) else { return }
    announced[link]?[upTo] = whole
  }

  /// Remembers what is asked for.
  mutating func note(_ request: FetchRequest) {
    for item in request.items { asked[request.id, default: [:]][item.place] = item.content }
  }

  mutating func note(_ request: RangeRequest) { ranges[request.id] = request.key }

  /// What of an acknowledged unit the index has not seen; `nil` if it has all.
  func broken(by sequence: UInt64, on link: Link, _ index: some Index) throws(IndexError)
    -> String?
  {
    for entry in announced[link]?[sequence] ?? [] {
      let above = try index.row(.directory(entry.place.parent))?.entry
      // Of what was announced in a directory that is another's alias the place isn't the same here.
      if case .merged? = above?.body { continue }
      let here = try index.row(entry.key)?.entry
      // What can't be had brings no deleted directory back.
      if here == nil, above?.isAlive == false, isLost(entry, on: link) { continue }
      // Both sides can have kept one content as a copy, each in a version of its own.
      if let here, entry.isAlive, here.body == entry.body { continue }
      // Its announcer has lost it, or what it made of it: what hasn't seen it counts.
      if let here, isLost(entry, on: link) || isTakenBack(entry, for: here, on: link) { continue }
      if here?.version.vector.includes(entry.version.dot) != true {
        return "acknowledged \(sequence) without \(entry.label)"
      }
    }
    return nil
  }

  /// Whether what is here is what the announcer told later without having seen this: a power cut
  /// took it. A replica keeps nothing of that.
  private func isTakenBack(_ entry: Entry, for here: Entry, on link: Link) -> Bool {
    (announced[link] ?? [:]).values.contains { entries in
      entries.contains { $0.key == entry.key && $0.version.dot == here.version.dot }
    }
  }

  /// Whether the announcer of a content doesn't have it any more, or what it announced in its place
  /// before it was applied.
  private func isLost(_ entry: Entry, on link: Link) -> Bool {
    (announced[link] ?? [:]).values.contains { entries in
      entries.contains { later in
        guard later.key == entry.key, let content = later.content else { return false }
        return missed.contains(content.id) && later.version.vector.includes(entry.version.dot)
      }
    }
  }
}
