// Why something is, or isn't, on other machines: for people who wonder.

/// All that one node knows of one path.
public struct Explanation: Sendable {
  /// What is on disk, ignored or not.
  public var found: Found
  /// The pattern that decides whether it is ignored; `nil` if none speaks of it.
  public var rule: IgnoreReason?
  /// What the index has at the path; something deleted only if nothing lives there.
  public var row: Row?
  /// Whether it is being looked at or read just now.
  public var isBusy = false
  /// Whether the disk shows something else than the index knows.
  public var isChanged = false
  /// The peer whose newer version of it is on its way.
  public var sender: NodeID?
  /// Whether it is the loser of a conflict, by its name.
  public var isConflictCopy = false

  /// Whether the rule leaves it out.
  public var isIgnored: Bool { rule.map { !$0.pattern.isNegated } ?? false }
}

extension Engine {
  /// What is known of a path of which `found` is on disk and `rule` decides. O(what is in flight).
  public func explain(
    _ path: RelativePath, found: Found, rule: IgnoreReason?
  ) throws(IndexError) -> Explanation {
    var explanation = Explanation(found: found, rule: rule)
    explanation.row = try row(at: path)
    explanation.isChanged = isOther(found, than: explanation.row)
    explanation.isBusy = jobs.contains { $0.isAbout(path) }
    explanation.isConflictCopy = path.name.map(ConflictName.isOne) ?? false
    if let parentPath = path.parent, let name = path.name,
      let parent = try directory(at: parentPath, in: nil)
    {
      let place = Place(parent: parent, name: name)
      explanation.sender =
        units.lazy.flatMap(\.parts).first { part in
          part.entries.contains { $0.place == place }
        }?.peer
    }
    return explanation
  }

  private func row(at path: RelativePath) throws(IndexError) -> Row? {
    guard let parentPath = path.parent, let name = path.name,
      let parent = try directory(at: parentPath, in: nil)
    else { return nil }
    let place = Place(parent: parent, name: name)
    let file = try index.row(.place(place))
    if let file, file.entry.isAlive { return file }
    return try index.directory(at: place) ?? file
  }

  private func isOther(_ found: Found, than row: Row?) -> Bool {
    let observed = row.flatMap { $0.entry.isAlive ? $0.observed : nil }
    switch found {
    case .absent: return observed != nil
    case .entry(let stamp) where stamp.kind == .directory:
      return observed?.identity != stamp.identity || observed?.mode != stamp.mode
    case .entry(let stamp), .symlink(let stamp, target: _): return observed != stamp
    case .special, .unreadable, .ignored: return false
    }
  }
}

extension LocalJob {
  /// Whether something at a path is looked at or read.
  fileprivate func isAbout(_ path: RelativePath) -> Bool {
    items.contains { $0.path == path }
      || (phase != .reading
        && requests.contains { request in
          switch request {
          case .names(let names, in: let directory):
            path.parent == directory && path.name.map(names.contains) == true
          case .directory(let directory): path.parent == directory
          case .subtree(let top): path.isWithin(top)
          }
        })
  }
}
